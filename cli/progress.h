// cli/progress.h: shows how far something is that takes long, from a thread of its own, so that
// drawing makes no frame late.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <iosfwd>
#include <mutex>
#include <string>
#include <thread>

#include "cli/arguments.h"
#include "cli/command.h"

namespace laneway::cli {

class Progress {
 public:
  enum class Style : std::uint8_t {
    Nothing,
    Bar,   // ten times a second on one line of a terminal, wiped at the end
    Lines  // a line every `period`
  };

  // One line without its end, for the time since the start; called on the thread.
  using Line = std::function<std::string(double elapsed_seconds, bool with_bar)>;

  Progress(Style style, std::chrono::duration<double> period, Line line, std::ostream& out);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  // "█████████▌          ": `ratio`, 0 to 1, of thirty cells.
  static std::string bar(double ratio);

 private:
  void show();

  const Line line_;
  std::ostream& out_;
  std::mutex lock_;
  std::condition_variable ended_;
  bool is_ended_ = false;
  const Style style_;
  const std::chrono::duration<double> period_;
  std::thread thread_;
};

// Nothing where data alone is wanted or nobody looks; lines for --stats.
Progress::Style progress_style(const Arguments& arguments, const Session& session);

}  // namespace laneway::cli
