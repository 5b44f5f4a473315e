// daemon/host_filter.h: the tc ingress filter that keeps guests' frames out of the host's IP stack:
// a BPF program (host_filter.bpf.c) and its set of addresses.
//
// The clsact qdisc that it needs is made if there is none, and left; a filter of ours goes before
// what is there and is the only thing that we ever remove. Its handle is the process id of who
// attached it, so that leftovers of a dead process can be told from the filters of a living one.
#pragma once

#include <cstdint>
#include <string>

#include "switch/descriptor.h"
#include "switch/types.h"

namespace laneway {

enum class HostFilterKind : std::uint8_t {
  Uplink,  // drops for the host what is unicast to the adapter and for a guest's address
  Guest,   // drops everything for the host
};

// An attached filter; needs CAP_NET_ADMIN and CAP_BPF.
class HostFilter {
 public:
  // Throws Error (NoNic, NeedsCapability, DeviceFailed).
  HostFilter(const std::string& interface, HostFilterKind kind);
  ~HostFilter();
  HostFilter(HostFilter&& other) noexcept;
  HostFilter& operator=(HostFilter&&) = delete;

  // Of the set of addresses; only Uplink has one.
  int map() const noexcept { return map_.get(); }

 private:
  void attach(int program, const std::string& interface);
  int index_ = 0;  // of the interface; 0: not attached
  std::uint32_t priority_ = 0;
  Descriptor map_;
};

// Removes filters of ours whose process is dead, on all interfaces.
void remove_stale_host_filters();

// The set of a filter, by its map's descriptor; needs no privilege (Linux 5.19 and later).
class GuestAddressSet {
 public:
  explicit GuestAddressSet(Descriptor map) noexcept : map_(std::move(map)) {}

  // Throw Error (LimitReached, Io). Removing what is not there is no error.
  void add(const IpPrefix& prefix);
  void remove(const IpPrefix& prefix);

 private:
  Descriptor map_;
};

}  // namespace laneway
