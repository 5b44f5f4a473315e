#include "ports/pcap_port.h"

#include <array>
#include <fstream>

#include <gtest/gtest.h>

#include "switch/burst.h"
#include "tests/support/memory_switch.h"
#include "tests/support/temporary_folder.h"

namespace laneway {
namespace {

using std::chrono::seconds;
using test::ethernet;
using test::station;

TEST(PcapPort, GivesWhatItsFileHoldsAndThenGoesDown) {
  const test::TemporaryFolder folder;
  {
    CaptureWriter writer(folder.file("in.pcap"));
    writer.write(seconds{7}, ethernet(station(1), station(2)));
    writer.write(seconds{8}, test::Bytes(13));
    writer.write(seconds{9}, ethernet(station(3), station(4)));
  }
  HeapBuffers pool;
  PortCounters counters;
  PcapPort port(pool, folder.file("in.pcap"), "", {});
  EXPECT_EQ(port.next_time(), seconds{7});
  std::array<Buffer*, kBurstFrames> frames{};
  ASSERT_EQ(port.rx_burst(std::span(frames).first(1), counters), 1U);
  EXPECT_EQ(port.next_time(), seconds{8});
  EXPECT_EQ(port.link(), LinkState::Up);
  ASSERT_EQ(port.rx_burst(std::span(frames).subspan(1), counters), 1U);
  EXPECT_EQ(counters.drop_frames[index(Drop::Short)].get(), 1U);
  EXPECT_EQ(port.link(), LinkState::Down);
  EXPECT_EQ(port.damage(), "");
  EXPECT_FALSE(port.next_time());
  free_buffer(frames[0]);
  free_buffer(frames[1]);
}

TEST(PcapPort, DamageBreaksItAndIsNamed) {
  const test::TemporaryFolder folder;
  {
    CaptureWriter writer(folder.file("in.pcap"));
    writer.write(seconds{7}, ethernet(station(1), station(2)));
  }
  std::ofstream(folder.file("in.pcap"), std::ios::app | std::ios::binary) << "half a record";
  HeapBuffers pool;
  PortCounters counters;
  PcapPort port(pool, folder.file("in.pcap"), "", {});
  std::array<Buffer*, kBurstFrames> frames{};
  ASSERT_EQ(port.rx_burst(frames, counters), 1U);
  free_buffer(frames[0]);
  EXPECT_EQ(port.link(), LinkState::Broken);
  EXPECT_NE(port.damage().find("byte 100, record 2"), std::string::npos) << port.damage();
}

TEST(PcapPort, WritesWhatLeavesWithTheRoundsTime) {
  const test::TemporaryFolder folder;
  HeapBuffers pool;
  PortCounters counters;
  counters.now = seconds{5};
  {
    PcapPort port(pool, "", folder.file("out.pcap"), seconds{1000});
    std::array<Buffer*, 1> frames{
        make_buffer(pool, ethernet(station(1), station(2), 0x0800, 3000))};
    EXPECT_EQ(port.tx_burst(frames, counters).taken, 1U);
    EXPECT_TRUE(port.flush());
  }
  EXPECT_EQ(pool.in_use(), 0U);
  CaptureReader reader(folder.file("out.pcap"));
  const auto read = reader.next();
  ASSERT_TRUE(read);
  EXPECT_EQ(read->time, seconds{1005});
  EXPECT_EQ(read->bytes.size(), 3014U);
}

}  // namespace
}  // namespace laneway
