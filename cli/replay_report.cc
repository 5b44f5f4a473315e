#include "cli/replay_report.h"

#include <array>
#include <cstdio>
#include <ctime>
#include <ostream>

#include "cli/json.h"
#include "cli/units.h"

namespace laneway::cli {

namespace {

double seconds(Nanos time) { return std::chrono::duration<double>(time).count(); }

// RFC 3339 with nanoseconds.
std::string time_text(Nanos since_1970) {
  const auto whole = std::chrono::duration_cast<std::chrono::seconds>(since_1970);
  const std::time_t time = whole.count();
  std::tm parts{};
  gmtime_r(&time, &parts);
  std::array<char, 64> text{};
  const std::size_t size = std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%S", &parts);
  std::snprintf(text.data() + size, text.size() - size, ".%09lldZ",
                static_cast<long long>((since_1970 - whole).count()));
  return text.data();
}

template <typename Visit>
void for_each_drop(const DropCounts& drops, const Visit& visit) {
  for (std::size_t i = 0; i < kDropReasons; ++i) {
    if (drops[i] != 0) visit(std::string(name_of(static_cast<Drop>(i))), drops[i]);
  }
}

Object drops_object(const DropCounts& drops) {
  Object object;
  for_each_drop(
      drops, [&](const std::string& reason, std::uint64_t frames) { object.set(reason, frames); });
  return object;
}

void set_expect(Object& body, const ReplayReport& report) {
  if (!report.expect) {
    body.set_null("expect");
    return;
  }
  Object expect;
  expect.set("frames", report.expect->frames).set("different", report.expect->different);
  if (const auto& first = report.expect->first) {
    expect.set("first_difference", Object()
                                       .set("port", first->port)
                                       .set("frame", first->frame)
                                       .set("byte", first->byte)
                                       .set("text", first->text));
  } else {
    expect.set_null("first_difference");
  }
  body.set("expect", expect);
}

void set_counts(Object& body, const ReplayReport& report) {
  body.set("time_backwards", report.time_backwards).set("frames_read", report.frames_read);
  body.set("bytes_read", report.bytes_read).set("frames_copied", report.frames_copied);
  body.set("frames_out", report.frames_out).set("bytes_out", report.bytes_out);
  body.set("frames_replied", report.frames_replied).set("frames_short", report.frames_short);
  body.set("frames_truncated", report.frames_truncated).set("macs_learnt", report.macs_learnt);
  body.set("drops", drops_object(report.drops));
}

void set_or_null(Object& object, std::string_view key, std::optional<double> value) {
  value ? object.set(key, *value) : object.set_null(key);
}

void set_live(Object& body, const ReplayReport& report) {
  if (!report.live) {
    body.set_null("live");
    return;
  }
  const ReplayReport::Live& live = *report.live;
  Object object;
  set_or_null(object, "asked_pps", live.asked_pps);
  set_or_null(object, "asked_bps", live.asked_bps);
  set_or_null(object, "multiplier", live.multiplier);
  object.set("got_pps", live.got_pps).set("got_bps", live.got_bps).set("loops", live.loops);
  object.set("sent_frames", live.sent_frames).set("failed_frames", live.failed_frames);
  object.set("retried_frames", live.retried_frames).set("interrupted", live.interrupted);
  const auto late = [&](std::string_view key, std::uint64_t value) {
    live.has_deadlines ? object.set(key, value) : object.set_null(key);
  };
  late("late_p50_ns", live.late_p50_ns);
  late("late_p99_ns", live.late_p99_ns);
  late("late_max_ns", live.late_max_ns);
  late("late_max_frame", live.late_max_frame);
  body.set("live", object);
}

void set_times(Object& body, const ReplayReport& report) {
  if (!report.first || !report.last) {
    body.set_null("first").set_null("last").set("capture_seconds", 0.0);
    return;
  }
  body.set("first", time_text(*report.first)).set("last", time_text(*report.last));
  body.set("capture_seconds", seconds(*report.last - *report.first));
}

struct Dropped {
  std::uint64_t frames = 0;
  std::string reasons;  // " (same_port 3, short 1)"
};

Dropped dropped_of(const DropCounts& drops) {
  Dropped dropped;
  for_each_drop(drops, [&](const std::string& reason, std::uint64_t frames) {
    dropped.frames += frames;
    dropped.reasons +=
        (dropped.reasons.empty() ? " (" : ", ") + reason + " " + std::to_string(frames);
  });
  if (!dropped.reasons.empty()) dropped.reasons += ")";
  return dropped;
}

void print_switched(const ReplayReport& report, std::ostream& out) {
  const Dropped dropped = dropped_of(report.drops);
  out << "read      " << report.frames_read << " frames, " << report.bytes_read << " bytes; "
      << report.frames_short << " short, " << report.frames_truncated << " truncated\n"
      << "switch    out " << report.frames_out << "  copied " << report.frames_copied
      << "  replied " << report.frames_replied << "  dropped " << dropped.frames << dropped.reasons
      << '\n'
      << "learnt    " << report.macs_learnt << " addresses\n";
}

std::string late_text(std::uint64_t nanoseconds) {
  constexpr std::uint64_t kLong = 1'000'000;
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), nanoseconds < kLong ? "%.1f us" : "%.1f ms",
                static_cast<double>(nanoseconds) / (nanoseconds < kLong ? 1e3 : 1e6));
  return text.data();
}

void print_sent(const ReplayReport& report, std::ostream& out) {
  const ReplayReport::Live& live = *report.live;
  const Dropped failed = dropped_of(report.drops);
  out << "sent      " << live.sent_frames << " of " << report.frames_read << " frames, "
      << live.sent_bytes << " bytes in " << duration_text(report.wall_seconds) << "; "
      << live.failed_frames << " failed" << failed.reasons << ", " << report.frames_truncated
      << " truncated, " << live.retried_frames << " retried\n";
  std::array<char, 32> pps{};
  std::snprintf(pps.data(), pps.size(), "%.1f", live.got_pps);
  out << "rate      " << pps.data() << " frames/s, " << rate_text(live.got_bps) << '\n';
  if (live.has_deadlines) {
    out << "timing    late by p50 " << late_text(live.late_p50_ns) << ", p99 "
        << late_text(live.late_p99_ns) << ", max " << late_text(live.late_max_ns) << " (frame "
        << live.late_max_frame << ")\n";
  }
  for (const ReplayReport::Port& port : report.ports) {
    if (port.name.find('/') == std::string::npos) continue;  // not of a switch
    const Dropped dropped = dropped_of(port.drops);
    out << "switch    " << port.name << ": received " << port.rx_frames << "  dropped "
        << dropped.frames << dropped.reasons << '\n';
  }
}

void print_expect(const ReplayReport& report, std::ostream& out) {
  if (!report.expect) return;
  out << "expected  " << report.expect->frames << " frames, " << report.expect->different
      << " different\n";
  if (const auto& first = report.expect->first) {
    out << "          first: port " << first->port << ", frame " << first->frame << ", byte "
        << first->byte << ": " << first->text << '\n';
  }
}

}  // namespace

void print_json(const ReplayReport& report, std::ostream& out) {
  Object body;
  body.set("schema", std::uint64_t{1}).set("report", "replay");
  body.set("mode", report.live ? "live" : "offline").set("clock", report.live ? "wall" : "capture");
  body.set("result", report.is_different() ? "different" : "ok");
  body.set("wall_seconds", report.wall_seconds);
  set_live(body, report);
  std::vector<Object> files;
  for (const auto& file : report.files) {
    files.push_back(Object()
                        .set("path", file.path)
                        .set("format", file.format)
                        .set("into", file.into)
                        .set("frames", file.frames)
                        .set("bytes", file.bytes));
  }
  std::vector<Object> ports;
  for (const auto& port : report.ports) {
    ports.push_back(Object()
                        .set("name", port.name)
                        .set("rx_frames", port.rx_frames)
                        .set("tx_frames", port.tx_frames)
                        .set("drops", drops_object(port.drops)));
  }
  body.set("files", files).set("ports", ports);
  set_times(body, report);
  set_counts(body, report);
  set_expect(body, report);
  out << body.dump() << '\n';
}

void print_csv(const ReplayReport& report, std::ostream& out) {
  out << "frames_read,bytes_read,frames_copied,frames_out,bytes_out,frames_replied,frames_short,"
         "frames_truncated,macs_learnt,time_backwards";
  for_each_drop(report.drops,
                [&](const std::string& reason, std::uint64_t) { out << ",drop_" << reason; });
  out << '\n'
      << report.frames_read << ',' << report.bytes_read << ',' << report.frames_copied << ','
      << report.frames_out << ',' << report.bytes_out << ',' << report.frames_replied << ','
      << report.frames_short << ',' << report.frames_truncated << ',' << report.macs_learnt << ','
      << report.time_backwards;
  for_each_drop(report.drops,
                [&](const std::string&, std::uint64_t frames) { out << ',' << frames; });
  out << '\n';
}

void print_text(const ReplayReport& report, std::ostream& out) {
  report.live ? print_sent(report, out) : print_switched(report, out);
  if (report.time_backwards != 0) {
    out << "time      " << report.time_backwards << " frames earlier than the one before\n";
  }
  print_expect(report, out);
}

}  // namespace laneway::cli
