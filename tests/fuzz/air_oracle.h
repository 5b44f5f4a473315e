// tests/fuzz/air_oracle.h: what must not be seen of a translated switch on the air, read from bytes
// in the plainest way: it shares no code with the views or the translation.
#pragma once

#include <span>
#include <string>

#include "switch/types.h"

namespace laneway::fuzz {

// Why `frame` may not leave a station with the address `station` that hides `locals`; empty if it
// may. ARP names the station as sender and no local address as target, ND names no local address in
// an option 1 or 2, and whatever cannot be judged (a cut header chain, ND in fragments) is not
// there.
std::string foreign_on_air(std::span<const std::byte> frame, MacAddress station,
                           std::span<const MacAddress> locals);

}  // namespace laneway::fuzz
