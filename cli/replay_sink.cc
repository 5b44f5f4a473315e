#include "cli/replay_sink.h"

#include "switch/error.h"

namespace laneway::cli {

ReplaySink::ReplaySink(const std::string& port, const std::optional<std::filesystem::path>& out,
                       const std::optional<std::filesystem::path>& expect,
                       std::optional<ReplayReport::Expectation>& result) {
  const std::string file = port + ".pcap";
  if (expect) comparison_.emplace(port, (*expect / file).string(), *result);
  if (!out) return;
  path_ = (*out / file).string();
  writer_.emplace(path_);
}

void ReplaySink::take(Nanos time, std::span<const std::byte> bytes) {
  if (writer_) writer_->write(time, bytes);
  if (comparison_) comparison_->compare(bytes);
}

void ReplaySink::finish() {
  if (comparison_) comparison_->finish();
  if (writer_ && !writer_->flush()) throw Error(ErrorCode::Io, "cannot write " + path_);
}

}  // namespace laneway::cli
