#include "bridge/nd_outward.h"

#include "bridge/rewrite.h"

namespace laneway {
namespace {

// What an option's address means on its way out.
enum class Lladdr : std::uint8_t { Stays, BecomesStation, Foreign };

class Judge {
 public:
  Judge(const Translation& translation, const Frame& frame, bool redirect, Nanos now) noexcept
      : translation_(translation), frame_(frame), redirect_(redirect), now_(now) {}

  Lladdr operator()(MacAddress mac) const noexcept {
    if (mac == translation_.parts.network.station) return Lladdr::Stays;
    const bool generated = frame_.ingress == kNoPort;
    if (is_senders(mac) || ((redirect_ || generated) && translation_.is_local(mac, now_))) {
      return Lladdr::BecomesStation;
    }
    // A router that is a guest may point to one on the LAN.
    const bool lan_router =
        redirect_ && !mac.is_group() && !mac.is_zero() && !translation_.is_local(mac, now_);
    return lan_router ? Lladdr::Stays : Lladdr::Foreign;
  }

 private:
  bool is_senders(MacAddress mac) const noexcept {
    if (frame_.ingress == kNoPort || mac.is_group() || mac.is_zero()) return false;
    return mac == frame_.source() || mac == translation_.parts.ports[frame_.ingress].settings.mac;
  }

  const Translation& translation_;
  const Frame& frame_;
  bool redirect_;
  Nanos now_;
};

}  // namespace

void nd_outward(const Translation& translation, Frame& frame, wire::NdView nd, Nanos now) noexcept {
  const auto message = static_cast<std::size_t>(nd.message().data() - frame.data);
  const auto edit =
      checksum_edit(offload_of(*frame.buffer), message, message + wire::NdView::kChecksum);
  if (!edit) return frame.drop(Drop::BadOffload);

  const Judge judge(translation, frame, nd.is(wire::Icmpv6Type::Redirect), now);
  bool edits = false;
  for (const wire::NdOption option : nd.options()) {
    if (!option.is_link_layer()) continue;
    const Lladdr meaning = judge(option.link_layer());
    if (meaning == Lladdr::Foreign) return frame.drop(Drop::NdForeignLladdr);
    edits = edits || meaning == Lladdr::BecomesStation;
  }
  if (!edits) return;
  if (nd.is_signed() && !translation.settings.pass_send) return frame.drop(Drop::NdSend);
  for (const wire::NdOption option : nd.options()) {
    if (option.is_link_layer() && judge(option.link_layer()) == Lladdr::BecomesStation) {
      nd.set_link_layer(option, translation.parts.network.station, *edit);
    }
  }
}

}  // namespace laneway
