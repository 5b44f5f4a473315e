#include "cli/merged_captures.h"

#include <algorithm>
#include <cstring>

namespace laneway::cli {

namespace {

constexpr std::size_t kAddressBytes = 6;

void map_address(std::byte* at, const std::vector<std::pair<MacAddress, MacAddress>>& map) {
  MacAddress mac;
  std::memcpy(mac.octets.data(), at, kAddressBytes);
  for (const auto& [from, to] : map) {
    if (mac == from) mac = to;
  }
  std::memcpy(at, mac.octets.data(), kAddressBytes);
}

}  // namespace

MergedCaptures::MergedCaptures(const CaptureChoice& choice) : choice_(choice) {
  sources_.reserve(choice_.paths.size());
  for (const std::string& path : choice_.paths) {
    Source& source = sources_.emplace_back(Source{CaptureReader(path), std::nullopt});
    if (!choice_.filter.empty()) source.reader.filter(choice_.filter);
    source.record = source.reader.next();
  }
  tally_.files.resize(sources_.size());
}

// The record that was given last is passed only now: its bytes were the reader's until here.
std::optional<MergedCaptures::Frame> MergedCaptures::next() {
  if (given_ != nullptr) given_->record = given_->reader.next();
  given_ = earliest();
  if (given_ == nullptr) return std::nullopt;
  const CaptureRecord& record = *given_->record;
  Frame frame;
  frame.file = static_cast<std::size_t>(given_ - sources_.data());
  frame.time = std::max(record.time, tally_.last.value_or(record.time));
  frame.bytes = rewritten(record.bytes);
  frame.original_length = record.original_length;
  count(frame, record.time);
  return frame;
}

MergedCaptures::Source* MergedCaptures::earliest() {
  Source* first = nullptr;
  for (Source& source : sources_) {
    if (source.record && (first == nullptr || source.record->time < first->record->time)) {
      first = &source;
    }
  }
  return first;
}

std::span<const std::byte> MergedCaptures::rewritten(std::span<const std::byte> bytes) {
  if (choice_.map_macs.empty() || bytes.size() < 2 * kAddressBytes) return bytes;
  bytes_.assign(bytes.begin(), bytes.end());
  map_address(bytes_.data(), choice_.map_macs);
  map_address(bytes_.data() + kAddressBytes, choice_.map_macs);
  return bytes_;
}

void MergedCaptures::count(const Frame& frame, Nanos recorded) {
  ++tally_.files[frame.file].frames;
  tally_.files[frame.file].bytes += frame.bytes.size();
  ++tally_.frames;
  tally_.bytes += frame.bytes.size();
  if (frame.bytes.size() < frame.original_length) ++tally_.truncated;
  if (recorded < frame.time) ++tally_.time_backwards;
  if (!tally_.first) tally_.first = frame.time;
  tally_.last = frame.time;
}

}  // namespace laneway::cli
