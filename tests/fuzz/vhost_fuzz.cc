// A hostile vhost-user peer: messages and ring words of its choice, in any order, against split and
// packed rings; frames pass meanwhile. Whatever it says, the port serves the next one.
#include <array>
#include <cstring>
#include <optional>
#include <stdexcept>
#include <string>

#include "ports/peer_source.h"
#include "ports/vhost_user_port.h"
#include "switch/burst.h"
#include "tests/fuzz/input.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/vhost_frontend.h"

namespace laneway::fuzz {
namespace {

using Guest = test::VhostFrontend;

constexpr std::size_t kOperations = 256;  // of one input: each ends soon
constexpr std::size_t kPairs = 2;

class Served {
 public:
  Served() : port_(path_, listen_on_stream(path_, 0600), pool_, 1500, 1522, kPairs) {}

  void serve(Input input) {
    const std::uint8_t kind = input.u8();
    Guest::Options options;
    options.features |= (kind & 1U) != 0 ? Guest::kPacked : 0;
    options.features |= (kind & 2U) != 0 ? Guest::kEventIndex : 0;
    options.features |= (kind & 4U) != 0 ? Guest::kOffloads : 0;
    if ((kind & 8U) != 0) options.features &= ~Guest::kMergeable;
    options.size = static_cast<std::uint16_t>(1U << (kind >> 5U));
    options.pairs = kPairs;
    {
      Guest guest(Guest::connect(path_), [this] { turn(); });
      started_ = (kind & 16U) == 0;
      try {
        if (started_) guest.start(options);
        for (std::size_t at = 0; at < kOperations && !input.empty(); ++at) act(guest, input);
      } catch (const std::runtime_error&) {
        // The guest's own memory is used up.
      }
    }
    turn();
    require(port_.link() == LinkState::Down, "a peer that is gone is noticed");
    require(pool_.in_use() == 0, "every buffer is back");
  }

 private:
  void act(Guest& guest, Input& input) {
    const std::uint8_t what = input.u8() % 8;
    if (what == 0) return say(guest, input);
    if (what == 1) return send();
    if (what == 2) return turn();
    if (!started_) return;
    const std::size_t queue = input.u8() % (2 * kPairs);
    if (what == 3) guest.transmit(Bytes(14 + input.u8(), std::byte{7}), queue | 1U);
    if (what == 4)
      guest.offer_buffers(1 + input.u8() % 4, 64 + input.u16() % 2048, queue & ~std::size_t{1});
    if (what == 5) poke(guest, queue, input);
    if (what == 6) chain(guest, queue, input);
    if (what == 7) guest.kick(queue);
  }
  // A message of any kind, with up to two files that the peer has.
  void say(Guest& guest, Input& input) {
    const std::uint32_t request = input.u8() % 48;
    const std::vector<int> files(input.u8() % 3, guest.memory_file());
    guest.send(request, input.piece(input.u8()), files, 1U | (input.u8() & 8U));
    guest.answer();
  }
  // A word of a ring.
  static void poke(Guest& guest, std::size_t queue, Input& input) {
    const Guest::Ring& ring = guest.ring(queue);
    const std::array parts{ring.descriptors, ring.driver, ring.device};
    const std::uint64_t at = parts[input.u8() % parts.size()] + input.u16() % 4096;
    const Bytes bytes = input.piece(1 + input.u8() % 8);
    if (at + bytes.size() > Guest::kGuest + Guest::kMemory) return;
    if (!bytes.empty()) std::memcpy(guest.at(at), bytes.data(), bytes.size());
  }
  // Pieces anywhere, of any length.
  static void chain(Guest& guest, std::size_t queue, Input& input) {
    std::vector<Guest::Part> parts;
    for (std::size_t left = 1 + input.u8() % 4; left > 0; --left) {
      const std::uint64_t at = Guest::kGuest + (std::uint64_t{input.u16()} << (input.u8() % 32));
      parts.push_back({at, static_cast<std::uint32_t>(input.u16()) << (input.u8() % 17)});
    }
    guest.offer(queue, parts, (queue & 1U) == 0, (input.u8() & 1U) != 0);
  }

  void send() {
    std::array<Buffer*, 2> frames{pool_.allocate(60), pool_.allocate(1500)};
    std::size_t count = 0;
    for (Buffer* frame : frames) {
      if (frame == nullptr) continue;
      for (Buffer* part = frame; part != nullptr; part = part->next) {
        std::memset(static_cast<std::byte*>(part->buf_addr) + part->data_off, 7, part->data_len);
      }
      frames[count++] = frame;
    }
    const TxResult result = port_.tx_burst(std::span(frames).first(count), counters_);
    for (std::size_t at = result.taken; at < count; ++at) free_buffer(frames[at]);
  }
  void turn() {
    std::array<Buffer*, kBurstFrames> burst;
    port_.arm();
    for (int rounds = 0; rounds < 4; ++rounds) {
      const std::size_t count = port_.rx_burst(burst, counters_);
      for (std::size_t at = 0; at < count; ++at) {
        const Buffer& frame = *burst[at];
        require(frame.pkt_len >= 14 && frame.pkt_len <= kMaxFrameBytes, "frames have a length");
        const Bytes read = bytes_of(frame);
        free_buffer(burst[at]);
      }
      if (count == 0) break;
    }
    port_.arm();
  }
  // Every byte of a frame can be read.
  static Bytes bytes_of(const Buffer& frame) {
    Bytes bytes(frame.pkt_len);
    require(read_buffer(frame, bytes) == bytes.size(), "the parts add up");
    return bytes;
  }

  const test::TemporaryFolder folder_;
  const std::string path_ = folder_.file("vm.sock");
  HeapBuffers pool_{256};
  PortCounters counters_;
  VhostUserPort port_;
  bool started_ = false;
};

}  // namespace
}  // namespace laneway::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static laneway::fuzz::Served served;
  served.serve({data, size});
  return 0;
}
