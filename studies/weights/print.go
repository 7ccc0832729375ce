package main

import (
	"fmt"
	"io"
	"slices"
	"text/tabwriter"

	"github.com/trigrid/trigrid/studies/internal/claim"
	"github.com/trigrid/trigrid/weights"
)

// line is a row of the table: a vector, a corner or a policy. For example,
// "0.4/0.2/0.4" is the base, "only risk" a corner, and "directional
// 0.31/0.34/0.35" a policy with its mean weights.
type line struct {
	name string
	at   func(day) outcome
}

// show writes signals, outcomes and claims: a table of the signals over the
// days, one of means per day as planned and one as happened, and each claim
// with its finding and verdict.
func show(w io.Writer, days []day) error {
	fmt.Fprintf(w, "%d days, %s to %s. Wind and loads are a weather-driven model of 2020, day-ahead and actual;\n"+
		"prices are SIMULATED, not market data. Errors are learned from earlier days only. Means per day, money in CNY.\n"+
		"Surplus is that of the VPPs and their members; -risk is minus the sum of beta CVaR of the imbalance cost as planned,\n"+
		"and of beta times the cost as happened. The day that happened keeps schedule and commitment of the plan.\n\n",
		len(days), days[0].Date, days[len(days)-1].Date)
	// The signals show how much room a policy has: a constant signal moves no
	// weight.
	out := tabwriter.NewWriter(w, 0, 8, 2, ' ', 0)
	fmt.Fprintln(out, "signal\tmean\tleast\tmost")
	for _, s := range weights.AllSignals() {
		var values []float64
		for _, d := range days {
			values = append(values, d.Signals.At(s))
		}
		fmt.Fprintf(out, "%s\t%.3f\t%.3f\t%.3f\n", s.Words(), mean(days, func(d day) float64 { return d.Signals.At(s) }), slices.Min(values), slices.Max(values))
	}
	if err := out.Flush(); err != nil {
		return err
	}
	// The lines are the same in both tables of outcomes: first the sweep, then
	// the corners, such as "only risk", then the policies with the means of
	// their weights.
	var lines []line
	for i, v := range vectors() {
		lines = append(lines, line{fmt.Sprintf("%.1f/%.1f/%.1f", v.Economic, v.Risk, v.Environment), func(d day) outcome { return d.Sweep[i] }})
	}
	for i, d := range weights.Dimensions() {
		lines = append(lines, line{"only " + d.String(), func(d day) outcome { return d.Corners[i] }})
	}
	for i, name := range weights.TableNames() {
		v := weights.Vector{
			Economic:    mean(days, func(d day) float64 { return d.Policy[i].Weights.Economic }),
			Risk:        mean(days, func(d day) float64 { return d.Policy[i].Weights.Risk }),
			Environment: mean(days, func(d day) float64 { return d.Policy[i].Weights.Environment }),
		}
		lines = append(lines, line{fmt.Sprintf("%s %.2f/%.2f/%.2f", name, v.Economic, v.Risk, v.Environment), func(d day) outcome { return d.Policy[i].outcome }})
	}
	// A plan expects over its scenarios; the day that happened has one outcome,
	// which can be worse than each of them.
	for _, x := range []struct {
		name string
		of   func(outcome) numbers
	}{{"planned", func(o outcome) numbers { return o.Planned }}, {"happened", func(o outcome) numbers { return o.Happened }}} {
		fmt.Fprintln(w)
		fmt.Fprintf(out, "%s\tsurplus\t-risk\tenvironment\ttotal\timbalance\tdeviation MWh\twind used\n", x.name)
		for _, l := range lines {
			of := func(q func(numbers) float64) float64 {
				return mean(days, func(d day) float64 { return q(x.of(l.at(d))) })
			}
			// A share of sums: the mean of daily shares would count days of
			// little wind as much.
			used := of(func(n numbers) float64 { return n.Used }) / of(func(n numbers) float64 { return n.Available })
			fmt.Fprintf(out, "%s\t%.0f\t%.0f\t%.0f\t%.0f\t%.0f\t%.2f\t%.2f %%\n", l.name, of(func(n numbers) float64 { return n.Surplus }),
				-of(func(n numbers) float64 { return n.CVaR }), of(func(n numbers) float64 { return n.Environment }), of(numbers.total),
				of(func(n numbers) float64 { return n.Imbalance }), of(func(n numbers) float64 { return n.Deviation }), 100*used)
		}
		if err := out.Flush(); err != nil {
			return err
		}
	}
	fmt.Fprintln(w)
	return claim.Print(w, judge(days))
}
