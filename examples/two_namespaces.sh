#!/usr/bin/env bash
# Two network namespaces on a private switch ping each other. Needs root; leaves nothing behind.
#   two_namespaces.sh BUILD_DIRECTORY
set -euo pipefail

build=${1:?usage: two_namespaces.sh BUILD_DIRECTORY}
((EUID == 0)) || { echo "two_namespaces.sh: network namespaces need root: run it with sudo" >&2; exit 1; }
work=$(mktemp -d /tmp/laneway.XXXXXX)
export LANEWAY_SOCKET=$work/api.sock
laneway() { "$build/cli/laneway" "$@"; }

cleanup() {
  [[ -z ${daemon:-} ]] || { kill "$daemon" 2>/dev/null && wait "$daemon"; } || true
  ip netns del "lw-left-$$" 2>/dev/null || true
  ip netns del "lw-right-$$" 2>/dev/null || true
  rm -rf "$work"
}
trap cleanup EXIT

"$build/daemon/lanewayd" --socket "$LANEWAY_SOCKET" --run-dir "$work" --state "$work/state.json" &
daemon=$!
until laneway ls >/dev/null 2>&1; do
  kill -0 "$daemon" || exit 1
  sleep 0.05
done

laneway create pair
for side in left right; do
  ip netns add "lw-$side-$$"
  laneway attach pair "tap:lw-$side-$$" --as "$side" >/dev/null
  ip link set "lw-$side-$$" netns "lw-$side-$$" name eth0
  ip -n "lw-$side-$$" link set eth0 up
done
ip -n "lw-left-$$" addr add 10.99.0.1/24 dev eth0
ip -n "lw-right-$$" addr add 10.99.0.2/24 dev eth0
ip netns exec "lw-left-$$" ping -c 3 10.99.0.2
laneway show pair
