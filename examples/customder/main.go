// Command customder coordinates a region with a kind of resource that the library does not have:
// the heat pump of package heatpump, known to the case file by the name "heat_pump".
//
//	go run ./examples/customder
//	go run ./examples/customder -report out
package main

import (
	"context"
	"embed"
	"flag"
	"fmt"
	"io"
	"math"
	"path/filepath"

	"github.com/trigrid/trigrid"
	"github.com/trigrid/trigrid/casefile"
	"github.com/trigrid/trigrid/examples/customder/heatpump"
	"github.com/trigrid/trigrid/internal/command"
	"github.com/trigrid/trigrid/report"
)

//go:embed case.json
var files embed.FS

func main() { command.Main(run) }

func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	flags := flag.NewFlagSet("customder", flag.ContinueOnError)
	dir := flags.String("report", "", "write an HTML page and tables into this `folder`")
	if err := command.Parse(flags, args, stderr); err != nil {
		return err
	}
	if *dir != "" {
		if err := report.Check(*dir); err != nil {
			return err // now rather than after the run
		}
	}
	loader := casefile.Loader{Kinds: map[string]casefile.DERReader{"heat_pump": heatpump.Read}}
	c, err := loader.Load(files, "case.json")
	if err != nil {
		return err
	}
	region, err := c.Region(ctx, casefile.Options{})
	if err != nil {
		return err
	}
	result, err := trigrid.Run(ctx, region, trigrid.Options{})
	if err != nil {
		return err
	}
	fmt.Fprintln(stdout, result.Game.Verdict)
	for _, unit := range result.DERs {
		fmt.Fprintf(stdout, "%-9s joins %-5s for %8.2f; outside it would have %8.2f\n", unit.Name, unit.Choice, unit.Payoff, unit.Otherwise[trigrid.Outside])
	}
	comfort(stdout, result)
	if *dir == "" {
		return nil
	}
	if err := report.Write(*dir, region, result); err != nil {
		return err
	}
	fmt.Fprintln(stdout, "The report lies in", filepath.Join(*dir, "index.html"))
	return nil
}

// comfort prints the lowest and highest temperature of the buildings over all scenarios, and the
// energy that they take.
func comfort(out io.Writer, result *trigrid.Result) {
	for _, plan := range result.Plans {
		for _, member := range plan.Members {
			pump, ok := member.DER.(*heatpump.HeatPump)
			if !ok {
				continue
			}
			low, high, mwh := math.Inf(1), math.Inf(-1), 0.0
			for s, realised := range member.Schedule.Realised {
				for t, celsius := range realised.Trace("temperature") {
					low, high = min(low, celsius), max(high, celsius)
					mwh += plan.Setting.Set.Probability(s) * realised.Withdrawn[t] * plan.Setting.Set.Hours()
				}
			}
			fmt.Fprintf(out, "%s keeps its buildings between %.1f and %.1f °C with %.2f MWh\n", pump.Name(), low, high, mwh)
		}
	}
}
