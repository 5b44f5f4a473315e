#include "cli/environment.h"

#include <algorithm>
#include <fstream>
#include <sstream>

#include <sys/utsname.h>
#include <unistd.h>

#include "daemon/version.h"
#include "ports/eal.h"

namespace laneway::cli {

namespace {

std::string first_line(const char* path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return line;
}

// The value of the first "key : value" in /proc/cpuinfo.
std::string cpu_says(const std::string& key) {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);) {
    const std::size_t colon = line.find(':');
    if (!line.starts_with(key) || colon == std::string::npos) continue;
    return line.substr(std::min(colon + 2, line.size()));
  }
  return {};
}

// How many CPUs a list such as "1,4-7" names (cpuset(7)).
std::size_t cpus_in(const std::string& list) {
  std::istringstream parts(list);
  std::size_t count = 0;
  for (std::string part; std::getline(parts, part, ',');) {
    const std::size_t dash = part.find('-');
    count += dash == std::string::npos
                 ? 1
                 : std::stoul(part.substr(dash + 1)) - std::stoul(part.substr(0, dash)) + 1;
  }
  return count;
}

std::string kernel_release() {
  utsname names{};
  return uname(&names) == 0 ? names.release : "";
}

}  // namespace

Environment Environment::of_this_machine() {
  Environment environment;
  environment.laneway = kVersion;
  environment.commit = kCommit;
#ifdef NDEBUG
  environment.build = "release";
#else
  environment.build = "debug";
#endif
#ifdef __clang__
  environment.compiler = "clang " __clang_version__;
#else
  environment.compiler = "g++ " __VERSION__;
#endif
  environment.dpdk = Eal::version();
  environment.kernel = kernel_release();
  environment.cpu = cpu_says("model name");
  environment.governor = first_line("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor");
  environment.cpus = static_cast<std::size_t>(std::max(sysconf(_SC_NPROCESSORS_ONLN), 1L));
  environment.isolated_cpus = cpus_in(first_line("/sys/devices/system/cpu/isolated"));
  environment.virtual_machine =
      (" " + cpu_says("flags") + " ").find(" hypervisor ") != std::string::npos;
  return environment;
}

}  // namespace laneway::cli
