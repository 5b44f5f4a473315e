#include "cli/arguments.h"

#include "switch/error.h"

namespace laneway::cli {

std::string_view Argument::key() const noexcept {
  const std::string_view last = name.substr(name.rfind(',') + 1);
  return last.substr(last.find_first_not_of('-'));
}

void Arguments::add(std::string_view key, std::string value) {
  values_[std::string(key)].push_back(std::move(value));
}

const std::vector<std::string>& Arguments::all(std::string_view key) const {
  static const std::vector<std::string> kNone;
  const auto found = values_.find(key);
  return found == values_.end() ? kNone : found->second;
}

std::optional<std::string> Arguments::text(std::string_view key) const {
  if (!has(key)) return std::nullopt;
  return all(key).front();
}

std::string Arguments::text_or(std::string_view key, std::string_view otherwise) const {
  return text(key).value_or(std::string(otherwise));
}

std::optional<std::uint64_t> Arguments::count(std::string_view key) const {
  if (!has(key)) return std::nullopt;
  return std::stoull(all(key).front());
}

std::pair<std::string, std::string> key_and_value(const std::string& word) {
  const auto equals = word.find('=');
  if (equals == 0 || equals == std::string::npos) {
    throw Error(ErrorCode::Usage, "'" + word + "' is not KEY=VALUE");
  }
  return {word.substr(0, equals), word.substr(equals + 1)};
}

}  // namespace laneway::cli
