#!/bin/sh
# Package: github.com/ebitengine/purego v0.11.3 on linux/amd64 with glibc
# Guess: a C function that returns an int truth value can be declared to return bool
# Seen: only the lowest byte is read: isalpha('a') of glibc is 1024, so true becomes false; for
#   results such as 1 or 2 it is true
# Here: status codes of HiGHS are declared int32 and compared
set -eu
work=$(mktemp -d)
. "$(dirname "$0")/lib/common.sh"

test "$(go env GOOS)/$(go env GOARCH)" = linux/amd64 || { echo "$name: stated for linux/amd64 only"; exit 0; }
go_get github.com/ebitengine/purego@v0.11.3
go_run >seen <<'EOF'
package main

import (
	"fmt"

	"github.com/ebitengine/purego"
)

func main() {
	libc, err := purego.Dlopen("libc.so.6", purego.RTLD_NOW)
	if err != nil {
		panic(err)
	}
	var number func(int32) int32
	var truth, abs func(int32) bool
	purego.RegisterLibFunc(&number, libc, "isalpha")
	purego.RegisterLibFunc(&truth, libc, "isalpha")
	purego.RegisterLibFunc(&abs, libc, "abs")
	fmt.Println("isalpha('a') as int32", number('a'), "as bool", truth('a'))
	fmt.Println("abs(2) as bool", abs(2), "abs(256) as bool", abs(256))
}
EOF
same <<'EOF'
isalpha('a') as int32 1024 as bool false
abs(2) as bool true abs(256) as bool false
EOF
