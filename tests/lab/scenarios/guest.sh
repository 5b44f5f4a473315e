#!/usr/bin/env bash
# A whole QEMU guest with a stock Debian kernel on a stream port of a translated switch: it gets its
# lease over the air, reaches the router and the Internet, and is reached from the LAN.
. "$LAB_WIFI"
. "$LAB_DIR/laneway.sh"

GUEST_MAC=52:54:00:00:00:0c
KERNEL=$(dirname "$LAB_MODULES")/../vmlinux
WORK=/run/guest

# An initramfs of busybox and the modules of virtio-net; its init asks for a lease and stays.
make_initrd() {
	local root=$WORK/root module release
	release=$(uname -r)
	mkdir -p "$root"/{bin,dev,proc,sys,modules}
	cp "$(command -v busybox)" "$root/bin/busybox"
	for module in virtio_pci virtio_net af_packet ipv6; do
		modprobe --show-depends "$module" | awk '$1 == "insmod" { print $2 }'
	done | awk '!seen[$0]++' | while read -r file; do
		cp "$file" "$root/modules/" && echo "${file##*/}" >>"$root/modules/order"
	done
	cat >"$root/udhcpc.sh" <<-'END'
	#!/bin/sh
	[ "$1" = bound ] || exit 0
	ip addr add "$ip/$mask" dev "$interface"
	ip route add default via "${router%% *}"
	echo "LEASE $ip"
	END
	cat >"$root/init" <<-'END'
	#!/bin/busybox sh
	export PATH=/bin
	/bin/busybox --install -s /bin
	mount -t devtmpfs dev /dev; mount -t proc proc /proc; mount -t sysfs sys /sys
	while read -r m; do insmod "/modules/$m"; done </modules/order
	ip link set lo up; ip link set eth0 up
	udhcpc -f -n -q -i eth0 -s /udhcpc.sh -T 1 -t 15
	ping -c 3 -W 2 192.168.77.1 >/dev/null && echo "PING4 router"
	ping -c 3 -W 2 203.0.113.1 >/dev/null && echo "PING4 internet"
	i=0
	while [ $i -lt 20 ] && ! ip -6 addr show dev eth0 | grep -q 'inet6 fd77'; do sleep 1; i=$((i + 1)); done
	ping -6 -c 3 -W 2 2001:db8:113::1 >/dev/null && echo "PING6 internet"
	echo "SLAAC $(ip -6 addr show dev eth0 | awk '/inet6 fd77/ { print $2 }')"
	echo READY
	sleep 1000
	END
	chmod +x "$root/init" "$root/udhcpc.sh"
	(cd "$root" && find . | cpio -o -H newc -R 0:0 --quiet) >"$WORK/initrd"
}

said() { grep -aq "^$1" "$WORK/console"; }
word() { awk -v key="$1" '$1 == key { sub("\r", "", $2); sub("/.*", "", $2); print $2; exit }' "$WORK/console"; }

mkdir -p "$WORK"
make_initrd
start_lan
start_ap wpa2
start_sta wpa2
dhcp4 sta wlan1 >/dev/null || lab_die "the host gets no lease"
start_daemon
watch_air guest
check "create: an external switch on wlan1" lw create home --uplink wlan1
check "wlan1 is translated" test "$(lw show home --json | field switch uplink mode)" = translated

GUESTS+=("$GUEST_MAC")
ip netns exec sta "$LANEWAY" run home --mac "$GUEST_MAC" -- qemu-system-x86_64 -accel kvm -cpu host -m 256 \
	-nodefaults -display none -no-reboot -kernel "$KERNEL" -initrd "$WORK/initrd" \
	-append "console=ttyS0 quiet panic=-1" -serial "file:$WORK/console" {netdev} \
	>"$WORK/qemu.log" 2>&1 &
RUN=$!
: >"$WORK/console"
wait_for 150 said READY || { cat "$WORK/qemu.log"; tail -n 20 "$WORK/console"; }
check "A02 guest: a lease of its own over the air" said "LEASE $PREFIX4"
check "A07 guest: an address of its own by SLAAC" test -n "$(word SLAAC)"
check "A08 guest: pings the router" said "PING4 router"
check "A08 guest: pings the Internet (v4)" said "PING4 internet"
check "A08 guest: pings the Internet (v6)" said "PING6 internet"
assert_ping4 lan "$(word LEASE)"
assert_ping6 lan "$(word SLAAC)"
assert_ping4 sta "$(word LEASE)"
assert_ping6 sta "$(word SLAAC)"

kill -TERM "$RUN"
wait "$RUN"
check "the port is gone with the guest" test "$(lw show home --json | grep -c '"role":"guest"')" = 0
judge_air guest
stop_daemon_laneway
lab_done
