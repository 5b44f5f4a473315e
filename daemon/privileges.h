// daemon/privileges.h: what a process of the daemon gives up for good, before it reads anything
// but the admin's configuration.
//
// All throw Error (Internal, Io).
#pragma once

namespace laneway {

// As many descriptors as the limits of switches and ports may need, as far as the machine's own
// limit goes.
void allow_descriptors();

// The helper's: no capability but CAP_NET_ADMIN, CAP_NET_RAW and CAP_BPF, as far as they were
// there, and no way to another.
void keep_network_capabilities();

// The daemon's: no capability and no way to one; no core file; and no system call that runs another
// program, looks into another process, or changes what the machine or its file systems are.
// Threads that are started later have given up the same.
// `keep_devices`: what DPDK's drivers need in this process stays as far as it was there:
// CAP_NET_ADMIN, CAP_NET_RAW, CAP_BPF, CAP_IPC_LOCK.
void give_up_privileges(bool keep_devices);

}  // namespace laneway
