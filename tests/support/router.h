// tests/support/router.h: what makes a test host an IPv6 router for its link: advertisements (RFC
// 4861 §6.2), periodic and for who asks.
#pragma once

#include "tests/support/host.h"

namespace laneway::test {

class Router {
 public:
  static constexpr Nanos kInterval = std::chrono::seconds{200};

  struct Options {
    IpPrefix prefix;
    std::uint16_t lifetime_seconds = 1800;
    bool autonomous = true;
  };

  // `host` must have its link-local address; advertises from now on.
  Router(Host& host, const Options& options);

  // To all nodes. Bit for bit the same each time.
  void advertise();
  IpPacket advertisement() const;
  void redirect(const Ipv6Address& destination, const Ipv6Address& better, MacAddress mac,
                const Ipv6Address& whom);

 private:
  Ipv6Address self() const { return Ipv6Address::link_local(host_.mac()); }

  Host& host_;
  Options options_;
};

}  // namespace laneway::test
