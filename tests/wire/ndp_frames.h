// tests/wire/ndp_frames.h: one frame of each Neighbor Discovery message, with right checksums.
#pragma once

#include <array>
#include <cstddef>
#include <vector>

#include "tests/wire/hosts.h"
#include "tests/wire/octets.h"

namespace laneway::wire {

// From fe80::, with SLLAO and nonce, to the solicited-node group.
inline const auto kNs = octets(
    "3333 ff00 0010 0200 0000 0001 86dd 6000 0000 0028 3aff fe80 0000 0000 0000 0000 "
    "00ff fe00 0001 ff02 0000 0000 0000 0000 0001 ff00 0010 8700 3527 0000 0000 2001 "
    "0db8 0007 0000 0000 0000 0000 0010 0101 0200 0000 0001 0e01 0102 0304 0506 ");
// From "::", with nonce.
inline const auto kDad = octets(
    "3333 ff00 0010 0200 0000 0001 86dd 6000 0000 0020 3aff 0000 0000 0000 0000 0000 "
    "0000 0000 0000 ff02 0000 0000 0000 0000 0001 ff00 0010 8700 35b3 0000 0000 2001 "
    "0db8 0007 0000 0000 0000 0000 0010 0e01 0102 0304 0506 ");
// R, S and TLLAO.
inline const auto kNa = octets(
    "0200 0000 00fe 0200 0000 0001 86dd 6000 0000 0020 3aff 2001 0db8 0007 0000 0000 "
    "0000 0000 0010 fe80 0000 0000 0000 0000 00ff fe00 00fe 8800 5983 c000 0000 2001 "
    "0db8 0007 0000 0000 0000 0000 0010 0201 0200 0000 0001 ");
// O, to all nodes.
inline const auto kUnsolicitedNa = octets(
    "3333 0000 0001 0200 0000 0001 86dd 6000 0000 0020 3aff 2001 0db8 0007 0000 0000 "
    "0000 0000 0010 ff02 0000 0000 0000 0000 0000 0000 0001 8800 f8fe 2000 0000 2001 "
    "0db8 0007 0000 0000 0000 0000 0010 0201 0200 0000 0001 ");
// M off, O and P on, with SLLAO and one prefix.
inline const auto kRa = octets(
    "3333 0000 0001 0200 0000 00fe 86dd 6000 0000 0038 3aff fe80 0000 0000 0000 0000 "
    "00ff fe00 00fe ff02 0000 0000 0000 0000 0000 0000 0001 8600 3579 4044 0708 0000 "
    "0000 0000 0000 0101 0200 0000 00fe 0304 40c0 0001 5180 0000 3840 0000 0000 2001 "
    "0db8 0007 0000 0000 0000 0000 0000 ");
// With SLLAO.
inline const auto kRs = octets(
    "3333 0000 0002 0200 0000 0001 86dd 6000 0000 0010 3aff fe80 0000 0000 0000 0000 "
    "00ff fe00 0001 ff02 0000 0000 0000 0000 0000 0000 0002 8500 7b2c 0000 0000 0101 "
    "0200 0000 0001 ");
// To 2001:db8:9::9 by way of fe80::9, with TLLAO.
inline const auto kRedirect = octets(
    "0200 0000 0001 0200 0000 00fe 86dd 6000 0000 0030 3aff fe80 0000 0000 0000 0000 "
    "00ff fe00 00fe 2001 0db8 0007 0000 0000 0000 0000 0010 8900 19e7 0000 0000 fe80 "
    "0000 0000 0000 0000 0000 0000 0009 2001 0db8 0009 0000 0000 0000 0000 0009 0201 "
    "0200 0000 0009 ");

inline const std::array kNdFrames{&kNs, &kDad, &kNa, &kUnsolicitedNa, &kRa, &kRs, &kRedirect};

}  // namespace laneway::wire
