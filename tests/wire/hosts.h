// tests/wire/hosts.h: who speaks in the byte arrays: a guest and a router.
#pragma once

#include "switch/types.h"

namespace laneway::wire {

inline const MacAddress kGuest = *MacAddress::parse("02:00:00:00:00:01");
inline const MacAddress kRouter = *MacAddress::parse("02:00:00:00:00:fe");
inline const MacAddress kStation = *MacAddress::parse("02:aa:bb:cc:dd:ee");
inline const Ipv4Address kGuest4 = *Ipv4Address::parse("192.168.7.10");
inline const Ipv4Address kRouter4 = *Ipv4Address::parse("192.168.7.1");
inline const Ipv4Address kFar4 = *Ipv4Address::parse("203.0.113.9");
inline const Ipv6Address kGuest6 = *Ipv6Address::parse("2001:db8:7::10");
inline const Ipv6Address kRouter6 = *Ipv6Address::parse("2001:db8:7::1");
inline const Ipv6Address kFar6 = *Ipv6Address::parse("2001:db8:9::9");
inline const Ipv6Address kGuestLocal = *Ipv6Address::parse("fe80::ff:fe00:1");
inline const Ipv6Address kRouterLocal = *Ipv6Address::parse("fe80::ff:fe00:fe");

}  // namespace laneway::wire
