#include "switch/wire/dhcp.h"

#include <array>

namespace laneway::wire {
namespace {

// One step over options: Found with the value, Ended at code 255, Broken past the end.
struct OptionStep {
  enum class What : std::uint8_t { Found, Ended, Broken } what;
  std::uint8_t code = 0;
  std::span<const std::byte> value{};
  std::span<const std::byte> rest{};
};

OptionStep next_option(std::span<const std::byte> rest) noexcept {
  while (!rest.empty() && load_u8(&rest[0]) == static_cast<std::uint8_t>(DhcpOption::Pad)) {
    rest = rest.subspan(1);
  }
  if (rest.empty()) return {.what = OptionStep::What::Broken};
  const std::uint8_t code = load_u8(&rest[0]);
  if (code == static_cast<std::uint8_t>(DhcpOption::End)) return {.what = OptionStep::What::Ended};
  if (rest.size() < 2 || rest.size() - 2 < load_u8(&rest[1])) {
    return {.what = OptionStep::What::Broken};
  }
  const std::size_t length = load_u8(&rest[1]);
  return {OptionStep::What::Found, code, rest.subspan(2, length), rest.subspan(2 + length)};
}

}  // namespace

std::optional<DhcpView> DhcpView::parse(const UdpView& udp) noexcept {
  if (udp.payload().size() < kHeadSize) return std::nullopt;
  return DhcpView(udp.payload());
}

bool DhcpView::has_cookie() const noexcept {
  return bytes_.size() >= kOptions && load_be32(&bytes_[kMagic]) == kMagicCookie;
}

bool DhcpView::options_whole() const noexcept {
  if (!has_cookie()) return false;
  OptionStep step = next_option(bytes_.subspan(kOptions));
  while (step.what == OptionStep::What::Found) step = next_option(step.rest);
  return step.what == OptionStep::What::Ended;
}

std::optional<std::span<const std::byte>> DhcpView::find(DhcpOption code) const noexcept {
  if (!has_cookie()) return std::nullopt;
  OptionStep step = next_option(bytes_.subspan(kOptions));
  while (step.what == OptionStep::What::Found) {
    if (step.code == static_cast<std::uint8_t>(code)) return step.value;
    step = next_option(step.rest);
  }
  return std::nullopt;
}

std::optional<DhcpType> DhcpView::message_type() const noexcept {
  const auto value = find(DhcpOption::MessageType);
  if (!value || value->size() != 1) return std::nullopt;
  return DhcpType{load_u8(value->data())};
}

std::optional<Ipv4Address> DhcpView::address(DhcpOption code) const noexcept {
  const auto value = find(code);
  if (!value || value->size() != 4) return std::nullopt;
  return load_ipv4(value->data());
}

std::optional<Ipv4Address> DhcpView::router() const noexcept {
  const auto value = find(DhcpOption::Router);
  if (!value || value->size() < 4 || value->size() % 4 != 0) return std::nullopt;
  return load_ipv4(value->data());
}

std::optional<std::uint32_t> DhcpView::lease_time_s() const noexcept {
  const auto value = find(DhcpOption::LeaseTime);
  if (!value || value->size() != 4) return std::nullopt;
  return load_be32(value->data());
}

// The flags lie at an even offset of the datagram, so the word is one of the sum's.
void DhcpView::set_broadcast(UdpView& udp, ChecksumEdit edit) noexcept {
  const std::uint16_t before = load_be16(&bytes_[kFlags]);
  const auto after = static_cast<std::uint16_t>(before | kBroadcastFlag);
  store_be16(&bytes_[kFlags], after);
  if (edit == ChecksumEdit::Update) {
    udp.set_checksum(update_udp_checksum(udp.checksum(), before, after));
  }
}

namespace {

class OptionWriter {
 public:
  explicit OptionWriter(FrameBuilder& builder) noexcept : builder_(builder) {}

  void bytes(DhcpOption code, std::span<const std::byte> value) noexcept {
    builder_.be8(static_cast<std::uint8_t>(code));
    builder_.be8(static_cast<std::uint8_t>(value.size())).bytes(value);
    size_ += 2 + value.size();
  }
  void number(DhcpOption code, std::optional<std::uint32_t> value) noexcept {
    if (!value) return;
    std::array<std::byte, 4> word;
    store_be32(word.data(), *value);
    bytes(code, word);
  }
  void address(DhcpOption code, const std::optional<Ipv4Address>& value) noexcept {
    if (value) number(code, value->number);
  }
  void end() noexcept {
    builder_.be8(static_cast<std::uint8_t>(DhcpOption::End));
    ++size_;
  }
  std::size_t size() const noexcept { return size_; }

 private:
  FrameBuilder& builder_;
  std::size_t size_ = 0;
};

void write_head(FrameBuilder& builder, const DhcpFields& fields) noexcept {
  constexpr std::uint8_t kEthernetHardware = 1;
  builder.be8(static_cast<std::uint8_t>(fields.op)).be8(kEthernetHardware);
  builder.be8(static_cast<std::uint8_t>(fields.chaddr.octets.size())).be8(0);  // hlen, hops
  builder.be32(fields.xid).be16(0);                                            // secs
  builder.be16(fields.broadcast ? DhcpView::kBroadcastFlag : std::uint16_t{0});
  builder.address(fields.ciaddr).address(fields.yiaddr).address(Ipv4Address{});
  builder.address(fields.giaddr).mac(fields.chaddr);
  builder.zeros(DhcpView::kMagic - DhcpView::kChaddr - fields.chaddr.octets.size());
}

// Returns how many bytes the cookie and the options take.
std::size_t write_options(FrameBuilder& builder, const DhcpFields& fields) noexcept {
  if (!fields.type) return 0;
  builder.be32(DhcpView::kMagicCookie);
  OptionWriter writer(builder);
  const std::byte type{static_cast<std::uint8_t>(*fields.type)};
  writer.bytes(DhcpOption::MessageType, {&type, 1});
  if (!fields.client_id.empty()) writer.bytes(DhcpOption::ClientId, fields.client_id);
  writer.address(DhcpOption::RequestedIp, fields.requested_ip);
  writer.address(DhcpOption::ServerId, fields.server_id);
  writer.number(DhcpOption::LeaseTime, fields.lease_time_s);
  writer.address(DhcpOption::SubnetMask, fields.subnet_mask);
  writer.address(DhcpOption::Router, fields.router);
  writer.end();
  return 4 + writer.size();
}

}  // namespace

std::span<std::byte> build_dhcp(std::span<std::byte> out, const MacPair& macs, const Ipv4Fields& ip,
                                const DhcpFields& fields) noexcept {
  constexpr std::size_t kMinBootpBytes = 300;
  const UdpPorts ports = fields.op == BootpOp::Request ? UdpPorts{kDhcpClientPort, kDhcpServerPort}
                                                       : UdpPorts{kDhcpServerPort, kDhcpClientPort};
  FrameBuilder builder(out);
  builder.ethernet(macs).ipv4(ip).udp(ports);
  write_head(builder, fields);
  const std::size_t size = DhcpView::kMagic + write_options(builder, fields);
  if (size < kMinBootpBytes) builder.zeros(kMinBootpBytes - size);
  return builder.finish();
}

}  // namespace laneway::wire
