#include "cli/testbed.h"

#include <algorithm>

namespace laneway::cli {

double Trial::loss_ratio() const noexcept {
  if (sent == 0) return 0;
  return 1 - static_cast<double>(std::min(received, sent)) / static_cast<double>(sent);
}

double Trial::received_pps() const noexcept {
  return static_cast<double>(received) * 1e9 / static_cast<double>(duration_ns);
}

}  // namespace laneway::cli
