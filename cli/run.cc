#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <ostream>

#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/client.h"
#include "cli/commands.h"
#include "cli/json.h"
#include "cli/target.h"
#include "cli/temporary_port.h"
#include "switch/error.h"

extern char** environ;

namespace laneway::cli {

namespace {

constexpr std::string_view kNetdev = "{netdev}";
constexpr int kLanewayFailed = 125;  // these three as env(1), nohup(1) and others have them
constexpr int kCannotRun = 126;
constexpr int kNotFound = 127;
constexpr int kSignalled = 128;  // added to the signal's number, as shells do
constexpr std::array<int, 5> kForwarded{SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1};

using Words = std::vector<std::string>;

// A word that is {netdev} becomes QEMU's arguments, one word each; inside a longer word (of a
// shell, say) they stand with blanks between them.
Words with_netdev(const Words& command, const Words& netdev) {
  std::string line;
  for (const std::string& word : netdev) line += (line.empty() ? "" : " ") + word;
  Words words;
  for (std::string word : command) {
    if (word == kNetdev) {
      words.insert(words.end(), netdev.begin(), netdev.end());
      continue;
    }
    for (auto at = word.find(kNetdev); at != std::string::npos;
         at = word.find(kNetdev, at + line.size())) {
      word.replace(at, kNetdev.size(), line);
    }
    words.push_back(std::move(word));
  }
  return words;
}

bool mentions_netdev(const Words& command) {
  for (const std::string& word : command) {
    if (word.find(kNetdev) != std::string::npos) return true;
  }
  return false;
}

// Signals that end a program are kept waiting while this lives, so that the port is always removed.
class HeldSignals {
 public:
  HeldSignals() {
    sigemptyset(&held_);
    for (const int number : kForwarded) sigaddset(&held_, number);
    sigaddset(&held_, SIGCHLD);
    sigprocmask(SIG_BLOCK, &held_, &before_);
  }
  ~HeldSignals() { sigprocmask(SIG_SETMASK, &before_, nullptr); }
  HeldSignals(const HeldSignals&) = delete;
  HeldSignals& operator=(const HeldSignals&) = delete;

  siginfo_t next() const {
    siginfo_t info{};
    while (sigwaitinfo(&held_, &info) < 0) {
    }
    return info;
  }
  const sigset_t& before() const noexcept { return before_; }

 private:
  sigset_t held_{};
  sigset_t before_{};
};

// Starts `words` with the signals as laneway found them. Returns its process id, or -errno.
pid_t spawn(const Words& words, const sigset_t& mask) {
  std::vector<char*> argv;
  for (const std::string& word : words) argv.push_back(const_cast<char*>(word.c_str()));
  argv.push_back(nullptr);
  sigset_t defaults{};
  sigemptyset(&defaults);
  sigaddset(&defaults, SIGPIPE);
  posix_spawnattr_t attributes{};
  posix_spawnattr_init(&attributes);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  posix_spawnattr_setsigmask(&attributes, &mask);
  posix_spawnattr_setsigdefault(&attributes, &defaults);
  pid_t child = 0;
  const int why = posix_spawnp(&child, argv.front(), nullptr, &attributes, argv.data(), environ);
  posix_spawnattr_destroy(&attributes);
  return why == 0 ? child : -why;
}

// Passes signals on until the child ends; returns its exit status as a shell would.
int wait_for(pid_t child, const HeldSignals& signals) {
  for (;;) {
    const siginfo_t signal = signals.next();
    int status = 0;
    if (signal.si_signo == SIGCHLD) {
      if (waitpid(child, &status, WNOHANG) != child) continue;
      return WIFEXITED(status) ? WEXITSTATUS(status) : kSignalled + WTERMSIG(status);
    }
    // What the terminal sends goes to the child anyway, which is in the same process group.
    if (signal.si_code <= 0) kill(child, signal.si_signo);
  }
}

int run_words(const Words& words, const HeldSignals& signals, Session& session) {
  const pid_t child = spawn(words, signals.before());
  if (child > 0) return wait_for(child, signals);
  session.err << "laneway: cannot run " << words.front() << ": " << std::strerror(-child) << '\n';
  return child == -ENOENT ? kNotFound : kCannotRun;
}

Object body_of(const Arguments& arguments) {
  const std::string own = "run-" + std::to_string(getpid());
  Object body;
  body.set("policy", "guest").set("temporary", true);
  body.set("spec", arguments.text_or("spec", "stream:" + own));
  if (!arguments.has("spec")) body.set("name", own);
  if (const auto mac = arguments.text("mac")) body.set("mac", *mac);
  return body;
}

int run(const Arguments& arguments, Session& session) {
  const Words& command = arguments.all("COMMAND");
  if (command.empty()) {
    throw Error(ErrorCode::Usage, "run: no COMMAND",
                "laneway run NAME -- qemu-system-x86_64 ... {netdev}");
  }
  const HeldSignals signals;
  const Target on = target_of(arguments.text("NAME"), session.client);
  const TemporaryPort port(on, body_of(arguments), session);  // lives as long as COMMAND
  Words netdev;
  for (const Value& word : port.answer()["qemu"].items()) netdev.push_back(word.text());
  if (mentions_netdev(command) && netdev.empty()) {
    throw Error(ErrorCode::Unsupported,
                port.target().text() + " has nothing to put in place of {netdev}",
                "--spec stream:NAME");
  }
  if (!mentions_netdev(command) && !session.quiet) {
    session.err << "laneway: COMMAND has no {netdev}: nothing tells it of " << port.target().text()
                << '\n';
  }
  return run_words(with_netdev(command, netdev), signals, session);
}

}  // namespace

Command run_command() {
  return {"run",
          "run a VM on a port of its own: laneway run NAME -- qemu-system-x86_64 ... {netdev}",
          {{"NAME", Takes::Text, "", "the switch; may be left out if there is one only"},
           {"--mac", Takes::Text, "MAC", "the guest's address (one is drawn)"},
           {"--spec", Takes::Text, "SPEC", "what the port is (stream:)"}},
          run,
          kLanewayFailed};
}

}  // namespace laneway::cli
