#include "daemon/body.h"

#include <algorithm>
#include <vector>

#include "switch/error.h"

namespace laneway {

namespace {

using nlohmann::json;

Error wrong_field(std::string_view field, const std::string& expected, const json& got) {
  return Error(ErrorCode::BadRequest,
               "field '" + std::string(field) + "': expected " + expected + ", got " + got.dump(),
               expected);
}

MacAddress station_from(std::string_view field, const std::string& text) {
  const auto mac = MacAddress::parse(text);
  if (mac && !mac->is_group() && !mac->is_zero()) return *mac;
  throw wrong_field(field, "a station's address such as 52:54:00:6b:1f:c0", text);
}

std::string setting_text(std::string_view field, const json& value) {
  if (value.is_boolean()) return value.get<bool>() ? "on" : "off";
  if (value.is_number_unsigned()) return std::to_string(value.get<std::uint64_t>());
  if (value.is_string()) return value.get<std::string>();
  throw wrong_field(field, "true, false, a number or text", value);
}

}  // namespace

Body::Body(const std::string& text, std::initializer_list<std::string_view> known) {
  object_ = json::parse(text.empty() ? "{}" : text, nullptr, false);
  if (!object_.is_object()) {
    throw Error(ErrorCode::BadRequest, "the body: expected a JSON object", "{…}");
  }
  for (const auto& [field, value] : object_.items()) {
    if (std::find(known.begin(), known.end(), field) != known.end()) continue;
    const std::vector<std::string_view> words(known);
    const std::string_view near = nearest(field, words.data(), words.size());
    throw Error(ErrorCode::BadRequest, "unknown field '" + field + "'",
                near.empty() ? "" : "did you mean " + std::string(near) + "?");
  }
}

const json* Body::find(std::string_view field) const {
  const auto found = object_.find(std::string(field));
  return found == object_.end() || found->is_null() ? nullptr : &*found;
}

std::optional<std::string> Body::text_if(std::string_view field) const {
  const json* value = find(field);
  if (value == nullptr) return std::nullopt;
  if (!value->is_string()) throw wrong_field(field, "text", *value);
  return value->get<std::string>();
}

std::string Body::text(std::string_view field) const {
  if (auto value = text_if(field)) return *value;
  throw Error(ErrorCode::BadRequest, "field '" + std::string(field) + "' is missing");
}

std::optional<bool> Body::flag_if(std::string_view field) const {
  const json* value = find(field);
  if (value == nullptr) return std::nullopt;
  if (!value->is_boolean()) throw wrong_field(field, "true or false", *value);
  return value->get<bool>();
}

Settings Body::settings(std::string_view field) const {
  Settings settings;
  const json* object = find(field);
  if (object == nullptr) return settings;
  if (!object->is_object()) throw wrong_field(field, "an object", *object);
  for (const auto& [key, value] : object->items()) settings[key] = setting_text(key, value);
  return settings;
}

SwitchDeclaration switch_from_body(const std::string& text) {
  const Body body(text, {"name", "uplink", "host", "translate", "temporary"});
  SwitchDeclaration declared;
  declared.name = body.text("name");
  declared.uplink = body.text_if("uplink").value_or("none");
  declared.host = body.flag_if("host").value_or(declared.has_uplink());
  declared.translate = translate_named(body.text_if("translate").value_or("auto"));
  declared.temporary = body.flag_if("temporary").value_or(false);
  return declared;
}

PortDeclaration port_from_body(const std::string& text) {
  const Body body(text, {"name", "spec", "mac", "policy", "settings", "temporary"});
  PortDeclaration port;
  port.name = body.text_if("name").value_or("");
  port.spec = body.text("spec");
  if (const auto mac = body.text_if("mac")) port.mac = station_from("mac", *mac);
  port.policy = policy_named(body.text_if("policy").value_or("guest"));
  port.settings = body.settings("settings");
  port.temporary = body.flag_if("temporary").value_or(false);
  return port;
}

PortDeclaration changed_port_from_body(const std::string& text, const PortDeclaration& old) {
  const Body body(text, {"mac", "policy", "settings"});
  PortDeclaration port = old;
  if (const auto mac = body.text_if("mac")) port.mac = station_from("mac", *mac);
  if (const auto policy = body.text_if("policy")) port.policy = policy_named(*policy);
  for (const auto& [key, value] : body.settings("settings")) port.settings[key] = value;
  return port;
}

Settings settings_from_body(const std::string& text) {
  return Body(text, {"settings"}).settings("settings");
}

}  // namespace laneway
