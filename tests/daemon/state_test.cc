#include "daemon/state.h"

#include <fstream>

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

TEST_F(State, OldFileStaysWhereTheNewOneCannotBeWritten) {
  const StateFile file(path_);
  file.save({office()});
  std::filesystem::create_directory(path_.string() + ".new");
  EXPECT_THROW(file.save({}), Error);
  EXPECT_EQ(file.load().switches, std::vector{office()});
}

}  // namespace
}  // namespace laneway
