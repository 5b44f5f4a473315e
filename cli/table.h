// cli/table.h: aligned columns for people.
#pragma once

#include <iosfwd>
#include <string>
#include <string_view>
#include <vector>

namespace laneway::cli {

// `text` with control characters as \xNN: names of networks come from the air and must not steer
// the terminal.
std::string printable(std::string_view text);

class Table {
 public:
  explicit Table(std::vector<std::string> heading) { rows_.push_back(std::move(heading)); }

  // As many cells as the heading has; the last one is not padded and may be long.
  void add(std::vector<std::string> cells);
  // Two spaces between columns; the heading in bold where `colour`.
  void print(std::ostream& out, bool colour) const;

 private:
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace laneway::cli
