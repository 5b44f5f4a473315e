// switch/wire/dhcp.h: BOOTP and DHCP for IPv4 (RFC 951, 2131, 2132).
//
// The layout after BOOTP's fixed 236 bytes: a magic cookie, then options up to code 255. Options in
// the `file` and `sname` fields (overload) are not looked at.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "switch/types.h"
#include "switch/wire/bytes.h"
#include "switch/wire/checksum.h"
#include "switch/wire/frame_builder.h"
#include "switch/wire/udp.h"

namespace laneway::wire {

constexpr std::uint16_t kDhcpServerPort = 67;
constexpr std::uint16_t kDhcpClientPort = 68;

enum class BootpOp : std::uint8_t { Request = 1, Reply = 2 };

enum class DhcpType : std::uint8_t {
  Discover = 1,
  Offer = 2,
  Request = 3,
  Decline = 4,
  Ack = 5,
  Nak = 6,
  Release = 7,
  Inform = 8,
};

enum class DhcpOption : std::uint8_t {
  Pad = 0,
  SubnetMask = 1,
  Router = 3,
  RequestedIp = 50,
  LeaseTime = 51,
  MessageType = 53,
  ServerId = 54,
  ClientId = 61,
  End = 255,
};

// A message from `op` to `chaddr`; what lies behind has its own checks.
class DhcpView {
 public:
  static constexpr std::size_t kOp = 0;
  static constexpr std::size_t kHtype = 1;
  static constexpr std::size_t kHlen = 2;
  static constexpr std::size_t kXid = 4;
  static constexpr std::size_t kFlags = 10;
  static constexpr std::size_t kCiaddr = 12;  // client's own, when renewing
  static constexpr std::size_t kYiaddr = 16;  // "your" address
  static constexpr std::size_t kSiaddr = 20;  // next server
  static constexpr std::size_t kGiaddr = 24;  // relay agent
  static constexpr std::size_t kChaddr = 28;  // 16 bytes
  static constexpr std::size_t kHeadSize = 44;
  static constexpr std::size_t kMagic = 236;  // after 64 bytes of sname and 128 of file
  static constexpr std::size_t kOptions = 240;
  static_assert(kChaddr + 16 == kHeadSize && kHeadSize + 64 + 128 == kMagic);
  static constexpr std::uint16_t kBroadcastFlag = 0x8000;
  static constexpr std::uint32_t kMagicCookie = 0x63825363;

  // The payload of `udp`, a first fragment included. nullopt if shorter than kHeadSize.
  static std::optional<DhcpView> parse(const UdpView& udp) noexcept;

  bool is(BootpOp wanted) const noexcept {
    return load_u8(&bytes_[kOp]) == static_cast<std::uint8_t>(wanted);
  }
  std::uint8_t hlen() const noexcept { return load_u8(&bytes_[kHlen]); }
  std::uint32_t xid() const noexcept { return load_be32(&bytes_[kXid]); }
  bool is_broadcast() const noexcept { return (load_be16(&bytes_[kFlags]) & kBroadcastFlag) != 0; }
  Ipv4Address ciaddr() const noexcept { return load_ipv4(&bytes_[kCiaddr]); }
  Ipv4Address yiaddr() const noexcept { return load_ipv4(&bytes_[kYiaddr]); }
  Ipv4Address siaddr() const noexcept { return load_ipv4(&bytes_[kSiaddr]); }
  Ipv4Address giaddr() const noexcept { return load_ipv4(&bytes_[kGiaddr]); }
  // The first six bytes; a MAC address if hlen() is 6.
  MacAddress chaddr() const noexcept { return load_mac(&bytes_[kChaddr]); }

  // BOOTP's fixed part and DHCP's cookie are there.
  bool has_cookie() const noexcept;
  // It has the cookie, every option lies inside, and code 255 ends them.
  bool options_whole() const noexcept;
  // The value of the first option `code`, up to an option that is not inside; nullopt without one.
  std::optional<std::span<const std::byte>> find(DhcpOption code) const noexcept;

  // Each nullopt if the option is missing or not of its size. router: the first of the list.
  std::optional<DhcpType> message_type() const noexcept;
  std::optional<Ipv4Address> server_id() const noexcept { return address(DhcpOption::ServerId); }
  std::optional<Ipv4Address> router() const noexcept;
  std::optional<Ipv4Address> subnet_mask() const noexcept {
    return address(DhcpOption::SubnetMask);
  }
  std::optional<Ipv4Address> requested_ip() const noexcept {
    return address(DhcpOption::RequestedIp);
  }
  std::optional<std::uint32_t> lease_time_s() const noexcept;

  // Asks the server to answer by broadcast (RFC 2131 section 4.1). `udp` is the datagram around it.
  void set_broadcast(UdpView& udp, ChecksumEdit edit) noexcept;

 private:
  explicit DhcpView(std::span<std::byte> bytes) noexcept : bytes_(bytes) {}
  std::optional<Ipv4Address> address(DhcpOption code) const noexcept;
  std::span<std::byte> bytes_;
};

// A message as it is built: options are written for what is set.
struct DhcpFields {
  BootpOp op = BootpOp::Request;
  std::optional<DhcpType> type{};  // none: BOOTP without cookie
  std::uint32_t xid = 0;
  bool broadcast = false;
  Ipv4Address ciaddr{};
  Ipv4Address yiaddr{};
  Ipv4Address giaddr{};
  MacAddress chaddr{};
  std::optional<Ipv4Address> requested_ip{};
  std::optional<Ipv4Address> server_id{};
  std::optional<Ipv4Address> subnet_mask{};
  std::optional<Ipv4Address> router{};
  std::optional<std::uint32_t> lease_time_s{};
  std::span<const std::byte> client_id{};  // at most 255 bytes
};

constexpr std::size_t kDhcpFrameBytes = 1024;  // room for any `DhcpFields`
// A whole frame in `out` with the ports that `op` asks for; empty if it does not fit. At least 300
// bytes of BOOTP, as old servers want (RFC 1542 section 2.1).
std::span<std::byte> build_dhcp(std::span<std::byte> out, const MacPair& macs, const Ipv4Fields& ip,
                                const DhcpFields& fields) noexcept;

}  // namespace laneway::wire
