#!/bin/sh
# Try the README's two commands on clean systems, and print how long they take.
#
#   scripts/clean-roots.sh [case ...]        default: a b c d
#
#   a  Debian 12, a user, npm is there
#   b  Debian 13, root, without npm
#   c  Debian 13, a user, libhighs1 is there, without npm
#   d  Debian 12, a user, without npm: both commands fail with a reason
#
# Needs root, debootstrap and about 3 GB in the user's cache folder (CLEAN_ROOTS puts it elsewhere).
# Base trees are kept there; every case starts from a copy. Go and the module cache are those of this
# machine, mounted read-only; the build cache is empty. COMMANDS="solver demo" leaves "make test" out.
set -eu
cd "$(dirname "$0")/.."
[ "$(id -u)" = 0 ] || { echo "clean-roots: needs root" >&2; exit 1; }
command -v debootstrap >/dev/null || DEBIAN_FRONTEND=noninteractive apt-get install -y -qq debootstrap >/dev/null

base=${CLEAN_ROOTS:-${XDG_CACHE_HOME:-$HOME/.cache}/trigrid/clean}
tree=$base/tree
go=$(go env GOROOT)
modules=$(go env GOMODCACHE)
commands=${COMMANDS:-demo test}
export DEBIAN_FRONTEND=noninteractive LC_ALL=C

release() {
	for folder in usr/local/go modules proc dev; do
		! mountpoint -q "$tree/$folder" || umount "$tree/$folder"
	done
}
trap release EXIT
trap 'exit 130' INT TERM

# make_base NAME SUITE: a base tree with make, once. apt in it asks this machine's sources and
# certificates, so that it works behind a mirror as well.
make_base() {
	[ ! -e "$base/$1/.complete" ] || return 0
	echo "clean-roots: making $1"
	rm -rf "${base:?}/$1"
	mkdir -p "$base/$1"
	debootstrap --variant=minbase --include=make,ca-certificates "$2" "$base/$1" >"$base/$1.log" 2>&1 ||
		{ echo "clean-roots: debootstrap failed, see $base/$1.log" >&2; exit 1; }
	touch "$base/$1/.complete"
}

# enter BASE: a fresh copy of a base tree with Go, modules and a checkout of the current commit.
enter() {
	release
	rm -rf "$tree"
	cp -a "$base/$1" "$tree"
	for file in /etc/resolv.conf /etc/hosts /etc/ssl/certs/ca-certificates.crt; do
		[ ! -e "$file" ] || cp -L "$file" "$tree$file"
	done
	[ ! -d /etc/apt/apt.conf.d ] || cp /etc/apt/apt.conf.d/*proxy* "$tree/etc/apt/apt.conf.d/" 2>/dev/null || true
	mkdir -p "$tree/usr/local/go" "$tree/modules" "$tree/work"
	mount --bind -o ro "$go" "$tree/usr/local/go"
	mount --bind -o ro "$modules" "$tree/modules"
	mount --bind /dev "$tree/dev"
	mount -t proc proc "$tree/proc"
	git archive HEAD | tar -x -C "$tree/work"
	chroot "$tree" useradd -m -s /bin/sh ann
	chroot "$tree" chown -R ann /work
}

# variables are passed on: the proxy and the certificates of this machine.
variables() { env | grep -iE '^(https?_proxy|no_proxy|npm_config_[a-z_]*|node_extra_ca_certs|ssl_cert_file)=' || true; }

# as USER COMMAND: runs a command in the tree, in the checkout.
as() {
	user=$1
	shift
	home=/home/ann
	path=/usr/local/go/bin:/usr/local/bin:/usr/bin:/bin
	id=$(chroot "$tree" id -u ann)
	if [ "$user" = root ]; then
		home=/root
		path=$path:/usr/sbin:/sbin
		id=0
	fi
	(
		IFS='
'
		chroot --userspec="$id:$id" "$tree" /usr/bin/env -i HOME=$home USER="$user" PATH="$path" $(variables) \
			GOMODCACHE=/modules GOFLAGS=-buildvcs=false GOPROXY=off GOTOOLCHAIN=local CGO_ENABLED=0 \
			sh -c "cd /work && $*"
	)
}

# try CASE USER WANT: runs the commands and compares their exit status with WANT (0 or "fails").
status=0
try() {
	for target in $commands; do
		began=$(date +%s)
		code=0
		as "$2" "make $target" >"$base/$1-$target.log" 2>&1 </dev/null || code=$?
		took=$(($(date +%s) - began))
		verdict=ok
		case "$3$code" in
		00) ;;
		fails0 | 0*) verdict=WRONG ;;
		esac
		[ "$verdict" = ok ] || status=1
		echo "clean-roots: case $1, make $target: $verdict, exit status $code after $took s; $(grep -m1 '^solver: ' "$base/$1-$target.log" || true)"
	done
}

install() { chroot "$tree" sh -c "apt-get update -qq && apt-get install -y -qq --no-install-recommends $*" >"$base/install.log" 2>&1; }

[ $# -gt 0 ] || set -- a b c d
for c; do
	case $c in
	a)
		make_base debian-12 bookworm
		enter debian-12
		install npm
		try a ann 0
		;;
	b)
		make_base debian-13 trixie
		enter debian-13
		rm -f "$tree"/var/lib/apt/lists/*Packages*
		try b root 0
		;;
	c)
		make_base debian-13 trixie
		enter debian-13
		install libhighs1
		try c ann 0
		;;
	d)
		make_base debian-12 bookworm
		enter debian-12
		try d ann fails
		;;
	*)
		echo "clean-roots: unknown case $c; want a, b, c or d" >&2
		exit 1
		;;
	esac
done
exit $status
