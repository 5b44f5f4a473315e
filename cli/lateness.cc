#include "cli/lateness.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace laneway::cli {

namespace {

constexpr std::size_t kBits = 64;

}  // namespace

Lateness::Lateness() : slots_((kBits - kPartBits + 1) * kParts) {}

// Values below kParts have a slot each; above, the leading bit chooses the row, the kPartBits
// behind it the part.
std::size_t Lateness::slot_of(std::uint64_t value) noexcept {
  if (value < kParts) return value;
  const std::size_t shift = static_cast<std::size_t>(std::bit_width(value)) - 1 - kPartBits;
  return (shift + 1) * kParts + ((value >> shift) - kParts);
}

std::uint64_t Lateness::last_value_of(std::size_t slot) noexcept {
  if (slot < kParts) return slot;
  const std::size_t shift = slot / kParts - 1;
  return ((kParts + slot % kParts + 1) << shift) - 1;
}

void Lateness::add(Nanos late, std::uint64_t frame) noexcept {
  const auto value = static_cast<std::uint64_t>(std::max<Nanos::rep>(late.count(), 0));
  ++slots_[slot_of(value)];
  ++count_;
  if (value < max_ || (value == max_ && max_frame_ != 0)) return;
  max_ = value;
  max_frame_ = frame;
}

std::uint64_t Lateness::percentile(double ratio) const noexcept {
  const auto wanted = static_cast<std::uint64_t>(std::ceil(ratio * static_cast<double>(count_)));
  std::uint64_t seen = 0;
  for (std::size_t slot = 0; count_ != 0 && slot < slots_.size(); ++slot) {
    seen += slots_[slot];
    if (slots_[slot] != 0 && seen >= wanted) return std::min(last_value_of(slot), max_);
  }
  return 0;
}

}  // namespace laneway::cli
