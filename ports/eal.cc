#include "ports/eal.h"

#include <atomic>
#include <cstdio>
#include <mutex>
#include <utility>

#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_lcore.h>
#include <rte_log.h>
#include <rte_version.h>
#include <sched.h>

#include "switch/error.h"

namespace laneway {

namespace {

std::atomic<bool> started{false};

// The CPUs that this process may use, as EAL writes a list: "0,2,3".
std::string allowed_cpus() {
  cpu_set_t set;
  CPU_ZERO(&set);
  check(sched_getaffinity(0, sizeof(set), &set), "EAL: ask for the CPUs of this process");
  std::string list;
  for (std::size_t cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
    if (CPU_ISSET(cpu, &set)) list += (list.empty() ? "" : ",") + std::to_string(cpu);
  }
  return list;
}

std::vector<std::string> command_line(const EalConfig& config) {
  // 22.11 refuses --in-memory together with --no-huge and -m.
  std::vector<std::string> words{"laneway", "--lcores", "0@(" + allowed_cpus() + ")",
                                 "--no-shconf"};
  if (!config.telemetry) words.emplace_back("--no-telemetry");
  if (config.hugepages) {
    // No PCI device but those that ports ask for: others are the host's.
    words.insert(words.end(), {"--in-memory", "-a", "0000:00:00.0"});
  } else {
    words.insert(words.end(), {"--no-huge", "--no-pci", "-m", std::to_string(config.memory_mib)});
  }
  words.insert(words.end(), config.arguments.begin(), config.arguments.end());
  return words;
}

}  // namespace

// EAL writes its log to a stream; this one cuts it into lines. It stays for the process' life, as
// EAL's threads may log until the end.
struct Eal::Log {
  std::function<void(std::string_view)> sink;
  std::string line;
  std::string last;
  std::mutex last_guard;  // EAL has threads of its own
  std::FILE* stream = nullptr;

  static Log& only() {
    static Log log;
    return log;
  }
  std::string take_last() {
    const std::scoped_lock lock(last_guard);
    return std::exchange(last, {});
  }

  static ssize_t write(void* cookie, const char* bytes, std::size_t size) {
    auto& log = *static_cast<Log*>(cookie);
    for (const char byte : std::string_view(bytes, size)) {
      if (byte != '\n') {
        log.line += byte;
        continue;
      }
      if (log.sink) log.sink(log.line);
      const std::scoped_lock lock(log.last_guard);
      log.last = std::exchange(log.line, {});
    }
    return static_cast<ssize_t>(size);
  }
};

Eal::Eal(const EalConfig& config) {
  if (started.exchange(true)) throw Error(ErrorCode::Internal, "EAL: started twice");
  Log& log = Log::only();
  log.sink = config.log;
  if (log.stream == nullptr) {
    log.stream = fopencookie(
        &log, "w", {.read = nullptr, .write = Log::write, .seek = nullptr, .close = nullptr});
    setvbuf(log.stream, nullptr, _IOLBF, 0);
  }
  rte_openlog_stream(log.stream);

  std::vector<std::string> words = command_line(config);
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  if (rte_eal_init(static_cast<int>(arguments.size()), arguments.data()) >= 0) return;
  started = false;
  throw Error(config.hugepages ? ErrorCode::NeedsHugepages : ErrorCode::DeviceFailed,
              "start DPDK: " + why(-rte_errno));
}

Eal::~Eal() {
  rte_eal_cleanup();
  started = false;
}

void Eal::register_thread() {
  if (rte_thread_register() == 0) return;
  throw Error(ErrorCode::DeviceFailed,
              std::string("register a worker with DPDK: ") + rte_strerror(rte_errno));
}

std::string Eal::why(int status) {
  const std::string said = Log::only().take_last();
  return said.empty() ? rte_strerror(-status) : said;
}

bool Eal::is_running() noexcept { return started; }

std::string Eal::version() { return rte_version(); }

}  // namespace laneway
