// daemon/runtime.h: what every running object of the daemon lives on.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include <sys/types.h>

#include "daemon/events.h"
#include "daemon/helper.h"
#include "switch/buffer.h"
#include "switch/worker.h"

namespace laneway {

// CLOCK_MONOTONIC, which workers read too.
Nanos monotonic_now();

struct Runtime {
  Worker& worker;
  BufferPool& pool;
  Helper& helper;
  EventLog& events;
  std::string run_directory;  // of sockets whose names have no '/'
  mode_t socket_mode = 0660;
  std::function<std::uint64_t()> random;
};

}  // namespace laneway
