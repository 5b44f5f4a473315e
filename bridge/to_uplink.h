// bridge/to_uplink.h: the last egress stage of an uplink: from here on all is the station's.
#pragma once

#include "bridge/mtu_guard.h"
#include "bridge/rewrite.h"
#include "bridge/translation.h"

namespace laneway {

class ToUplink final : public Stage {
 public:
  explicit ToUplink(Translation& translation) : translation_(translation), mtu_(translation) {}

  void process(Burst& burst, PortId egress, Nanos now) noexcept override;

 private:
  // All but the source address, which comes last.
  void translate(Frame& frame, Nanos now) noexcept;
  void arp(Frame& frame, Nanos now) noexcept;
  void ipv4(Frame& frame, Nanos now) noexcept;
  void ipv6(Frame& frame, Nanos now) noexcept;
  void dhcp(Frame& frame, const DhcpPacket& packet, Nanos now) noexcept;
  // A report or leave: notes it; true if it would cut off others here.
  template <class Report>
  bool cuts_off_others(const Report& report, PortId port, Nanos now) noexcept;

  Translation& translation_;
  MtuGuard mtu_;
};

}  // namespace laneway
