// daemon/config.h: what the admin declares in TOML: /etc/laneway/laneway.toml and conf.d/*.toml, or
// the one file of `lanewayd --config`.
//
// Read, checked as a whole, then const. Whatever is wrong is an Error (BadConfig) that says
// FILE:LINE:COLUMN: an unknown key, a wrong type, a value out of range.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/declaration.h"

namespace laneway {

struct Config {
  std::uint32_t workers = 1;      // threads that forward; 0: one for each CPU of `cpus`
  std::string cpus;               // "2,3": pin the workers there, one a CPU; "": wherever
  bool poll = false;              // idle = "poll": never sleep; for benches and NICs
  bool keep_privileges = false;   // the daemon keeps what `xdp:` and `dpdk:` ports need
  bool hugepages = false;         // for `dpdk:` ports
  std::uint32_t memory_mib = 64;  // of DPDK; some 15,900 buffers of 2 KiB
  bool telemetry = false;         // DPDK's own socket
  std::vector<std::string> eal;   // further arguments for EAL
  std::string metrics;            // ADDRESS:PORT of /metrics over TCP; "": none
  std::string web;                // ADDRESS:PORT of the web page; "": none
  std::string log = "info";       // trace, debug, info, warning, error
  std::vector<SwitchDeclaration> switches;

  const SwitchDeclaration* find(std::string_view name) const;
};

// DIRECTORY/laneway.toml, then DIRECTORY/conf.d/*.toml in the order of their names; a missing
// directory or file declares nothing.
Config read_config_directory(const std::filesystem::path& directory);
Config read_config_file(const std::filesystem::path& file);
// `name` stands for FILE in messages.
Config parse_config(std::string_view text, const std::string& name);

// TOML that parse_config reads back to the same switches.
std::string config_toml(const std::vector<SwitchDeclaration>& switches);

}  // namespace laneway
