// daemon/host_filter.bpf.c: the tc ingress programs that keep guests' frames out of the host's IP
// stack.
//
// On a translated uplink frames for guests carry the adapter's own address, so the host would take
// them for its own: with ip_forward=1 it would send them on or answer with redirects. Packet
// sockets hear frames before tc, so the switch still gets what is dropped here.
//
// Whatever is not surely a guest's passes: the host must never lose a frame to us.

// bpf_helpers.h needs the types of linux/bpf.h before it.
// clang-format off
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/pkt_cls.h>
#include <linux/udp.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "daemon/host_filter_key.h"
// clang-format on

#define DHCP_SERVER_PORT 67
#define DHCP_CLIENT_PORT 68
#define DHCP_CHADDR 28  // RFC 2131 section 2: bytes from op to chaddr
#define FRAGMENT_OFFSET 0x1fff

struct {
  __uint(type, BPF_MAP_TYPE_LPM_TRIE);
  __uint(max_entries, HOST_FILTER_ENTRIES);
  __uint(map_flags, BPF_F_NO_PREALLOC);
  __type(key, struct host_filter_key);
  __type(value, __u8);
} guests SEC(".maps");

// What a frame is read into. Not on the stack: without CAP_PERFMON the verifier of Linux 6.1 takes
// a read over a constant that was stored there before for a corrupted pointer.
struct scratch {
  struct host_filter_key key;
  struct iphdr ip;
  struct udphdr udp;
  __u8 client[ETH_ALEN];
  __u8 station[ETH_ALEN];
};

struct {
  __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
  __uint(max_entries, 1);
  __type(key, __u32);
  __type(value, struct scratch);
} scratches SEC(".maps");

static int is_guest(struct scratch* at) {
  at->key.bits = 128;
  return bpf_map_lookup_elem(&guests, &at->key) != 0;
}

// A DHCP reply for a client that is not this host; it may come before its address is bound.
static int is_foreign_dhcp_reply(struct __sk_buff* skb, struct scratch* at) {
  if (at->ip.protocol != IPPROTO_UDP || (at->ip.frag_off & bpf_htons(FRAGMENT_OFFSET)) != 0)
    return 0;
  const __u32 udp_offset = ETH_HLEN + at->ip.ihl * 4;
  if (bpf_skb_load_bytes(skb, udp_offset, &at->udp, sizeof at->udp) < 0) return 0;
  if (at->udp.source != bpf_htons(DHCP_SERVER_PORT) || at->udp.dest != bpf_htons(DHCP_CLIENT_PORT))
    return 0;
  const __u32 client_offset = udp_offset + sizeof at->udp + DHCP_CHADDR;
  if (bpf_skb_load_bytes(skb, client_offset, at->client, ETH_ALEN) < 0) return 0;
  if (bpf_skb_load_bytes(skb, 0, at->station, ETH_ALEN) < 0) return 0;
  for (int i = 0; i < ETH_ALEN; ++i) {
    if (at->client[i] != at->station[i]) return 1;
  }
  return 0;
}

static int drop_ipv4(struct __sk_buff* skb, struct scratch* at) {
  if (bpf_skb_load_bytes(skb, ETH_HLEN, &at->ip, sizeof at->ip) < 0) return TC_ACT_UNSPEC;
  __builtin_memset(at->key.address, 0, 10);
  at->key.address[10] = at->key.address[11] = 0xff;
  __builtin_memcpy(at->key.address + 12, &at->ip.daddr, sizeof at->ip.daddr);
  return is_guest(at) || is_foreign_dhcp_reply(skb, at) ? TC_ACT_SHOT : TC_ACT_UNSPEC;
}

static int drop_ipv6(struct __sk_buff* skb, struct scratch* at) {
  const __u32 destination = ETH_HLEN + __builtin_offsetof(struct ipv6hdr, daddr);
  if (bpf_skb_load_bytes(skb, destination, at->key.address, sizeof at->key.address) < 0)
    return TC_ACT_UNSPEC;
  return is_guest(at) ? TC_ACT_SHOT : TC_ACT_UNSPEC;
}

// On an uplink: unicast to the adapter's address whose IP destination is a guest's.
SEC("tc")
int lw_uplink(struct __sk_buff* skb) {
  if (skb->pkt_type != 0 /* PACKET_HOST */) return TC_ACT_UNSPEC;
  const __u32 only = 0;
  struct scratch* at = bpf_map_lookup_elem(&scratches, &only);
  if (!at) return TC_ACT_UNSPEC;
  if (skb->protocol == bpf_htons(ETH_P_IP)) return drop_ipv4(skb, at);
  if (skb->protocol == bpf_htons(ETH_P_IPV6)) return drop_ipv6(skb, at);
  return TC_ACT_UNSPEC;
}

// On an interface that is a guest's: all that comes out of it belongs to the switch.
SEC("tc")
int lw_guest(struct __sk_buff* skb) {
  (void)skb;
  return TC_ACT_SHOT;
}

char host_filter_license[] SEC("license") = "BSD-3-Clause";
