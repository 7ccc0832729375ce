package main

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/trigrid/trigrid"
	"github.com/trigrid/trigrid/examples/internal/claim"
)

// Differences below these are no movement.
const (
	currency = 1.0  // of payoffs of thousands
	energy   = 1e-3 // MWh
	share    = 1e-6
)

// judge puts every claim of the source beside what was found.
func (x *study) judge() []claim.Claim {
	out := []claim.Claim{
		claim.New("A1", "the chain commits more than 800 transactions a second on a simulated Ethereum", "neither nodes nor batch nor payload nor machine are given, and Ethereum does not run PBFT; go test -bench . ./pbft measures this library's", claim.NotCheckable),
		x.a2(),
		claim.New("A3", "both plants use all wind", fmt.Sprintf("%.2f of %.2f MWh at the source's allocation", x.Weights[base].Used, x.Weights[base].Available), claim.Holds(x.Weights[base].Available > 0 && x.Weights[base].Used >= x.Weights[base].Available*(1-share))),
		x.a4(), x.a5(), x.a6(),
	}
	out = append(out, x.a7()...)
	out = append(out, x.a8(), x.a9())
	out = append(out, x.a10()...)
	return append(append(out, x.a11()...),
		claim.New("A12", "wind and solar scenarios; the solar income falls", fmt.Sprintf("the case of two thermal units, two wind farms and one storage unit has %d units that use the sun", x.Solar), claim.Holds(x.Solar > 0)))
}

// along returns a quantity over the sweep of weights, the most economic first.
func (x *study) along(of func(outcome) float64) []float64 {
	var out []float64
	for _, o := range x.Weights {
		out = append(out, of(o))
	}
	return out
}

func (x *study) a2() claim.Claim {
	const says = "with the weights 0.4, 0.2 and 0.4 the units choose VPP1 = {W1, T2, ES} and VPP2 = {W2, T1}"
	g := x.Result.Game
	best := slices.ContainsFunc(g.Best, func(p trigrid.Profile) bool { return maps.Equal(p, allocation()) })
	for _, e := range g.Nash {
		if maps.Equal(e.Profile, allocation()) && e.Kind == "strict" {
			found := fmt.Sprintf("a strict Nash profile, one of %d, with a margin of %.0f; of the highest welfare of all: %t", len(g.Nash), e.Margin, best)
			if g.Settled && maps.Equal(g.Profile, allocation()) {
				return claim.New("A2", says, found+"; reached from the uniform start", claim.Reproduced)
			}
			return claim.New("A2", says, found+"; the uniform start ends elsewhere, with a welfare lower by "+fmt.Sprintf("%.0f", e.Welfare-g.Welfare), claim.DirectionOnly)
		}
	}
	return claim.New("A2", says, "it is no strict Nash profile", claim.Contradicted)
}

// towards returns the part of the sweep from the source's weights to the most economic, in that order.
func towards(values []float64) []float64 {
	out := slices.Clone(values[:base+1])
	slices.Reverse(out)
	return out
}

func (x *study) a4() claim.Claim {
	all, text := true, []string{}
	for _, unit := range slices.Sorted(maps.Keys(allocation())) {
		u := towards(x.along(func(o outcome) float64 { return o.Payoff[unit] }))
		all = all && claim.Trend(u, currency) == -1
		text = append(text, fmt.Sprintf("%s %s from %.0f to %.0f", unit, claim.Word(claim.Trend(u, currency)), u[0], u[len(u)-1]))
	}
	return claim.New("A4", "as weight moves from environment to economy the returns of all units fall", "payoff of "+strings.Join(text, ", "), claim.Holds(all))
}

// spread returns (max − min) / |mean|.
func spread(values []float64) float64 {
	mean := 0.0
	for _, v := range values {
		mean += v / float64(len(values))
	}
	return (slices.Max(values) - slices.Min(values)) / math.Abs(mean)
}

func (x *study) a5() claim.Claim {
	const stable = 0.05
	revenue := spread(x.along(func(o outcome) float64 { return o.Revenue["ES"] }))
	payoff := spread(x.along(func(o outcome) float64 { return o.Payoff["ES"] }))
	return claim.New("A5", "the return of the storage unit is stable across weights, since it earns the price spread",
		fmt.Sprintf("over the sweep its own revenue varies by %.1f %% of its mean and its payoff by %.1f %%; stable would be %.0f %%", 100*revenue, 100*payoff, 100*stable), claim.Holds(revenue < stable))
}

func (x *study) a6() claim.Claim {
	var u []float64
	text := []string{}
	for i, o := range x.Gaps {
		u = append(u, o.Payoff["ES"])
		text = append(text, fmt.Sprintf("%.0f at %g times the gap", u[i], gaps()[i]))
	}
	return claim.New("A6", "a larger gap between peak and valley attracts storage", "payoff of ES at the source's allocation "+strings.Join(text, ", "), claim.Holds(claim.Trend(u, currency) == 1))
}

func (x *study) a7() []claim.Claim {
	of := func(id, says, what string, values []float64, want int, tolerance float64) claim.Claim {
		found := claim.Trend(values, tolerance)
		return claim.New(id, says, fmt.Sprintf("%s %s: %.2f", what, claim.Word(found), values), claim.Holds(found == want))
	}
	reversed := func(of func(outcome) float64) []float64 {
		out := x.along(of)
		slices.Reverse(out)
		return out
	}
	return []claim.Claim{
		of("A7a", "more weight on the environment raises environmental income", "environmental income", x.along(func(o outcome) float64 { return o.Environment }), 1, currency),
		of("A7b", "and worsens stability", "expected absolute deviation, MWh,", x.along(func(o outcome) float64 { return o.Deviation }), 1, energy),
		of("A7c", "more weight on the economy lowers the use of renewable energy", "use, %,", reversed(func(o outcome) float64 { return 100 * o.Used / o.Available }), -1, 100*share),
		of("A7d", "and raises the penalty for imbalance", "expected cost of imbalance", reversed(func(o outcome) float64 { return o.Imbalance }), 1, currency),
	}
}

// a8 measures loss against the best that the sweep has in each dimension: against the source's own weights,
// the other reading, it is zero by construction.
func (x *study) a8() claim.Claim {
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
	w := sweep()[best]
	return claim.New("A8", "the weights 0.4, 0.2 and 0.4 lose least in every dimension and give the highest coordinated return",
		fmt.Sprintf("against the best of the sweep they lose %.0f in economy, %.0f in risk and %.0f in environment; the highest total is at %g, %g and %g", loss[0], loss[1], loss[2], w.Economic, w.Risk, w.Environment),
		claim.Holds(max(loss[0], loss[1], loss[2]) <= currency && best == base))
}

func (x *study) a9() claim.Claim {
	alike := 0
	for _, ok := range x.Starts {
		if ok {
			alike++
		}
	}
	return claim.New("A9", "with three units the choice ends alike whatever one unit's probability is fixed at",
		fmt.Sprintf("W1, T2 and ES; one starts at 0.1 to 0.9: all starts end alike for %d of %d units; held there, it cannot end at the same profile", alike, len(x.Starts)), claim.Holds(alike == len(x.Starts)))
}

func (x *study) a10() []claim.Claim {
	g := x.Result.Game
	ends := 0
	for _, b := range g.Basins {
		if b.Profile != nil {
			ends++
		}
	}
	return []claim.Claim{
		claim.New("A10a", "all random starts end at one equilibrium", fmt.Sprintf("they end at %d profiles and in %d other ways, the most frequent with a share of %.2f", ends, len(g.Basins)-ends, g.Basins[0].Share), claim.Holds(ends == 1 && len(g.Basins) == 1)),
		claim.New("A10b", "and the equilibrium has the highest welfare", fmt.Sprintf("the best profile has %.0f more than where the uniform start ends", g.WelfareGap), claim.Holds(g.WelfareGap <= currency)),
	}
}

func (x *study) a11() []claim.Claim {
	all := true
	for _, p := range x.Result.VPPs {
		all = all && len(p.Scheme) == len(x.Result.DERs)
	}
	dearest, unit := math.Inf(-1), ""
	for i, without := range x.Scarce[1:] {
		if gain := without - x.Scarce[0]; gain > dearest {
			dearest, unit = gain, x.Result.DERs[i].Name
		}
	}
	return []claim.Claim{
		claim.New("A11a", "with more supply than demand a plant aggregates all units", fmt.Sprintf("both plants of the case prefer all units to any fewer: %t", all), claim.Holds(all)),
		claim.New("A11b", "with more demand than supply it gains by leaving out a unit", fmt.Sprintf("with %d times the demand VPP1 would have %.0f more without %s, the unit it misses least", scarcity, dearest, unit), claim.Holds(dearest > currency)),
	}
}
