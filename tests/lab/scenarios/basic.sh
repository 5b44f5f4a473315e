#!/usr/bin/env bash
# Two guests on a WPA2 network: addresses, traffic, ARP, Neighbor Discovery, duplicates, the host.
. "$LAB_WIFI"
. "$LAB_DIR/laneway.sh"

A=52:54:00:00:00:0a B=52:54:00:00:00:0b

start_lan
make_lan_host host
start_ap wpa2
start_sta wpa2
HOST4=$(dhcp4 sta wlan1) || lab_die "the host gets no lease"
slaac sta wlan1 >/dev/null
STA=$(mac_of sta wlan1)
start_daemon

section "A: addresses and traffic"
watch_air basic
ping_count() { # NS ADDRESS: answers out of 10
	ns "$1" ping -n -q -i 0.2 -c 10 -w 6 "$2" | awk -F'[ ,]+' '/received/ { print $4 }'
}
ns sta ping -n -q -i 0.1 -c 30 "$ROUTER4" >"$LAB_RUN/host-ping" &
HOST_PING=$!
check "create: external switch on wlan1" lw create home --uplink wlan1
wait "$HOST_PING"
check "the host lost no ping while the switch came" grep -q ' 0% packet loss' "$LAB_RUN/host-ping"
check "attach a" add_guest a "$A"
check "attach b" add_guest b "$B"

A4=$(dhcp4 a eth0) && pass "A02 lease without the broadcast flag: $A4" || fail "A02 lease"
B4=$(dhcp4 b eth0 broadcast) && pass "A03 lease with the broadcast flag: $B4" || fail "A03 lease"
check "A03 the guests have addresses of their own" test -n "$A4" -a "$A4" != "$B4" -a "$A4" != "$HOST4"
A6=$(slaac a eth0) && pass "A07 SLAAC: $A6" || fail "A07 SLAAC"
B6=$(slaac b eth0) && pass "A07 SLAAC: $B6" || fail "A07 SLAAC"
A6D=$(dhcp6 a eth0) && pass "A07 DHCPv6: $A6D" || fail "A07 DHCPv6"

check "A08 guest to LAN, v4" ping4 a "$ROUTER4"
check "A08 guest to LAN, v6" ping6 a "$ROUTER6"
check "A08 guest to Internet, v4" ping4 a "$INET4"
check "A08 guest to Internet, v6" ping6 a "$INET6"
ip -n lan neigh flush dev br-lan
check "A08 LAN to guest, first contact, v4" ping4 lan "$B4"
check "A08 LAN to guest, first contact, v6" ping6 lan "$B6"
check "A07 LAN to the DHCPv6 address" ping6 lan "$A6D"
check "A08 wired host to guest" ping4 host "$A4"
ttl=$(ns a ping -n -c 1 "$ROUTER4" | sed -n 's/.*ttl=\([0-9]*\).*/\1/p')
check "A08 the TTL is unchanged" test "$ttl" = 64

ip -n b addr add "$PREFIX4.222/24" dev eth0
check "A09 static IPv4, no ARP before: the way back works" ping4 b "$ROUTER4"
ip -n b addr add "$PREFIX6::222/64" dev eth0 nodad
check "A09 static IPv6 without DAD: the way back works" ping6 b "$ROUTER6"
state_of() { lw neighbors home --json | /usr/bin/python3 -IS -c '
import json, sys
print(next((n["state"] for n in json.load(sys.stdin)["neighbors"] if n["address"] == sys.argv[1]), "none"))' "$1"; }
is_valid() { [[ $(state_of "$1") == valid ]]; }
router_mac=$(mac_of lan br-lan)
ip -n b addr add "$PREFIX4.223/24" dev eth0
ip -n b neigh replace "$ROUTER4" lladdr "$router_mac" dev eth0
ns b ping -n -q -c 1 -w 3 -I "$PREFIX4.223" "$ROUTER4" >/dev/null
check "A09 data alone binds, a probe confirms" wait_for 10 is_valid "$PREFIX4.223"
ip -n b neigh del "$ROUTER4" dev eth0

capture - hwsim0 "type data" "$LAB_OUT/a13-air.pcap"
check "A13 guest to guest, v4" ping4 a "$B4"
check "A13 guest to guest, v6" ping6 a "$B6"
ns a ping -n -q -c 5 -i 0.2 -s 1111 "$B4" >/dev/null
capture_stop "$LAB_OUT/a13-air.pcap"
check "A13 guest to guest is never on the air" test "$(capture_show "$LAB_OUT/a13-air.pcap" 'greater 1111' | grep -c '^[0-9]')" = 0

section "A15: multicast"
# Bridges that flood: what arrives is not to hang on their snooping.
ip -n ap link set br-ap type bridge mcast_snooping 0
ip -n lan link set br-lan type bridge mcast_snooping 0
ip -n lan route add 224.0.0.0/4 dev br-lan
capture lan br-lan igmp "$LAB_OUT/igmp.pcap" -Q in
MDNS=224.0.0.251 SSDP=239.255.255.250
# member NS GROUP PORT: joins, and keeps what arrives in $LAB_RUN/member-NS, until leaves NS
member() {
	ns_spawn "$1" /usr/bin/python3 -ISuc '
import socket, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("", int(sys.argv[2])))
s.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, socket.inet_aton(sys.argv[1]) + bytes(4))
print("joined")
while True: print(s.recv(100).decode())' "$2" "$3" >"$LAB_RUN/member-$1" 2>&1 &
	echo $! >"$LAB_RUN/member-$1.pid"
}
leaves() { kill -KILL "$(<"$LAB_RUN/member-$1.pid")"; wait "$(<"$LAB_RUN/member-$1.pid")" 2>/dev/null; }
says() { ns "$1" bash -c "echo -n $4 >/dev/udp/$2/$3"; }
hears() { grep -qx "$2" "$LAB_RUN/member-$1"; }
both_hear() { hears a "$1" && hears b "$1"; }
leave_is_seen() { # of SSDP, from the station: IGMPv3, a record that changes to "include nothing"
	(($(capture_count "$LAB_OUT/igmp.pcap" "ether src $STA and ip[24] = 0x22 and ip[32] = 3 and ip[36:4] = 0xeffffffa")))
}
member a $SSDP 1900; member b $SSDP 1900; member host $MDNS 5353
wait_for 20 both_hear joined
wait_for 20 hears host joined
says lan $SSDP 1900 from-lan
check "A15 SSDP of the LAN reaches both guests" wait_for 5 both_hear from-lan
says a $SSDP 1900 from-a
check "A15 SSDP of a guest reaches the other" wait_for 5 hears b from-a
says a $MDNS 5353 mdns-a
check "A15 mDNS of a guest reaches the LAN" wait_for 5 hears host mdns-a
leaves b
sleep 1.5 # a host repeats its leave within a second
check_not "A15 a guest's leave stays here while the other listens" leave_is_seen
says lan $SSDP 1900 once-more
check "A15 the other goes on hearing" wait_for 5 hears a once-more
leaves a
check "A15 the last leave goes out as the station's" wait_for 5 leave_is_seen
leaves host
capture_stop "$LAB_OUT/igmp.pcap"
check "A15 reports from :: leave as the station's" \
	test "$(capture_count "$LAB_OUT/basic-lan.pcap" "ether src $STA and ip6 src :: and ip6[6] = 0 and ip6[48] = 143")" -ge 1

section "B: ARP"
# One that its guest tests and then never speaks from: it is asked (see H01).
ip -n b addr add "$PREFIX6::515/64" dev eth0
capture lan br-lan "arp" "$LAB_OUT/arp.pcap"
ns b arping -q -D -c 1 -w 2 -I eth0 "$PREFIX4.230" && probed=free || probed=taken
check "B01 a probe for a free address finds it free" test "$probed" = free
ns b arping -q -D -c 2 -w 3 -I eth0 "$ROUTER4" && probed=free || probed=taken
check "B02 the answer to a probe reaches the prober" test "$probed" = taken
ns b arping -q -U -c 3 -I eth0 "$B4" >/dev/null
capture_stop "$LAB_OUT/arp.pcap"
check "B01 the probe is on the LAN with the station's address" \
	test "$(capture_count "$LAB_OUT/arp.pcap" "ether src $STA and arp[14:4] = 0 and arp[24:4] = 0xc0a84de6")" -ge 1
check "B03 announcements reach the LAN as the station's" \
	test "$(capture_count "$LAB_OUT/arp.pcap" "ether src $STA and arp[6:2] = 1")" -ge 1
b03=$(drops b proxy_limit)
ns b /usr/bin/python3 -IS - eth0 "$B" "$B4" <<'END'
import socket, sys
mac, ip = bytes.fromhex(sys.argv[2].replace(":", "")), socket.inet_aton(sys.argv[3])
s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
s.bind((sys.argv[1], 0))
for _ in range(20):
    s.send(b"\xff" * 6 + mac + b"\x08\x06\0\1\x08\0\6\4\0\1" + mac + ip + b"\0" * 6 + ip + b"\0" * 18)
END
check "B03 a storm of announcements is held back" test $(($(drops b proxy_limit) - b03)) -ge 15
ip -n lan neigh flush dev br-lan
capture a eth0 "arp and arp[6:2] = 1" "$LAB_OUT/b04-a.pcap" -Q in
ns lan arping -q -c 1 -w 2 -I br-lan "$B4" >/dev/null; b04=$?
capture_stop "$LAB_OUT/b04-a.pcap"
check "B04 the owner alone is asked and answers" test "$b04" = 0 -a \
	"$(capture_count "$LAB_OUT/b04-a.pcap" "arp[24:4] = 0x$(printf '%02x' ${B4//./ })")" = 0
check "B04 the host answers for itself" ns lan arping -q -c 1 -w 2 -I br-lan "$HOST4"
check "B05 the LAN caches the station for the guest" \
	bash -c "ip netns exec lan ping -q -c 1 $B4 >/dev/null; ip -n lan neigh show $B4 | grep -q $STA"
check "B05 unicast ARP (NUD) reaches the owner" \
	ns lan /usr/bin/arping -q -c 1 -w 2 -b -I br-lan "$B4"

section "C and F: duplicates and spoofing"
check "C03 the addresses of a guest are bound" wait_for 20 is_valid "$A6"
dad_of() { # NS ADDRESS: free, taken, or nothing while it goes on
	case $(ip -n "$1" -6 addr show dev eth0 to "$2") in
	*dadfailed*) echo taken ;; *tentative*) ;; *) echo free ;;
	esac
}
dad_ok() { # NS ADDRESS...: DAD succeeds for all of them
	local n=$1 ok=0 address
	shift
	for address in "$@"; do ip -n "$n" -6 addr add "$address/64" dev eth0; done
	for address in "$@"; do
		wait_for 10 have dad_of "$n" "$address"
		[[ $(dad_of "$n" "$address") == free ]] || ok=1
		ip -n "$n" -6 addr del "$address/64" dev eth0
	done
	return $ok
}
check "C02 DAD of a free address never fails (10 addresses)" dad_ok b "$PREFIX6::c02:"{0..9}
check_not "C03 DAD of the router's address fails" dad_ok b "$ROUTER6"
check_not "F01 a guest's DAD of another guest's address fails" dad_ok b "$A6"
ns host arping -q -D -c 2 -w 3 -I eth0 "$A4" && probed=free || probed=taken
check "F01 a LAN host's probe of a guest's address is answered" test "$probed" = taken
ns b arping -q -D -c 2 -w 3 -I eth0 "$A4" && probed=free || probed=taken
check "F01 a guest's probe of another guest's address is answered" test "$probed" = taken
ns b arping -q -D -c 2 -w 3 -I eth0 "$HOST4" && probed=free || probed=taken
check "F01 a guest's probe of the host's address is answered" test "$probed" = taken

ns host /usr/bin/python3 -IS - eth0 "$(mac_of host eth0)" "$A4" <<'END'
import socket, sys, time
mac, ip = bytes.fromhex(sys.argv[2].replace(":", "")), socket.inet_aton(sys.argv[3])
s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
s.bind((sys.argv[1], 0))
for n in range(100):
    s.send(b"\xff" * 6 + mac + b"\x08\x06\0\1\x08\0\6\4\0\1" + mac + ip + b"\0" * 6 + ip + b"\0" * 18)
    time.sleep(0.005)
END
check "F03 a LAN host's claims move no binding" test "$(state_of "$A4")" = valid
ip -n lan neigh flush dev br-lan
check "F03 the guest is reached all the same" ping4 lan "$A4"

f07=$(drops b mac_claim)
for source in "$A" "$STA"; do inject b eth0 "$source" ff:ff:ff:ff:ff:ff probe 88b5 10; done
check "F07 a guest with another's MAC is refused" test $(($(drops b mac_claim) + $(drops b spoof_mac) - f07)) -ge 20
check "F07 the owner is reached all the same" ping4 lan "$A4"

section "H: the host"
check "H01 host to guest, v4" ping4 sta "$A4"
check "H01 host to guest, v6" ping6 sta "$A6"
check "H01 host to an address that a silent guest tested" ping6 sta "$PREFIX6::515" 15
check "H01 guest to host, v4" ping4 a "$HOST4"
check "H01 guest to host, v6" ping6 a "$(slaac_of sta wlan1)"
ns sta sysctl -qw net.ipv4.conf.all.rp_filter=1
ns a sysctl -qw net.ipv4.neigh.eth0.base_reachable_time_ms=1000 net.ipv4.neigh.eth0.gc_stale_time=1
ns sta sysctl -qw net.ipv4.neigh.lw-home.base_reachable_time_ms=1000
check "H01 host and guest over many NUD periods" \
	test "$(ns a ping -n -q -i 0.25 -c 24 "$HOST4" | awk -F'[ ,]+' '/received/ { print $4 }')" = 24
ns sta sysctl -qw net.ipv4.ip_forward=1
capture lan br-lan "icmp" "$LAB_OUT/h02.pcap"
h02=$(ns lan ping -n -q -i 0.1 -c 30 "$A4")
capture_stop "$LAB_OUT/h02.pcap"
check "H02 ip_forward=1: every ping of the LAN is answered once" \
	grep -q '30 received' <<<"$h02"
check_not "H02 ip_forward=1: no duplicates" grep -q duplicates <<<"$h02"
check "H02 ip_forward=1: no redirects" test "$(capture_count "$LAB_OUT/h02.pcap" 'icmp[0] = 5')" = 0
ns sta sysctl -qw net.ipv4.ip_forward=0

judge_air basic
check "remove: rm --force" lw rm home --force
check "the host still reaches the LAN" ping4 sta "$ROUTER4"
check "no route of ours is left" test -z "$(ip -n sta route show proto 76)"
stop_daemon_laneway
lab_done
