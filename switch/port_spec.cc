#include "switch/port_spec.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <span>
#include <vector>

#include "switch/error.h"

namespace laneway {

namespace {

constexpr std::array<std::string_view, kPortKinds> kKindNames{
    "memory", "pcap", "packet", "tap", "stream", "vhost-user", "dpdk", "xdp"};

// One `key=value` at a time; `apply` throws what is wrong with the value as a string.
struct Key {
  std::string_view name;
  void (*apply)(PortSpec& spec, std::string_view value);
};

// Why a value does not do: "expected on or off". Becomes an Error that quotes spec and key.
struct BadValue {
  std::string expected;
};

template <class Number>
Number number_in(std::string_view text, Number least, Number most) {
  Number number{};
  const auto [end, status] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (status == std::errc{} && end == text.data() + text.size() && number >= least &&
      number <= most) {
    return number;
  }
  throw BadValue{"a number from " + std::to_string(least) + " to " + std::to_string(most)};
}

bool on_off(std::string_view value) {
  if (value != "on" && value != "off") throw BadValue{"on or off"};
  return value == "on";
}

double share(std::string_view text) {
  double number = 0;
  const auto [end, status] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (status == std::errc{} && end == text.data() + text.size() && number >= 0 && number <= 1) {
    return number;
  }
  throw BadValue{"a share from 0 to 1"};
}

Nanos milliseconds(std::string_view text) {
  if (!text.ends_with("ms")) throw BadValue{"milliseconds, as in 20ms"};
  return std::chrono::milliseconds{
      number_in<std::uint32_t>(text.substr(0, text.size() - 2), 0, 60000)};
}

// "loss:0.01,seed:1"
FaultSpec parse_fault(std::string_view text) {
  FaultSpec fault;
  while (!text.empty()) {
    const std::string_view piece = text.substr(0, text.find(','));
    text.remove_prefix(std::min(text.size(), piece.size() + 1));
    const std::size_t colon = std::min(piece.find(':'), piece.size());
    const std::string_view name = piece.substr(0, colon);
    const std::string_view value = piece.substr(std::min(colon + 1, piece.size()));
    if (name == "loss")
      fault.loss = share(value);
    else if (name == "corrupt")
      fault.corrupt = share(value);
    else if (name == "duplicate")
      fault.duplicate = share(value);
    else if (name == "reorder")
      fault.reorder = share(value);
    else if (name == "delay")
      fault.delay = milliseconds(value);
    else if (name == "seed")
      fault.seed = number_in<std::uint64_t>(value, 0, UINT64_MAX);
    else
      throw BadValue{"loss, corrupt, duplicate, reorder, delay or seed, each with ':' and a value"};
  }
  return fault;
}

PortSpec::Promiscuous promiscuous(std::string_view value) {
  if (value == "auto") return PortSpec::Promiscuous::Auto;
  if (value == "on") return PortSpec::Promiscuous::On;
  if (value == "off") return PortSpec::Promiscuous::Off;
  throw BadValue{"auto, on or off"};
}

bool connects(std::string_view value) {
  if (value != "listen" && value != "connect") throw BadValue{"listen or connect"};
  return value == "connect";
}

constexpr std::array kCommonKeys{
    Key{"mtu",
        [](PortSpec& spec, std::string_view value) {
          spec.mtu = number_in(value, PortSpec::kMinMtu, PortSpec::kMaxMtu);
        }},
    Key{"fault", [](PortSpec& spec, std::string_view value) { spec.fault = parse_fault(value); }},
};
constexpr std::array kMemoryKeys{
    Key{"queue",
        [](PortSpec& spec, std::string_view value) {
          spec.queue = number_in(value, std::uint32_t{1}, PortSpec::kMaxQueue);
        }},
};
constexpr std::array kPcapKeys{
    Key{"in", [](PortSpec& spec, std::string_view value) { spec.in = value; }},
    Key{"out", [](PortSpec& spec, std::string_view value) { spec.out = value; }},
};
constexpr Key kGso{"gso", [](PortSpec& spec, std::string_view value) { spec.gso = on_off(value); }};
constexpr std::array kPacketKeys{
    Key{"promisc",
        [](PortSpec& spec, std::string_view value) { spec.promiscuous = promiscuous(value); }},
    kGso,
};
constexpr std::array kTapKeys{
    Key{"queues", [](PortSpec&, std::string_view value) { number_in<unsigned>(value, 1, 1); }},
    kGso,
};
constexpr Key kMode{"mode",
                    [](PortSpec& spec, std::string_view value) { spec.connect = connects(value); }};
constexpr std::array kStreamKeys{kMode};
constexpr Key kQueues{"queues", [](PortSpec& spec, std::string_view value) {
                        spec.queues = number_in(value, std::uint32_t{1}, PortSpec::kMaxQueues);
                      }};
constexpr std::array kVhostUserKeys{kMode, kQueues};
constexpr std::array kDpdkKeys{kQueues};
constexpr std::array kXdpKeys{
    kQueues,
    Key{"queue",
        [](PortSpec& spec, std::string_view value) {
          spec.first_queue = number_in(value, std::uint32_t{0}, PortSpec::kMaxFirstQueue);
        }},
    Key{"copy",
        [](PortSpec& spec, std::string_view value) {
          if (value != "auto" && value != "on") throw BadValue{"auto or on"};
          spec.copy = value == "on";
        }},
};

std::span<const Key> keys_of(PortKind kind) {
  switch (kind) {
    case PortKind::Memory:
      return kMemoryKeys;
    case PortKind::Pcap:
      return kPcapKeys;
    case PortKind::Packet:
      return kPacketKeys;
    case PortKind::Tap:
      return kTapKeys;
    case PortKind::Stream:
      return kStreamKeys;
    case PortKind::VhostUser:
      return kVhostUserKeys;
    case PortKind::Dpdk:
      return kDpdkKeys;
    case PortKind::Xdp:
      return kXdpKeys;
  }
  return {};
}

Error bad_spec(std::string_view text, std::string_view why, std::string fix = {}) {
  return Error(ErrorCode::BadSpec, "port spec '" + std::string(text) + "': " + std::string(why),
               std::move(fix));
}

std::string quoted(std::string_view word) { return "'" + std::string(word) + "'"; }

std::string did_you_mean(std::string_view word, const std::vector<std::string_view>& known) {
  const std::string_view near = nearest(word, known.data(), known.size());
  if (!near.empty()) return "did you mean " + std::string(near) + "?";
  std::string all = "known: ";
  for (const std::string_view one : known) all.append(one).append(one == known.back() ? "" : ", ");
  return all;
}

PortKind parse_kind(std::string_view text, std::string_view word) {
  const auto* known = std::find(kKindNames.begin(), kKindNames.end(), word);
  if (known != kKindNames.end()) return static_cast<PortKind>(known - kKindNames.begin());
  throw bad_spec(text, "unknown kind " + quoted(word),
                 did_you_mean(word, {kKindNames.begin(), kKindNames.end()}));
}

// The pieces between commas outside of quotes.
std::vector<std::string_view> pieces_of(std::string_view text, std::string_view rest) {
  std::vector<std::string_view> pieces;
  bool in_quotes = false;
  std::size_t start = 0;
  for (std::size_t at = 0; at <= rest.size(); ++at) {
    if (at < rest.size() && rest[at] == '"') in_quotes = !in_quotes;
    if (at < rest.size() && (rest[at] != ',' || in_quotes)) continue;
    pieces.push_back(rest.substr(start, at - start));
    start = at + 1;
  }
  if (in_quotes) throw bad_spec(text, "a quote is not closed");
  return pieces;
}

// `value` without the quotes that it may stand in as a whole.
std::string unquoted(std::string_view text, std::string_view value) {
  const bool whole = value.size() >= 2 && value.front() == '"' && value.back() == '"';
  if (whole) value = value.substr(1, value.size() - 2);
  if (value.find('"') != std::string_view::npos) {
    throw bad_spec(text, "quotes go around a whole value", "write key=\"value\"");
  }
  return std::string(value);
}

void apply_key(PortSpec& spec, std::string_view name, std::string_view value) {
  std::vector<std::string_view> names;
  for (const std::span<const Key> keys : {keys_of(spec.kind), std::span<const Key>(kCommonKeys)}) {
    for (const Key& key : keys) {
      names.push_back(key.name);
      if (key.name != name) continue;
      try {
        return key.apply(spec, value);
      } catch (const BadValue& bad) {
        throw bad_spec(spec.text,
                       quoted(name) + ": expected " + bad.expected + ", got " + quoted(value));
      }
    }
  }
  throw bad_spec(spec.text, "unknown key " + quoted(name), did_you_mean(name, names));
}

void apply_keys(PortSpec& spec, std::span<const std::string_view> pieces) {
  std::vector<std::string_view> given;
  for (const std::string_view piece : pieces) {
    const std::size_t equals = piece.find('=');
    if (equals == 0 || equals == std::string_view::npos) {
      throw bad_spec(spec.text, quoted(piece) + " is not key=value",
                     "a value with a comma in it stands in quotes: key=\"a,b\"");
    }
    const std::string_view name = piece.substr(0, equals);
    if (std::find(given.begin(), given.end(), name) != given.end()) {
      throw bad_spec(spec.text, quoted(name) + " is given twice");
    }
    given.push_back(name);
    apply_key(spec, name, unquoted(spec.text, piece.substr(equals + 1)));
  }
}

bool is_interface_name(std::string_view name) {
  const auto refused = [](char c) { return c == '/' || c == ':' || c <= ' ' || c > '~'; };
  return !name.empty() && name.size() <= PortSpec::kMaxInterfaceName && name != "." &&
         name != ".." && std::none_of(name.begin(), name.end(), refused);
}

void check_where(PortSpec& spec, std::string_view run_directory) {
  if (spec.kind == PortKind::Pcap) {
    if (spec.in.empty() && spec.out.empty()) {
      throw bad_spec(spec.text, "names no file", "pcap:in=FILE, pcap:out=FILE or both");
    }
    return;
  }
  const bool arguments = spec.kind == PortKind::Dpdk;  // which have keys of their own
  if (spec.where.empty() || (!arguments && spec.where.find('=') != std::string::npos)) {
    throw bad_spec(spec.text, "names nothing after '" + std::string(name_of(spec.kind)) + ":'");
  }
  const bool interface =
      spec.kind == PortKind::Packet || spec.kind == PortKind::Tap || spec.kind == PortKind::Xdp;
  if (interface && !is_interface_name(spec.where)) {
    throw bad_spec(spec.text, quoted(spec.where) + " cannot be an interface's name",
                   "1 to 15 characters, no blank, no '/', no ':'");
  }
  if (spec.kind == PortKind::Stream || spec.kind == PortKind::VhostUser) {
    spec.where = socket_path(spec.where, run_directory);
  }
}

}  // namespace

std::string_view name_of(PortKind kind) noexcept {
  return kKindNames[static_cast<std::size_t>(kind)];
}

PortSpec parse_port_spec(std::string_view text, std::string_view run_directory) {
  const std::size_t colon = text.find(':');
  const PortKind kind = parse_kind(text, text.substr(0, colon));
  if (colon == std::string_view::npos) {
    throw bad_spec(text, "no ':' after the kind", std::string(text) + ":WHERE");
  }
  PortSpec spec;
  spec.kind = kind;
  spec.text = text;
  const auto pieces = pieces_of(text, text.substr(colon + 1));
  std::span<const std::string_view> keys(pieces);
  if (kind != PortKind::Pcap) {
    spec.where = unquoted(text, pieces.front());
    keys = keys.subspan(1);
  }
  apply_keys(spec, keys);
  check_where(spec, run_directory);
  return spec;
}

std::string socket_path(std::string_view where, std::string_view run_directory) {
  std::string path(where);
  if (where.find('/') == std::string_view::npos) {
    path = std::string(run_directory) + "/" + path + ".sock";
  }
  if (path.size() <= PortSpec::kMaxSocketPath) return path;
  throw Error(ErrorCode::BadSpec,
              "socket path " + path + ": it has " + std::to_string(path.size()) +
                  " bytes, and a UNIX socket's address holds " +
                  std::to_string(PortSpec::kMaxSocketPath),
              "choose a shorter name, or a directory nearer to the root", path);
}

}  // namespace laneway
