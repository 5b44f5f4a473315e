#include "switch/error.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <numeric>
#include <vector>

namespace laneway {

namespace {

constexpr std::array<ErrorKind, kErrorCodes> kKinds{{
    {"usage", 0, 2},
    {"bad_request", 400, 2},
    {"bad_name", 400, 2},
    {"bad_filter", 400, 2},
    {"bad_spec", 400, 2},
    {"bad_config", 400, 1},
    {"no_daemon", 0, 3},
    {"no_switch", 404, 4},
    {"no_port", 404, 4},
    {"no_nic", 404, 4},
    {"no_entry", 404, 4},
    {"exists", 409, 5},
    {"in_use", 409, 1},
    {"configured", 409, 1},
    {"nic_refused", 422, 1},
    {"needs_translation", 422, 1},
    {"limit_reached", 409, 1},
    {"permission_denied", 403, 6},
    {"read_only", 403, 6},
    {"needs_capability", 422, 6},
    {"needs_hugepages", 422, 6},
    {"device_failed", 422, 1},
    {"unsupported", 422, 1},
    {"bad_capture", 0, 1},
    {"expectation", 0, 7},
    {"too_large", 413, 1},
    {"busy", 503, 1},
    {"timeout", 504, 1},
    {"io", 500, 1},
    {"internal", 500, 1},
}};
static_assert(static_cast<std::size_t>(ErrorCode::Internal) + 1 == kErrorCodes);

// Damerau's: a letter more, less or another, or two neighbors swapped, is one edit.
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::vector<std::size_t>> rows(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
  std::iota(rows[0].begin(), rows[0].end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    rows[i][0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replaced = rows[i - 1][j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      rows[i][j] = std::min({replaced, rows[i][j - 1] + 1, rows[i - 1][j] + 1});
      const bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (swapped) rows[i][j] = std::min(rows[i][j], rows[i - 2][j - 2] + 1);
    }
  }
  return rows[a.size()][b.size()];
}

}  // namespace

const ErrorKind& kind_of(ErrorCode code) noexcept { return kKinds[static_cast<std::size_t>(code)]; }

ErrorCode error_code(std::string_view name) noexcept {
  const auto kind = std::find_if(kKinds.begin(), kKinds.end(),
                                 [&](const ErrorKind& known) { return known.name == name; });
  if (kind == kKinds.end()) return ErrorCode::Internal;
  return static_cast<ErrorCode>(kind - kKinds.begin());
}

Error system_error(const std::string& what, ErrorCode code) {
  const int number = errno;
  const bool forbidden = number == EPERM || number == EACCES;
  return Error(forbidden ? ErrorCode::PermissionDenied : code, what + ": " + std::strerror(number));
}

int check(int result, const std::string& what, ErrorCode code) {
  if (result < 0) throw system_error(what, code);
  return result;
}

std::string_view nearest(std::string_view word, const std::string_view* known, std::size_t count) {
  constexpr std::size_t kFar = 3;
  std::string_view best;
  std::size_t least = std::min(kFar, word.size() / 2 + 1);
  for (const std::string_view candidate : std::vector(known, known + count)) {
    const std::size_t distance = edit_distance(word, candidate);
    if (distance < least) {
      least = distance;
      best = candidate;
    }
  }
  return best;
}

}  // namespace laneway
