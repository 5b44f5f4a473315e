// cli/query.h: the part of a request's target after the path.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "cli/client.h"

namespace laneway::cli {

class Query {
 public:
  // Nothing where there is no value.
  Query& add(std::string_view key, const std::optional<std::string>& value) {
    if (!value) return *this;
    text_ += text_.empty() ? '?' : '&';
    text_ += std::string(key) + "=" + percent_encoded(*value);
    return *this;
  }
  const std::string& text() const noexcept { return text_; }  // "" or "?key=value&..."

 private:
  std::string text_;
};

}  // namespace laneway::cli
