#!/bin/sh
# Package: github.com/ebitengine/purego v0.11.3
# Guess: NewCallback of one function value returns one pointer for any number of calls
# Seen: each call takes a new slot, and slots are never freed: after 2000 calls with the same
#   function it panics, so a long-running service that registers per solve ends at that number
# Here: one callback per process; its user data names the solve
set -eu
work=$(mktemp -d)
. "$(dirname "$0")/lib/common.sh"

go_get github.com/ebitengine/purego@v0.11.3
go_run >seen <<'EOF'
package main

import (
	"fmt"

	"github.com/ebitengine/purego"
)

func main() {
	f := func(x int32) int32 { return x }
	fmt.Println("one pointer:", purego.NewCallback(f) == purego.NewCallback(f))
	n := 2
	defer func() { fmt.Println(n, "calls:", recover()) }()
	for {
		purego.NewCallback(f)
		n++
	}
}
EOF
same <<'EOF'
one pointer: false
2000 calls: purego: the maximum number of callbacks has been reached
EOF
