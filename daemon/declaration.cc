#include "daemon/declaration.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "switch/error.h"

namespace laneway {

namespace {

constexpr std::size_t kMaxName = 31;  // `lw-NAME` and paths are made of it

bool is_alphanumeric(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

bool is_name(std::string_view name) {
  return !name.empty() && name.size() <= kMaxName && is_alphanumeric(name.front()) &&
         std::all_of(name.begin(), name.end(),
                     [](char c) { return is_alphanumeric(c) || c == '.' || c == '_' || c == '-'; });
}

void check_name(std::string_view kind, std::string_view name) {
  if (is_name(name)) return;
  throw Error(ErrorCode::BadName,
              std::string(kind) + " name '" + std::string(name) + "' is not allowed",
              "up to 31 letters, digits, '.', '_' and '-', the first a letter or a digit");
}

struct Unit {
  std::string_view name;
  Nanos length;
};
constexpr std::array<Unit, 4> kUnits{{{"ms", std::chrono::milliseconds{1}},
                                      {"s", std::chrono::seconds{1}},
                                      {"m", std::chrono::minutes{1}},
                                      {"h", std::chrono::hours{1}}}};

}  // namespace

std::string_view name_of(Translate translate) noexcept {
  constexpr std::array<std::string_view, 3> kNames{"auto", "on", "off"};
  return kNames[static_cast<std::size_t>(translate)];
}

std::string_view name_of(Policy policy) noexcept {
  return policy == Policy::Guest ? "guest" : "trunk";
}

Translate translate_named(std::string_view word, std::string_view field) {
  for (const Translate translate : {Translate::Auto, Translate::On, Translate::Off}) {
    if (name_of(translate) == word) return translate;
  }
  throw Error(ErrorCode::BadRequest,
              "field '" + std::string(field) + "': expected auto, on or off, got \"" +
                  std::string(word) + "\"",
              "auto, on or off");
}

Policy policy_named(std::string_view word, std::string_view field) {
  for (const Policy policy : {Policy::Guest, Policy::Trunk}) {
    if (name_of(policy) == word) return policy;
  }
  throw Error(ErrorCode::BadRequest,
              "field '" + std::string(field) + "': expected guest or trunk, got \"" +
                  std::string(word) + "\"",
              "guest or trunk");
}

std::string_view SwitchDeclaration::kind() const noexcept {
  if (has_uplink()) return "external";
  return host ? "internal" : "private";
}

void check_switch_name(std::string_view name) { check_name("switch", name); }

void check_port_name(std::string_view name) {
  check_name("port", name);
  if (name == "uplink" || name == "host") {
    throw Error(ErrorCode::BadName, "port name '" + std::string(name) + "' is reserved",
                "take another name: 'uplink' and 'host' are every switch's own ports");
  }
}

std::optional<Nanos> parse_duration(std::string_view text) {
  std::int64_t number = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, failure] = std::from_chars(text.data(), end, number);
  constexpr std::int64_t kMost = 1'000'000;  // of any unit: far from the end of Nanos
  if (failure != std::errc{} || number < 0 || number > kMost) return std::nullopt;
  const std::string_view suffix(rest, static_cast<std::size_t>(end - rest));
  for (const Unit& unit : kUnits) {
    if (unit.name == suffix) return number * unit.length;
  }
  return std::nullopt;
}

std::string duration_text(Nanos duration) {
  const auto milliseconds = std::chrono::duration_cast<std::chrono::milliseconds>(duration).count();
  if (milliseconds % 1000 != 0) return std::to_string(milliseconds) + "ms";
  return std::to_string(milliseconds / 1000) + "s";
}

}  // namespace laneway
