#include "bridge/mac_nat.h"

#include <algorithm>

#include "bridge/from_uplink.h"
#include "bridge/to_uplink.h"
#include "bridge/translation.h"

namespace laneway {
namespace {

MacNatObserver no_observer;  // notices nothing

MacNatSettings bounded(MacNatSettings settings) {
  settings.nonip.resize(std::min(settings.nonip.size(), MacNatSettings::kMaxNonip));
  return settings;
}

}  // namespace

struct MacNat::State {
  State(const Parts& parts, const MacNatSettings& settings, std::uint64_t seed,
        MacNatObserver* observer)
      : translation{parts,
                    bounded(settings),
                    observer != nullptr ? observer : &no_observer,
                    {},
                    {}},
        from_uplink(translation, seed),
        to_uplink(translation) {}

  Translation translation;
  FromUplink from_uplink;
  ToUplink to_uplink;
};

MacNat::MacNat(const Parts& parts, const MacNatSettings& settings, std::uint64_t seed,
               MacNatObserver* observer)
    : state_(std::make_unique<State>(parts, settings, seed, observer)) {}
MacNat::~MacNat() = default;

Stage& MacNat::from_uplink() noexcept { return state_->from_uplink; }
Stage& MacNat::to_uplink() noexcept { return state_->to_uplink; }

void MacNat::set_settings(const MacNatSettings& settings) {
  state_->translation.settings = bounded(settings);
}

void MacNat::set_host_groups(std::span<const IpAddress> groups) {
  state_->translation.members.set_host_groups(groups);
}

void MacNat::forget_port(PortId port) noexcept {
  state_->translation.relay.forget(port);
  state_->translation.members.forget(port);
}

void MacNat::forget_network() noexcept {
  state_->translation.relay.forget_all();
  state_->translation.parts.heard.clear();
}

}  // namespace laneway
