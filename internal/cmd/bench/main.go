// Command bench compares the library with programs that package managers have,
// measures how its work grows, and compares commits.
//
//	go run ./internal/cmd/bench peers     every row of the table beside its peers, in turn
//	go run ./internal/cmd/bench growth    time against DERs, scenarios, steps and VPPs
//	go run ./internal/cmd/bench against -commit main~1 -bench 'Reduce|Basic' ./scenario ./milp
//
// The first two write their parts of docs/performance.md, the second one also a
// figure. A peer that this machine does not have and cannot install is a row
// that states the reason. Both are for a quiet machine and no part of the
// tests.
package main

import (
	"context"
	"io"

	"github.com/trigrid/trigrid/internal/command"
)

func main() { command.Main(run) }

// run calls the part of the program that the first argument names.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	// The part "drive" is for this program itself: it runs one job of the
	// library in a process of its own, see driver.
	parts := map[string]command.Program{"peers": comparePeers, "growth": measureGrowth, "against": compareCommits, "drive": drive}
	if len(args) == 0 || parts[args[0]] == nil {
		return command.Misused("want one of peers, growth, against and drive as the first argument")
	}
	return parts[args[0]](ctx, args[1:], stdout, stderr)
}
