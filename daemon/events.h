// daemon/events.h: what happened, for `laneway events` and the API: the last 4,096 events,
// numbered.
//
// Kinds that a guest can provoke are limited to ten a minute each; a `lost` event counts the rest,
// so that no guest can wash the others' events out of the ring.
//
// Threads: the control thread's only.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "switch/types.h"

namespace laneway {

// RFC 3339 UTC with `Z`, microseconds or whole seconds.
std::string utc_now();
std::string utc_seconds(std::chrono::system_clock::time_point time);

class EventLog {
 public:
  static constexpr std::size_t kKept = 4096;       // an API client may resume from there
  static constexpr std::uint32_t kPerMinute = 10;  // of a kind that guests can provoke
  static constexpr Nanos kMinute = std::chrono::minutes{1};

  struct Event {
    std::uint64_t sequence;
    std::string name;
    std::string switch_name;
    nlohmann::json object;  // as `events --json` prints it
  };
  using Listener = std::function<void(const Event&)>;

  // `switch_name` and `port` empty: null. `now` limits the rate; the wall clock only labels.
  void add(std::string_view name, std::string_view switch_name, std::string_view port,
           nlohmann::json detail, Nanos now);
  // Tells what was kept back in minutes that are over. Due once a second.
  void tick(Nanos now);

  // Visits the kept events after `sequence`; first a `lost` one if some of these are gone.
  void replay(std::uint64_t sequence, const Listener& listener) const;
  std::uint64_t last() const noexcept { return last_; }

  // `listener` is called for each event from now on, until unsubscribed.
  std::uint64_t subscribe(Listener listener);
  void unsubscribe(std::uint64_t subscription) { listeners_.erase(subscription); }

 private:
  struct Minute {
    Nanos begin{};
    std::uint32_t told = 0;
    std::uint64_t kept_back = 0;
  };
  bool may_tell(const std::string& name, Nanos now);
  void append(std::string_view name, std::string_view switch_name, std::string_view port,
              nlohmann::json detail);

  std::deque<Event> kept_;
  std::uint64_t last_ = 0;
  std::map<std::string, Minute> minutes_;
  std::map<std::uint64_t, Listener> listeners_;
  std::uint64_t subscriptions_ = 0;
};

}  // namespace laneway
