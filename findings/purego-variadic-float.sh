#!/bin/sh
# Package: github.com/ebitengine/purego v0.11.3 on linux/amd64
# Guess: RegisterLibFunc with a variadic Go function calls a variadic C function, or panics
# Seen: integers arrive, floating-point arguments do not: snprintf("%d %.2f", 7, 12.5) gives
#   "7 0.00" without an error; the same Go type works for C functions with fixed parameters
# Here: all HiGHS functions have fixed parameters in C; their wrappers are tested with floats
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
	var snprintf func(buffer []byte, size uint64, format string, values ...any) int32
	purego.RegisterLibFunc(&snprintf, libc, "snprintf")
	b := make([]byte, 32)
	libm, err := purego.Dlopen("libm.so.6", purego.RTLD_NOW)
	if err != nil {
		panic(err)
	}
	var lrint func(values ...any) int64
	purego.RegisterLibFunc(&lrint, libm, "lrint")
	fmt.Println("lrint(12.5) =", lrint(12.5))
	fmt.Println(string(b[:snprintf(b, 32, "%d %.2f", 7, 12.5)]))
}
EOF
same <<'EOF'
lrint(12.5) = 12
7 0.00
EOF
