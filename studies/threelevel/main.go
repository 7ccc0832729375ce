// Command threelevel tests the claims of a paper on the three-level loop (Dong,
// Wang, Yang, Shi, JRSE 18, 015306, 2026) on the calibrated case of
// examples/threelevel. For each claim it prints the finding and a verdict that
// is computed from results.
//
//	go run ./studies/threelevel
//	go run ./studies/threelevel -case other.json
//	go run ./studies/threelevel -admission
//
// Only a summary of the paper is public, without input data. The case is
// therefore calibrated, and no input is tuned towards a claim. The study solves
// about 380 programs; the 192 of -admission take two minutes of CPU.
//
// Payoffs follow the formula of the summary, U_i = R_i + θ φ_i V, literally: V
// is the weighted value, and R_i the payment minus the own cost. The case
// states both readings under "modelling". The defaults of the library, V / w_e
// and covered costs, would move A2 and A10b: the dynamic then ends at {W1, W2,
// ES} and {T1, T2} with a welfare of -27345, not at {W1, T1, ES} and {W2, T2}
// with -25561.
//
// A table compares two readings of "resources of low contribution are removed",
// with supply above and below demand: removal by the choice of the DER only,
// and refusals by VPPs that are enforced ([vpp.Admission]). Claims A11c to A11f
// judge both. -admission prints this part alone.
//
// Claims have the numbers A1 to A12. For example, A10 is "all random starts end
// at one equilibrium, and the equilibrium has the highest welfare"; the study
// splits it into A10a and A10b, each with a verdict.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"runtime"

	"github.com/trigrid/trigrid"
	"github.com/trigrid/trigrid/internal/command"
	"github.com/trigrid/trigrid/studies/internal/claim"
)

func main() { command.Main(run) }

func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	flags := flag.NewFlagSet("threelevel", flag.ContinueOnError)
	workers := flags.Int("workers", 0, "programs solved at a time, `n` (default: one per core)")
	name := flags.String("case", "examples/threelevel/case.json", "calibrated case `file`")
	only := flags.Bool("admission", false, "compare the admissions of DERs only")
	if err := command.Parse(flags, args, stderr); err != nil {
		return err
	}
	if *workers < 0 {
		return command.Misused("-workers is %d, want at least 0", *workers)
	}
	if *workers == 0 {
		*workers = runtime.GOMAXPROCS(0)
	}
	text, err := os.ReadFile(*name)
	if err != nil {
		return fmt.Errorf("threelevel: %w; run in the module's root or name the case with -case", err)
	}
	o := options{file: text, solver: trigrid.DefaultSolver(), workers: *workers, log: stderr}
	if *only {
		x := &study{}
		if err := x.underAdmission(ctx, o); err != nil {
			return err
		}
		if err := x.printAdmissions(stdout); err != nil {
			return err
		}
		return claim.Print(stdout, x.a11byReading())
	}
	x, err := newStudy(ctx, o)
	if err != nil {
		return err
	}
	fmt.Fprintln(stdout, "Amounts in the case's currency, expected over the day. "+
		"The source's allocation: VPP1 has W1, T2 and ES; VPP2 has W2 and T1.")
	fmt.Fprintln(stdout)
	if err := x.printAdmissions(stdout); err != nil {
		return err
	}
	return claim.Print(stdout, x.judge())
}
