#include "daemon/saved_tables.h"

#include <nlohmann/json.hpp>

#include "switch/error.h"

namespace laneway {

namespace {

using nlohmann::json;

template <class T>
T parsed(const json& text) {
  const auto value = T::parse(text.get_ref<const std::string&>());
  if (!value) throw Error(ErrorCode::Io, "no address");
  return *value;
}

MacAddress station(const json& text) {
  const auto mac = parsed<MacAddress>(text);
  if (mac.is_group() || mac.is_zero()) throw Error(ErrorCode::Io, "no station's address");
  return mac;
}

// Calls `read` for each element of the list at `key`; those it throws for are counted.
template <class Read>
void each(const json& saved, const char* key, std::size_t& refused, const Read& read) {
  const auto list = saved.find(key);
  if (list == saved.end() || !list->is_array()) return;
  std::size_t room = limits::kBindings;
  for (const json& one : *list) {
    try {
      if (room == 0) throw Error(ErrorCode::Io, "more than a switch can have");
      read(one);
      --room;
    } catch (const std::exception&) {  // json's and ours alike: this entry is not what we wrote
      ++refused;
    }
  }
}

}  // namespace

json tables_json(const SavedTables& tables) {
  json heard = json::array();
  for (const auto& [port, mac] : tables.heard) {
    heard.push_back({{"port", port}, {"mac", to_string(mac)}});
  }
  json bindings = json::array();
  for (const SavedBinding& one : tables.bindings) {
    bindings.push_back({{"address", to_string(one.address)},
                        {"port", one.port},
                        {"mac", to_string(one.mac)},
                        {"used", one.used}});
  }
  return {{"name", tables.name}, {"heard", std::move(heard)}, {"bindings", std::move(bindings)}};
}

SavedTables tables_from(const json& saved, std::size_t& refused) {
  SavedTables tables;
  try {
    tables.name = saved.at("name").get<std::string>();
  } catch (const json::exception&) {
    ++refused;
    return tables;
  }
  each(saved, "heard", refused, [&](const json& one) {
    tables.heard[one.at("port").get<std::string>()] = station(one.at("mac"));
  });
  each(saved, "bindings", refused, [&](const json& one) {
    tables.bindings.push_back({parsed<IpAddress>(one.at("address")),
                               one.at("port").get<std::string>(), station(one.at("mac")),
                               one.at("used").get<std::int64_t>()});
  });
  return tables;
}

}  // namespace laneway
