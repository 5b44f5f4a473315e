// `laneway run` as a program: its exit status, its signals, and that the port never stays behind.
#include <cstdio>
#include <fstream>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/cli/fake_daemon.h"

extern char** environ;

namespace laneway {
namespace {

using test::FakeDaemon;
using Words = std::vector<std::string>;

// `laneway` in a process of its own, standard output and error read through one pipe.
class Program {
 public:
  explicit Program(const Words& words) {
    std::vector<char*> argv{const_cast<char*>(LANEWAY_PROGRAM)};
    for (const std::string& word : words) argv.push_back(const_cast<char*>(word.c_str()));
    argv.push_back(nullptr);
    int ends[2];
    EXPECT_EQ(pipe2(ends, O_CLOEXEC), 0);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&actions, ends[1], STDERR_FILENO);
    EXPECT_EQ(posix_spawn(&child_, argv.front(), &actions, nullptr, argv.data(), environ), 0);
    posix_spawn_file_actions_destroy(&actions);
    close(ends[1]);
    output_ = fdopen(ends[0], "r");
  }
  ~Program() { fclose(output_); }
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  std::string line() {
    std::string text;
    for (int c = fgetc(output_); c != EOF && c != '\n'; c = fgetc(output_))
      text += static_cast<char>(c);
    return text;
  }
  void signal(int number) const { kill(child_, number); }
  // The exit status; -1 if a signal ended it.
  int wait() const {
    int status = 0;
    waitpid(child_, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }

 private:
  pid_t child_ = 0;
  FILE* output_ = nullptr;
};

class Run : public ::testing::Test {
 protected:
  Run() {
    daemon_.answer("POST /v1/switches/home/ports", 201,
                   R"({"schema":1,"port":{"name":"vm9","spec":"stream:/x/vm9.sock"},)"
                   R"("qemu":["-netdev","stream,id=n1","-device","virtio-net-pci"]})");
    daemon_.answer(kRemoved, 204, "");
  }
  Words words(const Words& command) const {
    Words words{"--socket", daemon_.socket(), "-q", "run", "home", "--"};
    words.insert(words.end(), command.begin(), command.end());
    return words;
  }
  bool removed() const { return daemon_.requests().back() == kRemoved; }

  static constexpr const char* kRemoved = "DELETE /v1/switches/home/ports/vm9";
  FakeDaemon daemon_;
};

TEST_F(Run, NetdevBecomesArgumentsOfTheirOwn) {
  Program program(
      words({"sh", "-c", "printf '%s|' \"$@\"; echo", "sh", "{netdev}", "-m", "in:{netdev}"}));
  EXPECT_EQ(program.line(),
            "-netdev|stream,id=n1|-device|virtio-net-pci|-m|"
            "in:-netdev stream,id=n1 -device virtio-net-pci|");
  EXPECT_EQ(program.wait(), 0);
  EXPECT_TRUE(removed());
}

TEST_F(Run, PortIsTemporaryAndNamedAfterTheProcess) {
  Program program(words({"true", "{netdev}"}));
  EXPECT_EQ(program.wait(), 0);
  const std::string request = daemon_.requests().front();
  EXPECT_NE(request.find(R"("name":"run-)"), std::string::npos) << request;
  EXPECT_NE(request.find(R"("spec":"stream:run-)"), std::string::npos) << request;
  EXPECT_NE(request.find(R"("temporary":true)"), std::string::npos) << request;
}

TEST_F(Run, ExitStatusIsTheCommands) {
  EXPECT_EQ(Program(words({"sh", "-c", "exit 42", "{netdev}"})).wait(), 42);
  EXPECT_EQ(Program(words({"sh", "-c", "kill -KILL $$", "{netdev}"})).wait(), 128 + SIGKILL);
  EXPECT_TRUE(removed());
}

TEST_F(Run, CommandThatIsNotThereIs127AndOneThatCannotRunIs126) {
  Program missing(words({"/nonexistent/qemu", "{netdev}"}));
  EXPECT_EQ(missing.line(), "laneway: cannot run /nonexistent/qemu: No such file or directory");
  EXPECT_EQ(missing.wait(), 127);
  EXPECT_EQ(Program(words({"/", "{netdev}"})).wait(), 126);
  EXPECT_TRUE(removed());
}

TEST_F(Run, FailureOfLanewayItselfIs125) {
  Program program({"--socket", "/nonexistent", "run", "home", "--", "true"});
  EXPECT_EQ(program.line(),
            "laneway: cannot reach lanewayd at /nonexistent: No such file or directory");
  EXPECT_EQ(program.wait(), 125);
}

TEST_F(Run, CommandWithoutNetdevIsRunAndTold) {
  Program program({"--socket", daemon_.socket(), "run", "home", "--", "true"});
  EXPECT_EQ(program.line(), "laneway: COMMAND has no {netdev}: nothing tells it of home/vm9");
  EXPECT_EQ(program.wait(), 0);
}

TEST_F(Run, SignalsArePassedOnAndThePortIsRemoved) {
  for (const int number : {SIGINT, SIGTERM, SIGHUP}) {
    Program program(
        words({"sh", "-c", "trap 'exit 7' INT TERM HUP; echo ready; while :; do sleep 0.02; done",
               "sh", "{netdev}"}));
    ASSERT_EQ(program.line(), "ready");
    program.signal(number);
    EXPECT_EQ(program.wait(), 7) << "signal " << number;
    EXPECT_TRUE(removed());
  }
}

TEST_F(Run, CommandStartsWithSignalsUnblocked) {
  Program program(
      words({"sh", "-c", "exec grep -E 'SigBlk|SigIgn' /proc/self/status", "sh", "{netdev}"}));
  EXPECT_EQ(program.line(), "SigBlk:\t0000000000000000");
  const std::string ignored = program.line();
  constexpr std::uint64_t kSigpipe = std::uint64_t{1} << (SIGPIPE - 1);
  EXPECT_EQ(std::stoull(ignored.substr(ignored.find('\t')), nullptr, 16) & kSigpipe, 0U) << ignored;
  program.wait();
}

TEST_F(Run, PortThatIsGoneAlreadyLeavesTheStatusAlone) {
  daemon_.answer(kRemoved, 404,
                 R"({"schema":1,"error":{"code":"no_port","message":"no port 'vm9'"}})");
  Program program(words({"true", "{netdev}"}));
  EXPECT_EQ(program.line(), "laneway: cannot remove home/vm9: no port 'vm9'");
  EXPECT_EQ(program.wait(), 0);
}

}  // namespace
}  // namespace laneway
