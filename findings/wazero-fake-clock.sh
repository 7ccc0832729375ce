#!/bin/sh
# Package: github.com/tetratelabs/wazero v1.12.0, guest built with GOOS=wasip1
# Guess: a WASI program sees the time of day, and a sleep takes its time
# Seen: with the default ModuleConfig it is always 2022-01-01, and a sleep of 2 s returns at once
#   while the guest's clock has advanced by 2 s; a solver's time limit would never hold
# Here: the instance answers clock imports with the real clocks
set -eu
work=$(mktemp -d)
. "$(dirname "$0")/lib/common.sh"

mkdir guest
cat >guest/main.go <<'EOF'
package main

import "time"

func main() {
	begin := time.Now()
	time.Sleep(2 * time.Second)
	println("guest: day", begin.UTC().Format("2006-01-02"),
		"slept 2 s:", time.Since(begin) >= 2*time.Second)
}
EOF
(cd guest && go mod init guest >/dev/null 2>&1 && GOWORK=off GOFLAGS= GOOS=wasip1 GOARCH=wasm CGO_ENABLED=0 go build -o ../guest.wasm .)
go_get github.com/tetratelabs/wazero@v1.12.0
go_run >seen <<'EOF'
package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/imports/wasi_snapshot_preview1"
)

func main() {
	ctx := context.Background()
	binary, err := os.ReadFile("../guest.wasm")
	if err != nil {
		panic(err)
	}
	r := wazero.NewRuntime(ctx)
	wasi_snapshot_preview1.MustInstantiate(ctx, r)
	compiled, err := r.CompileModule(ctx, binary)
	if err != nil {
		panic(err)
	}
	config := wazero.NewModuleConfig().WithStderr(os.Stdout)
	begin := time.Now()
	if _, err := r.InstantiateModule(ctx, compiled, config); err != nil {
		panic(err)
	}
	fmt.Println("host: slept 2 s:", time.Since(begin) >= 2*time.Second)
}
EOF
same <<'EOF'
guest: day 2022-01-01 slept 2 s: true
host: slept 2 s: false
EOF
