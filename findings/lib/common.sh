# Functions that the scripts of the folder above share. A script sets `set -eu`, creates the
# temporary folder $work and sources this file. Its header states Package, Guess, Seen and Here; report prints them as one line.
#
#   npm_get NAME@VERSION...        installs npm packages below $work
#   deb_get NAME=VERSION...        unpacks Debian packages and libraries that are not installed
#   go_get MODULE@VERSION...       requires Go modules in $work/go
#   go_run                         runs the program on standard input in that module
#   nats_get                       go_get of a NATS server and client, and a file that starts them
#   same                           compares $work/seen with standard input and reports
#
# All work happens in $work, which is removed at the end of the script.

name=$(basename "$0" .sh)
script=$(cd "$(dirname "$0")" && pwd)/$name.sh
trap 'status=$?; test $status = 0 || echo "$name: failed with status $status" >&2; chmod -R u+w "$work" 2>/dev/null; rm -rf "$work"' EXIT
trap 'exit 1' INT TERM
cd "$work"
here= # versions that differ from those of the header

# field prints the value of a field of the script's header, continuation lines included.
field() {
	awk -v key="# $1:" '
		index($0, key) == 1 { sub(/^# [A-Za-z]+: */, ""); out = $0; on = 1; next }
		on && /^#   / { sub(/^# +/, ""); out = out " " $0; next }
		on { exit }
		END { print out }' "$script"
}

fail() {
	echo "$name: $1" >&2
	exit 1
}

npm_get() {
	npm install --silent --no-audit --no-fund --ignore-scripts --prefix "$work" "$@" ||
		fail "npm could not install $*"
}

# deb_get takes the version of the header if apt offers it and the distribution's version
# otherwise; the report then states it.
deb_get() {
	mkdir -p "$work/debs" "$work/root"
	(
		cd "$work/debs"
		for p in "$@"; do
			apt-get download -q "$p" >/dev/null 2>&1 && continue
			apt-get update -q >/dev/null 2>&1 || true
			apt-get download -q "$p" >/dev/null 2>&1 && continue
			apt-get download -q "${p%%=*}" >/dev/null 2>&1 || fail "apt does not offer ${p%%=*}"
		done
		names=
		for p in "$@"; do names="$names ${p%%=*}"; done
		: >none # as if nothing was installed, so that the list is complete
		# shellcheck disable=SC2086
		apt-get -s -o Dir::State::status="$work/debs/none" install --no-install-recommends $names 2>/dev/null |
			awk '/^Inst/ { print $2 }' | while read -r p; do
			dpkg-query -W -f '${Status}\n' "$p" 2>/dev/null | grep -q '^install ok installed' && continue
			ls "${p}_"* >/dev/null 2>&1 || apt-get download -q "$p" >/dev/null 2>&1 || true
		done
	)
	for f in "$work"/debs/*.deb; do dpkg -x "$f" "$work/root"; done
	for p in "$@"; do
		version=$(dpkg-deb -f "$work/debs/${p%%=*}_"*.deb Version)
		test "$version" = "${p#*=}" || here="$here (here ${p%%=*} $version)"
	done
	libraries=$(find "$work/root" -name '*.so*' -exec dirname {} + | sort -u | tr '\n' ':')
	export LD_LIBRARY_PATH="$libraries${LD_LIBRARY_PATH:-}"
	export PATH="$work/root/usr/bin:$PATH"
}

go_get() {
	mkdir -p "$work/go"
	cd "$work/go"
	GOFLAGS=-mod=mod GOWORK=off
	export GOFLAGS GOWORK
	go mod init finding >/dev/null 2>&1
	go get "$@" >"$work/go.log" 2>&1 || { cat "$work/go.log" >&2; fail "go could not get $*"; }
	cd "$work"
}

go_run() {
	cat >"$work/go/main.go"
	(cd "$work/go" && go run .)
}

# same fails with both texts if the output changed, and prints the finding's line otherwise.
same() {
	cat >"$work/stated"
	if ! diff "$work/stated" "$work/seen" >"$work/diff"; then
		{
			echo "$name: the output is no longer the one stated"
			echo "--- stated"
			cat "$work/stated"
			echo "--- seen$here"
			cat "$work/seen"
		} >&2
		exit 1
	fi
	report
}

report() {
	echo "$name: $(field Package)$here: $(field Seen) (guess: $(field Guess))"
}

# nats_get requires nats-server and nats.go and adds a file with the functions start, which runs
# a server with JetStream in this process, and must.
nats_get() {
	go_get github.com/nats-io/nats-server/v2@v2.15.2 github.com/nats-io/nats.go@v1.55.0
	cat >"$work/go/start.go" <<'EOF'
package main

import (
	"os"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

func must[T any](x T, err error) T {
	if err != nil {
		panic(err)
	}
	return x
}

func start() jetstream.JetStream {
	s := must(server.NewServer(&server.Options{
		Host: "127.0.0.1", Port: -1, JetStream: true, StoreDir: os.Getenv("work"), NoLog: true, NoSigs: true,
	}))
	s.Start()
	if !s.ReadyForConnections(10 * time.Second) {
		panic("the server does not start")
	}
	return must(jetstream.New(must(nats.Connect(s.ClientURL()))))
}
EOF
	export work
}
