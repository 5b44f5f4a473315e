#include "daemon/events.h"

#include <algorithm>
#include <array>

#include <fmt/chrono.h>
#include <fmt/format.h>

namespace laneway {

namespace {

using nlohmann::json;

constexpr std::array<std::string_view, 11> kProvoked{
    "mac_learnt", "mac_aged",  "mac_moved", "mac_refused", "binding_refused", "neighbor_changed",
    "guard_hit",  "port_down", "port_up",   "table_full",  "peer_broken"};

json text_or_null(std::string_view text) { return text.empty() ? json(nullptr) : json(text); }

json object_of(std::uint64_t sequence, std::string_view name, std::string_view switch_name,
               std::string_view port, json detail) {
  return {{"schema", 1},
          {"seq", sequence},
          {"time", utc_now()},
          {"event", name},
          {"switch", text_or_null(switch_name)},
          {"port", text_or_null(port)},
          {"detail", std::move(detail)}};
}

}  // namespace

std::string utc_now() {
  const auto now = std::chrono::system_clock::now();
  const auto fraction =
      std::chrono::duration_cast<std::chrono::microseconds>(now.time_since_epoch()).count() %
      1'000'000;
  const std::time_t seconds = std::chrono::system_clock::to_time_t(now);
  return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:06}Z", fmt::gmtime(seconds), fraction);
}

std::string utc_seconds(std::chrono::system_clock::time_point time) {
  return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}",
                     fmt::gmtime(std::chrono::system_clock::to_time_t(time)));
}

void EventLog::add(std::string_view name, std::string_view switch_name, std::string_view port,
                   json detail, Nanos now) {
  const bool provoked = std::find(kProvoked.begin(), kProvoked.end(), name) != kProvoked.end();
  if (provoked && !may_tell(std::string(name), now)) return;
  append(name, switch_name, port, std::move(detail));
}

bool EventLog::may_tell(const std::string& name, Nanos now) {
  const auto [entry, fresh] = minutes_.try_emplace(name, Minute{now, 0, 0});
  Minute& minute = entry->second;
  if (!fresh && now - minute.begin >= kMinute) {
    if (minute.kept_back > 0)
      append("lost", {}, {}, {{"count", minute.kept_back}, {"event", name}});
    minute = Minute{now, 0, 0};
  }
  if (minute.told < kPerMinute) {
    ++minute.told;
    return true;
  }
  ++minute.kept_back;
  return false;
}

void EventLog::tick(Nanos now) {
  for (auto& [name, minute] : minutes_) {
    if (minute.kept_back == 0 || now - minute.begin < kMinute) continue;
    const std::uint64_t count = minute.kept_back;
    minute = Minute{now, 0, 0};
    append("lost", {}, {}, {{"count", count}, {"event", name}});
  }
}

void EventLog::append(std::string_view name, std::string_view switch_name, std::string_view port,
                      json detail) {
  ++last_;
  kept_.push_back({last_, std::string(name), std::string(switch_name),
                   object_of(last_, name, switch_name, port, std::move(detail))});
  if (kept_.size() > kKept) kept_.pop_front();
  // A listener may unsubscribe itself: step on before it is called.
  for (auto next = listeners_.begin(); next != listeners_.end();) {
    const auto listener = next++;
    listener->second(kept_.back());
  }
}

void EventLog::replay(std::uint64_t sequence, const Listener& listener) const {
  const std::uint64_t first = last_ - kept_.size() + 1;
  if (sequence + 1 < first) {
    const std::uint64_t missing = first - sequence - 1;
    listener({first - 1, "lost", {}, object_of(first - 1, "lost", {}, {}, {{"count", missing}})});
  }
  for (const Event& event : kept_) {
    if (event.sequence > sequence) listener(event);
  }
}

std::uint64_t EventLog::subscribe(Listener listener) {
  listeners_.emplace(++subscriptions_, std::move(listener));
  return subscriptions_;
}

}  // namespace laneway
