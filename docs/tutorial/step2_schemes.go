package main

import (
	"context"
	"fmt"
	"io"

	"github.com/trigrid/trigrid"
	"github.com/trigrid/trigrid/vpp"
)

// planSchemes plans every coalition of DERs for each VPP. It prints the
// objective and the value of each plan, and the coalition that the VPP prefers.
//
// Three DERs have 2³ = 8 coalitions, so that two VPPs have 16 programs.
func planSchemes(ctx context.Context, out io.Writer, region trigrid.Region) error {
	fmt.Fprintln(out, "2. VPP    objective    value  coalition")
	for _, v := range region.VPPs {
		// Coalitions solves the program of each coalition once and stores the
		// plan.
		problem := vpp.Problem{VPP: v, Members: region.DERs, Setting: region.Setting}
		coalitions, err := vpp.NewCoalitions(problem, trigrid.DefaultSolver())
		if err != nil {
			return err
		}
		// Bit i of a coalition is set if DER i is a member: 0 is empty, 7 has
		// all three.
		for c := vpp.Coalition(0); c < 8; c++ {
			// A plan that is stored already needs no solver.
			plan, err := coalitions.Plan(ctx, c)
			if err != nil {
				return err
			}
			fmt.Fprintf(out, "   %s %11.1f %8.1f  %v\n",
				v.Name, plan.Value.Objective, plan.Value.Integrated, names(region, c))
		}
		// Equal objectives would be decided in favour of the smaller coalition.
		outcomes, err := coalitions.OutcomesOf(coalitions.Planned()...)
		if err != nil {
			return err
		}
		best := vpp.Best(outcomes, coalitions.Planned())
		fmt.Fprintf(out, "   %s prefers %v\n", v.Name, names(region, best))
	}
	fmt.Fprintln(out)
	return nil
}

// names returns the names of the members of a coalition.
//
// For example, names(region, 5) has the first and the third DER, since 5 is 101
// in binary.
func names(region trigrid.Region, c vpp.Coalition) []string {
	var list []string
	for _, i := range c.Members() {
		list = append(list, region.DERs[i].Name())
	}
	return list
}
