// ports/xdp_redirect.bpf.c: the XDP program of an `xdp:` port: frames go to the AF_XDP socket of the
// queue that they came in by, or on to the kernel where there is none.

// bpf_helpers.h needs the types of linux/bpf.h before it.
// clang-format off
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>
// clang-format on

// net_af_xdp looks for the map by this name and puts its sockets there.
struct {
  __uint(type, BPF_MAP_TYPE_XSKMAP);
  __uint(max_entries, 1040);  // PortSpec::kMaxFirstQueue and kMaxQueues
  __type(key, __u32);
  __type(value, __u32);
} xsks_map SEC(".maps");

SEC("xdp")
int lw_xdp(struct xdp_md* frame) {
  return (int)bpf_redirect_map(&xsks_map, frame->rx_queue_index, XDP_PASS);
}

char _license[] SEC("license") = "Dual BSD/GPL";
