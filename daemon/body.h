// daemon/body.h: request bodies: JSON objects with known fields of known types, and what the API
// makes of them. Whatever does not fit is an Error (BadRequest) that names the field.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "daemon/declaration.h"

namespace laneway {

class Body {
 public:
  // Throws if `text` is no JSON object, or has a field that is not in `known`.
  Body(const std::string& text, std::initializer_list<std::string_view> known);

  std::string text(std::string_view field) const;  // required
  std::optional<std::string> text_if(std::string_view field) const;
  std::optional<bool> flag_if(std::string_view field) const;
  Settings settings(std::string_view field) const;  // {} where there is none

 private:
  const nlohmann::json* find(std::string_view field) const;
  nlohmann::json object_;
};

SwitchDeclaration switch_from_body(const std::string& text);
PortDeclaration port_from_body(const std::string& text);
// `old` with the fields of the body in their place.
PortDeclaration changed_port_from_body(const std::string& text, const PortDeclaration& old);
Settings settings_from_body(const std::string& text);

}  // namespace laneway
