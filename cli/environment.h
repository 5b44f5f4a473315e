// cli/environment.h: the machine that figures were taken on.
#pragma once

#include <cstddef>
#include <string>

namespace laneway::cli {

// What the machine is, as far as it can be told; empty where it cannot.
struct Environment {
  std::string laneway, commit, build, compiler, dpdk, kernel, cpu, governor;
  std::size_t cpus = 0;
  std::size_t isolated_cpus = 0;
  bool virtual_machine = false;
  bool hugepages = false;

  static Environment of_this_machine();
};

}  // namespace laneway::cli
