// cli/units.h: numbers as people read them.
#pragma once

#include <cstdint>
#include <string>

namespace laneway::cli {

// Three digits and an SI prefix: "41.2 Mb/s", "1 Gb/s", "0 b/s".
std::string rate_text(double bits_per_second);
// "0.4 s", "12.7 s", "5 min 3 s", "11 h 59 min".
std::string duration_text(double seconds);

}  // namespace laneway::cli
