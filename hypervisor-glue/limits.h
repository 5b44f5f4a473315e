// hypervisor-glue/limits.h: every limit of the VMM, with its reason.
#pragma once

#include <cstddef>
#include <cstdint>

namespace laneway::vmm {

constexpr std::size_t kMaxMemoryRegions = 8;   // what DPDK's vhost takes in one memory table
constexpr std::uint16_t kMaxQueueSize = 1024;  // 64 KiB frames in buffers of 1.5 KiB
constexpr std::size_t kMaxChainPieces = 2048;  // each descriptor may span two adjacent regions
constexpr std::uint64_t kMaxChainBytes = 1ULL << 32U;  // virtio 1.2 section 2.7.4

constexpr unsigned kMaxCpus = 32;  // Hyper-V's in Windows 8; one xAPIC id each
constexpr std::uint64_t kMiB = 1ULL << 20U;
constexpr std::uint64_t kGiB = 1ULL << 30U;
constexpr std::uint64_t kMinMemory = 64 * kMiB;   // a stock kernel needs more to unpack itself
constexpr std::uint64_t kMaxMemory = 512 * kGiB;  // Hyper-V's in Windows 8
constexpr std::uint64_t kMemoryStep = 2 * kMiB;   // a large page
constexpr std::size_t kMaxProgramHeaders = 64;    // of an ELF kernel; real ones have about 5

}  // namespace laneway::vmm
