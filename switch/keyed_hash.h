// switch/keyed_hash.h: a hash under a secret key, for tables whose keys strangers choose.
//
// A CRC with a secret start value would not do: what collides under one start collides under all.
//
// Threads: immutable.
#pragma once

#include <array>
#include <cstdint>
#include <cstring>

#include "switch/types.h"

namespace laneway {

// The next value of a splitmix64 sequence: makes words of any seed, 0 included.
inline std::uint64_t next_random(std::uint64_t& state) noexcept {
  std::uint64_t word = state += 0x9e3779b97f4a7c15U;
  word = (word ^ word >> 30) * 0xbf58476d1ce4e5b9U;
  word = (word ^ word >> 27) * 0x94d049bb133111ebU;
  return word ^ word >> 31;
}

// Two rounds of multiply-shift by secret odd words: differences in any bit of a key reach the upper
// half. Take buckets from the upper bits.
class KeyedHash {
 public:
  explicit KeyedHash(std::uint64_t seed) noexcept {
    for (auto& word : words_) word = next_random(seed) | 1U;
  }

  std::uint64_t operator()(std::uint64_t key) const noexcept {
    std::uint64_t hash = (key + words_[0]) * words_[1];
    hash = (hash ^ hash >> 32) * words_[2];
    return (hash ^ hash >> 32) * words_[3];
  }
  std::uint64_t operator()(const IpAddress& address) const noexcept {
    std::array<std::uint64_t, 2> halves;
    std::memcpy(halves.data(), address.octets.data(), sizeof halves);
    const std::uint64_t first = (*this)(halves[0] + static_cast<std::uint64_t>(address.family));
    return (*this)((first ^ first >> 32) + halves[1]);
  }

 private:
  std::array<std::uint64_t, 4> words_;
};

}  // namespace laneway
