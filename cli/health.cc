#include "cli/health.h"

#include <array>
#include <fstream>

#include <sys/utsname.h>

#include "daemon/nics.h"
#include "switch/error.h"

namespace laneway::cli {

namespace {

namespace fs = std::filesystem;

bool is_there(const fs::path& path) {
  std::error_code ignored;
  return fs::exists(path, ignored);
}

std::string first_word(const fs::path& path) {
  std::string word;
  std::ifstream(path) >> word;
  return word;
}

bool mentions(const fs::path& path, const std::string& text) {
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    if (line.find(text) != std::string::npos) return true;
  }
  return false;
}

// Loaded, built in, or there to be loaded.
bool has_module(const fs::path& root, const std::string& name) {
  utsname kernel{};
  uname(&kernel);
  const fs::path modules = root / "lib/modules" / kernel.release;
  const std::string file = "/" + name + ".ko";
  return is_there(root / "sys/module" / name) || mentions(modules / "modules.builtin", file) ||
         mentions(modules / "modules.dep", file);
}

Check tun_check(const fs::path& root) {
  if (is_there(root / "dev/net/tun")) return {"taps", Verdict::Good, "/dev/net/tun is there", ""};
  return {"taps", Verdict::Bad, "/dev/net/tun is missing: no tap: ports and no host port",
          "sudo modprobe tun"};
}

Check packet_check(const fs::path& root) {
  if (is_there(root / "proc/net/packet"))
    return {"packet sockets", Verdict::Good, "the kernel has them", ""};
  return {"packet sockets", Verdict::Bad, "the kernel has none: no uplink over an adapter",
          "sudo modprobe af_packet"};
}

// With forwarding on, frames for guests must be kept out of the host's stack, which a program at
// the adapter's tc ingress does.
Check filter_check(const fs::path& root) {
  const bool forwards = first_word(root / "proc/sys/net/ipv4/ip_forward") == "1" ||
                        first_word(root / "proc/sys/net/ipv6/conf/all/forwarding") == "1";
  const std::string state =
      forwards ? "the host forwards (Docker, libvirt)" : "the host does not forward";
  std::string missing;
  for (const char* name : {"sch_ingress", "cls_bpf"}) {
    if (!has_module(root, name)) missing += (missing.empty() ? "" : ", ") + std::string(name);
  }
  if (missing.empty())
    return {"host's filter", Verdict::Good, state + "; tc and BPF are there", ""};
  return {"host's filter", forwards ? Verdict::Bad : Verdict::Warning,
          state + "; not found: " + missing,
          "a kernel with CONFIG_NET_SCH_INGRESS and CONFIG_NET_CLS_BPF"};
}

Check rp_filter_check(const fs::path& root) {
  const std::string all = first_word(root / "proc/sys/net/ipv4/conf/all/rp_filter");
  const std::string text = all == "1" ? "strict" : all == "2" ? "loose" : "off";
  return {"reverse path", Verdict::Good, "filter is " + text + ": the host port works with each",
          ""};
}

Check network_manager_check(const fs::path& root) {
  if (!is_there(root / "run/NetworkManager")) {
    return {"NetworkManager", Verdict::Good, "is not running", ""};
  }
  for (const char* folder : {"etc/NetworkManager/conf.d", "usr/lib/NetworkManager/conf.d"}) {
    std::error_code ignored;
    for (const auto& entry : fs::directory_iterator(root / folder, ignored)) {
      if (mentions(entry.path(), "interface-name:lw*")) {
        return {"NetworkManager", Verdict::Good, "leaves our taps alone", ""};
      }
    }
  }
  return {
      "NetworkManager", Verdict::Warning, "may take our taps for its own",
      "copy packaging/90-laneway.conf to /etc/NetworkManager/conf.d, then nmcli general reload"};
}

Check firewall_check(const fs::path& root) {
  if (!is_there(root / "run/firewalld.pid") && !is_there(root / "run/firewalld")) {
    return {"firewall", Verdict::Good, "firewalld is not running", ""};
  }
  return {"firewall", Verdict::Warning,
          "firewalld puts the host port into its default zone: guests may not reach the host",
          "sudo firewall-cmd --zone=trusted --change-interface=lw-NAME"};
}

std::string association(const Nic& nic) {
  if (!nic.wifi) return nic.carrier ? "" : ", no carrier";
  if (!nic.wifi->bssid) return ", not associated";
  return std::string(", 4-address mode ") + (nic.wifi->four_address ? "on" : "off");
}

}  // namespace

std::string_view name_of(Verdict verdict) noexcept {
  constexpr std::array<std::string_view, 3> kNames{"ok", "warning", "failed"};
  return kNames[static_cast<std::size_t>(verdict)];
}

std::vector<Check> host_checks(const fs::path& root) {
  return {tun_check(root),       packet_check(root),          filter_check(root),
          rp_filter_check(root), network_manager_check(root), firewall_check(root)};
}

Check nic_check(const std::string& name) {
  std::vector<std::string> names;
  for (const Nic& nic : list_nics()) {
    names.push_back(nic.name);
    if (nic.name != name) continue;
    const std::string what = "adapter " + name;
    const Attachment& how = nic.attachment;
    if (!how.mode)
      return {what, Verdict::Bad, "cannot be an uplink: it is " + how.reason, how.instead};
    const std::string found =
        "attaches " + std::string(laneway::name_of(*how.mode)) + association(nic);
    if (nic.carrier) return {what, Verdict::Good, found, ""};
    return {what, Verdict::Warning, found, "plug the cable in, or join a Wi-Fi network"};
  }
  const std::vector<std::string_view> views(names.begin(), names.end());
  const std::string near(nearest(name, views.data(), views.size()));
  throw Error(ErrorCode::NoNic, "no adapter '" + name + "'",
              near.empty() ? "laneway nics" : "did you mean " + near + "?", name);
}

}  // namespace laneway::cli
