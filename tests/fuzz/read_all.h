// tests/fuzz/read_all.h: every view that fits, every accessor of it.
#pragma once

#include <optional>
#include <span>

namespace laneway::fuzz {

// Reads a copy in a block of its exact size. Whether the upper layer's checksum (UDP, ICMPv6) is
// right; nullopt if there is none to judge.
std::optional<bool> read_all(std::span<const std::byte> frame);

}  // namespace laneway::fuzz
