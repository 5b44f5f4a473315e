// tests/netns/switched_namespaces.h: two network namespaces that only a switch of ours joins:
// `left` by a veth with a packet port on our end, `right` by a tap that was moved there.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "ports/packet_port.h"
#include "ports/tap_port.h"
#include "switch/switch.h"
#include "switch/worker.h"
#include "tests/netns/network_namespace.h"

namespace laneway::test {

// Runs `action` on a thread that is in `space`.
void within(const NamedNamespace& space, const std::function<void()>& action);

// Sends `bytes` of a pattern by TCP to `address` and compares them at the far end; true if all
// came.
bool transfer(const NamedNamespace& from, const NamedNamespace& to, const std::string& address,
              std::size_t bytes);

// TCP segments that came with a wrong checksum.
int bad_checksums(const NamedNamespace& space);

class SwitchedNamespaces {
 public:
  struct Options {
    bool gso = true;  // of the ports
    std::uint32_t mtu = 1500;
  };
  // Requires a namespace of the calling thread's own (enter_network_namespace).
  explicit SwitchedNamespaces(const Options& options);
  ~SwitchedNamespaces();

  const NamedNamespace left;
  const NamedNamespace right;
  PacketPort& packet() { return *packet_; }
  TapPort& tap() { return *tap_; }
  Worker& worker() { return worker_; }
  PortCounters packet_counters;
  PortCounters tap_counters;

 private:
  HeapBuffers pool_{32768};
  Switch switch_{SwitchConfig{}, pool_};
  std::unique_ptr<PacketPort> packet_;
  std::unique_ptr<TapPort> tap_;
  Worker worker_{WorkerConfig{}};
};

}  // namespace laneway::test
