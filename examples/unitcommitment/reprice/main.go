// Command reprice says what a schedule of a unit commitment instance costs and which rules it breaks, from
// the instance file and the schedule alone. It shares no code with the library: a second opinion.
//
//	go run ./examples/unitcommitment/reprice -in FILE -schedule schedule.csv
//
// It exits with 1 where a rule is broken by more than -tol MW.
package main

import (
	"flag"
	"fmt"
	"os"
)

func main() {
	var (
		in       = flag.String("in", "", "instance `file`, pglib-uc or Egret JSON")
		schedule = flag.String("schedule", "", "schedule, CSV `file` with unit, step, on, output_mw, reserve_mw")
		tol      = flag.Float64("tol", 1e-5, "by how many MW a rule may be missed")
	)
	flag.Parse()
	inst, err := readInstance(*in)
	if err == nil {
		var plan map[string]*run
		if plan, err = readSchedule(*schedule, inst.steps); err == nil {
			bill, broken := audit(inst, plan, *tol)
			fmt.Printf("production %.6f\nstart-up   %.6f\nshut-down  %.6f\nmismatch   %.6f\nshortfall  %.6f\ncost       %.6f\n",
				bill.production, bill.startUp, bill.shutDown, bill.mismatch, bill.shortfall, bill.total())
			for _, rule := range broken {
				fmt.Println("broken:", rule)
			}
			if len(broken) == 0 {
				fmt.Println("every rule is kept")
				return
			}
			os.Exit(1)
		}
	}
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}
