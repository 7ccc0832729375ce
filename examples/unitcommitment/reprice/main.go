// Command reprice says what a schedule of a unit commitment instance costs and which rules it breaks, from
// the instance file and the schedule alone. It shares no code with the library: a second opinion.
//
//	go run ./examples/unitcommitment/reprice -in FILE -schedule schedule.csv
//
// It exits with 1 where a rule is broken by more than -tol MW.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"

	"github.com/trigrid/trigrid/internal/command"
)

func main() { command.Main(reprice) }

func reprice(_ context.Context, args []string, out, stderr io.Writer) error {
	flags := flag.NewFlagSet("reprice", flag.ContinueOnError)
	in := flags.String("in", "", "instance `file`, pglib-uc or Egret JSON")
	schedule := flags.String("schedule", "", "schedule, CSV `file` with unit, step, on, output_mw, reserve_mw")
	tol := flags.Float64("tol", 1e-5, "by how many `MW` a rule may be missed")
	if err := command.Parse(flags, args, stderr); err != nil {
		return err
	}
	var bad []error
	if *in == "" {
		bad = append(bad, command.Misused("no instance, use -in FILE"))
	}
	if *schedule == "" {
		bad = append(bad, command.Misused("no schedule, use -schedule FILE"))
	}
	if !(*tol >= 0) {
		bad = append(bad, command.Misused("-tol is %v, want at least 0", *tol))
	}
	if err := errors.Join(bad...); err != nil {
		return err
	}
	inst, err := readInstance(*in)
	if err != nil {
		return err
	}
	plan, err := readSchedule(*schedule, inst.steps)
	if err != nil {
		return err
	}
	bill, broken := audit(inst, plan, *tol)
	fmt.Fprintf(out, "production %.6f\nstart-up   %.6f\nshut-down  %.6f\nmismatch   %.6f\nshortfall  %.6f\ncost       %.6f\n",
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
