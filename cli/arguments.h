// cli/arguments.h: what a command takes, and what it was given.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace laneway::cli {

enum class Takes : std::uint8_t {
  Nothing,  // a flag
  Text,
  OneOf,   // one of the words in `value`, which are separated by '|'
  Count,   // a whole number, 0 or more
  Number,  // a number above 0
};

enum class Occurs : std::uint8_t { Optional, Once, Often, AtLeastOnce };

// One option ("--uplink", "-n,--count") or one positional ("NAME").
struct Argument {
  std::string_view name;
  Takes takes = Takes::Text;
  std::string_view value;  // what --help calls the value; "" for flags and positionals
  std::string_view help;
  Occurs occurs = Occurs::Optional;

  bool is_option() const noexcept { return name.front() == '-'; }
  // The name it is asked for by: the last one, without dashes.
  std::string_view key() const noexcept;
};

// What the command line gave, by key. A flag that was given holds one empty text.
class Arguments {
 public:
  void add(std::string_view key, std::string value);

  bool has(std::string_view key) const { return !all(key).empty(); }
  const std::vector<std::string>& all(std::string_view key) const;
  // The first value of `key`; nullopt if it was not given.
  std::optional<std::string> text(std::string_view key) const;
  std::string text_or(std::string_view key, std::string_view otherwise) const;
  // Requires Takes::Count or Takes::Number, which were checked when it was read.
  std::optional<std::uint64_t> count(std::string_view key) const;

 private:
  std::map<std::string, std::vector<std::string>, std::less<>> values_;
};

// The two sides of "KEY=VALUE". Throws Error(Usage) if there is no '=' or nothing before it.
std::pair<std::string, std::string> key_and_value(const std::string& word);

}  // namespace laneway::cli
