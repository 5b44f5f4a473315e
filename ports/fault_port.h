// ports/fault_port.h: a port with a bad medium before it: loses, corrupts, duplicates, reorders and
// delays frames, both ways, by a seed. For tests; the same seed and frames give the same faults.
//
// What the medium loses is in no ledger: a frame lost on its way in never came, one lost on its way
// out was sent.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <span>

#include "switch/buffer.h"
#include "switch/descriptor.h"
#include "switch/port.h"
#include "switch/port_spec.h"

namespace laneway {

class FaultPort final : public Port {
 public:
  static constexpr std::size_t kHeldFrames = 1024;  // each way; more are lost

  // `clock` says the time of each burst; `pool` gives the duplicates.
  FaultPort(std::unique_ptr<Port> inner, const FaultSpec& faults, BufferPool& pool,
            std::function<Nanos()> clock);
  ~FaultPort() override;

  std::size_t rx_burst(std::span<Buffer*> out, PortCounters& counters) noexcept override;
  TxResult tx_burst(std::span<Buffer*> frames, PortCounters& counters) noexcept override;
  int poll_fd() const noexcept override;
  bool arm() noexcept override;  // false while frames are on their way
  void show_link(bool up) noexcept override;
  void reopen(Descriptor descriptor) noexcept override;
  void set_carrier(bool up) noexcept override;

 private:
  class Medium;
  void send_arrived(Nanos now) noexcept;
  void follow_link() noexcept;

  std::unique_ptr<Port> inner_;
  std::function<Nanos()> clock_;
  std::unique_ptr<Medium> in_;
  std::unique_ptr<Medium> out_;
  std::unique_ptr<PortCounters> beyond_;  // what the far end refuses was lost on the way
};

}  // namespace laneway
