#!/usr/bin/env bash
# What happens to the station happens to the guests as little as can be: roaming, losing the access
# point, a new address; the switch made, removed and killed under a host that goes on pinging.
. "$LAB_WIFI"
. "$LAB_DIR/laneway.sh"

A=52:54:00:00:00:0a B=52:54:00:00:00:0b

start_lan
start_ap wpa2
start_sta wpa2
HOST4=$(dhcp4 sta wlan1) || lab_die "the host gets no lease"
OLD=$(mac_of sta wlan1)
start_daemon
watch_air events
check "create: external switch on wlan1" lw create home --uplink wlan1
check "attach a" add_guest a "$A"
check "attach b" add_guest b "$B"
A4=$(dhcp4 a eth0) || fail "a gets no lease"
B4=$(dhcp4 b eth0) || fail "b gets no lease"
A6=$(slaac a eth0) || fail "a gets no SLAAC address"

# pinger NS ADDRESS NAME: pings every 50 ms until stopped; lost NAME: how many stayed unanswered, but
# for those that were on their way within the last second
pinger() { ns_spawn "$1" ping -n -D -i 0.05 "$2" >"$LAB_RUN/ping-$3" 2>&1 & echo $! >"$LAB_RUN/ping-$3.pid"; }
pinger_stop() { kill -INT "$(<"$LAB_RUN/ping-$1.pid")"; wait "$(<"$LAB_RUN/ping-$1.pid")" 2>/dev/null; }
lost() {
	awk -F'[ ,=]+' '/bytes from/ { for (i = 1; i < NF; i++) if ($i == "icmp_seq") { n += !seen[$(i + 1)]++; last = $(i + 1) } }
		/received/ { print last - n + ($1 - last > 20 ? $1 - last : 0) }' "$LAB_RUN/ping-$1"
}
# lost_nothing NAME WHAT: if it did, the pings and where the switch dropped frames until now.
lost_nothing() {
	[[ $(lost "$1") == 0 ]] && { pass "$2 lost nothing"; return; }
	fail "$2 lost nothing"
	note "unanswered: $(awk -F'[ ,=]+' '/bytes from/ { for (i = 1; i < NF; i++) if ($i == "icmp_seq") seen[$(i + 1)] = last = $(i + 1) }
		END { for (i = 1; i <= last; i++) if (!(i in seen)) printf "%d ", i }' "$LAB_RUN/ping-$1")"
	tail -n 4 "$LAB_RUN/ping-$1" | while read -r line; do note "$line"; done
	lw drops home | while read -r line; do note "$line"; done
}
gap() {
	awk -F'[][]' '/^\[.*bytes from/ { if (last && $2 - last > gap) gap = $2 - last; last = $2 }
		END { printf "%.0f", gap * 1000 }' "$LAB_RUN/ping-$1"
}
scan_finds() { wpa_ctl sta scan >/dev/null; sleep 1; wpa_ctl sta scan_results | grep -q "^$1"; }

section "E01: roaming inside one SSID"
start_ap ap2 wpa2
two=$(mac_of ap2 wlan2)
check "E01 the station sees the second AP" wait_for 20 scan_finds "$two"
pinger a "$ROUTER4" a; pinger a "$B4" ab; pinger sta "$ROUTER4" host
# Where the emulated air loses a frame of the exchange, the station stays where it is.
roams() { wpa_ctl sta roam "$two" >/dev/null; sta_wait sta 8 "$two"; }
check "E01 the station roams" wait_for 30 roams
check "E01 the guest goes on" ping4 a "$ROUTER4" 5
check "E01 the LAN reaches the guest" ping4 lan "$A4" 5
pinger_stop a; pinger_stop ab; pinger_stop host
note "E01 longest time without an answer: guest $(gap a) ms, host $(gap host) ms"
lost_nothing ab "E01 guest to guest"

section "E02: deauthentication, and an AP that stops and comes back"
pinger a "$B4" ab
hostapd_ctl ap2 deauthenticate "$OLD" >/dev/null
sleep 0.3
check "E02 the station comes back" sta_wait sta 20
check "E02 the guest is back outside" ping4 a "$ROUTER4" 20
stop_ap; stop_ap ap2
ns a ping -n -q -i 0.2 -c 10 -w 3 "$ROUTER4" >/dev/null
check "E02 the guest's link stays up" bash -c 'ip -n a link show eth0 | grep -q LOWER_UP'
check "E02 what could not leave is counted as link_down" test "$(drops uplink link_down)" -gt 0
start_ap wpa2
check "E02 the station finds the AP again" sta_wait sta 30
t=$(now_ms)
check "E02 the guest is back outside" ping4 a "$ROUTER4" 20
note "E02 back $(($(now_ms) - t)) ms after the link"
pinger_stop ab
lost_nothing ab "E02 guest to guest"

section "E03: the station gets a new address"
for n in 1 2 3 4; do ip -n a addr add "$PREFIX4.$((210 + n))/24" dev eth0; ping4 a "$ROUTER4"; ns a ping -q -c1 -w2 -I "$PREFIX4.$((210 + n))" "$ROUTER4" >/dev/null; done
pinger a "$B4" ab
capture lan br-lan "arp or icmp6" "$LAB_OUT/e03.pcap" -Q in
NEW=02:00:00:00:01:77
ip -n sta link set wlan1 down
ip -n sta link set wlan1 address "$NEW"
ip -n sta link set wlan1 up
check "E03 the station associates with its new address" sta_wait sta 30
ip -n sta addr add "$HOST4/24" dev wlan1 2>/dev/null
check "E03 the guest goes on" ping4 a "$ROUTER4" 10
for address in "$A4" "$PREFIX4.211" "$PREFIX4.214"; do
	check "E03 the LAN reaches $address" ping4 lan "$address" 10
done
check "E03 the LAN reaches $A6" ping6 lan "$A6" 10
pinger_stop ab
capture_stop "$LAB_OUT/e03.pcap"
lost_nothing ab "E03 guest to guest"
announced=$(capture_count "$LAB_OUT/e03.pcap" "ether src $NEW and arp and arp[14:4] = arp[24:4]")
check "E03 the guests' addresses are announced ($announced)" test "$announced" -ge 6

section "E05 and H06: the switch comes and goes, the host stays"
check "rm --force" lw rm home --force
pinger sta "$ROUTER4" host
for n in 1 2 3 4 5 6 7 8 9 10; do
	lw create "home$n" --uplink wlan1 >/dev/null || fail "E05 create $n"
	lw rm "home$n" --force >/dev/null || fail "E05 rm $n"
done
lw create home --uplink wlan1 >/dev/null
check "E05 attach again" add_guest c 52:54:00:00:00:0c
C4=$(dhcp4 c eth0) || fail "c gets no lease"
check "E05 the host has a route to its guest" bash -c "ip -n sta route show proto 76 | grep -q '^$C4'"
check "A01 before the kill: leak is 0" test "$(drops uplink leak)" = 0
kill -KILL "$LANEWAYD_PID"
wait "$LANEWAYD_PID" 2>/dev/null
check "H06 killed: the routes go" wait_for 5 bash -c '[[ -z $(ip -n sta route show proto 76) ]]'
check "H06 killed: the tc filter goes" wait_for 5 bash -c '! ip netns exec sta tc filter show dev wlan1 ingress | grep -q bpf'
pinger_stop host
check "E05 the host lost no ping in all this ($(lost host))" test "$(lost host)" = 0
t=$(now_ms)
start_daemon
check "H06 after a restart the switch is back" wait_for 5 lw show home
note "H06 back $(($(now_ms) - t)) ms after the start"
check "H06 the host is as before" ping4 sta "$ROUTER4"
judge_air events "$OLD" "$NEW"
stop_daemon_laneway
lab_done
