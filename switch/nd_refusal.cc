#include "switch/nd_refusal.h"

namespace laneway {

std::optional<Drop> refusal_of(wire::NdParse::Kind kind) noexcept {
  switch (kind) {
    case wire::NdParse::Kind::HeaderChain:
      return Drop::HeaderChain;
    case wire::NdParse::Kind::Fragmented:
      return Drop::NdFrag;
    case wire::NdParse::Kind::Malformed:
      return Drop::NdBad;
    case wire::NdParse::Kind::Valid:
    case wire::NdParse::Kind::Other:
      break;
  }
  return std::nullopt;
}

}  // namespace laneway
