#include "switch/dhcp_transactions.h"

#include <algorithm>
#include <array>
#include <utility>

#include "switch/burst.h"
#include "switch/limits.h"

namespace laneway {

namespace {

struct Transaction {
  Nanos at{};
  std::uint32_t xid = 0;
  MacAddress chaddr;
  bool used = false;
};

using Share = std::array<Transaction, limits::kDhcpTransactions>;

bool is_fresh(const Transaction& asked, Nanos now) noexcept {
  return asked.used && now - asked.at <= limits::kDhcpTransactionAge;
}

}  // namespace

struct DhcpTransactions::Ports {
  std::array<Share, kMaxPorts> shares;
  PortSet asking;  // ports that ever asked: the others need not be searched

  template <class Wanted>
  std::optional<PortId> newest(Nanos now, Wanted&& wanted) const noexcept {
    std::optional<PortId> found;
    Nanos found_at{};
    asking.for_each([&](PortId port) {
      for (const Transaction& asked : shares[index(port)]) {
        if (!is_fresh(asked, now) || !wanted(asked) || (found && asked.at < found_at)) continue;
        found = port;
        found_at = asked.at;
      }
    });
    return found;
  }
};

DhcpTransactions::DhcpTransactions() : ports_(std::make_unique<Ports>()) {}
DhcpTransactions::~DhcpTransactions() = default;

void DhcpTransactions::remember(PortId port, std::uint32_t xid, MacAddress chaddr,
                                Nanos now) noexcept {
  Share& share = ports_->shares[index(port)];
  ports_->asking.add(port);
  // A client repeats its question: that must not push others out.
  const auto known = std::find_if(share.begin(), share.end(), [&](const Transaction& asked) {
    return asked.used && asked.xid == xid && asked.chaddr == chaddr;
  });
  const auto oldest =
      std::min_element(share.begin(), share.end(), [](const Transaction& a, const Transaction& b) {
        return std::pair(a.used, a.at) < std::pair(b.used, b.at);
      });
  *(known != share.end() ? known : oldest) = {now, xid, chaddr, true};
}

void DhcpTransactions::forget(PortId port) noexcept {
  ports_->shares[index(port)] = {};
  ports_->asking.remove(port);
}

std::optional<PortId> DhcpTransactions::port_of(std::uint32_t xid, MacAddress chaddr,
                                                Nanos now) const noexcept {
  return ports_->newest(
      now, [&](const Transaction& asked) { return asked.xid == xid && asked.chaddr == chaddr; });
}

std::optional<PortId> DhcpTransactions::port_of(std::uint32_t xid, Nanos now) const noexcept {
  return ports_->newest(now, [&](const Transaction& asked) { return asked.xid == xid; });
}

bool DhcpTransactions::asked(PortId port, std::uint32_t xid, MacAddress chaddr,
                             Nanos now) const noexcept {
  for (const Transaction& asked : ports_->shares[index(port)]) {
    if (is_fresh(asked, now) && asked.xid == xid && asked.chaddr == chaddr) return true;
  }
  return false;
}

}  // namespace laneway
