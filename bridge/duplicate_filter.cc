#include "bridge/duplicate_filter.h"

#include <algorithm>
#include <cstring>

namespace laneway {
namespace {

// One step of a multiply-and-fold hash: the product's high half brings every bit back down.
std::uint64_t mix(std::uint64_t hash, std::uint64_t word) noexcept {
  constexpr std::uint64_t kOdd = 0x9e3779b97f4a7c15U;  // 2^64 / golden ratio
  const std::uint64_t product = (hash ^ word) * kOdd;
  return product ^ (product >> 32U);
}

}  // namespace

bool DuplicateFilter::is_second_form(const Frame& frame, Form form, Nanos now) noexcept {
  Entry& entry = entry_for(hash_of(frame), now);
  const std::int32_t step = form == Form::Group ? 1 : -1;
  // Towards zero: this form makes up for one of the other that has passed.
  const bool second = entry.balance * step < 0;
  if (second || std::abs(entry.balance) < 1000) entry.balance += step;
  if (!second) entry.seen = now;
  return second;
}

std::uint64_t DuplicateFilter::hash_of(const Frame& frame) const noexcept {
  const auto bytes = frame.l3();
  std::uint64_t hash = mix(mix(seed_, frame.source().number()), frame.length);
  std::size_t at = 0;
  std::uint64_t word = 0;
  for (; at + sizeof(word) <= bytes.size(); at += sizeof(word)) {
    std::memcpy(&word, bytes.data() + at, sizeof(word));
    hash = mix(hash, word);
  }
  word = 0;
  if (at < bytes.size()) std::memcpy(&word, bytes.data() + at, bytes.size() - at);
  return mix(mix(hash, word), seed_);
}

// The entry of `hash`, emptied if it is too old; else the oldest of its set, emptied.
DuplicateFilter::Entry& DuplicateFilter::entry_for(std::uint64_t hash, Nanos now) noexcept {
  auto& set = sets_[hash % sets_.size()];
  auto found = std::find_if(set.begin(), set.end(), [&](const Entry& e) { return e.hash == hash; });
  if (found == set.end()) {
    found = std::min_element(set.begin(), set.end(),
                             [](const Entry& a, const Entry& b) { return a.seen < b.seen; });
  }
  if (found->hash != hash || now - found->seen >= kWindow) *found = {hash, now, 0};
  return *found;
}

}  // namespace laneway
