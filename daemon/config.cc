#include "daemon/config.h"

#include <algorithm>
#include <charconv>
#include <set>
#include <sstream>

#include <toml++/toml.h>

#include "switch/error.h"

namespace laneway {

namespace {

std::string position_text(const std::string& file, const toml::source_position& at) {
  return file + ":" + std::to_string(at.line) + ":" + std::to_string(at.column);
}

// One table of a file: hands out the values of known keys, and at the end refuses the other keys.
class TableReader {
 public:
  TableReader(const toml::table& table, const std::string& file) : table_(table), file_(file) {}

  const toml::node* find(std::string_view key) {
    known_.push_back(key);
    return table_.get(key);
  }

  void read(std::string_view key, std::string& out) {
    const toml::node* node = find(key);
    if (node == nullptr) return;
    if (!node->is_string()) fail(*node, key, "expected text in quotes");
    out = node->as_string()->get();
  }

  void read(std::string_view key, bool& out) {
    const toml::node* node = find(key);
    if (node == nullptr) return;
    if (!node->is_boolean()) fail(*node, key, "expected true or false");
    out = node->as_boolean()->get();
  }

  template <class Number>
  void read(std::string_view key, Number& out, std::int64_t least, std::int64_t most) {
    const toml::node* node = find(key);
    if (node == nullptr) return;
    const auto* value = node->as_integer();
    if (value == nullptr || value->get() < least || value->get() > most) {
      fail(*node, key,
           "expected a number from " + std::to_string(least) + " to " + std::to_string(most));
    }
    out = static_cast<Number>(value->get());
  }

  // Calls `use` with the text of `key`; what it throws is told with the place of the value.
  template <class Use>
  void read_with(std::string_view key, Use&& use) {
    std::string text;
    read(key, text);
    const toml::node* node = table_.get(key);
    if (node == nullptr) return;
    try {
      use(text);
    } catch (const Error& error) {
      throw Error(ErrorCode::BadConfig,
                  position_text(file_, node->source().begin) + ": " + error.what(), error.fix());
    }
  }

  // A table of its own below `key`; nullptr if there is none.
  const toml::table* table(std::string_view key) {
    const toml::node* node = find(key);
    if (node == nullptr) return nullptr;
    if (!node->is_table()) fail(*node, key, "expected a table");
    return node->as_table();
  }

  // The tables of [[key]].
  std::vector<const toml::table*> tables(std::string_view key) {
    std::vector<const toml::table*> found;
    const toml::node* node = find(key);
    if (node == nullptr) return found;
    if (!node->is_array_of_tables()) {
      fail(*node, key, "expected [[" + std::string(key) + "]]");
    }
    for (const toml::node& element : *node->as_array()) found.push_back(element.as_table());
    return found;
  }

  [[noreturn]] void fail(const toml::node& node, std::string_view key,
                         const std::string& why) const {
    throw Error(ErrorCode::BadConfig,
                position_text(file_, node.source().begin) + ": '" + std::string(key) + "': " + why);
  }

  // Requires that every known key was asked for.
  void refuse_unknown_keys() const {
    for (const auto& [key, value] : table_) {
      const std::string_view word = key.str();
      if (std::find(known_.begin(), known_.end(), word) != known_.end()) continue;
      const std::string_view near = nearest(word, known_.data(), known_.size());
      throw Error(ErrorCode::BadConfig,
                  position_text(file_, key.source().begin) + ": unknown key '" + std::string(word) +
                      "'" + (near.empty() ? "" : " (did you mean '" + std::string(near) + "'?)"),
                  "the keys known here are " + joined(known_));
    }
  }

  const std::string& file() const { return file_; }

 private:
  static std::string joined(const std::vector<std::string_view>& words) {
    std::string text;
    for (const std::string_view word : words)
      text += (text.empty() ? "" : ", ") + std::string(word);
    return text;
  }

  const toml::table& table_;
  const std::string& file_;
  std::vector<std::string_view> known_;
};

[[noreturn]] void refuse(const std::string& message, std::string fix = {}) {
  throw Error(ErrorCode::BadConfig, message, std::move(fix));
}

std::string setting_text(const TableReader& reader, const toml::node& value, std::string_view key) {
  if (const auto* flag = value.as_boolean()) return flag->get() ? "on" : "off";
  if (const auto* number = value.as_integer()) return std::to_string(number->get());
  if (const auto* text = value.as_string()) return text->get();
  std::string list;
  const auto* array = value.as_array();
  if (array == nullptr) reader.fail(value, key, "expected true, false, a number or text");
  for (const toml::node& element : *array) {
    if (!element.is_string()) reader.fail(element, key, "expected text in quotes");
    list += (list.empty() ? "" : ",") + element.as_string()->get();
  }
  return list;
}

void read_settings(TableReader& reader, std::string_view key, Settings& settings) {
  const toml::table* table = reader.table(key);
  if (table == nullptr) return;
  for (const auto& [name, value] : *table) {
    settings[std::string(name.str())] = setting_text(reader, value, name.str());
  }
}

PortDeclaration read_port(const toml::table& table, const std::string& file) {
  TableReader reader(table, file);
  PortDeclaration port;
  port.configured_in = file + ":" + std::to_string(table.source().begin.line);
  reader.read("name", port.name);
  if (port.name.empty())
    refuse(position_text(file, table.source().begin) + ": a port needs a name");
  reader.read_with("name", check_port_name);
  reader.read("spec", port.spec);
  if (port.spec.empty())
    refuse(position_text(file, table.source().begin) + ": a port needs a spec");
  reader.read_with("mac", [&](const std::string& text) {
    port.mac = MacAddress::parse(text);
    if (!port.mac || port.mac->is_group()) {
      throw Error(ErrorCode::BadConfig,
                  "'mac': expected a station's address, got \"" + text + "\"");
    }
  });
  reader.read_with("policy",
                   [&](const std::string& word) { port.policy = policy_named(word, "policy"); });
  read_settings(reader, "settings", port.settings);
  reader.refuse_unknown_keys();
  return port;
}

Nanos duration_from(std::string_view key, const std::string& text) {
  const auto duration = parse_duration(text);
  if (duration) return *duration;
  throw Error(ErrorCode::BadConfig, "'" + std::string(key) + "': expected a time such as \"300s\"");
}

void read_mac_table(TableReader& parent, SwitchDeclaration& declared) {
  const toml::table* table = parent.table("mac_table");
  if (table == nullptr) return;
  TableReader reader(*table, parent.file());
  reader.read("limit", declared.mac_limit, MacTable::kMinLimit, MacTable::kMaxLimit);
  reader.read_with("age",
                   [&](const std::string& text) { declared.mac_age = duration_from("age", text); });
  reader.refuse_unknown_keys();
}

void read_reserved(TableReader& reader, SwitchDeclaration& declared) {
  reader.read_with("reserved", [&](const std::string& word) {
    if (word != "drop" && word != "forward") {
      throw Error(ErrorCode::BadConfig,
                  "'reserved': expected drop or forward, got \"" + word + "\"");
    }
    declared.forward_reserved = word == "forward";
  });
}

void add_port(SwitchDeclaration& declared, PortDeclaration port, const std::string& place) {
  for (const PortDeclaration& other : declared.ports) {
    if (other.name == port.name) refuse(place + ": port '" + port.name + "' is there twice");
  }
  declared.ports.push_back(std::move(port));
}

SwitchDeclaration read_switch(const toml::table& table, const std::string& file) {
  TableReader reader(table, file);
  SwitchDeclaration declared;
  const std::string place = position_text(file, table.source().begin);
  declared.configured_in = file + ":" + std::to_string(table.source().begin.line);
  reader.read("name", declared.name);
  if (declared.name.empty()) refuse(place + ": a switch needs a name");
  reader.read_with("name", check_switch_name);
  reader.read("uplink", declared.uplink);
  declared.host = declared.has_uplink();
  reader.read("host", declared.host);
  reader.read_with("translate", [&](const std::string& word) {
    declared.translate = translate_named(word, "translate");
  });
  read_mac_table(reader, declared);
  read_reserved(reader, declared);
  read_settings(reader, "settings", declared.settings);
  read_settings(reader, "uplink_settings", declared.uplink_settings);
  read_settings(reader, "host_settings", declared.host_settings);
  for (const toml::table* port : reader.tables("port")) {
    add_port(declared, read_port(*port, file), position_text(file, port->source().begin));
  }
  reader.refuse_unknown_keys();
  return declared;
}

std::uint32_t mebibytes_from(const std::string& text) {
  std::uint32_t number = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
  constexpr std::uint32_t kLeast = 16;  // a pool that one burst a port can be taken from
  if (failure == std::errc{} && number >= kLeast && std::string_view(end) == "M") return number;
  throw Error(ErrorCode::BadConfig, "'memory': expected at least \"16M\", got \"" + text + "\"");
}

void check_word(std::string_view key, const std::string& word,
                const std::vector<std::string_view>& allowed) {
  if (std::find(allowed.begin(), allowed.end(), word) != allowed.end()) return;
  std::string list;
  for (const std::string_view known : allowed)
    list += (list.empty() ? "" : ", ") + std::string(known);
  throw Error(ErrorCode::BadConfig,
              "'" + std::string(key) + "': expected one of " + list + ", got \"" + word + "\"");
}

void read_daemon(const toml::table& table, const std::string& file, Config& config) {
  TableReader reader(table, file);
  reader.read("workers", config.workers, 0, 64);
  reader.read("cpus", config.cpus);
  reader.read_with("idle", [&](const std::string& word) {
    check_word("idle", word, {"adaptive", "poll"});
    config.poll = word == "poll";
  });
  reader.read("keep_privileges", config.keep_privileges);
  reader.read("hugepages", config.hugepages);
  reader.read_with("memory",
                   [&](const std::string& text) { config.memory_mib = mebibytes_from(text); });
  reader.read("telemetry", config.telemetry);
  if (const toml::node* eal = reader.find("eal")) {
    if (!eal->is_array()) reader.fail(*eal, "eal", "expected a list of texts");
    for (const toml::node& argument : *eal->as_array()) {
      if (!argument.is_string()) reader.fail(argument, "eal", "expected a list of texts");
      config.eal.push_back(argument.as_string()->get());
    }
  }
  reader.read("metrics", config.metrics);
  reader.read("web", config.web);
  reader.read_with("log", [&](const std::string& word) {
    check_word("log", word, {"trace", "debug", "info", "warning", "error"});
    config.log = word;
  });
  reader.refuse_unknown_keys();
}

void merge(Config& config, const toml::table& root, const std::string& file) {
  TableReader reader(root, file);
  if (const toml::table* daemon = reader.table("daemon")) read_daemon(*daemon, file, config);
  for (const toml::table* table : reader.tables("switch")) {
    SwitchDeclaration declared = read_switch(*table, file);
    if (const SwitchDeclaration* other = config.find(declared.name)) {
      refuse(position_text(file, table->source().begin) + ": switch '" + declared.name +
             "' is declared in " + *other->configured_in + " too");
    }
    config.switches.push_back(std::move(declared));
  }
  reader.refuse_unknown_keys();
}

template <class Parse>
void merge_parsed(Config& config, const std::string& file, Parse&& parse) {
  try {
    merge(config, parse(), file);
  } catch (const toml::parse_error& error) {
    throw Error(ErrorCode::BadConfig, position_text(file, error.source().begin) + ": " +
                                          std::string(error.description()));
  }
}

void merge_file(Config& config, const std::filesystem::path& file) {
  if (!std::filesystem::is_regular_file(file)) {
    throw Error(ErrorCode::Io, "cannot read " + file.string() + ": no such file");
  }
  merge_parsed(config, file.string(), [&] { return toml::parse_file(file.string()); });
}

void put_settings(toml::table& table, std::string_view key, const Settings& settings) {
  if (settings.empty()) return;
  toml::table words;
  for (const auto& [name, value] : settings) words.insert_or_assign(name, value);
  words.is_inline(true);
  table.insert_or_assign(key, std::move(words));
}

toml::table port_table(const PortDeclaration& port) {
  toml::table table{{"name", port.name}, {"spec", port.spec}, {"policy", name_of(port.policy)}};
  if (port.mac) table.insert_or_assign("mac", to_string(*port.mac));
  put_settings(table, "settings", port.settings);
  return table;
}

toml::table switch_table(const SwitchDeclaration& declared) {
  toml::table macs{{"limit", static_cast<std::int64_t>(declared.mac_limit)},
                   {"age", duration_text(declared.mac_age)}};
  macs.is_inline(true);
  toml::table table{{"name", declared.name},
                    {"uplink", declared.uplink},
                    {"host", declared.host},
                    {"translate", name_of(declared.translate)},
                    {"reserved", declared.forward_reserved ? "forward" : "drop"},
                    {"mac_table", std::move(macs)}};
  put_settings(table, "settings", declared.settings);
  put_settings(table, "uplink_settings", declared.uplink_settings);
  put_settings(table, "host_settings", declared.host_settings);
  toml::array ports;
  for (const PortDeclaration& port : declared.ports) ports.push_back(port_table(port));
  if (!ports.empty()) table.insert_or_assign("port", std::move(ports));
  return table;
}

}  // namespace

const SwitchDeclaration* Config::find(std::string_view name) const {
  const auto found =
      std::find_if(switches.begin(), switches.end(),
                   [&](const SwitchDeclaration& declared) { return declared.name == name; });
  return found == switches.end() ? nullptr : &*found;
}

Config read_config_directory(const std::filesystem::path& directory) {
  Config config;
  const auto main_file = directory / "laneway.toml";
  if (std::filesystem::exists(main_file)) merge_file(config, main_file);
  std::set<std::filesystem::path> files;
  if (std::filesystem::is_directory(directory / "conf.d")) {
    for (const auto& entry : std::filesystem::directory_iterator(directory / "conf.d")) {
      if (entry.path().extension() == ".toml") files.insert(entry.path());
    }
  }
  for (const auto& file : files) merge_file(config, file);
  return config;
}

Config read_config_file(const std::filesystem::path& file) {
  Config config;
  merge_file(config, file);
  return config;
}

Config parse_config(std::string_view text, const std::string& name) {
  Config config;
  merge_parsed(config, name, [&] { return toml::parse(text, name); });
  return config;
}

std::string config_toml(const std::vector<SwitchDeclaration>& switches) {
  toml::array list;
  for (const SwitchDeclaration& declared : switches) list.push_back(switch_table(declared));
  toml::table root;
  if (!list.empty()) root.insert_or_assign("switch", std::move(list));
  std::ostringstream out;
  out << root << '\n';
  return out.str();
}

}  // namespace laneway
