#!/usr/bin/env bash
# H03 and G03 in figures: the host's TCP with and without the switch, a guest's beside the host's,
# in one run, medians of ROUNDS. Reported, never asserted; only whole and correct traffic is.
. "$LAB_WIFI"
. "$LAB_DIR/laneway.sh"

A=52:54:00:00:00:0a
ROUNDS=${ROUNDS:-5}
SECONDS_EACH=${SECONDS_EACH:-2}

start_lan
start_ap open
start_sta open
dhcp4 sta wlan1 >/dev/null || lab_die "the host gets no lease"
iperf_server lan
start_daemon

mbits() { # NS [-R]
	ns "$1" iperf3 -4 -J -t "$SECONDS_EACH" -c "$ROUTER4" ${2:+"$2"} 2>/dev/null |
		/usr/bin/python3 -IS -c 'import json, sys; print("%.2f" % (json.load(sys.stdin)["end"]["sum_received"]["bits_per_second"] / 1e6))'
}
median() { sort -n | awk '{ v[NR] = $1 } END { print NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2 }'; }
ratio() { awk -v a="$1" -v b="$2" 'BEGIN { printf "%.2f", b ? a / b : 0 }'; }

for way in up -R; do
	option=${way#up}
	: >"$LAB_RUN/without-$way"; : >"$LAB_RUN/with-$way"
	for ((round = 0; round < ROUNDS; round++)); do
		mbits sta $option >>"$LAB_RUN/without-$way"
		lw create home --uplink wlan1 >/dev/null || fail "create"
		mbits sta $option >>"$LAB_RUN/with-$way"
		lw rm home --force >/dev/null
	done
done
lw create home --uplink wlan1 >/dev/null
check "attach a" add_guest a "$A"
dhcp4 a eth0 >/dev/null || fail "a gets no lease"
capture - hwsim0 "type data" "$LAB_OUT/guest-air.pcap" -s 2000
for way in up -R; do
	option=${way#up}
	: >"$LAB_RUN/guest-$way"; : >"$LAB_RUN/host-$way"
	for ((round = 0; round < ROUNDS; round++)); do
		mbits sta $option >>"$LAB_RUN/host-$way"
		mbits a $option >>"$LAB_RUN/guest-$way"
	done
done
capture_stop "$LAB_OUT/guest-air.pcap"
verdict=$("$LAB_DIR/oracle.py" air "$LAB_OUT/guest-air.pcap" --stations "$(mac_of sta wlan1)" --guests "$A") &&
	pass "A01, G03: no foreign source, no wrong checksum (${verdict##*$'\n'})" || fail "A01, G03: $verdict"

for way in up -R; do
	for kind in without with host guest; do check "$kind $way: traffic flowed" test -s "$LAB_RUN/$kind-$way"; done
	w=$(median <"$LAB_RUN/without-$way") s=$(median <"$LAB_RUN/with-$way")
	h=$(median <"$LAB_RUN/host-$way") g=$(median <"$LAB_RUN/guest-$way")
	note "H03 host TCP ${way/#-R/down}: $w Mbit/s without, $s with the switch: ratio $(ratio "$s" "$w")"
	note "G03 guest TCP ${way/#-R/down}: host $h, guest $g Mbit/s: ratio $(ratio "$g" "$h")"
done
stop_daemon_laneway
lab_done
