// Command customder coordinates a region with a kind of resource that the
// library does not have: the heat pump of package heatpump, known to the case
// file by the name "heat_pump".
//
//	go run ./examples/customder
//	go run ./examples/customder -report out
package main

import (
	"context"
	"embed"
	"errors"
	"flag"
	"fmt"
	"io"
	"math"
	"os"
	"os/signal"
	"path/filepath"

	"github.com/trigrid/trigrid"
	"github.com/trigrid/trigrid/casefile"
	"github.com/trigrid/trigrid/examples/customder/heatpump"
	"github.com/trigrid/trigrid/report"
)

// The case is part of the program, which therefore runs in any folder.
//
//go:embed case.json
var files embed.FS

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// run loads the case with the custom kind, runs it, and prints the choice of
// each DER.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	flags := flag.NewFlagSet("customder", flag.ContinueOnError)
	// Usage and mistakes go to stderr, so that stdout has the result only.
	flags.SetOutput(stderr)
	dir := flags.String("report", "", "write an HTML page and tables into this `folder`")
	if err := flags.Parse(args); errors.Is(err, flag.ErrHelp) {
		return nil // -h printed the usage
	} else if err != nil {
		return err
	}
	if *dir != "" {
		// A folder that cannot take the report is an error before the run, not
		// after it.
		if err := report.Check(*dir); err != nil {
			return err
		}
	}
	// The name in Kinds is the value of "kind" in the case file.
	loader := casefile.Loader{Kinds: map[string]casefile.DERReader{"heat_pump": heatpump.Read}}
	c, err := loader.Load(files, "case.json")
	if err != nil {
		return err
	}
	// A case with forecasts samples its scenarios here, with the seed of the
	// case.
	region, err := c.Region(ctx, casefile.Options{})
	if err != nil {
		return err
	}
	// The default budget is two minutes, far more than this case needs.
	result, err := trigrid.Run(ctx, region, trigrid.Options{})
	if err != nil {
		return err
	}
	fmt.Fprintln(stdout, result.Game.Verdict)
	// Otherwise has the payoffs of the choices that the DER did not make.
	for _, d := range result.DERs {
		fmt.Fprintf(stdout, "%-9s joins %-5s for %8.2f; outside it would have %8.2f\n",
			d.Name, d.Choice, d.Payoff, d.Otherwise[trigrid.Outside])
	}
	comfort(stdout, result)
	if *dir == "" {
		return nil
	}
	// The report has the heat pump like any other DER, with the states that its
	// kind lists.
	if err := report.Write(*dir, region, result); err != nil {
		return err
	}
	fmt.Fprintln(stdout, "The report lies in", filepath.Join(*dir, "index.html"))
	return nil
}

// comfort prints the lowest and highest temperature of the buildings over all
// scenarios, and the energy that they take.
func comfort(out io.Writer, result *trigrid.Result) {
	for _, plan := range result.Plans {
		for _, member := range plan.Members {
			// Members are of the interface type der.DER; other kinds have no
			// temperature.
			pump, ok := member.DER.(*heatpump.HeatPump)
			if !ok {
				continue
			}
			low, high, mwh := math.Inf(1), math.Inf(-1), 0.0
			// The temperature is a trace of the schedule, which heatpump.Model
			// has named.
			for s, realised := range member.Schedule.Realised {
				for t, celsius := range realised.Trace("temperature") {
					low, high = min(low, celsius), max(high, celsius)
					// Temperatures are extremes over the scenarios, and the
					// energy is expected.
					mwh += plan.Setting.Set.Probability(s) * realised.Withdrawn[t] * plan.Setting.Set.HoursAt(t)
				}
			}
			fmt.Fprintf(out, "%s keeps its buildings between %.1f and %.1f °C with %.2f MWh\n", pump.Name(), low, high, mwh)
		}
	}
}
