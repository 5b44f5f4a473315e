#include "ports/eal.h"

#include <atomic>
#include <cstdio>
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

std::atomic<bool> is_running{false};

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
                                 "--no-telemetry", "--no-shconf"};
  if (config.hugepages) {
    words.insert(words.end(), {"--in-memory"});
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
  std::FILE* stream = nullptr;

  static ssize_t write(void* cookie, const char* bytes, std::size_t size) {
    auto& log = *static_cast<Log*>(cookie);
    for (const char byte : std::string_view(bytes, size)) {
      if (byte != '\n') {
        log.line += byte;
        continue;
      }
      if (log.sink) log.sink(log.line);
      log.last = std::exchange(log.line, {});
    }
    return static_cast<ssize_t>(size);
  }
};

Eal::Eal(const EalConfig& config) {
  if (is_running.exchange(true)) throw Error(ErrorCode::Internal, "EAL: started twice");
  static Log log;
  log_ = &log;
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
  is_running = false;
  throw Error(config.hugepages ? ErrorCode::NeedsHugepages : ErrorCode::DeviceFailed,
              "start DPDK: " + (log.last.empty() ? rte_strerror(rte_errno) : log.last));
}

Eal::~Eal() {
  rte_eal_cleanup();
  is_running = false;
}

void Eal::register_thread() {
  if (rte_thread_register() == 0) return;
  throw Error(ErrorCode::DeviceFailed,
              std::string("register a worker with DPDK: ") + rte_strerror(rte_errno));
}

std::string Eal::version() { return rte_version(); }

}  // namespace laneway
