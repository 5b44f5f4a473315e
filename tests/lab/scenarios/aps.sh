#!/usr/bin/env bash
# The same two guests behind access points that differ: security, reflection, isolation, proxy ARP,
# multicast to unicast, no group frames at all.
. "$LAB_WIFI"
. "$LAB_DIR/laneway.sh"

A=52:54:00:00:00:0a B=52:54:00:00:00:0b

start_lan
make_lan_host host
start_ap open
start_sta open
dhcp4 sta wlan1 >/dev/null || lab_die "the host gets no lease"
start_daemon
check "create: external switch on wlan1" lw create home --uplink wlan1
check "attach a" add_guest a "$A"
check "attach b" add_guest b "$B"

# behind NAME SECURITY [OPTION]...: the AP starts anew with these options, host and guests come back
behind() {
	local name=$1 security=$2
	shift 2
	section "$name: $security $*"
	stop_sta
	stop_ap
	start_ap "$security" "$@"
	start_sta "$security"
	dhcp4 sta wlan1 >/dev/null || fail "$name: the host gets no lease"
	local guest
	for guest in a b; do ip -n "$guest" addr flush dev eth0 scope global; done
	for guest in a b; do
		ip -n "$guest" link set eth0 down
		ip -n "$guest" link set eth0 up
	done
}
lease() { # NAME [SECONDS]
	A4=$(dhcp4 a eth0 "${2:-10}") && pass "$1 lease: $A4" || fail "$1 lease"
	B4=$(dhcp4 b eth0 "${2:-10}") && pass "$1 lease: $B4" || fail "$1 lease"
}
autoconfigured() { # NAME
	A6=$(slaac a eth0) && pass "$1 SLAAC: $A6" || fail "$1 SLAAC"
	B6=$(slaac b eth0) && pass "$1 SLAAC: $B6" || fail "$1 SLAAC"
}
everything() { # NAME
	lease "$1"
	autoconfigured "$1"
	check "$1 guest to router, v4" ping4 a "$ROUTER4"
	check "$1 guest to Internet, v6" ping6 b "$INET6"
	ip -n lan neigh flush dev br-lan
	ip -n host neigh flush dev eth0
	check "$1 LAN to guest, v4" ping4 host "$A4"
	check "$1 LAN to guest, v6" ping6 lan "$B6"
	check "$1 guest to guest" ping4 a "$B4"
}

watch_air open
section "D08: open"
everything "D08 open"
section "G03: offloads; every checksum on the open air is judged"
iperf_server lan
ns a ethtool -K eth0 tso on tx on rx on >/dev/null 2>&1
for way in "" -R; do
	check "G03 TCP v4 ${way:-up}" ns a iperf3 -4 -c "$ROUTER4" -t 2 $way
	check "G03 TCP v6 ${way:-up}" ns a iperf3 -6 -c "$ROUTER6" -t 2 $way
done
judge_air open

behind "D08 wpa3" wpa3
watch_air wpa3
everything "D08 wpa3 with PMF"
judge_air wpa3

behind D01 wpa2
watch_air reflect
start_sta peer wpa2
ip -n peer addr add "$PREFIX4.60/24" dev wlan3
capture a eth0 "ether src $A" "$LAB_OUT/d01-a.pcap" -Q in
lease D01
autoconfigured D01
ns a arping -q -U -c 2 -I eth0 "$A4" >/dev/null
inject a eth0 "$A" ff:ff:ff:ff:ff:ff own 0800
capture_stop "$LAB_OUT/d01-a.pcap"
check "D01 no guest hears itself" test "$(capture_count "$LAB_OUT/d01-a.pcap")" = 0
check "D01 guest to another station" ping4 a "$PREFIX4.60"
check "D01 another station to guest" ping4 peer "$B4"
judge_air reflect

behind D02 wpa2 multicast_to_unicast=1
sta_wait peer 20
watch_air unicast
everything D02
ns lan ping -n -q -c 3 -i 0.2 -b "$PREFIX4.255" >/dev/null 2>&1
capture a eth0 "udp port 5353" "$LAB_OUT/d02-a.pcap" -Q in
ns lan bash -c 'echo mdns >/dev/udp/224.0.0.251/5353' 2>/dev/null
ns lan /usr/bin/python3 -IS -c '
import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton("192.168.77.1"))
for n in range(3): s.sendto(b"mdns%d" % n, ("224.0.0.251", 5353))'
wait_for 5 test "$(capture_count "$LAB_OUT/d02-a.pcap")" -ge 3
capture_stop "$LAB_OUT/d02-a.pcap"
check "D02 multicast that the AP sends as unicast reaches a guest, each packet once" \
	test "$(capture_count "$LAB_OUT/d02-a.pcap" "src host $ROUTER4")" = 3
judge_air unicast

behind D04 wpa2 isolate
sta_wait peer 20
watch_air isolate
everything D04
ip -n peer neigh flush dev wlan3
check_not "D04 guest to another station" ping4 a "$PREFIX4.60" 2
judge_air isolate

behind D05 wpa2 proxyarp
watch_air proxyarp
everything D05
ns b arping -q -D -c 2 -w 3 -I eth0 "$PREFIX4.240" && probed=free || probed=taken
check "D05 a probe for a free address finds it free" test "$probed" = free
HOST4=$(ip4_of sta wlan1)
check "D05 the host is reached after the guests' leases" ping4 host "$HOST4"
judge_air proxyarp

behind D06 wpa2 proxyarp nodgaf
watch_air nodgaf
lease D06 30
check "D06 guest to router" ping4 a "$ROUTER4"
check "D06 guest to Internet" ping4 b "$INET4"
ns lan sysctl -qw net.ipv4.neigh.br-lan.base_reachable_time_ms=2000 net.ipv4.neigh.br-lan.gc_stale_time=2
d06=$(ns a ping -n -q -i 0.5 -c 40 "$INET4" | awk -F'[ ,]+' '/received/ { print $4 }')
check "D06 ... and goes on over many lifetimes of the router's neighbor entry ($d06 of 40)" test "$d06" -ge 38
judge_air nodgaf

stop_daemon_laneway
lab_done
