#include "cli/units.h"

#include <array>
#include <cmath>
#include <cstdio>

namespace laneway::cli {

namespace {

// `value` with three significant digits, without zeros after the point.
std::string three_digits(double value) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.*f", value < 10 ? 2 : value < 100 ? 1 : 0, value);
  std::string digits = text.data();
  if (digits.find('.') == std::string::npos) return digits;
  digits.erase(digits.find_last_not_of('0') + 1);
  if (digits.back() == '.') digits.pop_back();
  return digits;
}

}  // namespace

std::string rate_text(double bits_per_second) {
  constexpr std::array<const char*, 5> kUnits{" b/s", " kb/s", " Mb/s", " Gb/s", " Tb/s"};
  constexpr double kRoundsUp = 999.5;  // would show as 1000
  std::size_t unit = 0;
  while (bits_per_second >= kRoundsUp && unit + 1 < kUnits.size()) {
    bits_per_second /= 1000;
    ++unit;
  }
  return three_digits(bits_per_second) + kUnits[unit];
}

std::string duration_text(double seconds) {
  constexpr std::uint64_t kMinute = 60;
  constexpr std::uint64_t kHour = 3600;
  if (seconds < kMinute) return three_digits(std::floor(seconds * 10) / 10) + " s";
  const auto whole = static_cast<std::uint64_t>(seconds);
  if (whole < kHour) {
    return std::to_string(whole / kMinute) + " min " + std::to_string(whole % kMinute) + " s";
  }
  return std::to_string(whole / kHour) + " h " + std::to_string(whole % kHour / kMinute) + " min";
}

}  // namespace laneway::cli
