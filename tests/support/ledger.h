// tests/support/ledger.h: the laws that hold for a switch at rest, whatever happened to it.
#pragma once

#include <span>
#include <string>

#include "switch/switch.h"

namespace laneway::test {

// Every frame has one end: rx + copied = forwarded + replied + dropped; tx = forwarded + replied +
// generated; no leak; the MAC table is what was learnt less what aged and was flushed. `ports`: all
// that there ever were. Empty if all hold, else what does not.
std::string broken_ledger(const Switch& sw, std::span<const PortCounters* const> ports);

}  // namespace laneway::test
