#include "cli/replay_topology.h"

#include "daemon/config.h"
#include "daemon/settings.h"
#include "switch/error.h"
#include "switch/port_spec.h"

namespace laneway::cli {

namespace {

// Who we are on a translated uplink in memory; locally administered.
constexpr MacAddress kStation{{0x02, 0x6c, 0x77, 0, 0, 0x01}};
constexpr MacAddress kOwn{{0x02, 0x6c, 0x77, 0, 0, 0x02}};
constexpr std::size_t kBuffers = 262144;  // some 16 rings' worth of long frames

PortSpec memory_spec(const std::string& text) {
  PortSpec spec = parse_port_spec(text);
  if (spec.kind == PortKind::Memory) return spec;
  throw Error(ErrorCode::Unsupported, text + ": offline there are memory: ports only",
              "write memory:NAME");
}

// Sources of a capture are not known before: a guest's first one is its own.
PortSettings guest_settings(const PortDeclaration& declared) {
  PortSettings settings =
      declared.policy == Policy::Trunk ? PortSettings::for_trunk() : PortSettings{};
  if (declared.mac) {
    settings.mac = *declared.mac;
  } else {
    settings.pin_first_source = declared.policy == Policy::Guest;
  }
  apply_settings(declared.settings, settings);
  return settings;
}

}  // namespace

ReplayTopology::ReplayTopology(const ReplayOptions& options) : pool_(kBuffers) {
  if (options.topology) {
    make_declared(options);
  } else {
    make_default(options);
  }
}

// The composition goes before the ports that it uses.
ReplayTopology::~ReplayTopology() = default;

void ReplayTopology::make_default(const ReplayOptions& options) {
  const SwitchConfig config{.mac_limit = MacTable::kMaxLimit,
                            .mac_age = options.age.value_or(Nanos{0}),
                            .forward_reserved = false,
                            .seed = options.seed};
  composition_ = std::make_unique<Composition>(config, Network{}, pool_);
  for (const char* name : {"in", "out"}) {
    add(name, PortSettings::for_trunk(), MemoryPort::kDefaultQueue);
  }
}

void ReplayTopology::make_declared(const ReplayOptions& options) {
  const Config file = read_config_file(*options.topology);
  if (file.switches.size() != 1) {
    throw Error(ErrorCode::BadConfig, options.topology->string() +
                                          ":1:1: expected one [[switch]], got " +
                                          std::to_string(file.switches.size()));
  }
  const SwitchDeclaration& declared = file.switches.front();
  const SwitchConfig config{.mac_limit = declared.mac_limit,
                            .mac_age = options.age.value_or(declared.mac_age),
                            .forward_reserved = declared.forward_reserved,
                            .seed = options.seed};
  Network network;
  network.translated = declared.has_uplink() && declared.translate == Translate::On;
  network.wifi = network.translated;
  network.station = kStation;
  network.own = kOwn;
  composition_ = std::make_unique<Composition>(config, network, pool_);
  const SwitchSettings settings = SwitchSettings::from(declared.settings);
  composition_->set_answers(settings.answers);
  composition_->set_translation(settings.translation);

  if (declared.has_uplink()) {
    PortSettings uplink =
        PortSettings::for_uplink(network.wifi, static_cast<std::uint32_t>(declared.mac_limit));
    apply_settings(declared.uplink_settings, uplink);
    add("uplink", uplink, memory_spec(declared.uplink).queue);
  }
  for (const PortDeclaration& port : declared.ports) {
    add(port.name, guest_settings(port), memory_spec(port.spec).queue);
  }
}

void ReplayTopology::add(const std::string& name, const PortSettings& settings, std::size_t queue) {
  auto attached = std::make_unique<Attached>(name, pool_, queue);
  attached->id = composition_->add_port(name, attached->port, settings, attached->counters);
  ports_.push_back(std::move(attached));
}

ReplayTopology::Attached& ReplayTopology::port(const std::string& name) {
  std::vector<std::string_view> names;
  for (const auto& attached : ports_) {
    if (name.empty() || attached->name == name) return *attached;
    names.push_back(attached->name);
  }
  const std::string near(nearest(name, names.data(), names.size()));
  throw Error(ErrorCode::NoPort, "no port '" + name + "'",
              near.empty() ? std::string() : "did you mean " + near + "?", name);
}

}  // namespace laneway::cli
