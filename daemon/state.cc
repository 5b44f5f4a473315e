#include "daemon/state.h"

#include <cerrno>
#include <cstring>
#include <fstream>
#include <sstream>

#include <fcntl.h>
#include <nlohmann/json.hpp>
#include <sys/stat.h>

#include "switch/descriptor.h"
#include "switch/error.h"

namespace laneway {

namespace {

using nlohmann::json;

json mac_json(const std::optional<MacAddress>& mac) {
  return mac ? json(to_string(*mac)) : json(nullptr);
}

std::optional<MacAddress> mac_from_json(const json& value) {
  if (value.is_null()) return std::nullopt;
  const auto mac = MacAddress::parse(value.get<std::string>());
  if (!mac) throw Error(ErrorCode::Io, "'" + value.get<std::string>() + "' is no MAC address");
  return mac;
}

json port_json(const PortDeclaration& port) {
  return {{"name", port.name},
          {"spec", port.spec},
          {"mac", mac_json(port.mac)},
          {"policy", name_of(port.policy)},
          {"settings", port.settings}};
}

PortDeclaration port_from(const json& saved) {
  PortDeclaration port;
  port.name = saved.at("name").get<std::string>();
  check_port_name(port.name);
  port.spec = saved.at("spec").get<std::string>();
  port.mac = mac_from_json(saved.at("mac"));
  port.policy = policy_named(saved.at("policy").get<std::string>());
  port.settings = saved.at("settings").get<Settings>();
  return port;
}

json ports_json(const SwitchDeclaration& declared) {
  json ports = json::array();
  for (const PortDeclaration& port : declared.ports) {
    if (!port.temporary && !port.configured_in) ports.push_back(port_json(port));
  }
  return ports;
}

json switch_json(const SwitchDeclaration& declared) {
  return {{"name", declared.name},
          {"uplink", declared.uplink},
          {"host", declared.host},
          {"translate", name_of(declared.translate)},
          {"mac_limit", declared.mac_limit},
          {"mac_age_seconds", std::chrono::duration<double>(declared.mac_age).count()},
          {"forward_reserved", declared.forward_reserved},
          {"settings", declared.settings},
          {"uplink_settings", declared.uplink_settings},
          {"host_settings", declared.host_settings},
          {"created", declared.created},
          {"host_mac", mac_json(declared.host_mac)},
          {"ports", ports_json(declared)}};
}

SwitchDeclaration switch_from(const json& saved) {
  SwitchDeclaration declared;
  declared.name = saved.at("name").get<std::string>();
  check_switch_name(declared.name);
  declared.uplink = saved.at("uplink").get<std::string>();
  declared.host = saved.at("host").get<bool>();
  declared.translate = translate_named(saved.at("translate").get<std::string>());
  declared.mac_limit = saved.at("mac_limit").get<std::size_t>();
  declared.mac_age = std::chrono::duration_cast<Nanos>(
      std::chrono::duration<double>(saved.at("mac_age_seconds").get<double>()));
  declared.forward_reserved = saved.at("forward_reserved").get<bool>();
  declared.settings = saved.at("settings").get<Settings>();
  declared.uplink_settings = saved.at("uplink_settings").get<Settings>();
  declared.host_settings = saved.at("host_settings").get<Settings>();
  declared.created = saved.at("created").get<std::string>();
  declared.host_mac = mac_from_json(saved.at("host_mac"));
  for (const json& port : saved.at("ports")) declared.ports.push_back(port_from(port));
  return declared;
}

// Where a file declares the switch, only what commands have added to it is saved.
SwitchDeclaration attached_from(const json& saved) {
  SwitchDeclaration declared;
  declared.name = saved.at("name").get<std::string>();
  check_switch_name(declared.name);
  declared.configured_in = "laneway.toml";
  for (const json& port : saved.at("ports")) declared.ports.push_back(port_from(port));
  return declared;
}

StateFile::Loaded parse_state(const std::string& text) {
  const json saved = json::parse(text);
  const int schema = saved.at("schema").get<int>();
  if (schema != StateFile::kSchema) {
    throw Error(ErrorCode::Io, "it is of schema " + std::to_string(schema) +
                                   ", this daemon knows " + std::to_string(StateFile::kSchema));
  }
  StateFile::Loaded loaded;
  for (const json& one : saved.at("switches")) loaded.switches.push_back(switch_from(one));
  const auto attached = saved.value("attached", json::array());
  for (const json& one : attached) loaded.attached.push_back(attached_from(one));
  // Nobody's wishes stand in the tables: what is damaged there costs itself only.
  const auto tables = saved.value("tables", json::array());
  for (const json& one : tables) {
    loaded.tables.push_back(tables_from(one, loaded.refused_entries));
  }
  return loaded;
}

void write_all(int fd, const std::string& text, const std::string& path) {
  for (std::size_t done = 0; done < text.size();) {
    const ssize_t wrote = write(fd, text.data() + done, text.size() - done);
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote < 0) throw system_error("cannot write " + path);
    done += static_cast<std::size_t>(wrote);
  }
}

}  // namespace

StateFile::Loaded StateFile::load() const {
  std::ifstream file(path_, std::ios::binary);
  if (!file) {
    if (!std::filesystem::exists(path_)) return {};
    throw system_error("cannot read " + path_.string());
  }
  std::ostringstream text;
  text << file.rdbuf();
  try {
    return parse_state(text.str());
  } catch (const std::exception& damage) {  // json's and ours alike: the file is not what we wrote
    const std::string bad = path_.string() + ".bad";
    check(std::rename(path_.c_str(), bad.c_str()), "cannot rename " + path_.string());
    Loaded nothing;
    nothing.refused = path_.string() + " is kept as " + bad + ": " + damage.what();
    return nothing;
  }
}

void StateFile::save(const std::vector<SwitchDeclaration>& switches,
                     const std::vector<SavedTables>& tables) const {
  json created = json::array();
  json attached = json::array();
  for (const SwitchDeclaration& declared : switches) {
    if (declared.configured_in) {
      json ports = ports_json(declared);
      if (!ports.empty()) attached.push_back({{"name", declared.name}, {"ports", ports}});
    } else if (!declared.temporary) {
      created.push_back(switch_json(declared));
    }
  }
  json known = json::array();
  for (const SavedTables& one : tables) known.push_back(tables_json(one));
  const json saved{{"schema", kSchema},
                   {"switches", created},
                   {"attached", attached},
                   {"tables", std::move(known)}};
  const std::string text = saved.dump(1) + "\n";
  const std::string fresh = path_.string() + ".new";
  {
    const Descriptor file(
        check(open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, S_IRUSR | S_IWUSR),
              "cannot write " + fresh));
    write_all(file.get(), text, fresh);
    check(fsync(file.get()), "cannot write " + fresh);
  }
  check(std::rename(fresh.c_str(), path_.c_str()), "cannot write " + path_.string());
  // The rename itself is on the disk only when the directory is.
  const std::string directory = path_.has_parent_path() ? path_.parent_path().string() : ".";
  const Descriptor holder(check(open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC),
                                "cannot open " + directory));
  check(fsync(holder.get()), "cannot write " + directory);
}

}  // namespace laneway
