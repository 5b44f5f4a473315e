#include "bridge/mac_nat.h"

namespace laneway {
namespace {

class Pass final : public Stage {
 public:
  void process(Burst& /*burst*/, PortId /*egress*/, Nanos /*now*/) noexcept override {}
};

}  // namespace

struct MacNat::State {
  Parts parts;
  MacNatSettings settings;
  Pass from_uplink;
  Pass to_uplink;
};

MacNat::MacNat(const Parts& parts, const MacNatSettings& settings, std::uint64_t /*seed*/,
               MacNatObserver* /*observer*/)
    : state_(new State{parts, settings, {}, {}}) {}
MacNat::~MacNat() = default;

Stage& MacNat::from_uplink() noexcept { return state_->from_uplink; }
Stage& MacNat::to_uplink() noexcept { return state_->to_uplink; }
void MacNat::set_settings(const MacNatSettings& settings) { state_->settings = settings; }
void MacNat::set_host_groups(std::span<const IpAddress> /*groups*/) {}
void MacNat::forget_port(PortId /*port*/) noexcept {}
void MacNat::forget_network() noexcept { state_->parts.heard.clear(); }

}  // namespace laneway
