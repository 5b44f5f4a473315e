// cli/health.h: what `laneway doctor` can find out by looking at the host.
//
// Reads files and asks the kernel for nothing that needs rights; changes nothing.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace laneway::cli {

enum class Verdict : std::uint8_t { Good, Warning, Bad };
std::string_view name_of(Verdict verdict) noexcept;  // "ok", "warning", "failed"

struct Check {
  std::string name;
  Verdict verdict = Verdict::Good;
  std::string found;
  std::string fix;  // "" where nothing is to be done
};

// /dev/net/tun, kernel modules, forwarding, reverse-path filter, NetworkManager, firewalld: as the
// files under `root` say.
std::vector<Check> host_checks(const std::filesystem::path& root);
// Whether the adapter called `name` can be an uplink. Throws Error(NoNic) if there is none.
Check nic_check(const std::string& name);

}  // namespace laneway::cli
