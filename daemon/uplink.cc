#include "daemon/uplink.h"

#include <spdlog/spdlog.h>

#include "daemon/settings.h"

namespace laneway {

namespace {

PortPlan plan_for(const UplinkChoice& choice, const SwitchDeclaration& declared) {
  const bool wifi = choice.nic->wifi.has_value();
  PortPlan plan;
  plan.declared.name = "uplink";
  const bool given = declared.uplink.find(':') != std::string::npos;
  plan.declared.spec = given ? declared.uplink : "packet:" + choice.nic->name;
  plan.settings = PortSettings::for_uplink(wifi, static_cast<std::uint32_t>(declared.mac_limit));
  plan.mtu_bytes = choice.nic->mtu_bytes;
  const PortSpec spec = parse_port_spec(plan.declared.spec);
  plan.promiscuous = spec.promiscuous == PortSpec::Promiscuous::Auto
                         ? !wifi
                         : spec.promiscuous == PortSpec::Promiscuous::On;
  apply_settings(declared.uplink_settings, plan.settings);
  return plan;
}

std::vector<IpAddress> addresses_of(const std::vector<IpPrefix>& prefixes) {
  std::vector<IpAddress> addresses;
  for (const IpPrefix& prefix : prefixes) addresses.push_back(prefix.address);
  return addresses;
}

}  // namespace

Uplink::Uplink(Runtime& runtime, const UplinkChoice& choice, const SwitchDeclaration& declared)
    : runtime_(runtime),
      mode_(choice.mode),
      reason_(choice.reason),
      nic_(*choice.nic),
      port_(runtime, plan_for(choice, declared)) {
  network_.station = nic_.mac;
  network_.host = nic_.addresses;
  open_filters();
}

Uplink::~Uplink() {
  try {
    if (host_filter_) runtime_.helper.detach_filter(nic_name());
  } catch (const Error&) {
    // The helper is gone, and has undone it.
  }
}

// Only frames that carry the adapter's own address reach the host's stack, and only a translated
// uplink's guests have it.
void Uplink::open_filters() {
  filter_socket();
  if (mode_ != UplinkMode::Translated) return;
  host_filter_ = runtime_.helper.attach_uplink_filter(nic_name());
  addresses_ = {};
}

void Uplink::filter_socket() {
  if (mode_ == UplinkMode::Translated) {
    port_.set_filter(translated_uplink_frames(addresses_of(network_.host)));
  } else {
    port_.set_filter(plain_uplink_frames(network_.station));
  }
}

std::vector<StationEvent> Uplink::update(const HostNetwork& host, const Network& network,
                                         Nanos now) {
  const Nic* nic = host.find(nic_name());
  if (nic != nullptr) nic_ = *nic;
  const bool linked = nic != nullptr && has_link(*nic);
  const bool filter_changes = network.station != network_.station || network.host != network_.host;
  network_ = network;
  const bool replaced = nic != nullptr && port_.follow(host, linked);
  if (nic == nullptr) port_.follow(host, false);
  if (replaced) {
    open_filters();
  } else if (nic != nullptr && filter_changes) {
    filter_socket();
  }
  linked_ = linked;
  return tracker_.update(StationView::of(nic_, linked, network), now);
}

void Uplink::set_guests(const std::set<IpPrefix>& guests, Nanos now) {
  if (!host_filter_) return;
  std::set<IpPrefix> host;
  for (const IpPrefix& own : network_.host) {
    host.insert(
        {own.address, static_cast<std::uint8_t>(own.address.family == Family::Ipv4 ? 32 : 128)});
  }
  const GuestAddresses::Change change = addresses_.update(guests, host, now);
  try {
    for (const IpPrefix& prefix : change.removed) host_filter_->remove(prefix);
    for (const IpPrefix& prefix : change.added) host_filter_->add(prefix);
  } catch (const Error& error) {
    spdlog::warn("{}: {}", nic_name(), error.what());
  }
}

}  // namespace laneway
