#include "daemon/state.h"

#include <fstream>
#include <sstream>

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "switch/error.h"

namespace laneway {
namespace {

class State : public testing::Test {
 protected:
  State() : directory_(testing::TempDir() + "state." + std::to_string(getpid())) {
    std::filesystem::create_directories(directory_);
  }
  ~State() override { std::filesystem::remove_all(directory_); }

  static SwitchDeclaration office() {
    SwitchDeclaration declared;
    declared.name = "office";
    declared.uplink = "auto";
    declared.host = true;
    declared.created = "2026-03-02T08:11:05Z";
    declared.host_mac = MacAddress::parse("52:54:00:00:00:01");
    declared.ports.push_back({"vm1",
                              "stream:vm1",
                              MacAddress::parse("52:54:00:6b:1f:c0"),
                              Policy::Guest,
                              {{"isolated", "on"}},
                              false});
    return declared;
  }

  const std::filesystem::path directory_;
  const std::filesystem::path path_ = directory_ / "state.json";
};

TEST_F(State, WhatIsSavedIsLoaded) {
  const StateFile file(path_);
  file.save({office()});
  const auto loaded = file.load();
  EXPECT_EQ(loaded.switches, std::vector{office()});
  EXPECT_EQ(loaded.refused, std::nullopt);
}

TEST_F(State, NoFileIsNoSwitches) { EXPECT_TRUE(StateFile(path_).load().switches.empty()); }

TEST_F(State, IsReadableByItsOwnerOnly) {
  StateFile(path_).save({office()});
  struct stat status {};
  ASSERT_EQ(stat(path_.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600U);
}

TEST_F(State, TemporaryAndDeclaredOnesAreNotSaved) {
  SwitchDeclaration temporary = office();
  temporary.name = "temporary";
  temporary.temporary = true;
  SwitchDeclaration declared = office();
  declared.name = "declared";
  declared.configured_in = "f.toml:1";
  SwitchDeclaration kept = office();
  kept.ports.push_back({"vm2", "stream:vm2", std::nullopt, Policy::Guest, {}, true});
  const StateFile file(path_);
  file.save({temporary, declared, kept});
  EXPECT_EQ(file.load().switches, std::vector{office()});
}

TEST_F(State, PortsAttachedToADeclaredSwitchAreKeptWithoutIt) {
  SwitchDeclaration declared = office();
  declared.configured_in = "laneway.toml:1";
  const PortDeclaration attached = declared.ports.front();
  declared.ports.front().configured_in = "laneway.toml:3";
  declared.ports.push_back(attached);
  const StateFile file(path_);
  file.save({declared});
  const auto loaded = file.load();
  EXPECT_TRUE(loaded.switches.empty());
  ASSERT_EQ(loaded.attached.size(), 1U);
  EXPECT_EQ(loaded.attached[0].name, "office");
  EXPECT_EQ(loaded.attached[0].ports, std::vector{attached});
}

TEST_F(State, DamagedFileIsPutAside) {
  for (const char* text : {"", "{", R"({"schema":1})", R"({"schema":2,"switches":[]})",
                           R"({"schema":1,"switches":[{"name":"../x"}]})"}) {
    std::ofstream(path_) << text;
    const auto loaded = StateFile(path_).load();
    EXPECT_TRUE(loaded.refused.has_value()) << text;
    EXPECT_TRUE(loaded.switches.empty());
    EXPECT_FALSE(std::filesystem::exists(path_));
    EXPECT_TRUE(std::filesystem::exists(path_.string() + ".bad"));
  }
}

SavedTables tables_of_office() {
  SavedTables tables;
  tables.name = "office";
  tables.heard["vm2"] = *MacAddress::parse("52:54:00:00:00:22");
  tables.bindings = {{*IpAddress::parse("192.168.1.57"), "vm1",
                      *MacAddress::parse("52:54:00:6b:1f:c0"), 1'700'000'000},
                     {*IpAddress::parse("fe80::1"), "vm1", *MacAddress::parse("52:54:00:6b:1f:c0"),
                      1'700'000'001}};
  return tables;
}

TEST_F(State, TablesThatAreSavedAreLoaded) {
  StateFile(path_).save({office()}, {tables_of_office()});
  const auto loaded = StateFile(path_).load();
  EXPECT_EQ(loaded.tables, std::vector{tables_of_office()});
  EXPECT_EQ(loaded.refused_entries, 0U);
}

// Each damage costs its own entry: the switches, and the other entries, are taken.
TEST_F(State, DamagedEntryOfATableIsLeftOutAlone) {
  StateFile(path_).save({office()}, {tables_of_office()});
  std::stringstream saved;
  saved << std::ifstream(path_).rdbuf();
  const auto with = [&](const std::string& what, const std::string& instead) {
    std::string text = saved.str();
    text.replace(text.rfind(what), what.size(), instead);
    std::ofstream(path_) << text;
    return StateFile(path_).load();
  };
  for (const auto& [what, instead] : {std::pair{"\"192.168.1.57\"", "\"192.168.1\""},
                                      {"1700000000", "\"never\""},
                                      {"1700000000", "{}"},
                                      {"\"52:54:00:6b:1f:c0\"", "\"01:00:5e:00:00:01\""},
                                      {"\"52:54:00:00:00:22\"", "null"}}) {
    const auto loaded = with(what, instead);
    EXPECT_EQ(loaded.refused, std::nullopt) << instead;
    EXPECT_EQ(loaded.switches, std::vector{office()});
    EXPECT_EQ(loaded.refused_entries, 1U) << instead;
    ASSERT_EQ(loaded.tables.size(), 1U);
    EXPECT_EQ(loaded.tables[0].bindings.size() + loaded.tables[0].heard.size(), 2U) << instead;
  }
}

// Whatever single byte is damaged: no crash, and either all the switches or the file put aside.
TEST_F(State, AnyDamagedByteIsSurvived) {
  StateFile(path_).save({office()}, {tables_of_office()});
  std::stringstream saved;
  saved << std::ifstream(path_).rdbuf();
  const std::string whole = saved.str();
  constexpr std::string_view kBytes = "\x01\"}9\xff";
  for (std::size_t at = 0; at < whole.size(); ++at) {
    std::string text = whole;
    text[at] = kBytes[at % kBytes.size()];
    std::ofstream(path_, std::ios::binary) << text;
    const auto loaded = StateFile(path_).load();
    EXPECT_NE(loaded.refused.has_value(), loaded.switches.size() == 1) << at;
    std::ofstream(path_, std::ios::binary) << whole.substr(0, at);
    StateFile(path_).load();
  }
}

TEST_F(State, OldFileStaysWhereTheNewOneCannotBeWritten) {
  const StateFile file(path_);
  file.save({office()});
  std::filesystem::create_directory(path_.string() + ".new");
  EXPECT_THROW(file.save({}), Error);
  EXPECT_EQ(file.load().switches, std::vector{office()});
}

}  // namespace
}  // namespace laneway
