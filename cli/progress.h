// cli/progress.h: shows how far a live replay is, from a thread of its own, so that drawing makes
// no frame late.
#pragma once

#include <chrono>
#include <condition_variable>
#include <iosfwd>
#include <mutex>
#include <string>
#include <thread>

#include "cli/replay_live.h"

namespace laneway::cli {

class Progress {
 public:
  enum class Style : std::uint8_t {
    Nothing,
    Bar,   // ten times a second on one line of a terminal, wiped at the end
    Lines  // a line every `period`
  };

  Progress(Style style, std::chrono::duration<double> period, std::uint64_t loops,
           const LiveProgress& live, std::ostream& out);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  // One line without its end: "loop 2/3  ████  64 %  9047/14136 frames  190 kb/s  2 min 21 s left".
  std::string line(double elapsed_seconds, bool with_bar) const;

 private:
  void show();

  const std::uint64_t loops_;  // 0: until stopped
  const LiveProgress& live_;
  std::ostream& out_;
  std::mutex lock_;
  std::condition_variable ended_;
  bool is_ended_ = false;
  const Style style_;
  const std::chrono::duration<double> period_;
  std::thread thread_;
};

}  // namespace laneway::cli
