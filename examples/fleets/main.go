// Command fleets finds the equilibrium of a million DERs in classes that choose among VPPs.
//
//	go run ./examples/fleets                  # marginal sharing: the largest welfare
//	go run ./examples/fleets -shapley         # Aumann-Shapley sharing: about the whole gain is paid
//	go run ./examples/fleets -vpps 6 -scenarios 6
//
// It prints the split of each class, the payoff of one DER, and the certificate: no split of the
// DERs is worth more than x % more, and no DER gains more than y by moving. The data are invented.
// Amounts are in units of the objective, in which a currency unit counts 0.4, the economic weight.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/trigrid/trigrid/fleet"
	"github.com/trigrid/trigrid/internal/command"
	"github.com/trigrid/trigrid/milp/highs"
)

func main() { command.Main(run) }

// run solves the region of the flags in three steps: the equilibrium as one program, its
// certificate, and whole DERs.
func run(ctx context.Context, args []string, out, stderr io.Writer) error {
	flags := flag.NewFlagSet("fleets", flag.ContinueOnError)
	vpps := flags.Int("vpps", 4, "number of VPPs")
	scenarios := flags.Int("scenarios", 4, "number of scenarios")
	shapley := flags.Bool("shapley", false, "share by Aumann and Shapley instead of marginal values")
	moves := flags.Int("moves", 1, "single DERs that may move after rounding")
	if err := command.Parse(flags, args, stderr); err != nil {
		return err
	}
	if *vpps < 1 || *scenarios < 1 {
		return command.Misused("-vpps and -scenarios are at least 1")
	}
	p, err := region(*vpps, *scenarios, 0)
	if err != nil {
		return err
	}
	if *shapley {
		p.Rule = fleet.AumannShapley{Count: 2}
	}
	solver := highs.Solver{}
	e, err := p.Solve(ctx, solver)
	if err != nil {
		return err
	}
	// The certificate uses the data, the split and the prices. It trusts no other number of the
	// solution.
	certificate, err := p.Verify(ctx, solver, e)
	if err != nil {
		return err
	}
	whole, err := p.Round(ctx, solver, e, fleet.RoundOptions{MaxMoves: *moves})
	if err != nil {
		return err
	}
	return show(out, p, e, certificate, whole)
}

// show prints the classes and the certificate. A row such as
//
//	battery_small  105000          1.593   28144  2370  25966  48520  0
//
// states that 28144 small batteries join the first VPP, and that each of the class has 1.593.
func show(out io.Writer, p fleet.Problem, e *fleet.Equilibrium, c *fleet.Certificate, whole *fleet.Rounded) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprint(w, "class\tDERs\tpayoff of one\t")
	for _, v := range p.VPPs {
		fmt.Fprintf(w, "%s\t", v.Name)
	}
	fmt.Fprintln(w, "outside\t")
	total, paid := 0, 0.0
	for k, f := range p.Fleets {
		fmt.Fprintf(w, "%s\t%d\t%.3f\t", f.Name(), f.Count, e.Payoff[k])
		left := f.Count
		for v := range p.VPPs {
			fmt.Fprintf(w, "%d\t", whole.Members[v][k])
			left -= whole.Members[v][k]
		}
		fmt.Fprintf(w, "%d\t\n", left)
		total += f.Count
		paid += float64(f.Count) * e.Payoff[k]
	}
	if err := w.Flush(); err != nil {
		return err
	}
	// Gaps are relative to the gain of the DERs, not to the cost of the demand.
	gain := c.Welfare - empty(p, c)
	_, err := fmt.Fprintf(out, "\n%d DERs in %d classes and %d VPPs, %s sharing\n"+
		"No split of whole DERs is worth more than %.2g %% of the gain more.\n"+
		"No DER gains more than %.2g by moving; in whole DERs, no more than %.2g. The mean payoff is %.2f.\n"+
		"Paid: %.1f %% of the gain; DERs moved after rounding: %d.\n",
		total, len(p.Fleets), len(p.VPPs), p.Rule.Name(), 100*(c.WelfareBound-whole.Welfare)/gain, c.Regret, whole.Regret, paid/float64(total), 100*paid/gain, whole.Moves)
	return err
}

// empty returns the welfare of the VPPs without members. The potential of a rule counts it with the
// sum of its factors w / t.
func empty(p fleet.Problem, c *fleet.Certificate) float64 {
	at, weight := p.Rule.Nodes()
	factors := 0.0
	for q := range at {
		factors += weight[q] / at[q]
	}
	return c.Empty / factors
}
