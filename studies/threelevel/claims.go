package main

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/trigrid/trigrid"
	"github.com/trigrid/trigrid/studies/internal/claim"
)

// A difference below its tolerance counts as no movement. Each is above the
// error of the solver's gap and far below the quantity, for example 1 against
// payoffs of thousands.
const (
	currency = 1.0
	energy   = 1e-3 // MWh
	share    = 1e-6
)

// judge returns all claims with findings and verdicts, in the order of their
// numbers.
func (x *study) judge() []claim.Claim {
	out := []claim.Claim{a1(), x.a2(), x.a3(), x.a4(), x.a5(), x.a6()}
	out = append(out, x.a7()...)
	out = append(out, x.a8(), x.a9())
	out = append(out, x.a10()...)
	out = append(out, x.a11()...)
	out = append(out, x.a11byReading()...)
	return append(out, x.a12())
}

// a1 is not checkable: a rate of transactions means nothing without its
// conditions.
func a1() claim.Claim {
	return claim.New(
		"A1", "the chain commits more than 800 transactions a second on a simulated Ethereum",
		"neither nodes nor batch nor payload nor machine are given, and Ethereum does not run PBFT; "+
			"go test -bench . ./pbft measures this library's", claim.NotCheckable)
}

// a2 is reproduced if the allocation is a strict Nash profile and the dynamic
// reaches it from the uniform start, and has the right direction if the
// allocation is strict but the start ends elsewhere.
func (x *study) a2() claim.Claim {
	const says = "with the weights 0.4, 0.2 and 0.4 the DERs choose VPP1 = {W1, T2, ES} and VPP2 = {W2, T1}"
	g := x.Result.Game
	best := slices.ContainsFunc(g.Best, func(p trigrid.Profile) bool { return maps.Equal(p, allocation()) })
	for _, e := range g.Nash {
		if !maps.Equal(e.Profile, allocation()) || e.Kind != "strict" {
			continue
		}
		found := fmt.Sprintf(
			"a strict Nash profile, one of %d, with a margin of %.0f; of the highest welfare of all: %t",
			len(g.Nash), e.Margin, best)
		if g.Settled && maps.Equal(g.Profile, allocation()) {
			return claim.New("A2", says, found+"; reached from the uniform start", claim.Reproduced)
		}
		// The source states no start, so that the profile counts, and the way
		// to it does not.
		found += fmt.Sprintf("; the uniform start ends elsewhere, with a welfare lower by %.0f",
			e.Welfare-g.Welfare)
		return claim.New("A2", says, found, claim.DirectionOnly)
	}
	return claim.New("A2", says, "it is no strict Nash profile", claim.Contradicted)
}

// a3 requires all available wind at the paper's allocation, up to a fraction of
// 1e-6. A case without wind would satisfy the comparison, so it is excluded.
func (x *study) a3() claim.Claim {
	o := x.Weights[base]
	return claim.New(
		"A3", "both VPPs use all wind",
		fmt.Sprintf("%.2f of %.2f MWh at the source's allocation", o.Used, o.Available),
		claim.Holds(o.Available > 0 && o.Used >= o.Available*(1-share)))
}

// along returns a quantity over the sweep of weights, the most economic vector
// first.
func (x *study) along(of func(outcome) float64) []float64 {
	var out []float64
	for _, o := range x.Weights {
		out = append(out, of(o))
	}
	return out
}

// towards returns the part of a sweep from the paper's weights to the most
// economic, in that order.
func towards(values []float64) []float64 {
	out := slices.Clone(values[:base+1])
	slices.Reverse(out)
	return out
}

// a4 follows the sweep from the paper's weights to the most economic ones and
// requires a fall of every DER's payoff. One DER that gains contradicts the
// claim.
func (x *study) a4() claim.Claim {
	all, text := true, []string{}
	for _, unit := range slices.Sorted(maps.Keys(allocation())) {
		u := towards(x.along(func(o outcome) float64 { return o.Payoff[unit] }))
		trend := claim.Trend(u, currency)
		all = all && trend == claim.Falls
		text = append(text, fmt.Sprintf("%s %v from %.0f to %.0f", unit, trend, u[0], u[len(u)-1]))
	}
	return claim.New(
		"A4", "as weight moves from environment to economy the returns of all DERs fall",
		"payoff of "+strings.Join(text, ", "), claim.Holds(all))
}

// spread returns (max − min) / |mean|.
//
// For example, 90, 100 and 110 have a spread of 0.2.
func spread(values []float64) float64 {
	mean := 0.0
	for _, v := range values {
		mean += v / float64(len(values))
	}
	return (slices.Max(values) - slices.Min(values)) / math.Abs(mean)
}

// a5 judges the storage unit's own revenue. Its payoff includes a share of the
// VPP's gain, which changes with the weights by construction.
func (x *study) a5() claim.Claim {
	const stable = 0.05
	revenue := spread(x.along(func(o outcome) float64 { return o.Revenue["ES"] }))
	payoff := spread(x.along(func(o outcome) float64 { return o.Payoff["ES"] }))
	return claim.New(
		"A5", "the return of the storage unit is stable across weights, since it earns the price spread",
		fmt.Sprintf("over the sweep its own revenue varies by %.1f %% of its mean and its payoff by %.1f %%; "+
			"stable would be %.0f %%", 100*revenue, 100*payoff, 100*stable),
		claim.Holds(revenue < stable))
}

// a6 measures attraction by the payoff of the storage unit at an unchanged
// allocation. For example, with a factor of 1.25 the gap between peak and
// valley is a quarter larger than in the case.
func (x *study) a6() claim.Claim {
	var u []float64
	text := []string{}
	for i, o := range x.Gaps {
		u = append(u, o.Payoff["ES"])
		text = append(text, fmt.Sprintf("%.0f at %g times the gap", u[i], gaps()[i]))
	}
	return claim.New(
		"A6", "a larger gap between peak and valley attracts storage",
		"payoff of ES at the source's allocation "+strings.Join(text, ", "),
		claim.Holds(claim.Trend(u, currency) == claim.Rises))
}

// a7 judges four directions along the sweep of weights.
func (x *study) a7() []claim.Claim {
	// The claims are about more weight on one goal, so the sweep is read in the
	// direction of that goal: forwards for the environment, reversed for the
	// economy.
	of := func(id, says, quantity string, values []float64, want claim.Direction, tolerance float64) claim.Claim {
		found := claim.Trend(values, tolerance)
		return claim.New(id, says, fmt.Sprintf("%s %v: %.2f", quantity, found, values), claim.Holds(found == want))
	}
	reversed := func(of func(outcome) float64) []float64 {
		out := x.along(of)
		slices.Reverse(out)
		return out
	}
	// The sweep moves weight from economy to environment; claims on more weight
	// for the economy read it backwards.
	environment := x.along(func(o outcome) float64 { return o.Environment })
	deviation := x.along(func(o outcome) float64 { return o.Deviation })
	use := reversed(func(o outcome) float64 { return 100 * o.Used / o.Available })
	imbalance := reversed(func(o outcome) float64 { return o.Imbalance })
	return []claim.Claim{
		of("A7a", "more weight on the environment raises environmental income",
			"environmental income", environment, claim.Rises, currency),
		of("A7b", "and worsens stability",
			"expected absolute deviation, MWh,", deviation, claim.Rises, energy),
		of("A7c", "more weight on the economy lowers the use of renewable energy",
			"use, %,", use, claim.Falls, 100*share),
		of("A7d", "and raises the penalty for imbalance",
			"expected cost of imbalance", imbalance, claim.Rises, currency),
	}
}

// a8 measures the loss in each dimension against the best value in the sweep.
// The paper leaves the reference open. A loss against the paper's own weights
// would be zero by construction.
func (x *study) a8() claim.Claim {
	// Each of the three goals counts as positive if it is better.
	total := func(o outcome) float64 { return o.Economic - o.CVaR + o.Environment }
	var loss [3]float64
	best := base
	for i, o := range x.Weights {
		at := x.Weights[base]
		loss[0] = max(loss[0], o.Economic-at.Economic)
		loss[1] = max(loss[1], at.CVaR-o.CVaR)
		loss[2] = max(loss[2], o.Environment-at.Environment)
		if total(o) > total(x.Weights[best]) {
			best = i
		}
	}
	// The coordinated return is the sum of the three dimensions at equal
	// weights.
	w := sweep()[best]
	return claim.New(
		"A8", "the weights 0.4, 0.2 and 0.4 lose least in every dimension and give the highest coordinated return",
		fmt.Sprintf("against the best of the sweep they lose %.0f in economy, %.0f in risk and %.0f in "+
			"environment; the highest total is at %g, %g and %g",
			loss[0], loss[1], loss[2], w.Economic, w.Risk, w.Environment),
		claim.Holds(max(loss[0], loss[1], loss[2]) <= currency && best == base))
}

// a9 reads "fixed probability" as a fixed start. A probability that is held
// throughout cannot end at the same profile.
func (x *study) a9() claim.Claim {
	alike := 0
	for _, ok := range x.Starts {
		if ok {
			alike++
		}
	}
	return claim.New(
		"A9", "with three DERs the choice ends alike whatever one DER's probability is fixed at",
		fmt.Sprintf("W1, T2 and ES; one starts at 0.1 to 0.9: all starts end alike for %d of %d DERs; "+
			"held there, it cannot end at the same profile", alike, len(x.Starts)),
		claim.Holds(alike == len(x.Starts)))
}

// a10 judges the ends of the random starts and the welfare at the end of the
// uniform start.
func (x *study) a10() []claim.Claim {
	g := x.Result.Game
	ends := 0
	for _, b := range g.Basins {
		if b.Profile != nil {
			ends++
		}
	}
	return []claim.Claim{
		claim.New(
			"A10a", "all random starts end at one equilibrium",
			fmt.Sprintf("they end at %d profiles and in %d other ways, the most frequent with a share of %.2f",
				ends, len(g.Basins)-ends, g.Basins[0].Share),
			claim.Holds(ends == 1 && len(g.Basins) == 1)),
		claim.New(
			"A10b", "and the equilibrium has the highest welfare",
			fmt.Sprintf("the best profile has %.0f more than where the uniform start ends", g.WelfareGap),
			claim.Holds(g.WelfareGap <= currency)),
	}
}

// a11 judges the case itself for ample supply, and the day of scarcity for the
// rest.
func (x *study) a11() []claim.Claim {
	all := true
	for _, p := range x.Result.VPPs {
		all = all && len(p.Scheme) == len(x.Result.DERs)
	}
	// The DER whose absence costs least is the best candidate for being left
	// out.
	dearest, unit := math.Inf(-1), ""
	for i, without := range x.Scarce[1:] {
		// The gain is the objective without the DER less the objective with
		// all.
		if gain := without - x.Scarce[0]; gain > dearest {
			dearest, unit = gain, x.Result.DERs[i].Name
		}
	}
	return []claim.Claim{
		claim.New(
			"A11a", "with more supply than demand a VPP aggregates all DERs",
			fmt.Sprintf("both VPPs of the case prefer all DERs to any fewer: %t", all), claim.Holds(all)),
		claim.New(
			"A11b", "with more demand than supply it gains by leaving out a DER",
			fmt.Sprintf("with %d times the demand VPP1 would have %.0f more without %s, the DER it misses least",
				scarcity, dearest, unit),
			claim.Holds(dearest > currency)),
	}
}

// a12 needs a PV unit: without one no solar income can fall.
func (x *study) a12() claim.Claim {
	return claim.New(
		"A12", "wind and solar scenarios; the solar income falls",
		fmt.Sprintf("the case of two thermal units, two wind farms and one storage unit has %d DERs that use the sun",
			x.Solar),
		claim.Holds(x.Solar > 0))
}
