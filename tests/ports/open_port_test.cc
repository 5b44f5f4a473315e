#include "ports/open_port.h"

#include <gtest/gtest.h>

#include "switch/error.h"

namespace laneway {
namespace {

TEST(OpenPort, DevicesOfDpdkAreRefusedWhereItDoesNotRun) {
  HeapBuffers pool;
  for (const auto* spec : {"dpdk:net_null0", "xdp:lo"}) {
    try {
      open_port(parse_port_spec(spec), {.pool = pool, .descriptor = {}, .clock = {}, .epoch = {}});
      ADD_FAILURE() << spec;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::Unsupported) << error.what();
    }
  }
}

}  // namespace
}  // namespace laneway
