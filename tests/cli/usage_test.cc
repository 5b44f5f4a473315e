// What is wrong with a command line is said in one line, with a way out, and changes nothing.
#include <gtest/gtest.h>

#include "cli/commands.h"
#include "tests/cli/run_cli.h"

namespace laneway {
namespace {

using test::Ran;
using test::run_cli;

struct Wrong {
  std::vector<std::string> words;
  std::string err;
};

TEST(Usage, EachMistakeIsNamedWithAWayOut) {
  const std::vector<Wrong> cases{
      {{}, "laneway: no command given\n  fix: laneway --help\n"},
      {{"shwo"}, "laneway: unknown command 'shwo'\n  fix: did you mean show?\n"},
      {{"frobnicate"}, "laneway: unknown command 'frobnicate'\n  fix: laneway --help\n"},
      {{"--jsn", "ls"}, "laneway: unknown option --jsn\n  fix: did you mean --json?\n"},
      {{"create", "x", "--uplnk", "y"},
       "laneway: unknown option --uplnk\n  fix: did you mean --uplink?\n"},
      {{"create", "x", "--uplnk=y"},
       "laneway: unknown option --uplnk\n  fix: did you mean --uplink?\n"},
      {{"create"}, "laneway: create: NAME is required\n  fix: laneway create --help\n"},
      {{"create", "a", "b"}, "laneway: unexpected argument 'b'\n  fix: laneway create --help\n"},
      {{"create", "x", "--host", "maybe"},
       "laneway: create: --host: expected on|off, got \"maybe\"\n  fix: laneway create --help\n"},
      {{"--timeout", "0", "ls"},
       "laneway: ls: --timeout: expected a number above 0, got \"0\"\n  fix: laneway ls --help\n"},
      {{"events", "--since", "-1"},
       "laneway: events: --since: expected a whole number, got \"-1\"\n  fix: laneway events "
       "--help\n"},
      {{"set", "home/vm1"}, "laneway: nothing to set\n  fix: laneway set home/vm1 KEY=VALUE\n"},
      {{"attach", "home", "stream:vm1", "--set", "x"}, "laneway: 'x' is not KEY=VALUE\n"},
  };
  for (const Wrong& wrong : cases) {
    const Ran ran = run_cli(wrong.words);
    EXPECT_EQ(ran.status, 2) << wrong.err;
    EXPECT_EQ(ran.err, wrong.err);
    EXPECT_EQ(ran.out, "");
  }
}

TEST(Usage, EveryCommandHasAHelpThatNamesItsOptions) {
  for (const cli::Command& command : cli::all_commands()) {
    const Ran ran = run_cli({std::string(command.name), "--help"});
    EXPECT_EQ(ran.status, 0) << command.name;
    EXPECT_EQ(ran.err, "") << command.name;
    EXPECT_NE(ran.out.find(command.help), std::string::npos) << command.name;
    for (const cli::Argument& argument : command.arguments) {
      EXPECT_NE(ran.out.find(argument.name), std::string::npos)
          << command.name << ' ' << argument.name;
      EXPECT_FALSE(argument.help.empty()) << command.name << ' ' << argument.name;
    }
  }
}

TEST(Usage, HelpListsEveryCommand) {
  const Ran ran = run_cli({"--help"});
  for (const cli::Command& command : cli::all_commands()) {
    EXPECT_NE(ran.out.find("\n  " + std::string(command.name) + " "), std::string::npos)
        << command.name;
  }
}

TEST(Usage, VersionIsOneLine) {
  const Ran ran = run_cli({"--version"});
  EXPECT_EQ(ran.status, 0);
  EXPECT_EQ(ran.out.rfind("laneway ", 0), 0U);
  EXPECT_EQ(ran.out.find('\n'), ran.out.size() - 1);
}

}  // namespace
}  // namespace laneway
