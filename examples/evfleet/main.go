// Command evfleet coordinates a quarter with an electric car fleet in
// quarter-hours. The kind of the fleet is not part of the library; a case file
// calls it "ev_fleet". Its programs have hundreds of binaries, so that the
// budget of the run decides how close to the optimum they are solved.
//
//	go run ./examples/evfleet
//	go run ./examples/evfleet -budget 30s
package main

import (
	"context"
	"embed"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/trigrid/trigrid"
	"github.com/trigrid/trigrid/casefile"
	"github.com/trigrid/trigrid/examples/evfleet/fleet"
	"github.com/trigrid/trigrid/internal/command"
)

// The case is part of the program, which therefore runs in any folder.
//
//go:embed case.json
var files embed.FS

func main() { command.Main(run) }

// run loads the case with the custom kind, runs it, and prints the
// recommendation, with the energy that each fleet takes, feeds in and lacks at
// departure.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	flags := flag.NewFlagSet("evfleet", flag.ContinueOnError)
	name := flags.String("case", "", "case `file` with DERs of kind ev_fleet (default: the built-in one)")
	budget := flags.Duration("budget", trigrid.DefaultBudget, "wall `time` of the run; negative: none")
	if err := command.Parse(flags, args, stderr); err != nil {
		return err
	}
	// Load reads from a file system: the embedded one, or the folder of -case.
	var folder fs.FS = files
	file := "case.json"
	if *name != "" {
		folder, file = os.DirFS(filepath.Dir(*name)), filepath.Base(*name)
	}
	// The key is the value of "kind" in the case.
	loader := casefile.Loader{Kinds: map[string]casefile.DERReader{"ev_fleet": fleet.Read}}
	c, err := loader.Load(folder, file)
	if err != nil {
		return err
	}
	region, err := c.Region(ctx, casefile.Options{})
	if err != nil {
		return err
	}
	result, err := trigrid.Run(ctx, region, trigrid.Options{Budget: *budget})
	if err != nil {
		return err
	}
	rec := result.Recommendation
	fmt.Fprintf(stdout, "%s: %s\n", rec.Reason, rec.Explanation)
	// The plans of open programs can be improved. No profile exceeds Bound.
	if result.Cut {
		fmt.Fprintf(stdout, "the budget ended first; %d programs are open, and no profile has a welfare above %.2f\n", len(result.OpenPrograms), rec.Bound)
	}
	for _, d := range result.DERs {
		fmt.Fprintf(stdout, "%-8s joins %-9s for %9.2f\n", d.Name, d.Choice, d.Payoff)
	}
	energy(stdout, result)
	return nil
}

// energy prints the expected energy of each fleet.
//
// Energies are expected over the scenarios, in MWh at the meter.
func energy(out io.Writer, result *trigrid.Result) {
	for _, plan := range result.Plans {
		if plan == nil {
			continue // its VPP never runs
		}
		for _, member := range plan.Members {
			cars, ok := member.DER.(*fleet.Fleet)
			if !ok {
				continue
			}
			taken, given, unmet := 0.0, 0.0, 0.0
			for s, realised := range member.Schedule.Realised {
				p := plan.Setting.Set.Probability(s)
				// Steps can differ in length, so that each one has its own
				// factor from MW to MWh.
				for t := range realised.Withdrawn {
					taken += p * realised.Withdrawn[t] * plan.Setting.Set.HoursAt(t)
					given += p * realised.Injected[t] * plan.Setting.Set.HoursAt(t)
				}
				// Trace returns a series that Model watches, one value per
				// step.
				for _, mwh := range realised.Trace("unmet") {
					unmet += p * mwh
				}
			}
			fmt.Fprintf(out, "%s takes %.3f MWh, feeds in %.3f MWh and lacks %.3f MWh at departure\n", cars.Name(), taken, given, unmet)
		}
	}
}
