#!/bin/sh
# Make sure that HiGHS is on this machine, by the lightest way it offers, and say which.
#
#   1. a native libhighs that the loader finds (or HIGHS_LIBRARY names);
#   2. as root where apt knows the package: libhighs1 (Debian 13, Ubuntu 25.04);
#   3. otherwise the WebAssembly build from npm, into the user's cache folder; needs no root.
set -eu
cd "$(dirname "$0")/.."

native() {
	[ -n "${HIGHS_LIBRARY:-}" ] || ldconfig -p 2>/dev/null | grep -q 'libhighs\.so'
}

if native; then
	echo "solver: native HiGHS is here"
	exit
fi
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
	[ -n "$(ls /var/lib/apt/lists/*Packages* 2>/dev/null)" ] || apt-get update -qq >/dev/null 2>&1 || true
	if apt-cache show libhighs1 >/dev/null 2>&1; then
		echo "solver: installing libhighs1 with apt"
		apt-get install -y -qq libhighs1 >/dev/null
		exit
	fi
fi
if [ -n "${HIGHS_WASM:-}" ]; then
	echo "solver: HiGHS for WebAssembly is in $HIGHS_WASM"
	exit
fi
command -v npm >/dev/null || {
	echo "solver: neither libhighs nor npm is here; install one of: apt install libhighs1, brew install highs, npm" >&2
	exit 1
}
echo "solver: $(go run ./milp/highs/install)"
