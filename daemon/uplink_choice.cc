#include "daemon/uplink_choice.h"

#include <string_view>
#include <vector>

#include "switch/error.h"
#include "switch/port_spec.h"

namespace laneway {

namespace {

// decide_attachment(), but that the adapter may be the uplink of the switch that asks.
Attachment attachment_for(const Nic& nic, const std::string& switch_name) {
  if (nic.used_by != switch_name) return nic.attachment;
  Nic unused = nic;
  unused.used_by.reset();
  return decide_attachment(unused);
}

}  // namespace

std::optional<std::string> uplink_interface(const std::string& uplink) {
  if (uplink == "auto") return std::nullopt;
  if (uplink.find(':') == std::string::npos) return uplink;
  const PortSpec spec = parse_port_spec(uplink);
  if (spec.kind == PortKind::Packet) return spec.where;
  throw Error(ErrorCode::Unsupported, "uplink '" + uplink + "': only adapters can be an uplink",
              "--uplink NIC, auto or none");
}

UplinkChoice choose_uplink(const SwitchDeclaration& declared, const HostNetwork& host) {
  const std::optional<std::string> wanted = uplink_interface(declared.uplink);
  const Nic* nic = wanted ? host.find(*wanted) : host.default_nic();
  if (nic == nullptr) return {};
  const Attachment attachment = attachment_for(*nic, declared.name);
  if (!attachment.mode) {
    throw Error(ErrorCode::NicRefused,
                nic->name + " cannot be an uplink: it is " + attachment.reason,
                attachment.instead.empty() ? "laneway nics shows which can" : attachment.instead,
                nic->name);
  }
  const bool needs_translation = *attachment.mode == UplinkMode::Translated;
  if (needs_translation && declared.translate == Translate::Off) {
    throw Error(ErrorCode::NeedsTranslation,
                nic->name + " needs translation: it is a " + attachment.reason,
                "leave out --translate off: every frame of a guest would be lost", nic->name);
  }
  if (declared.translate == Translate::On && !needs_translation) {
    return {nic, UplinkMode::Translated, "asked for by --translate on"};
  }
  return {nic, *attachment.mode, attachment.reason};
}

Error no_such_nic(const std::string& name, const HostNetwork& host) {
  std::vector<std::string_view> names;
  for (const Nic& nic : host.nics) names.push_back(nic.name);
  const std::string_view near = nearest(name, names.data(), names.size());
  return Error(ErrorCode::NoNic, "no network adapter '" + name + "'",
               near.empty() ? "laneway nics lists them" : "did you mean " + std::string(near) + "?",
               name);
}

}  // namespace laneway
