// tests/support/dhcp_client.h: the DHCPv4 client of a test host (RFC 2131 §4.4).
#pragma once

#include <cstdint>
#include <optional>

#include "tests/support/dhcp_message.h"
#include "tests/support/host.h"

namespace laneway::test {

class DhcpClient {
 public:
  static constexpr Nanos kRetry = std::chrono::seconds{3};
  static constexpr int kTries = 10;  // then it stays silent

  struct Options {
    bool broadcast_flag = false;
    bool udp_checksum = true;
    bool bootp = false;                  // no cookie, no lease: PXE's oldest form
    std::optional<std::uint32_t> xid{};  // drawn if empty
    std::optional<Bytes> client_id{};    // option 61
  };

  explicit DhcpClient(Host& host) : DhcpClient(host, Options{}) {}
  DhcpClient(Host& host, const Options& options);

  // Asks for a lease from the start.
  void start();
  void renew();    // to the server
  void rebind();   // to all servers
  void release();  // and forgets the address
  void inform();
  void decline();  // the address turned out to be somebody else's

  Options& options() { return options_; }
  std::optional<Ipv4Address> lease() const { return lease_; }
  std::optional<Ipv4Address> server() const { return server_; }
  std::optional<Nanos> leased_at() const { return leased_at_; }  // of the last ACK
  int sent() const { return sent_; }
  int acks() const { return acks_; }
  int naks() const { return naks_; }

 private:
  enum class State : std::uint8_t { Idle, Selecting, Requesting, Renewing, Bound };

  void input(const DhcpMessage& message);
  void take_offer(const DhcpMessage& offer);
  void take_lease(const DhcpMessage& ack);
  void enter(State state);
  void try_again(std::uint64_t round, int tries_left);
  void send();
  DhcpMessage message(DhcpType type) const;
  void send_unbound(const DhcpMessage& message);
  void send_bound(const DhcpMessage& message, Ipv4Address to);

  Host& host_;
  Options options_;
  State state_ = State::Idle;
  bool to_all_ = false;  // rebinding
  std::uint32_t xid_ = 0;
  std::uint64_t round_ = 0;
  std::optional<Ipv4Address> offered_;
  std::optional<Ipv4Address> lease_;
  std::optional<Ipv4Address> server_;
  std::optional<Nanos> leased_at_;
  int sent_ = 0;
  int acks_ = 0;
  int naks_ = 0;
};

}  // namespace laneway::test
