#include "daemon/api.h"

#include <array>
#include <charconv>
#include <vector>

#include <nlohmann/json.hpp>
#include <spdlog/spdlog.h>

#include "daemon/body.h"
#include "daemon/capture.h"
#include "daemon/config.h"
#include "daemon/metrics.h"
#include "daemon/nics_json.h"
#include "daemon/reports.h"
#include "daemon/version.h"
#include "switch/error.h"

namespace laneway {

namespace {

using nlohmann::json;

// One request on its way through a handler: `names` are what the pattern's stars stand for.
struct Call {
  Controller& controller;
  const HttpRequest& request;
  std::vector<std::string> names;

  ManagedSwitch& sw() const { return controller.find(names[0]); }
  ManagedPort& port(ManagedSwitch& of) const { return controller.find_port(of, names[1]); }
  std::optional<std::string> query(const std::string& key) const {
    const auto found = request.query.find(key);
    return found == request.query.end() ? std::nullopt : std::optional(found->second);
  }
  // The port of `?port=`, which must exist.
  std::optional<std::string> port_query(ManagedSwitch& of) const {
    auto name = query("port");
    if (name) controller.find_port(of, *name);
    return name;
  }
};

HttpAnswer ok(const json& object, int status = 200) {
  return {status, object.dump(-1, ' ', false, json::error_handler_t::replace) + "\n",
          "application/json", nullptr};
}
HttpAnswer done() { return {204, {}, {}, nullptr}; }
HttpAnswer text(int status, std::string body) {
  return {status, std::move(body), "text/plain; charset=utf-8", nullptr};
}

HttpAnswer get_nics(const Call& call) {
  call.controller.network_changed();
  return ok(nics_json(call.controller.host_network().nics, call.query("all") == "1"));
}

HttpAnswer get_switches(const Call& call) {
  return ok(switches_report(call.controller.switches()));
}

HttpAnswer post_switch(const Call& call) {
  ManagedSwitch& sw = call.controller.create(switch_from_body(call.request.body));
  return ok(switch_report(sw), 201);
}

HttpAnswer get_switch(const Call& call) { return ok(switch_report(call.sw())); }

HttpAnswer patch_switch(const Call& call) {
  ManagedSwitch& sw = call.sw();
  call.controller.change_switch(sw, settings_from_body(call.request.body));
  return ok(switch_report(sw));
}

HttpAnswer delete_switch(const Call& call) {
  call.controller.remove(call.names[0], call.query("force") == "1");
  return done();
}

HttpAnswer get_ports(const Call& call) { return ok(ports_report(call.sw())); }

HttpAnswer post_port(const Call& call) {
  ManagedSwitch& sw = call.sw();
  ManagedPort& port = call.controller.attach(sw, port_from_body(call.request.body));
  return ok(attach_report(sw, port), 201);
}

HttpAnswer get_port(const Call& call) {
  ManagedSwitch& sw = call.sw();
  return ok(attach_report(sw, call.port(sw)));
}

HttpAnswer patch_port(const Call& call) {
  ManagedSwitch& sw = call.sw();
  ManagedPort& port = call.port(sw);
  if (port.role() != PortRole::Guest) {
    throw Error(ErrorCode::BadRequest, "port '" + port.name() + "' is its switch's own",
                "set it as a setting of the switch in laneway.toml");
  }
  call.controller.change_port(sw, changed_port_from_body(call.request.body, port.declared));
  return ok(port_report(sw, port));
}

HttpAnswer delete_port(const Call& call) {
  call.controller.detach(call.sw(), call.names[1]);
  return done();
}

HttpAnswer get_macs(const Call& call) {
  ManagedSwitch& sw = call.sw();
  return ok(macs_report(sw, call.port_query(sw)));
}

MacAddress mac_from(const std::string& text) {
  const auto mac = MacAddress::parse(text);
  if (mac && !mac->is_group() && !mac->is_zero()) return *mac;
  throw Error(ErrorCode::BadRequest,
              "field 'mac': expected a station's address, got \"" + text + "\"",
              "an address such as 52:54:00:6b:1f:c0");
}

HttpAnswer post_mac(const Call& call) {
  ManagedSwitch& sw = call.sw();
  const Body body(call.request.body, {"mac", "port"});
  const MacAddress mac = mac_from(body.text("mac"));
  const ManagedPort& port = call.controller.find_port(sw, body.text("port"));
  bool pinned = false;
  sw.runtime().worker.run(
      [&] { pinned = sw.composition().sw().macs().pin(mac, VlanId{}, port.id, MacKind::Static); });
  if (!pinned) {
    throw Error(ErrorCode::InUse, to_string(mac) + ": belongs to another port, or no room is left",
                "laneway macs " + sw.declared().name + " shows whose it is", to_string(mac));
  }
  return {201, {}, {}, nullptr};
}

HttpAnswer delete_macs(const Call& call) {
  ManagedSwitch& sw = call.sw();
  const auto name = call.port_query(sw);
  const PortId port = name ? sw.find(*name)->id : kNoPort;
  const auto mac = call.query("mac");
  bool found = true;
  sw.runtime().worker.run([&] {
    MacTable& macs = sw.composition().sw().macs();
    if (mac) {
      found = macs.remove(mac_from(*mac), VlanId{});
    } else {
      macs.flush(port, false);
    }
  });
  if (!found) throw Error(ErrorCode::NoEntry, "no entry '" + *mac + "'", {}, *mac);
  return done();
}

HttpAnswer get_neighbors(const Call& call) {
  ManagedSwitch& sw = call.sw();
  return ok(neighbors_report(sw, call.port_query(sw)));
}

HttpAnswer delete_neighbors(const Call& call) {
  ManagedSwitch& sw = call.sw();
  const auto name = call.port_query(sw);
  sw.runtime().worker.run([&] {
    NeighborTable& neighbors = sw.composition().neighbors();
    if (name) {
      neighbors.flush_port(sw.find(*name)->id);
    } else {
      neighbors.remove_all(true);
    }
  });
  return done();
}

HttpAnswer get_drops(const Call& call) {
  ManagedSwitch& sw = call.sw();
  return ok(drops_report(sw, call.port_query(sw)));
}

HttpAnswer delete_drops(const Call& call) {
  ManagedSwitch& sw = call.sw();
  if (const auto name = call.port_query(sw)) {
    sw.find(*name)->reset_drops();
  } else {
    sw.reset_drops();
  }
  return done();
}

std::string event_text(const EventLog::Event& event) {
  return "event: " + event.name + "\nid: " + std::to_string(event.sequence) +
         "\ndata: " + event.object.dump() + "\n\n";
}

std::optional<std::uint64_t> sequence_of(const Call& call) {
  std::string word = call.query("since").value_or(call.request.last_event_id);
  if (word.empty()) return std::nullopt;
  std::uint64_t sequence = 0;
  const auto [end, failure] = std::from_chars(word.data(), word.data() + word.size(), sequence);
  if (failure == std::errc{} && end == word.data() + word.size()) return sequence;
  throw Error(ErrorCode::BadRequest, "'since': expected a number, got \"" + word + "\"",
              "the seq of the last event that was seen");
}

HttpAnswer get_events(const Call& call) {
  const auto since = sequence_of(call);
  const std::string only = call.query("switch").value_or("");
  EventLog& events = call.controller.runtime().events;
  HttpAnswer answer;
  answer.start = [&events, since, only](const std::shared_ptr<HttpStream>& stream) {
    const auto tell = [stream, only](const EventLog::Event& event) {
      if (only.empty() || event.switch_name.empty() || event.switch_name == only) {
        stream->send(event_text(event));
      }
    };
    if (since) events.replay(*since, tell);
    const std::uint64_t subscription = events.subscribe(tell);
    return std::function<void()>([&events, subscription] { events.unsubscribe(subscription); });
  };
  return answer;
}

// All `show` objects at once.
std::string stats_text(Controller& controller) {
  json list = json::array();
  for (ManagedSwitch* sw : controller.switches()) list.push_back(switch_report(*sw)["switch"]);
  const json stats{{"schema", 1}, {"switches", std::move(list)}};
  return "event: stats\ndata: " + stats.dump(-1, ' ', false, json::error_handler_t::replace) +
         "\n\n";
}

HttpAnswer get_stats(const Call& call) {
  Controller& controller = call.controller;
  HttpAnswer answer;
  answer.start = [&controller](const std::shared_ptr<HttpStream>& stream) {
    const auto tell = [&controller, stream] { stream->send(stats_text(controller)); };
    tell();
    const std::uint64_t number = controller.watch(tell);
    return std::function<void()>([&controller, number] { controller.unwatch(number); });
  };
  return answer;
}

std::uint64_t number_from(const std::string& word, int base, const std::string& what) {
  std::uint64_t number = 0;
  const char* end = word.data() + word.size();
  const auto [read, failure] = std::from_chars(word.data(), end, number, base);
  if (failure == std::errc{} && read == end) return number;
  throw Error(ErrorCode::BadRequest, "'" + what + "': expected a number, got \"" + word + "\"");
}

// 16 hexadecimal digits an instruction.
CaptureFilter filter_from(const std::string& digits) {
  constexpr std::size_t kWord = 16;
  std::vector<std::uint64_t> words;
  for (std::size_t at = 0; at < digits.size(); at += kWord) {
    words.push_back(number_from(digits.substr(at, kWord), 16, "program"));
  }
  return CaptureFilter(std::move(words));
}

constexpr Nanos kCaptureEvery = std::chrono::milliseconds{100};

HttpAnswer get_capture(const Call& call) {
  Capture::Request request{call.query("switch").value_or(""), call.query("port"), false,
                           filter_from(call.query("program").value_or(""))};
  const std::string point = call.query("point").value_or("guest");
  if (point != "guest" && point != "air") {
    throw Error(ErrorCode::BadRequest, "'point': expected guest or air, got \"" + point + "\"");
  }
  request.air = point == "air";
  if (const auto snap = call.query("snaplen")) {
    request.snap_bytes = number_from(*snap, 10, "snaplen");
  }
  auto capture = std::make_shared<Capture>(call.controller, request);
  Controller& controller = call.controller;
  HttpAnswer answer;
  answer.start = [&controller, capture](const std::shared_ptr<HttpStream>& stream) mutable {
    const auto poll = [capture, stream] {
      capture->poll([&](const std::string& object) { stream->send("data: " + object + "\n\n"); },
                    [&] { return stream->pending() < HttpStream::kMaxPending / 2; });
    };
    capture.reset();  // the watcher alone keeps it
    const std::uint64_t number = controller.watch(poll, kCaptureEvery);
    return std::function<void()>([&controller, number] { controller.unwatch(number); });
  };
  return answer;
}

HttpAnswer get_metrics(const Call& call) {
  return {200, metrics_text(call.controller.switches(), call.controller.runtime()),
          "text/plain; version=0.0.4; charset=utf-8", nullptr};
}

HttpAnswer get_config(const Call& call) {
  return text(200, config_toml(call.controller.running()));
}

HttpAnswer post_config_check(const Call& call) {
  const Config config = parse_config(call.request.body, call.query("file").value_or("config"));
  json names = json::array();
  for (const SwitchDeclaration& declared : config.switches) names.push_back(declared.name);
  return ok({{"schema", 1}, {"result", "ok"}, {"switches", std::move(names)}});
}

HttpAnswer post_config_reload(const Call& call) {
  return ok({{"schema", 1}, {"changes", call.controller.reload()}});
}

HttpAnswer get_version(const Call&) {
  return ok({{"schema", 1}, {"laneway", kVersion}, {"api", "v1"}, {"commit", kCommit}});
}

HttpAnswer get_health(const Call& call) {
  if (call.controller.healthy()) return text(200, "ok\n");
  return text(503, "a worker has not ticked for 2 s\n");
}

struct Route {
  std::string_view method;
  std::string_view pattern;  // '*' stands for one name
  HttpAnswer (*handler)(const Call&);
};

constexpr std::array kRoutes{
    Route{"GET", "/v1/nics", get_nics},
    Route{"GET", "/v1/switches", get_switches},
    Route{"POST", "/v1/switches", post_switch},
    Route{"GET", "/v1/switches/*", get_switch},
    Route{"PATCH", "/v1/switches/*", patch_switch},
    Route{"DELETE", "/v1/switches/*", delete_switch},
    Route{"GET", "/v1/switches/*/ports", get_ports},
    Route{"POST", "/v1/switches/*/ports", post_port},
    Route{"GET", "/v1/switches/*/ports/*", get_port},
    Route{"PATCH", "/v1/switches/*/ports/*", patch_port},
    Route{"DELETE", "/v1/switches/*/ports/*", delete_port},
    Route{"GET", "/v1/switches/*/macs", get_macs},
    Route{"POST", "/v1/switches/*/macs", post_mac},
    Route{"DELETE", "/v1/switches/*/macs", delete_macs},
    Route{"GET", "/v1/switches/*/neighbors", get_neighbors},
    Route{"DELETE", "/v1/switches/*/neighbors", delete_neighbors},
    Route{"GET", "/v1/switches/*/drops", get_drops},
    Route{"DELETE", "/v1/switches/*/drops", delete_drops},
    Route{"GET", "/v1/events", get_events},
    Route{"GET", "/v1/stats", get_stats},
    Route{"GET", "/v1/capture", get_capture},
    Route{"GET", "/v1/config", get_config},
    Route{"POST", "/v1/config/check", post_config_check},
    Route{"POST", "/v1/config/reload", post_config_reload},
    Route{"GET", "/v1/version", get_version},
    Route{"GET", "/healthz", get_health},
    Route{"GET", "/metrics", get_metrics},
};

// The first path segment is cut off `path`; false at its end.
bool next_segment(std::string_view& path, std::string_view& segment) {
  if (path.empty() || path.front() != '/') return false;
  path.remove_prefix(1);
  segment = path.substr(0, path.find('/'));
  path.remove_prefix(segment.size());
  return true;
}

// The names that the stars of `pattern` stand for in `path`; nullopt if they do not fit.
std::optional<std::vector<std::string>> match(std::string_view pattern, std::string_view path) {
  std::vector<std::string> names;
  std::string_view expected;
  std::string_view given;
  while (next_segment(pattern, expected)) {
    if (!next_segment(path, given)) return std::nullopt;
    if (expected == "*" && !given.empty()) {
      names.push_back(percent_decoded(given));
    } else if (expected != given) {
      return std::nullopt;
    }
  }
  if (!path.empty()) return std::nullopt;
  return names;
}

HttpAnswer error_answer(const Error& error) {
  const ErrorKind& kind = kind_of(error.code());
  const auto or_null = [](const std::string& word) {
    return word.empty() ? json(nullptr) : json(word);
  };
  return ok({{"schema", 1},
             {"error",
              {{"code", kind.name},
               {"message", error.what()},
               {"fix", or_null(error.fix())},
               {"subject", or_null(error.subject())},
               {"exit", kind.exit}}}},
            kind.http == 0 ? 500 : kind.http);
}

HttpAnswer dispatch(Controller& controller, const HttpRequest& request) {
  bool path_known = false;
  for (const Route& route : kRoutes) {
    auto names = match(route.pattern, request.path);
    if (!names) continue;
    path_known = true;
    if (route.method == request.method) {
      return route.handler({controller, request, std::move(*names)});
    }
  }
  if (path_known) {
    throw Error(ErrorCode::BadRequest, request.method + " " + request.path + ": no such method");
  }
  throw Error(ErrorCode::NoEntry, "nothing is at " + request.path,
              "the paths begin with /v1/switches, /v1/nics, /v1/events, /v1/config, /v1/version");
}

}  // namespace

HttpAnswer Api::answer(const HttpRequest& request) {
  HttpAnswer answer;
  try {
    answer = dispatch(controller_, request);
  } catch (const Error& error) {
    answer = error_answer(error);
  } catch (const std::exception& error) {
    spdlog::error("{} {}: {}", request.method, request.path, error.what());
    answer = error_answer(
        Error(ErrorCode::Internal, std::string("a bug in laneway: ") + error.what(), "report it"));
  }
  if (request.method != "GET") {
    spdlog::info("{} {} by user {}: {}", request.method, request.path, request.user, answer.status);
  }
  return answer;
}

HttpAnswer Api::refused(int status) {
  if (status == 413) return error_answer(Error(ErrorCode::TooLarge, "request body over 64 KiB"));
  if (status == 503) {
    return error_answer(Error(
        ErrorCode::Busy, std::to_string(HttpServer::kMaxClients) + " clients are connected, or " +
                             std::to_string(HttpServer::kMaxStreams) + " streams are open"));
  }
  return error_answer(
      Error(ErrorCode::BadRequest, "the request is no HTTP/1.1 that is understood"));
}

}  // namespace laneway
