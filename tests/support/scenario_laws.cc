// What must hold at the end of every scenario, whatever it was about.
#include "tests/support/ledger.h"
#include "tests/support/packet.h"
#include "tests/support/scenario.h"

namespace laneway::test {

namespace {

// The link-layer addresses inside an ARP or ND message, read without asking whether it is sound: a
// broken one may carry them as well.
std::vector<MacAddress> inner_addresses(const Bytes& frame) {
  if (const auto arp = read_arp(frame)) return {arp->sender_mac, arp->target_mac};
  const auto packet = read_ip(frame);
  const auto nd = packet ? read_nd(*packet) : std::nullopt;
  std::vector<MacAddress> found;
  if (!nd) return found;
  for (const std::uint8_t option : {kSourceLinkLayer, kTargetLinkLayer}) {
    if (const auto mac = nd->link_layer(option)) found.push_back(*mac);
  }
  return found;
}

}  // namespace

std::vector<std::string> Scenario::foreign_on_air() const {
  std::vector<std::string> found;
  for (const LoggedFrame& frame : ap_.air()) {
    if (frame.way != Way::Up) continue;
    const auto at = " at " + std::to_string(frame.time.count()) + " ns";
    if (source_of(frame.bytes) != frame.radio) {
      found.push_back("frame from " + to_string(source_of(frame.bytes)) + at);
    }
    for (const MacAddress mac : inner_addresses(frame.bytes)) {
      if (foreign_.contains(mac)) found.push_back("ARP or ND with " + to_string(mac) + at);
    }
  }
  return found;
}

std::vector<std::string> Scenario::broken_laws() {
  std::vector<std::string> broken;
  std::vector<const PortCounters*> ports;
  for (const auto& plug : plugs_) ports.push_back(&plug->counters);
  if (auto text = broken_ledger(composition_.sw(), ports); !text.empty()) broken.push_back(text);
  if (pool_.in_use() != 0) broken.push_back(std::to_string(pool_.in_use()) + " buffers are held");
  if (!ap_.counters().balanced()) broken.emplace_back("the access point lost count of its frames");
  if (!options_.translated) return broken;
  for (std::string& text : foreign_on_air()) broken.push_back(std::move(text));
  return broken;
}

}  // namespace laneway::test
