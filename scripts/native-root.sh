#!/bin/sh
# Run the tests of packages against the native HiGHS library, also on a machine that has none.
#
#   scripts/native-root.sh [package directory ...]        default: milp/highs
#
# Where the loader finds libhighs, or HIGHS_LIBRARY names one, the tests simply run. Elsewhere, and
# only as root on a machine with apt, a Debian 13 tree with libhighs1 is made once in the user's
# cache folder (about a minute, 300 MB; NATIVE_ROOT puts it elsewhere) and the test binaries, built
# outside without cgo, run inside it by chroot. Where neither is possible the script says so and
# succeeds, since the tests of the WebAssembly build cover the same ground.
set -eu

[ $# -gt 0 ] || set -- milp/highs
cd "$(dirname "$0")/.."

# The loader decides: ldconfig is not on every user's PATH, and lists libraries that do not load.
if go run ./milp/highs/install -check -backend native >/dev/null 2>&1; then
	echo "native-root: this machine has libhighs"
	for package; do
		go test -count=1 "./$package"
	done
	exit
fi

skip() {
	echo "native-root: skipped: $*"
	exit 0
}

[ "$(id -u)" = 0 ] || skip "no libhighs here, and only root can make a Debian 13 tree that has it"
if ! command -v debootstrap >/dev/null; then
	command -v apt-get >/dev/null || skip "no libhighs here, and no apt to fetch it with"
	apt-get install -y -qq debootstrap >/dev/null 2>&1 || skip "debootstrap cannot be installed"
fi

root=${NATIVE_ROOT:-${XDG_CACHE_HOME:-$HOME/.cache}/trigrid/debian-13}
if [ ! -e "$root/.complete" ]; then
	echo "native-root: making a Debian 13 tree in $root"
	rm -rf "$root"
	mkdir -p "$root"
	debootstrap --variant=minbase --include=libhighs1 trixie "$root" >"$root.log" 2>&1 ||
		skip "debootstrap failed, see $root.log"
	touch "$root/.complete"
fi

status=0
for package; do
	there=/trigrid/$package
	rm -rf "$root$there"
	mkdir -p "$root$there"
	CGO_ENABLED=0 go test -c -o "$root$there/native.test" "./$package"
	[ ! -d "$package/testdata" ] || cp -r "$package/testdata" "$root$there/"
	echo "native-root: $package with $(basename "$root"/usr/lib/*/libhighs.so.1.*)"
	chroot "$root" /usr/bin/env -i HOME=/root PATH=/usr/bin:/bin \
		sh -c "cd $there && ./native.test -test.v" >"$root$there/out" 2>&1 || status=1
	grep -vE '^=== |^ {8,}--- (PASS|SKIP)' "$root$there/out"
done
exit $status
