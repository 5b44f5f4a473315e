// switch/nd_refusal.h: under which reason Neighbor Discovery that cannot be judged ends (RFC 4861
// section 6.1, 7.1 and 8.1; RFC 6980; RFC 7112).
#pragma once

#include <optional>

#include "switch/drop.h"
#include "switch/wire/ndp.h"

namespace laneway {

// nullopt for a valid message, and for a packet that is none.
std::optional<Drop> refusal_of(wire::NdParse::Kind kind) noexcept;

}  // namespace laneway
