/* daemon/host_filter_key.h: the key of the set that host_filter.bpf.c looks destinations up in. C,
 * because both the kernel's program and the daemon include it. */
#pragma once

#include <linux/types.h>

/* As BPF_MAP_TYPE_LPM_TRIE wants it: leading bits that count, then the bytes, network order.
 * IPv4 stands as ::ffff:a.b.c.d, so its prefix lengths are 96 longer. */
struct host_filter_key {
  __u32 bits;
  __u8 address[16];
};

/* Bindings (1,024), what was deleted in the last minute, and prefixes routed by guests. */
enum { HOST_FILTER_ENTRIES = 4096 };
