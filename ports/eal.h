// ports/eal.h: DPDK's environment, started once a process: by default without hugepages, PCI, files
// that stay, telemetry or any privilege.
//
// Threads: main starts it before others; register_thread is each worker's.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace laneway {

struct EalConfig {
  std::size_t memory_mib = 64;                  // for pools and rings; taken as it is used
  bool hugepages = false;                       // and PCI: for NICs that DPDK drives
  bool telemetry = false;                       // DPDK's own socket
  std::vector<std::string> arguments{};         // further ones, as EAL takes them
  std::function<void(std::string_view)> log{};  // gets EAL's lines, without newline; none: silence
};

class Eal {
 public:
  // Throws Error (DeviceFailed, with EAL's last line; Internal if it runs already).
  explicit Eal(const EalConfig& config);
  ~Eal();
  Eal(const Eal&) = delete;
  Eal& operator=(const Eal&) = delete;

  // Gives the calling thread a number of EAL's, and with it a pool cache of its own. To be called
  // first in a worker (WorkerConfig::thread_init). Throws Error.
  static void register_thread();
  static bool is_running() noexcept;
  static std::string version();  // "DPDK 22.11.11"
  // Why a call of DPDK's has failed with `status`: what DPDK has logged since the last question, or
  // else the error's name.
  static std::string why(int status);

 private:
  struct Log;
};

}  // namespace laneway
