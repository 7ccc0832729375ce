#!/bin/sh
# Package: github.com/anishathalye/porcupine v1.3.1
# Guess: two operations of one client, one after the other, are checked in this order
# Seen: only times count, and a call at the time of a return overlaps it: on a clock of whole
#   milliseconds a client that writes 7 and then reads the old 0 in the same millisecond is
#   linearizable, and so is any stale read that begins in the millisecond in which the write ended
# Here: histories of the crash tests have nanoseconds of one monotonic clock
set -eu
work=$(mktemp -d)
. "$(dirname "$0")/lib/common.sh"

go_get github.com/anishathalye/porcupine@v1.3.1
go_run >seen <<'EOF'
package main

import (
	"fmt"

	"github.com/anishathalye/porcupine"
)

func main() {
	// A register: input 0 reads, other inputs are written.
	register := porcupine.Model{
		Init: func() any { return 0 },
		Step: func(state, input, output any) (bool, any) {
			if input.(int) != 0 {
				return true, input
			}
			return output == state, state
		},
	}
	check := func(name string, reader int, writeEnds, readBegins int64) {
		fmt.Println(name, porcupine.CheckOperations(register, []porcupine.Operation{
			{ClientId: 0, Input: 7, Call: 10, Output: 0, Return: writeEnds},
			{ClientId: reader, Input: 0, Call: readBegins, Output: 0, Return: readBegins},
		}))
	}
	check("old value one tick later, other client:", 1, 12, 13)
	check("old value in the same tick, other client:", 1, 12, 12)
	check("old value one tick later, same client:", 0, 10, 11)
	check("old value in the same tick, same client:", 0, 10, 10)
}
EOF
same <<'EOF'
old value one tick later, other client: false
old value in the same tick, other client: true
old value one tick later, same client: false
old value in the same tick, same client: true
EOF
