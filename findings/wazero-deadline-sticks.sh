#!/bin/sh
# Package: github.com/tetratelabs/wazero v1.12.0
# Guess: with WithCloseOnContextDone, a call that misses its deadline fails, and the next call
#   with a live context either works or reports a closed module
# Seen: the module is closed for good, and each later call with a fresh context returns an error
#   that errors.Is takes for context.DeadlineExceeded; a short call with a cancelled context
#   closes the module as well, although the function returns at once
# Here: an instance whose context ended is dropped and never returned to the pool
set -eu
work=$(mktemp -d)
. "$(dirname "$0")/lib/common.sh"

go_get github.com/tetratelabs/wazero@v1.12.0
go_run >seen <<'EOF'
package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
)

// binary exports spin, an endless loop, and one, which returns 1.
var binary = []byte{
	0, 'a', 's', 'm', 1, 0, 0, 0,
	1, 8, 2, 0x60, 0, 0, 0x60, 0, 1, 0x7f,
	3, 3, 2, 0, 1,
	7, 14, 2, 4, 's', 'p', 'i', 'n', 0, 0, 3, 'o', 'n', 'e', 0, 1,
	10, 14, 2, 7, 0, 3, 0x40, 0x0c, 0, 0x0b, 0x0b, 4, 0, 0x41, 1, 0x0b,
}

func main() {
	ctx := context.Background()
	r := wazero.NewRuntimeWithConfig(ctx, wazero.NewRuntimeConfig().WithCloseOnContextDone(true))
	instance := func() api.Module {
		m, err := r.Instantiate(ctx, binary)
		if err != nil {
			panic(err)
		}
		return m
	}
	call := func(what string, m api.Module, function string, ctx context.Context) {
		_, err := m.ExportedFunction(function).Call(ctx)
		fmt.Printf("%s: error %t, deadline %t, cancelled %t\n", what, err != nil,
			errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled))
	}
	m := instance()
	short, cancel := context.WithTimeout(ctx, 50*time.Millisecond)
	defer cancel()
	call("one, live context", m, "one", ctx)
	call("spin, 50 ms", m, "spin", short)
	call("one, live context", m, "one", ctx)
	ended, end := context.WithCancel(ctx)
	end()
	m = instance()
	call("one, ended context", m, "one", ended)
	call("one, live context", m, "one", ctx)
}
EOF
same <<'EOF'
one, live context: error false, deadline false, cancelled false
spin, 50 ms: error true, deadline true, cancelled false
one, live context: error true, deadline true, cancelled false
one, ended context: error true, deadline false, cancelled true
one, live context: error true, deadline false, cancelled true
EOF
