// What goes wrong between `laneway` and the daemon, and how it is told.
#include "cli/client.h"

#include <gtest/gtest.h>

#include "tests/cli/fake_daemon.h"
#include "tests/cli/run_cli.h"

namespace laneway {
namespace {

using test::FakeDaemon;
using test::Ran;
using test::run_cli;

TEST(Client, MissingDaemonIsExitStatus3) {
  const Ran ran = run_cli({"--socket", "/nonexistent/api.sock", "ls"});
  EXPECT_EQ(ran.status, 3);
  EXPECT_EQ(ran.out, "");
  EXPECT_EQ(ran.err,
            "laneway: cannot reach lanewayd at /nonexistent/api.sock: No such file or directory\n"
            "  fix: systemctl start laneway, or start lanewayd --user\n");
}

TEST(Client, SocketPathThatIsTooLongIsToldApart) {
  const Ran ran = run_cli({"--socket", "/" + std::string(120, 'x'), "ls"});
  EXPECT_EQ(ran.status, 3);
  EXPECT_NE(ran.err.find("File name too long"), std::string::npos) << ran.err;
}

TEST(Client, DaemonsErrorIsRenderedWithItsFixAndStatus) {
  FakeDaemon daemon;
  daemon.answer("GET /v1/switches/ofice", 404,
                R"({"schema":1,"error":{"code":"no_switch","message":"no switch 'ofice'",)"
                R"("fix":"did you mean office?","subject":"ofice","exit":4}})");
  const Ran text = run_cli({"--socket", daemon.socket(), "show", "ofice"});
  EXPECT_EQ(text.status, 4);
  EXPECT_EQ(text.err, "laneway: no switch 'ofice'\n  fix: did you mean office?\n");
  EXPECT_EQ(text.out, "");

  const Ran json = run_cli({"--socket", daemon.socket(), "show", "ofice", "--json"});
  EXPECT_EQ(json.status, 4);
  EXPECT_EQ(json.err, R"({"error":{"code":"no_switch","exit":4,"fix":"did you mean office?",)"
                      R"("message":"no switch 'ofice'","subject":"ofice"},"schema":1})"
                      "\n");
  EXPECT_EQ(json.out, "");
}

TEST(Client, AnswerThatIsNotJsonIsABugAndNotACrash) {
  FakeDaemon daemon;
  daemon.answer("GET /v1/switches", 500, "oops");
  const Ran ran = run_cli({"--socket", daemon.socket(), "ls"});
  EXPECT_EQ(ran.status, 1);
  EXPECT_NE(ran.err.find("a bug in laneway"), std::string::npos) << ran.err;
}

TEST(Client, SilentDaemonEndsAtTheDeadline) {
  FakeDaemon daemon;
  daemon.keep_silent_on("GET /v1/switches");
  const Ran ran = run_cli({"--socket", daemon.socket(), "--timeout", "0.05", "ls"});
  EXPECT_EQ(ran.status, 1);
  EXPECT_EQ(ran.err,
            "laneway: not answered within 0.05 s: GET /v1/switches\n  fix: wait longer: --timeout "
            "SECONDS\n");
}

TEST(Client, VerboseTellsWhatWasAsked) {
  FakeDaemon daemon;
  daemon.answer("GET /v1/switches", 200, R"({"schema":1,"switches":[]})");
  const Ran ran = run_cli({"--socket", daemon.socket(), "-v", "-q", "ls"});
  EXPECT_EQ(ran.err, "GET /v1/switches: 200\n");
}

TEST(Client, NamesInPathsAreEncoded) {
  EXPECT_EQ(cli::percent_encoded("a/b c?%\xc3\xa9~"), "a%2Fb%20c%3F%25%C3%A9~");
}

}  // namespace
}  // namespace laneway
