// switch/wire/ndp_option.h: the options of Neighbor Discovery messages (RFC 4861 section 4.6).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "switch/types.h"
#include "switch/wire/bytes.h"

namespace laneway::wire {

enum class NdOptionType : std::uint8_t {
  SourceLinkLayer = 1,
  TargetLinkLayer = 2,
  PrefixInformation = 3,
  RedirectedHeader = 4,
  Mtu = 5,
  Cga = 11,           // SEND, RFC 3971
  RsaSignature = 12,  // SEND
  Nonce = 14,         // RFC 3971, RFC 7527
};

// One option, at least 8 bytes long.
class NdOption {
 public:
  static constexpr std::size_t kType = 0;
  static constexpr std::size_t kLength = 1;  // in units of 8 bytes
  static constexpr std::size_t kUnit = 8;
  static constexpr std::size_t kLinkLayer = 2;  // where types 1 and 2 hold the address

  explicit NdOption(std::span<std::byte> bytes) noexcept : bytes_(bytes) {}

  bool is(NdOptionType wanted) const noexcept {
    return load_u8(&bytes_[kType]) == static_cast<std::uint8_t>(wanted);
  }
  std::uint8_t type() const noexcept { return load_u8(&bytes_[kType]); }
  bool is_link_layer() const noexcept {
    return is(NdOptionType::SourceLinkLayer) || is(NdOptionType::TargetLinkLayer);
  }
  // Requires is_link_layer().
  MacAddress link_layer() const noexcept { return load_mac(&bytes_[kLinkLayer]); }
  std::span<std::byte> bytes() const noexcept { return bytes_; }  // type and length included
  std::span<std::byte> body() const noexcept { return bytes_.subspan(2); }

 private:
  std::span<std::byte> bytes_;
};

// A range over options that is_whole() has checked.
class NdOptions {
 public:
  class Iterator {
   public:
    explicit Iterator(std::span<std::byte> rest) noexcept : rest_(rest) {}
    NdOption operator*() const noexcept { return NdOption(rest_.first(size())); }
    Iterator& operator++() noexcept {
      rest_ = rest_.subspan(size());
      return *this;
    }
    bool operator==(const Iterator& other) const noexcept {
      return rest_.size() == other.rest_.size();
    }

   private:
    std::size_t size() const noexcept {
      return std::size_t{load_u8(&rest_[NdOption::kLength])} * NdOption::kUnit;
    }
    std::span<std::byte> rest_;
  };

  explicit NdOptions(std::span<std::byte> bytes) noexcept : bytes_(bytes) {}
  Iterator begin() const noexcept { return Iterator(bytes_); }
  Iterator end() const noexcept { return Iterator({}); }

  // Every option has one unit at least and lies inside; types 1 and 2 have exactly one.
  static bool is_whole(std::span<const std::byte> bytes) noexcept;

 private:
  std::span<std::byte> bytes_;
};

struct PrefixInformation {
  IpPrefix prefix;
  bool on_link = true;     // L
  bool autonomous = true;  // A
  std::uint32_t valid_lifetime_s = 0;
  std::uint32_t preferred_lifetime_s = 0;

  // nullopt if the option is none of its type, not 32 bytes long or its prefix over 128 bits.
  static std::optional<PrefixInformation> parse(const NdOption& option) noexcept;
};

}  // namespace laneway::wire
