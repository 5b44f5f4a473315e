// tests/support/lan.h: who is on the network of the tests: the picture of one adapter, its guests
// and the LAN behind its access point, 192.168.77.0/24.
#pragma once

#include "switch/types.h"

namespace laneway::test {

constexpr MacAddress kStaMac{{0x02, 0, 0, 0, 0x01, 0x00}};     // the adapter's
constexpr MacAddress kOwnMac{{0x52, 0x54, 0, 0xff, 0, 0x01}};  // the host port's
constexpr MacAddress kBssid{{0x02, 0, 0, 0xaa, 0, 0x01}};
constexpr MacAddress kRouterMac{{0x02, 0, 0, 0, 0x0f, 0x01}};
constexpr MacAddress kLanMac{{0x02, 0, 0, 0, 0x0f, 0x10}};     // the first host's
constexpr MacAddress kGuestAMac{{0x52, 0x54, 0, 0, 0, 0x0a}};  // the first guest's
constexpr MacAddress kGuestBMac{{0x52, 0x54, 0, 0, 0, 0x0b}};

}  // namespace laneway::test
