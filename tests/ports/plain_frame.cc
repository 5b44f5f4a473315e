#include "tests/ports/plain_frame.h"

namespace laneway::test {

namespace {

std::uint32_t add_words(const Bytes& bytes, std::size_t from, std::size_t to) {
  std::uint32_t sum = 0;
  for (std::size_t at = from; at < to; ++at) {
    const auto byte = std::to_integer<std::uint32_t>(bytes[at]);
    sum += (at - from) % 2 == 0 ? byte << 8U : byte;
    sum = (sum & 0xffffU) + (sum >> 16U);
  }
  return sum;
}

std::uint32_t fold(std::uint32_t sum) {
  while (sum > 0xffffU) sum = (sum & 0xffffU) + (sum >> 16U);
  return sum;
}

std::uint32_t pseudo_header(const Bytes& frame, const PlainFrame& like) {
  const std::size_t addresses = like.network() + (like.v6 ? 8 : 12);
  const std::uint32_t sum = add_words(frame, addresses, addresses + (like.v6 ? 32 : 8));
  return fold(sum + (like.tcp ? 6U : 17U) +
              static_cast<std::uint32_t>(frame.size() - like.transport()));
}

}  // namespace

std::uint16_t get16(const Bytes& bytes, std::size_t at) {
  return static_cast<std::uint16_t>(std::to_integer<unsigned>(bytes[at]) << 8U |
                                    std::to_integer<unsigned>(bytes[at + 1]));
}

std::uint32_t get32(const Bytes& bytes, std::size_t at) {
  return std::uint32_t{get16(bytes, at)} << 16U | get16(bytes, at + 2);
}

void put16(Bytes& bytes, std::size_t at, std::size_t value) {
  bytes[at] = static_cast<std::byte>(value >> 8U);
  bytes[at + 1] = static_cast<std::byte>(value & 0xffU);
}

Bytes PlainFrame::unsummed() const {
  Bytes frame(headers() + payload);
  for (std::size_t at = 0; at < 12; ++at) frame[at] = static_cast<std::byte>(2 + 4 * at);
  for (std::size_t tag = 0; tag < tags; ++tag) {
    put16(frame, 12 + 4 * tag, tag + 1 == tags ? 0x8100 : 0x88a8);
    put16(frame, 14 + 4 * tag, 100 + tag);
  }
  put16(frame, network() - 2, v6 ? 0x86dd : 0x0800);
  const std::size_t ip = network();
  frame[ip] = std::byte{v6 ? std::uint8_t{0x60} : std::uint8_t{0x45}};
  const std::size_t addresses = ip + (v6 ? 8 : 12);
  for (std::size_t at = addresses; at < transport(); ++at) {
    frame[at] = static_cast<std::byte>(at * 7 + 3);
  }
  if (v6) {
    put16(frame, ip + 4, frame.size() - transport());
    put16(frame, ip + 6, (tcp ? 6U : 17U) << 8U | 64U);
  } else {
    put16(frame, ip + 2, frame.size() - ip);
    put16(frame, ip + 4, id);
    put16(frame, ip + 8, 64U << 8U | (tcp ? 6U : 17U));
    put16(frame, ip + 10, ~add_words(frame, ip, ip + 20) & 0xffffU);
  }
  put16(frame, transport(), 4711);
  put16(frame, transport() + 2, 80);
  if (tcp) {
    put16(frame, transport() + 4, sequence >> 16U);
    put16(frame, transport() + 6, sequence & 0xffffU);
    put16(frame, transport() + 12, (5 + options / 4) << 12U | flags);
  } else {
    put16(frame, transport() + 4, 8 + payload);
  }
  for (std::size_t at = 0; at < options; ++at) frame[transport() + 20 + at] = std::byte{1};
  for (std::size_t at = 0; at < payload; ++at) {
    frame[headers() + at] = static_cast<std::byte>(at % 251);
  }
  put16(frame, field(), pseudo_header(frame, *this));
  return frame;
}

void sum_anew(Bytes& frame, const PlainFrame& like) {
  const std::size_t ip = like.network();
  if (!like.v6) {
    put16(frame, ip + 10, 0);
    put16(frame, ip + 10, ~add_words(frame, ip, ip + 20) & 0xffffU);
  }
  put16(frame, like.field(), pseudo_header(frame, like));
  const std::uint32_t sum = ~add_words(frame, like.transport(), frame.size()) & 0xffffU;
  put16(frame, like.field(), sum == 0 ? 0xffffU : sum);
}

Bytes PlainFrame::bytes() const {
  Bytes frame = unsummed();
  sum_anew(frame, *this);
  return frame;
}

bool checksums_right(const Bytes& frame, const PlainFrame& like) {
  const std::size_t ip = like.network();
  if (!like.v6 && add_words(frame, ip, ip + 20) != 0xffff) return false;
  return fold(pseudo_header(frame, like) + add_words(frame, like.transport(), frame.size())) ==
         0xffff;
}

}  // namespace laneway::test
