package guides_test

import (
	"context"
	"fmt"

	"github.com/trigrid/trigrid/der/unitcommitment"
	"github.com/trigrid/trigrid/milp/highs"
)

// The folder is a PyPSA network of two buses, four snapshots of three hours
// each and a limit of CO2.
func Example_instances() {
	system, err := unitcommitment.ReadPath("../../der/unitcommitment/testdata/pypsa", unitcommitment.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, note := range system.Notes {
		fmt.Println("note:", note)
	}
	program, err := system.Formulate()
	if err != nil {
		fmt.Println(err)
		return
	}
	solution, err := highs.Solver{Gap: highs.Exact}.Solve(context.Background(), program.Model)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("cost %.2f\n", solution.Objective)
	// Output:
	// note: links.csv: 1 row is ignored with limits, losses and costs, because all buses are joined
	// cost 27259.93
}
