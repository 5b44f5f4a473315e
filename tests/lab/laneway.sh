# shellcheck shell=bash
# laneway in the lab: the daemon runs in namespace sta, beside the station's interface wlan1.
# Source it inside the guest, after wifi.sh: . "$LAB_WIFI"; . "$LAB_DIR/laneway.sh"

LANEWAY=$LANEWAY_BUILD/cli/laneway
LANEWAYD=$LANEWAY_BUILD/daemon/lanewayd
export LANEWAY_SOCKET=/run/laneway/api.sock
GUESTS=()                     # MACs that must never be seen outside

# DPDK reads every driver that is installed when it starts: over the lab's 9p that takes longer than
# a scenario. The switch needs one of them here.
only_the_mempool_driver() {
	local drivers
	drivers=$(echo /usr/lib/*/dpdk/pmds-*)
	[[ -d $drivers && ! -d $LAB_RUN/pmds ]] || return 0
	mkdir -p "$LAB_RUN/pmds"
	cp -a "$drivers"/librte_mempool_ring.so* "$LAB_RUN/pmds"
	mount --bind "$LAB_RUN/pmds" "$drivers"
}

# start_daemon: lanewayd in namespace sta; its log is $LAB_RUN/lanewayd.log
start_daemon() {
	only_the_mempool_driver
	mkdir -p /run/laneway "$LAB_RUN"
	ns_spawn sta "$LANEWAYD" --socket "$LANEWAY_SOCKET" --run-dir /run/laneway \
		--state "$LAB_RUN/state.json" >>"$LAB_RUN/lanewayd.log" 2>&1 &
	LANEWAYD_PID=$!
	wait_for 60 lw ls || { tail -n 30 "$LAB_RUN/lanewayd.log"; lab_die "lanewayd does not answer"; }
}
stop_daemon_laneway() { # [SIGNAL]
	kill "-${1:-TERM}" "$LANEWAYD_PID" 2>/dev/null
	wait "$LANEWAYD_PID" 2>/dev/null
}
lw() { ns sta "$LANEWAY" "$@"; }

# field JSON-PATH...: a value out of the JSON on standard input, as python would index it
field() {
	/usr/bin/python3 -IS -c '
import json, sys
value = json.load(sys.stdin)
for key in sys.argv[1:]:
    value = value[int(key) if isinstance(value, list) else key]
print("" if value is None else str(value).lower() if isinstance(value, bool) else value)' "$@"
}

# add_guest NAME MAC: a guest with interface eth0 in a namespace of its own, on a tap of the switch
add_guest() {
	make_ns "$1"
	lw attach home "tap:lw-$1" --as "$1" --mac "$2" >/dev/null || return
	GUESTS+=("$2")
	wait_for 10 ip -n sta link show "lw-$1" || return
	ip -n sta link set "lw-$1" netns "$1" name eth0 || return
	ip -n "$1" link set eth0 up
}

# drops PORT REASON: how many frames ended so
drops() {
	lw drops home --json | /usr/bin/python3 -IS -c '
import json, sys
port, reason = sys.argv[1:]
print(sum(d["frames"] for d in json.load(sys.stdin)["drops"] if d["port"] == port and d["reason"] == reason))' "$@"
}

# watch_air NAME, judge_air NAME: A01, the oracle of each case. While it watches, nothing but the
# stations' own addresses may be heard toward the AP, and no guest's MAC inside ARP or ND.
watch_air() {
	capture - hwsim0 "type data" "$LAB_OUT/$1-air.pcap"
	capture lan br-lan "" "$LAB_OUT/$1-lan.pcap" -Q in
}
judge_air() { # NAME [FURTHER_STATION_MAC...]
	local name=$1 stations guests verdict
	shift
	stations=$(mac_of sta wlan1)
	[[ ! -e /run/netns/peer ]] || stations+=",$(mac_of peer wlan3)"
	for mac in "$@"; do stations+=",$mac"; done
	guests=$(IFS=,; echo "${GUESTS[*]}")
	capture_stop "$LAB_OUT/$name-air.pcap" "$LAB_OUT/$name-lan.pcap"
	if verdict=$("$LAB_DIR/oracle.py" air "$LAB_OUT/$name-air.pcap" --stations "$stations" --guests "$guests"); then
		pass "A01 $name: the air has no foreign source (${verdict##*$'\n'})"
	else
		fail "A01 $name: on the air: $verdict"
	fi
	if verdict=$("$LAB_DIR/oracle.py" lan "$LAB_OUT/$name-lan.pcap" --guests "$guests"); then
		pass "A01 $name: the LAN has no guest's MAC (${verdict##*$'\n'})"
	else
		fail "A01 $name: on the LAN: $verdict"
	fi
	check "A01 $name: leak is 0" test "$(drops uplink leak)" = 0
}
