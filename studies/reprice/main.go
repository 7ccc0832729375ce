// Command reprice computes the cost of a unit commitment schedule and lists the
// rules that it breaks. It uses only the instance file and the schedule.
//
//	go run ./examples/unitcommitment -in FILE -o schedule.csv
//	go run ./studies/reprice -in FILE -schedule schedule.csv
//
// The program shares no model code with the library: it has its own reader of
// the file formats and its own form of every rule. A mistake in the library's
// formulation therefore shows as a broken rule or as a different cost.
//
// It exits with status 1 if a rule is broken by more than -tol MW.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"strings"

	"github.com/trigrid/trigrid/internal/command"
	"github.com/trigrid/trigrid/internal/faults"
)

func main() { command.Main(reprice) }

func reprice(_ context.Context, args []string, out, stderr io.Writer) error {
	flags := flag.NewFlagSet("reprice", flag.ContinueOnError)
	in := flags.String("in", "", "instance `file`, pglib-uc or Egret JSON")
	schedule := flags.String("schedule", "", "schedule, CSV `file` with unit, step, on, output_mw, reserve_mw")
	ignore := flags.String("ignore", "",
		"comma-separated keys of an Egret file to leave out, as in the command that made the schedule")
	tol := flags.Float64("tol", 1e-5, "by how many `MW` a rule may be missed")
	if err := command.Parse(flags, args, stderr); err != nil {
		return err
	}
	var bad faults.List
	if *in == "" {
		bad.Add(command.Misused("no instance, use -in FILE"))
	}
	if *schedule == "" {
		bad.Add(command.Misused("no schedule, use -schedule FILE"))
	}
	if !(*tol >= 0) { // NaN is rejected, too
		bad.Add(command.Misused("-tol is %v, want at least 0", *tol))
	}
	if err := bad.Err(); err != nil {
		return err
	}
	inst, err := readInstance(*in, strings.Split(*ignore, ","))
	if err != nil {
		return err
	}
	plan, err := readSchedule(*schedule, inst.steps)
	if err != nil {
		return err
	}
	// Costs are printed even if rules are broken: both results help to find a
	// mistake.
	bill, broken := audit(inst, plan, *tol)
	fmt.Fprintf(out, "production %.6f\nstart-up   %.6f\nshut-down  %.6f\n"+
		"mismatch   %.6f\nshortfall  %.6f\ncost       %.6f\n",
		bill.production, bill.startUp, bill.shutDown, bill.mismatch, bill.shortfall, bill.total())
	for _, rule := range broken {
		fmt.Fprintln(out, "broken:", rule)
	}
	if len(broken) > 0 {
		return fmt.Errorf("rules broken: %d", len(broken))
	}
	fmt.Fprintln(out, "every rule is kept")
	return nil
}
