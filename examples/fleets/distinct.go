package main

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"text/tabwriter"
	"time"

	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/fleet"
	"github.com/trigrid/trigrid/internal/command"
	"github.com/trigrid/trigrid/milp/highs"
	"github.com/trigrid/trigrid/milp/ipm"
	"github.com/trigrid/trigrid/optional"
	"github.com/trigrid/trigrid/scenario"
	"github.com/trigrid/trigrid/vpp"
)

// runDistinct splits n DERs, of which no two are equal, and proves that no
// split is much better. The DERs have no common program: each answers the
// prices inside the VPPs by a formula or a recursion of its own kind, and a
// program per VPP combines these answers.
func runDistinct(ctx context.Context, n, vpps, scenarios int, out, stderr io.Writer) error {
	if n < 1 {
		return command.Misused("-distinct is at least 1")
	}
	p, err := population(n, vpps, scenarios)
	if err != nil {
		return err
	}
	begin := time.Now()
	// Classes of similar DERs give the first prices. Rounds of answers to
	// prices follow, and then whole DERs are placed.
	a, err := p.Solve(ctx, highs.Solver{}, fleet.DistinctOptions{
		Seed:     ipm.Solver{Tolerance: 1e-5, Threads: 2}, // programs of classes have many similar blocks
		Masters:  ipm.Solver{Tolerance: 1e-6},             // two at a time
		Regret:   0.1,                                     // of the mean payoff; a tenth of it takes several times as long
		Programs: 60,                                      // each takes a second for 1000 members
		Progress: func(stage string) { fmt.Fprintf(stderr, "%4.0f s  %s\n", time.Since(begin).Seconds(), stage) },
	})
	if err != nil {
		return err
	}
	fmt.Fprintf(stderr, "%4.0f s  done\n", time.Since(begin).Seconds())
	return showDistinct(out, p, a)
}

// showDistinct prints the DERs and payoffs per kind and VPP, and the
// certificate.
func showDistinct(out io.Writer, p *fleet.Distinct, a *fleet.Assignment) error {
	// The order is that of the table; the last kind of [kindOf] is any other.
	kinds := []string{"pv", "wind", "battery", "load"}
	count := make([][]int, len(kinds)) // per kind and place, the last one outside
	paid := make([][]float64, len(kinds))
	for k := range count {
		count[k] = make([]int, len(p.VPPs)+1)
	}
	// Ten thousand rows would show nothing, so that DERs are counted by kind.
	for i, d := range p.DERs {
		k := slices.Index(kinds, kindOf(d))
		place := a.Place[i]
		if place == fleet.Nowhere {
			place = len(p.VPPs)
		}
		count[k][place]++
		paid[k] = append(paid[k], a.Payoff[i])
	}
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprint(w, "kind\tDERs\tpayoff, lowest\tmedian\thighest\t")
	for _, v := range p.VPPs {
		fmt.Fprintf(w, "%s\t", v.Name)
	}
	fmt.Fprintln(w, "outside\t")
	mean := 0.0
	for k, name := range kinds {
		if len(paid[k]) == 0 {
			continue
		}
		slices.Sort(paid[k])
		for _, u := range paid[k] {
			mean += u / float64(len(p.DERs))
		}
		fmt.Fprintf(w, "%s\t%d\t%.3g\t%.3g\t%.3g\t", name, len(paid[k]), paid[k][0], paid[k][len(paid[k])/2], paid[k][len(paid[k])-1])
		for _, n := range count[k] {
			fmt.Fprintf(w, "%d\t", n)
		}
		fmt.Fprintln(w)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	// A DER is content if it gains at most 1 % of the mean payoff elsewhere, at
	// the prices of the bound.
	regret, largest, content := 0.0, 0.0, 0
	for _, r := range a.Regrets {
		regret += r
		largest = max(largest, r)
		if r <= 0.01*mean {
			content++
		}
	}
	_, err := fmt.Fprintf(out, "\n%d distinct DERs and %d VPPs: welfare %.4f, proven bound %.4f, gain %.4f.\n"+
		"No split of the DERs is worth more than %.3f %% of the gain more.\n"+
		"No DER gains more than %.3g by moving, and one gains at least %.3g. At the prices of the bound the largest gain is %.3g,\n"+
		"%d DERs gain at most 1 %% of the mean payoff of %.3g, and all together gain %.3f %% of the gain. Rounds of columns: %d.\n",
		len(p.DERs), len(p.VPPs), a.Welfare, a.Bound, a.Gain, 100*a.Gap/a.Gain,
		a.Regret, a.LeastRegret, largest, content, mean, 100*regret/a.Gain, a.Rounds)
	return err
}

// kindOf returns the kind of a DER of the example.
func kindOf(d der.DER) string {
	switch d.(type) {
	case *der.PV:
		return "pv"
	case *der.Wind:
		return "wind"
	case *der.Storage:
		return "battery"
	}
	return "load"
}

// population returns n DERs of which each has a size, a course over the day and
// costs of its own: 35 % roofs, 15 % small turbines, 20 % batteries and 30 %
// loads. The VPPs are those of [region], for a smaller town.
func population(n, vpps, scenarios int) (*fleet.Distinct, error) {
	random := rand.New(rand.NewPCG(3, uint64(n)))
	set, err := scenario.New(scenario.Grid{Step: time.Hour, Steps: hours}, scenario.Equal(scenarios))
	if err != nil {
		return nil, err
	}
	// Parameters are uniform in ranges of small installations. They are
	// invented, as all data of this example.
	between := func(low, high float64) float64 { return low + (high-low)*random.Float64() }
	// weather returns deviations of variance 1 that last for hours: 0.9² +
	// 0.44² = 1.004.
	weather := func() [][]float64 {
		out := make([][]float64, scenarios)
		for s := range out {
			deviation := random.NormFloat64()
			for range hours {
				deviation = 0.9*deviation + 0.44*random.NormFloat64()
				out[s] = append(out[s], deviation)
			}
		}
		return out
	}
	// add adds paths of a course. The weather of the region and a local part
	// move them.
	add := func(name string, common [][]float64, spread, local float64, course func(t float64) float64) {
		paths := make([][]float64, scenarios)
		for s := range paths {
			shift := 1 + local*random.NormFloat64()
			for t := range hours {
				factor := shift * (1 + spread*common[s][t] + local*random.NormFloat64())
				paths[s] = append(paths[s], max(0, course(float64(t)+0.5)*factor))
			}
		}
		if err == nil {
			err = set.Add(name, "MW", paths)
		}
	}
	// Roofs have one sky, turbines one wind and loads one habit: neighbours
	// deviate together.
	sky, wind, habit := weather(), weather(), weather()
	p := &fleet.Distinct{}
	for i := range n {
		switch kind := float64(i) / float64(n); {
		case kind < 0.35:
			name, peak, noon := fmt.Sprintf("pv%d", i), between(0.003, 0.008), between(10.5, 14.5)
			add(name, sky, 0.25, 0.05, func(t float64) float64 { return peak * max(0, wave(t, noon)) })
			p.DERs = append(p.DERs, &der.PV{ID: name, Available: name, Maintenance: between(12, 20)})
		case kind < 0.5:
			name, size, peak := fmt.Sprintf("wind%d", i), between(0.01, 0.03), between(0, 24)
			add(name, wind, 0.35, 0.05, func(t float64) float64 { return size * (0.33 + 0.12*wave(t, peak)) })
			p.DERs = append(p.DERs, &der.Wind{ID: name, Available: name, Maintenance: between(14, 22)})
		case kind < 0.7:
			power, efficiency := between(0.002, 0.006), between(0.9, 0.97)
			energy := power * between(1.2, 3) // of 1.2 to 3 hours
			p.DERs = append(p.DERs, &der.Storage{
				ID: fmt.Sprintf("battery%d", i), Charge: power, Discharge: power, Energy: energy, Initial: optional.Of(energy * between(0.3, 0.7)),
				ChargeEfficiency: efficiency, DischargeEfficiency: efficiency, SelfDischarge: between(0.0002, 0.001), Wear: between(10, 40),
			})
		default: // loads that leave out a part and take it later
			name, size, evening := fmt.Sprintf("load%d", i), between(0.001, 0.003), between(8, 20)
			add(name, habit, 0.05, 0.05, func(t float64) float64 { return size * (0.6 + 0.4*wave(t, evening)) })
			p.DERs = append(p.DERs, &der.DemandResponse{
				ID: name, Load: name, Served: true, MaxReductionShare: optional.Of(between(0.1, 0.3)),
				ReductionCost: between(60, 240), ReboundCost: between(2, 8),
			})
		}
	}
	for v := range vpps {
		name := fmt.Sprintf("vpp%d", v+1)
		// Peaks from morning to evening and other sizes make members worth more
		// in some VPPs.
		peak := 7 + 14*float64(v)/float64(max(1, vpps-1))
		size := 0.003 * float64(n) / float64(vpps) * between(0.7, 1.3) // MW
		add(name+"_demand", weather(), 0.08, 0.02, func(t float64) float64 { return size * (0.7 + 0.3*wave(t, peak)) })
		p.VPPs = append(p.VPPs, vpp.VPP{
			Name: name, Demand: name + "_demand", RiskAversion: 0.1 + 0.4*float64(v)/float64(vpps), PassThrough: 1,
		})
	}
	p.Setting = setting(set)
	return p, err
}
