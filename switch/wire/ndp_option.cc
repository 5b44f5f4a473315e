#include "switch/wire/ndp_option.h"

namespace laneway::wire {
namespace {

// RFC 4861 section 4.6.2.
constexpr std::size_t kPrefixLength = 2;
constexpr std::size_t kPrefixFlags = 3;
constexpr std::size_t kValidLifetime = 4;
constexpr std::size_t kPreferredLifetime = 8;
constexpr std::size_t kPrefix = 16;
constexpr std::size_t kPrefixInformationBytes = 32;
static_assert(kPrefix + 16 == kPrefixInformationBytes);

bool is_link_layer_type(std::uint8_t type) noexcept {
  return type == static_cast<std::uint8_t>(NdOptionType::SourceLinkLayer) ||
         type == static_cast<std::uint8_t>(NdOptionType::TargetLinkLayer);
}

}  // namespace

bool NdOptions::is_whole(std::span<const std::byte> bytes) noexcept {
  while (!bytes.empty()) {
    if (bytes.size() < NdOption::kUnit) return false;
    const std::size_t size = std::size_t{load_u8(&bytes[NdOption::kLength])} * NdOption::kUnit;
    if (size == 0 || size > bytes.size()) return false;
    if (is_link_layer_type(load_u8(&bytes[NdOption::kType])) && size != NdOption::kUnit) {
      return false;
    }
    bytes = bytes.subspan(size);
  }
  return true;
}

std::optional<PrefixInformation> PrefixInformation::parse(const NdOption& option) noexcept {
  const std::span<const std::byte> bytes = option.bytes();
  const bool is_one = option.is(NdOptionType::PrefixInformation) &&
                      bytes.size() == kPrefixInformationBytes &&
                      load_u8(&bytes[kPrefixLength]) <= 128;
  if (!is_one) return std::nullopt;
  const std::uint8_t flags = load_u8(&bytes[kPrefixFlags]);
  return PrefixInformation{
      .prefix = {.address = load_ipv6(&bytes[kPrefix]), .length = load_u8(&bytes[kPrefixLength])},
      .on_link = (flags & 0x80U) != 0,
      .autonomous = (flags & 0x40U) != 0,
      .valid_lifetime_s = load_be32(&bytes[kValidLifetime]),
      .preferred_lifetime_s = load_be32(&bytes[kPreferredLifetime])};
}

}  // namespace laneway::wire
