// Command sweep runs a case under a grid of weights and keys.
//
//	go run ./examples/sweep -set seed=1..3 -set vpps.0.risk_aversion=0,0.5   # on goroutines
//	go run ./examples/sweep -weights step=0.5 -out sweep                     # with ternary maps
//
// As two shards, which any two machines with a common folder can run, and the
// table of both:
//
//	go run ./examples/sweep -set seed=1..4 -journal j -shard 1/2 &
//	go run ./examples/sweep -set seed=1..4 -journal j -shard 2/2 & wait
//	go run ./examples/sweep -set seed=1..4 -journal j
//
// A killed process continues with the same command. docs/sweeps.md has recipes
// for Slurm, Kubernetes and GNU parallel.
package main

import (
	"context"
	"flag"
	"io"

	"github.com/trigrid/trigrid/internal/cmd/sweeping"
	"github.com/trigrid/trigrid/internal/command"
)

func main() { command.Main(run) }

// run is the program of the flags.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	flags := flag.NewFlagSet("sweep", flag.ContinueOnError)
	var f sweeping.Flags
	f.Add(flags)
	if err := command.Parse(flags, args, stderr); err != nil {
		return err
	}
	return f.Run(ctx, nil, stdout, stderr)
}
