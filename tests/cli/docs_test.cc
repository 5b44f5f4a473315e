// The documents say what the program does: error table, drop reasons, links, options.
#include <filesystem>
#include <fstream>
#include <iterator>

#include <gtest/gtest.h>

#include "cli/commands.h"
#include "switch/drop.h"
#include "switch/error.h"

namespace laneway {
namespace {

namespace fs = std::filesystem;

std::string read(const fs::path& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

TEST(Docs, TroubleshootingHasEveryErrorWithItsExitStatus) {
  const std::string page = read("docs/troubleshooting.md");
  for (std::size_t i = 0; i < kErrorCodes; ++i) {
    const ErrorKind& kind = kind_of(static_cast<ErrorCode>(i));
    const std::string row =
        "| `" + std::string(kind.name) + "` | " + std::to_string(kind.exit) + " |";
    EXPECT_NE(page.find(row), std::string::npos) << row;
  }
}

TEST(Docs, TroubleshootingHasEveryDropReasonWithItsSentence) {
  const std::string page = read("docs/troubleshooting.md");
  for (std::size_t i = 0; i < kDropReasons; ++i) {
    const auto reason = static_cast<Drop>(i);
    const std::string side = direction_of(reason) == Direction::Ingress ? "ingress" : "egress";
    const std::string row = "| `" + std::string(name_of(reason)) + "` | " + side + " | " +
                            std::string(sentence_of(reason)) + " |";
    EXPECT_NE(page.find(row), std::string::npos) << row;
  }
}

TEST(Docs, LinksLeadSomewhere) {
  std::vector<fs::path> pages{"README.md"};
  for (const auto& entry : fs::directory_iterator("docs")) pages.push_back(entry.path());
  for (const fs::path& page : pages) {
    const std::string text = read(page);
    for (auto at = text.find("]("); at != std::string::npos; at = text.find("](", at + 1)) {
      const std::string link = text.substr(at + 2, text.find(')', at) - at - 2);
      if (link.starts_with("http")) continue;
      EXPECT_TRUE(fs::exists(page.parent_path() / link)) << page << " links " << link;
    }
  }
}

TEST(Docs, PromisesNameTestsThatAreThere) {
  const std::string text = read("PROMISES.md");
  std::size_t named = 0;
  for (auto at = text.find("`tests/"); at != std::string::npos; at = text.find("`tests/", at + 1)) {
    const std::string path = text.substr(at + 1, text.find('`', at + 1) - at - 1);
    EXPECT_TRUE(fs::exists(path)) << path;
    ++named;
  }
  EXPECT_GT(named, 0U);
}

TEST(Docs, ChangelogNamesEveryCommand) {
  const std::string page = read("CHANGELOG.md");
  for (const cli::Command& command : cli::all_commands()) {
    EXPECT_NE(page.find(command.name), std::string::npos) << command.name;
  }
}

}  // namespace
}  // namespace laneway
