// Who may include whom (the diagram in docs/architecture.md), where system headers that are not
// everyone's may stand, and how long files and functions may be.
#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <functional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

namespace laneway {
namespace {

namespace fs = std::filesystem;

struct Source {
  std::string path;  // "switch/wire/arp.h"
  std::vector<std::string> lines;

  bool in(std::string_view folder) const { return path.starts_with(std::string(folder) + "/"); }
};

Source read(const fs::path& path) {
  Source source{path.generic_string(), {}};
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) source.lines.push_back(line);
  return source;
}

// All .h and .cc files; the tests run in the root of the tree.
const std::vector<Source>& sources() {
  static const std::vector<Source> kSources = [] {
    std::vector<Source> found;
    for (const char* root : {"switch", "bridge", "proxy", "ports", "daemon", "cli",
                             "hypervisor-glue", "bench", "tests", "examples"}) {
      if (!fs::exists(root)) continue;
      for (const auto& entry : fs::recursive_directory_iterator(root)) {
        const auto extension = entry.path().extension();
        if (extension == ".h" || extension == ".cc") found.push_back(read(entry.path()));
      }
    }
    return found;
  }();
  return kSources;
}

// What stands between the brackets or quotes of each #include.
void for_each_include(const Source& source,
                      const std::function<void(std::string, std::size_t)>& visit) {
  for (std::size_t i = 0; i < source.lines.size(); ++i) {
    const std::string& line = source.lines[i];
    if (!line.starts_with("#include ")) continue;
    const auto begin = line.find_first_of("<\"") + 1;
    visit(line.substr(begin, line.find_first_of(">\"", begin) - begin), i + 1);
  }
}

std::string place(const Source& source, std::size_t line) {
  return source.path + ":" + std::to_string(line);
}

struct Rule {
  std::string_view folder;
  std::vector<std::string_view> may_include;  // folders, or single headers
};

// The first row that the file lies in decides. tests/, bench/ and examples/ may include all.
const std::vector<Rule>& rules() {
  static const std::vector<Rule> kRules{
      {"switch/wire", {"switch/wire/", "switch/types.h"}},
      {"switch", {"switch/"}},
      {"bridge", {"bridge/", "switch/"}},
      {"proxy", {"proxy/", "switch/"}},
      {"ports", {"ports/", "switch/"}},
      {"daemon", {"daemon/", "ports/", "bridge/", "proxy/", "switch/"}},
      {"cli",
       {"cli/", "switch/", "ports/", "daemon/compose.h", "daemon/config.h", "daemon/declaration.h",
        "daemon/nics.h", "daemon/nics_json.h", "daemon/settings.h", "daemon/version.h",
        "tests/support/"}},
      {"hypervisor-glue",
       {"hypervisor-glue/", "switch/types.h", "switch/error.h", "switch/port_spec.h"}},
  };
  return kRules;
}

bool is_ours(const std::string& include) {
  static const std::set<std::string> kRoots{"switch", "bridge", "proxy", "ports",          "daemon",
                                            "cli",    "tests",  "bench", "hypervisor-glue"};
  return kRoots.contains(include.substr(0, include.find('/')));
}

TEST(Layering, FoldersIncludeOnlyWhatIsBelowThem) {
  for (const Source& source : sources()) {
    const auto rule = std::find_if(rules().begin(), rules().end(),
                                   [&](const Rule& one) { return source.in(one.folder); });
    if (rule == rules().end()) continue;
    for_each_include(source, [&](const std::string& include, std::size_t line) {
      const auto covers = [&](std::string_view allowed) { return include.starts_with(allowed); };
      const auto& allowed = rule->may_include;
      EXPECT_TRUE(!is_ours(include) || std::any_of(allowed.begin(), allowed.end(), covers))
          << place(source, line) << " includes " << include;
    });
  }
}

TEST(Layering, OnlyTheDemoLinksTheTestSupport) {
  for (const Source& source : sources()) {
    if (!source.in("cli") || source.path.starts_with("cli/demo")) continue;
    for_each_include(source, [&](const std::string& include, std::size_t line) {
      EXPECT_FALSE(include.starts_with("tests/")) << place(source, line);
    });
  }
}

TEST(Layering, DpdkHeadersStayWithBuffersAndPorts) {
  for (const Source& source : sources()) {
    const bool port = source.in("ports") && source.path.ends_with(".cc");
    const bool allowed =
        port || source.in("tests/support") || source.path == "tests/switch/buffer_test.cc" ||
        source.path.starts_with("switch/buffer.") || source.path.starts_with("ports/eal.");
    for_each_include(source, [&](const std::string& include, std::size_t line) {
      EXPECT_TRUE(allowed || !include.starts_with("rte_")) << place(source, line) << ' ' << include;
    });
  }
}

TEST(Layering, EachProgramHasOneWayToAsioAndOneUserOfBeast) {
  std::multiset<std::string> beast_users;  // by folder
  for (const Source& source : sources()) {
    if (source.in("tests")) continue;
    bool beast = false;
    for_each_include(source, [&](const std::string& include, std::size_t line) {
      beast |= include.starts_with("boost/beast/");
      EXPECT_TRUE(!include.starts_with("boost/asio") || source.path.ends_with("/asio.h"))
          << place(source, line);
    });
    if (beast) beast_users.insert(source.path.substr(0, source.path.find('/')));
  }
  for (const std::string& folder : beast_users) EXPECT_EQ(beast_users.count(folder), 1U) << folder;
}

TEST(Layering, KvmIsKnownToTwoFilesOfTheGlue) {
  std::set<std::string> users;
  for (const Source& source : sources()) {
    for_each_include(source, [&](const std::string& include, std::size_t) {
      if (include == "linux/kvm.h") users.insert(source.path);
    });
  }
  EXPECT_LE(users.size(), 2U);
  for (const std::string& user : users) EXPECT_TRUE(user.starts_with("hypervisor-glue/")) << user;
}

TEST(House, FilesAreShort) {
  constexpr std::ptrdiff_t kHeaderLines = 150;      // blank ones not counted
  constexpr std::ptrdiff_t kTestHeaderLines = 200;  // whole worlds, with their helpers
  constexpr std::ptrdiff_t kFileLines = 400;
  for (const Source& source : sources()) {
    const auto length = std::count_if(source.lines.begin(), source.lines.end(),
                                      [](const std::string& line) { return !line.empty(); });
    const bool header = source.path.ends_with(".h");
    const std::ptrdiff_t of_header = source.in("tests") ? kTestHeaderLines : kHeaderLines;
    if (source.in("tests") && source.path.ends_with("_test.cc")) continue;
    EXPECT_LE(length, header ? of_header : kFileLines) << source.path;
  }
}

// In the project's format a function outside of a class begins and ends in the first column, and
// nothing else that ends with "}" alone does.
TEST(House, FunctionsAreShort) {
  constexpr std::size_t kFunctionLines = 70;
  for (const Source& source : sources()) {
    std::size_t begin = 0;
    for (std::size_t i = 0; i < source.lines.size(); ++i) {
      const std::string& line = source.lines[i];
      const bool opens =
          !line.empty() && line.front() != ' ' && line.front() != '}' && line.front() != '#';
      if (opens) begin = i;
      if (line != "}") continue;
      EXPECT_LE(i - begin + 1, kFunctionLines) << place(source, begin + 1);
    }
  }
}

TEST(House, EveryFolderSaysWhatItIs) {
  for (const char* folder :
       {"switch/wire", "bridge", "proxy", "ports", "daemon", "cli", "cmake", "docs", "examples",
        "packaging", "scripts", "tests", "tests/lab", "tests/scenarios"}) {
    EXPECT_TRUE(fs::exists(fs::path(folder) / "README.md")) << folder;
  }
}

// So each header is known to compile alone; those without a source are compiled by the test
// house.headers_compile_alone.
TEST(House, EverySourceIncludesItsOwnHeaderFirst) {
  for (const Source& source : sources()) {
    if (!source.path.ends_with(".cc")) continue;
    const std::string header = source.path.substr(0, source.path.size() - 2) + "h";
    if (!fs::exists(header)) continue;
    std::string first;
    for_each_include(source, [&](const std::string& include, std::size_t) {
      if (first.empty()) first = include;
    });
    EXPECT_EQ(first, header) << source.path;
  }
}

TEST(House, EveryHeaderIsIncludedOnce) {
  for (const Source& source : sources()) {
    if (!source.path.ends_with(".h")) continue;
    const auto& lines = source.lines;
    EXPECT_NE(std::find(lines.begin(), lines.end(), "#pragma once"), lines.end()) << source.path;
  }
}

}  // namespace
}  // namespace laneway
