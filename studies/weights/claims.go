package main

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"gonum.org/v1/gonum/stat"
	"gonum.org/v1/gonum/stat/distuv"

	"github.com/trigrid/trigrid/studies/internal/claim"
	"github.com/trigrid/trigrid/weights"
)

// change is the mean of a difference over days with its 95 % confidence
// interval, by Student's t.
//
//	mean ± t s / √n     t: 0.975 quantile with n − 1 degrees of freedom, s: standard deviation
//
// For example, differences of 1, 2 and 3 have the mean 2 and the interval
// [−0.5, 4.5].
type change struct {
	Mean, Low, High float64
	Days            int
}

// paired returns the change of a difference that each day has. Weather and
// prices of a day are in both numbers, so that their difference varies less
// than either. One day has an infinite interval.
func paired(days []day, difference func(day) float64) change {
	values := make([]float64, len(days))
	for i, d := range days {
		values[i] = difference(d)
	}
	out := change{Days: len(values), Low: math.Inf(-1), High: math.Inf(1)}
	// One difference has no spread, and its interval is the whole line.
	if len(values) < 2 {
		if len(values) == 1 {
			out.Mean = values[0]
		}
		return out
	}
	mean, deviation := stat.MeanStdDev(values, nil)
	// The interval of Student for the mean of paired differences, at 95 %.
	half := distuv.StudentsT{Sigma: 1, Nu: float64(len(values) - 1)}.Quantile(0.975) * deviation / math.Sqrt(float64(len(values)))
	out.Mean, out.Low, out.High = mean, mean-half, mean+half
	return out
}

// direction returns Rises or Falls if the interval excludes zero, and Stays
// otherwise.
func (c change) direction() claim.Direction {
	switch {
	case c.Low > 0:
		return claim.Rises
	case c.High < 0:
		return claim.Falls
	}
	return claim.Stays
}

// String returns the mean and the interval: "+2.0 [-0.5, +4.5]".
func (c change) String() string {
	return fmt.Sprintf("%+.1f [%+.1f, %+.1f]", c.Mean, c.Low, c.High)
}

// judge returns all claims with findings and verdicts. The letters A and
// numbers are those of studies/threelevel, which judges the same statements on
// one day; P is about the policies.
//
// Payoffs are planned, because a day has no Shapley value of its own. The other
// verdicts are those of the days that happened; the planned figure stands
// beside.
func judge(days []day) []claim.Claim {
	const economic, environment = 0, 2 // ends of the sweep
	// Differences are paired by day: the price of a day moves both sides.
	payoff := func(name string) change {
		return paired(days, func(d day) float64 { return d.Sweep[economic].Payoff[name] - d.Sweep[base].Payoff[name] })
	}
	// A claim about all DERs holds if the payoff of each one falls.
	all, text := true, []string{}
	for _, name := range slices.Sorted(maps.Keys(allocation())) {
		c := payoff(name)
		all = all && c.direction() == claim.Falls
		text = append(text, fmt.Sprintf("%s %v", name, c))
	}
	// The sum has its own interval: the errors of the two farms are not
	// independent.
	wind := paired(days, func(d day) float64 {
		return d.Sweep[economic].Payoff["W1"] + d.Sweep[economic].Payoff["W2"] - d.Sweep[base].Payoff["W1"] - d.Sweep[base].Payoff["W2"]
	})
	// of judges the movement of a quantity from the base to an end of the
	// sweep.
	of := func(id, says, unit string, end int, quantity func(numbers) float64, want claim.Direction) claim.Claim {
		happened := paired(days, func(d day) float64 { return quantity(d.Sweep[end].Happened) - quantity(d.Sweep[base].Happened) })
		planned := paired(days, func(d day) float64 { return quantity(d.Sweep[end].Planned) - quantity(d.Sweep[base].Planned) })
		return claim.New(id, says, fmt.Sprintf("%v %s a day, planned %v", happened, unit, planned), claim.Holds(happened.direction() == want))
	}
	// A4 shifts weight to the economic end, A7 to both ends. A claim with "and"
	// is judged part by part.
	out := []claim.Claim{
		claim.New("A4a", "as weight moves from environment to economy the returns of all DERs fall",
			"payoff in CNY a day: "+strings.Join(text, ", "), claim.Holds(all)),
		claim.New("A4b", "and the income of the wind farms falls", fmt.Sprintf("W1 and W2 together %v CNY a day", wind),
			claim.Holds(wind.direction() == claim.Falls)),
		of("A4c", "and the total benefit falls", "CNY", economic, numbers.total, claim.Falls),
		storage(days),
		of("A7a", "more weight on the environment raises environmental income", "CNY", environment,
			func(n numbers) float64 { return n.Environment }, claim.Rises),
		of("A7b", "and worsens stability", "MWh of deviation", environment, func(n numbers) float64 { return n.Deviation }, claim.Rises),
		of("A7c", "more weight on the economy lowers the use of renewable energy", "MWh of wind", economic,
			func(n numbers) float64 { return n.Used }, claim.Falls),
		of("A7d", "and raises the penalty for imbalance", "CNY", economic, func(n numbers) float64 { return n.Imbalance }, claim.Rises),
	}
	return append(append(out, balance(days)...), policies(days)...)
}

// storage judges the mean return of the storage unit over the sweep. A return
// that varies by less than 5 % of its mean is stable.
func storage(days []day) claim.Claim {
	const stable = 0.05
	var means []float64
	for i := range vectors() {
		means = append(means, mean(days, func(d day) float64 { return d.Sweep[i].Revenue["ES"] }))
	}
	// The spread of means over the vectors, not over the days, which differ by
	// their prices.
	spread := (slices.Max(means) - slices.Min(means)) / math.Abs(stat.Mean(means, nil))
	return claim.New("A5", "the return of the storage unit is stable across weights, since it earns the price spread",
		fmt.Sprintf("its mean revenue is %.0f CNY a day from the most economic vector to the least and varies by %.1f %%; stable would be %.0f %%",
			means, 100*spread, 100*stable), claim.Holds(spread < stable))
}

// analysis compares the sums over the days by dimension: the vectors, then the
// corners. The ideal of a dimension is the best of all these rows, and the
// reference is the base.
func analysis(days []day, of func(outcome) numbers) *weights.Analysis {
	var rows []weights.Outcome
	// Sums over the days, so that a day of high prices counts with its money.
	add := func(w weights.Vector, at func(day) outcome) {
		var sum weights.Values
		for _, d := range days {
			v := of(at(d)).values()
			// Values are sums over the days, CNY.
			sum.Economic += v.Economic
			sum.Risk += v.Risk
			sum.Environment += v.Environment
		}
		rows = append(rows, weights.Outcome{Weights: w, Value: sum})
	}
	for i, w := range vectors() {
		add(w, func(d day) outcome { return d.Sweep[i] })
	}
	for i, w := range weights.Corners() {
		add(w, func(d day) outcome { return d.Corners[i] })
	}
	a, err := weights.Analyse(rows, base)
	if err != nil {
		panic(err) // the rows have all corners and finite values
	}
	return a
}

// balance judges the balanced point. The best of each dimension belongs to a
// corner, so that the loss of a mixed vector is positive in general.
func balance(days []day) []claim.Claim {
	happened := func(o outcome) numbers { return o.Happened }
	// The verdicts are those of the sums. The counts of days show how much
	// single days agree.
	a := analysis(days, happened)
	row, n := a.Rows[base], float64(len(days))
	// The mean over days can hide that another vector is best on most of them.
	highest, compromise := 0, 0
	for i := range days {
		one := analysis(days[i:i+1], happened)
		if one.HighestTotal == base {
			highest++
		}
		if one.Compromise == base {
			compromise++
		}
	}
	return []claim.Claim{
		claim.New("A8a", "the weights 0.4, 0.2 and 0.4 lose least in every dimension",
			fmt.Sprintf("against the best of each dimension they lose %.0f in economy, %.0f in risk and %.0f CNY a day in environment",
				row.Regret.Economic/n, row.Regret.Risk/n, row.Regret.Environment/n), claim.Holds(a.MinimisesRegret(base))),
		claim.New("A8b", "they are the balanced point",
			fmt.Sprintf("the smallest largest loss, %.2f of the span of a dimension, is at %v; theirs is %.2f; they have it on %d of %d days",
				a.Rows[a.Compromise].WorstRegret(), a.Rows[a.Compromise].Weights, row.WorstRegret(), compromise, len(days)),
			claim.Holds(a.Compromise == base)),
		claim.New("A8c", "and they give the highest coordinated return",
			fmt.Sprintf("the highest total is at %v, %.0f CNY a day above theirs; theirs is highest on %d of %d days",
				a.Rows[a.HighestTotal].Weights, (a.Rows[a.HighestTotal].Value.Total()-row.Value.Total())/n, highest, len(days)),
			claim.Holds(a.HighestTotal == base)),
	}
}

// policies judges each rule on the days on which it acts, against the fixed
// base. The other days have a difference of zero, which would dilute the mean.
//
// For example, the rule of the clean share acts if the share is below its
// threshold.
func policies(days []day) []claim.Claim {
	of := func(id, says, unit string, policy int, quantity func(numbers) float64, want claim.Direction) claim.Claim {
		var acting []day
		for _, d := range days {
			if d.Policy[policy].Acts {
				acting = append(acting, d)
			}
		}
		// One day has no deviation, and so no interval.
		if len(acting) < 2 {
			return claim.New(id, says, fmt.Sprintf("the rule acts on %d of %d days", len(acting), len(days)), claim.NotCheckable)
		}
		// Only days on which the rule changes the weights can show its effect.
		happened := paired(acting, func(d day) float64 { return quantity(d.Policy[policy].Happened) - quantity(d.Sweep[base].Happened) })
		planned := paired(acting, func(d day) float64 { return quantity(d.Policy[policy].Planned) - quantity(d.Sweep[base].Planned) })
		return claim.New(id, says, fmt.Sprintf("the rule acts on %d of %d days: %v %s a day, planned %v", len(acting), len(days), happened, unit, planned),
			claim.Holds(happened.direction() == want))
	}
	return []claim.Claim{
		of("P1a", "if clean energy is scarce, more weight on the environment raises its use", "MWh of wind", 0,
			func(n numbers) float64 { return n.Used }, claim.Rises),
		of("P1b", "and the environmental income", "CNY", 0, func(n numbers) float64 { return n.Environment }, claim.Rises),
		of("P2", "if output is volatile, more weight on risk lowers the cost of imbalance", "CNY", 1,
			func(n numbers) float64 { return n.Imbalance }, claim.Falls),
		of("P3", "if supply is tight, more weight on the economy raises the surplus", "CNY", 2,
			func(n numbers) float64 { return n.Surplus }, claim.Rises),
		of("P4", "weights that follow all three signals give a higher total than fixed ones", "CNY", 3, numbers.total, claim.Rises),
	}
}

// mean returns the mean over days.
func mean(days []day, of func(day) float64) float64 {
	sum := 0.0
	for _, d := range days {
		sum += of(d)
	}
	return sum / float64(len(days))
}
