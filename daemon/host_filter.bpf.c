// daemon/host_filter.bpf.c: the tc ingress programs that keep guests' frames out of the host's IP
// stack.
//
// On a translated uplink frames for guests carry the adapter's own address, so the host would take
// them for its own: with ip_forward=1 it would send them on or answer with redirects. Packet
// sockets hear frames before tc, so the switch still gets what is dropped here.
//
// Whatever is not surely a guest's passes: the host must never lose a frame to us.

// clang-format off: bpf_helpers.h needs the types of linux/bpf.h before it
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

static int is_guest(const struct host_filter_key* key) {
  return bpf_map_lookup_elem(&guests, key) != 0;
}

// A DHCP reply for a client that is not this host; it may come before its address is bound.
static int is_foreign_dhcp_reply(struct __sk_buff* skb, const struct iphdr* ip) {
  if (ip->protocol != IPPROTO_UDP || (ip->frag_off & bpf_htons(FRAGMENT_OFFSET)) != 0) return 0;
  const __u32 udp_offset = ETH_HLEN + ip->ihl * 4;
  struct udphdr udp;
  if (bpf_skb_load_bytes(skb, udp_offset, &udp, sizeof udp) < 0) return 0;
  if (udp.source != bpf_htons(DHCP_SERVER_PORT) || udp.dest != bpf_htons(DHCP_CLIENT_PORT))
    return 0;
  __u8 client[ETH_ALEN];
  __u8 station[ETH_ALEN];
  if (bpf_skb_load_bytes(skb, udp_offset + sizeof udp + DHCP_CHADDR, client, ETH_ALEN) < 0)
    return 0;
  if (bpf_skb_load_bytes(skb, 0, station, ETH_ALEN) < 0) return 0;
  for (int i = 0; i < ETH_ALEN; ++i) {
    if (client[i] != station[i]) return 1;
  }
  return 0;
}

static int drop_ipv4(struct __sk_buff* skb) {
  struct iphdr ip;
  if (bpf_skb_load_bytes(skb, ETH_HLEN, &ip, sizeof ip) < 0) return TC_ACT_UNSPEC;
  struct host_filter_key key = {.bits = 128, .address = {[10] = 0xff, [11] = 0xff}};
  __builtin_memcpy(key.address + 12, &ip.daddr, sizeof ip.daddr);
  return is_guest(&key) || is_foreign_dhcp_reply(skb, &ip) ? TC_ACT_SHOT : TC_ACT_UNSPEC;
}

static int drop_ipv6(struct __sk_buff* skb) {
  struct host_filter_key key = {.bits = 128};
  const __u32 destination = ETH_HLEN + __builtin_offsetof(struct ipv6hdr, daddr);
  if (bpf_skb_load_bytes(skb, destination, key.address, sizeof key.address) < 0)
    return TC_ACT_UNSPEC;
  return is_guest(&key) ? TC_ACT_SHOT : TC_ACT_UNSPEC;
}

// On an uplink: unicast to the adapter's address whose IP destination is a guest's.
SEC("tc")
int lw_uplink(struct __sk_buff* skb) {
  if (skb->pkt_type != 0 /* PACKET_HOST */) return TC_ACT_UNSPEC;
  if (skb->protocol == bpf_htons(ETH_P_IP)) return drop_ipv4(skb);
  if (skb->protocol == bpf_htons(ETH_P_IPV6)) return drop_ipv6(skb);
  return TC_ACT_UNSPEC;
}

// On an interface that is a guest's: all that comes out of it belongs to the switch.
SEC("tc")
int lw_guest(struct __sk_buff* skb) {
  (void)skb;
  return TC_ACT_SHOT;
}

char host_filter_license[] SEC("license") = "BSD-3-Clause";
