// Command threelevel coordinates the calibrated case of this folder and prints
// a short summary: the VPP and the payoff of each DER, and the gap to the best
// profile.
//
//	go run ./examples/threelevel
//
// The case has two VPPs, two wind farms, two gas turbines and one battery. A
// run solves one program per VPP and coalition, 2 · 2⁵ = 64 in all, in about
// half a minute on two cores.
//
// The inputs are calibrated, not measured: the notes in case.json name their
// sources. The program studies/threelevel tests the claims of the paper behind
// the case.
package main

import (
	"context"
	"embed"
	"flag"
	"fmt"
	"io"

	"github.com/trigrid/trigrid"
	"github.com/trigrid/trigrid/casefile"
	"github.com/trigrid/trigrid/internal/command"
)

//go:embed case.json
var files embed.FS

func main() { command.Main(run) }

func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	flags := flag.NewFlagSet("threelevel", flag.ContinueOnError)
	workers := flags.Int("workers", 0, "programs solved at a time, `n` (default: one per core)")
	if err := command.Parse(flags, args, stderr); err != nil {
		return err
	}
	if *workers < 0 {
		return command.Misused("-workers is %d, want at least 0", *workers)
	}
	region, err := load(ctx)
	if err != nil {
		return err
	}
	result, err := trigrid.Run(ctx, region, trigrid.Options{Workers: *workers, Budget: -1})
	if err != nil {
		return err
	}
	return summarise(stdout, result)
}

// load returns the region of the embedded case.
func load(ctx context.Context) (trigrid.Region, error) {
	c, err := casefile.Load(files, "case.json")
	if err != nil {
		return trigrid.Region{}, err
	}
	return c.Region(ctx, casefile.Options{})
}

// summarise prints the stable profile. Money is in the currency of the case,
// expected over the day.
func summarise(w io.Writer, result *trigrid.Result) error {
	game := result.Game
	fmt.Fprintln(w, game.Verdict)
	for _, u := range result.DERs {
		fmt.Fprintf(w, "%-3s joins %-5s for %9.0f; outside option %9.0f\n",
			u.Name, u.Choice, u.Payoff, u.Otherwise[trigrid.Outside])
	}
	// Several strict Nash profiles can exist. The start of the dynamic decides
	// which one is reached, so the gap to the best profile is part of the
	// answer.
	_, err := fmt.Fprintf(w, "strict or weak Nash profiles %d, welfare %.0f, gap to the best profile %.0f\n",
		len(game.Nash), game.Welfare, game.WelfareGap)
	return err
}
