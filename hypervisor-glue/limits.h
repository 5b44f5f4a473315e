// hypervisor-glue/limits.h: every limit of the VMM, with its reason.
#pragma once

#include <cstddef>
#include <cstdint>

namespace laneway::vmm {

constexpr std::size_t kMaxMemoryRegions = 8;   // what DPDK's vhost takes in one memory table
constexpr std::uint16_t kMaxQueueSize = 1024;  // 64 KiB frames in buffers of 1.5 KiB
constexpr std::uint64_t kMaxChainBytes = 1ULL << 32U;  // virtio 1.2 section 2.7.4

constexpr std::uint64_t kMiB = 1ULL << 20U;

}  // namespace laneway::vmm
