#include "tests/support/ledger.h"

#include <numeric>

namespace laneway::test {

namespace {

struct Totals {
  std::uint64_t rx = 0;
  std::uint64_t tx = 0;
  std::uint64_t dropped = 0;
  std::uint64_t leaks = 0;
};

Totals totals_of(std::span<const PortCounters* const> ports) {
  Totals totals;
  for (const PortCounters* port : ports) {
    totals.rx += port->rx_frames.get();
    totals.tx += port->tx_frames.get();
    totals.leaks += port->drop_frames[index(Drop::Leak)].get();
    for (const Counter& reason : port->drop_frames) totals.dropped += reason.get();
  }
  return totals;
}

}  // namespace

std::string broken_ledger(const Switch& sw, std::span<const PortCounters* const> ports) {
  const Totals totals = totals_of(ports);
  const SwitchCounters& sum = sw.counters();
  const auto text = [](std::uint64_t number) { return std::to_string(number); };
  if (totals.rx + sum.copied.get() != sum.forwarded.get() + sum.replied.get() + totals.dropped) {
    return "rx " + text(totals.rx) + " + copied " + text(sum.copied.get()) + " != forwarded " +
           text(sum.forwarded.get()) + " + replied " + text(sum.replied.get()) + " + dropped " +
           text(totals.dropped);
  }
  if (totals.tx != sum.forwarded.get() + sum.replied.get() + sum.generated.get()) {
    return "tx " + text(totals.tx) + " != forwarded " + text(sum.forwarded.get()) + " + replied " +
           text(sum.replied.get()) + " + generated " + text(sum.generated.get());
  }
  if (totals.leaks != 0) return text(totals.leaks) + " frames would have leaked a guest's address";
  const MacCounters& macs = sw.macs().counters();
  std::size_t learnt = 0;
  for (std::size_t port = 0; port < kMaxPorts; ++port) {
    learnt += sw.macs().learnt(PortId{static_cast<std::uint8_t>(port)});
  }
  if (learnt != macs.learnt.get() - macs.aged.get() - macs.flushed.get()) {
    return text(learnt) + " addresses learnt, not learnt - aged - flushed";
  }
  return {};
}

}  // namespace laneway::test
