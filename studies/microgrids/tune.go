package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strings"
	"sync"

	"github.com/trigrid/trigrid/internal/parallel"
	"github.com/trigrid/trigrid/studies/microgrids/microgrid"
)

// dimension is one choice of the stochastic controller with its candidates.
//
// For example, the PV envelope has the candidates recent and scaled, and
// set(&o, 1) sets o.Envelope to microgrid.Scaled.
type dimension struct {
	name       string
	candidates []string                                  // as printed, the plainest one first
	set        func(o *microgrid.Options, candidate int) // sets one field, candidate counts from 0
}

// tunePasses is the largest number of passes over the dimensions.
const tunePasses = 2

// seasons and horizons are the candidates of two dimensions. An infinite season
// counts all learned days alike.
var (
	seasons  = []float64{math.Inf(1), 1, 0.5, 0.25}
	horizons = []int{24, 36, 48}
)

// dimensions returns the choices in the order in which they are made. The first
// candidate of each is the plainest one, from which the search starts.
func dimensions() []dimension {
	return []dimension{
		// Candidates of ties stand in the order of the constants, which start
		// at 1.
		{"ties", []string{"late", "early", "middle"}, func(o *microgrid.Options, i int) { o.Ties = microgrid.Ties(i + 1) }},
		{"PV envelope", []string{"recent", "scaled"}, func(o *microgrid.Options, i int) {
			o.Envelope = []microgrid.Envelope{microgrid.Recent, microgrid.Scaled}[i]
		}},
		{"load errors", []string{"point", "sampled"}, func(o *microgrid.Options, i int) {
			o.Errors = []microgrid.Errors{microgrid.Point, microgrid.Sampled}[i]
		}},
		{"season", []string{"all alike", "1", "0.5", "0.25"}, func(o *microgrid.Options, i int) { o.Season = seasons[i] }},
		{"horizon", []string{"24", "36", "48"}, func(o *microgrid.Options, i int) { o.Horizon = horizons[i] }},
	}
}

// tuned chooses the options of the stochastic controller by
// [microgrid.Backtest], which reads hours 0 to 5853 only, and returns the costs
// of all candidates.
//
// One dimension changes at a time, in the order of dimensions, and takes the
// candidate with the least cost over the microgrids. The search ends with a
// pass that changes nothing, or after tunePasses. Values are coarser than those
// of the study, because differences between candidates need less accuracy than
// costs.
//
// Columns of the table:
//
//	cost          total over microgrids and trials, currency
//	to the least  cost − that of the cheapest candidate of the same choice
//	cheapest on   microgrids on which the candidate is the cheapest one, ties included
//	chosen        * for the candidate with the least cost, which later choices keep
//
// With all microgrids, the error lists defaults of the package that differ from
// the choice.
func (x *study) tuned(ctx context.Context) (string, error) {
	all := dimensions()
	chosen := make([]int, len(all))
	// Options that were tried before, such as the chosen ones, are not run
	// again.
	known := map[string][]float64{} // costs by microgrid
	costs := func(choice []int) ([]float64, error) {
		key := fmt.Sprint(choice)
		if _, ok := known[key]; !ok {
			// -levels applies here, too; -horizon does not, because it is one
			// of the choices.
			o := microgrid.Options{Levels: x.options.Levels, Classes: 4, Seed: x.first}
			if o.Levels == 0 {
				o.Levels = 21
			}
			for d, i := range choice {
				all[d].set(&o, i)
			}
			got, err := x.backtests(ctx, o, len(known)+1)
			if err != nil {
				return nil, err
			}
			known[key] = got
		}
		return known[key], nil
	}
	var out strings.Builder
	fmt.Fprintln(&out, "Choices of the stochastic controller, by the cost of windows within hours 0 to 5853")
	t := newTable(&out)
	fmt.Fprintln(t, "pass\tchoice\tcandidate\tcost\tto the least\tcheapest on\tchosen\t")
	for pass := range tunePasses {
		changed := false
		for d, dim := range all {
			var table [][]float64
			for i := range dim.candidates {
				// The other dimensions keep their present candidate.
				trial := append([]int{}, chosen...)
				trial[d] = i
				row, err := costs(trial)
				if err != nil {
					return "", err
				}
				table = append(table, row)
			}
			totals, wins, least := compare(table)
			changed = changed || least != chosen[d]
			chosen[d] = least
			for i, name := range dim.candidates {
				mark := ""
				if i == least {
					mark = "*"
				}
				fmt.Fprintf(t, "%d\t%s\t%s\t%.2f\t%+.2f\t%d of %d\t%s\t\n", pass+1, dim.name, name, totals[i],
					totals[i]-totals[least], wins[i], len(x.grids), mark)
			}
		}
		if !changed {
			break
		}
	}
	t.Flush()
	return out.String(), x.deviations(all, chosen)
}

// backtests returns the costs of options on all microgrids. n is the number of
// the trial.
func (x *study) backtests(ctx context.Context, o microgrid.Options, n int) ([]float64, error) {
	out := make([]float64, len(x.grids))
	var jobs []func() error
	var lock sync.Mutex
	done := 0
	for i, g := range x.grids {
		jobs = append(jobs, func() (err error) {
			out[i], err = microgrid.Backtest(ctx, g, o)
			lock.Lock()
			defer lock.Unlock()
			done++
			x.progress(fmt.Sprintf("options %d, microgrid %d of %d", n, done, len(x.grids)))
			return err
		})
	}
	err := parallel.Run(x.workers, jobs)
	return out, err
}

// compare returns the total of each candidate's costs, the number of microgrids
// on which it is cheapest (ties count for all), and the candidate with the
// least total, the first of equal ones.
func compare(costs [][]float64) (totals []float64, wins []int, least int) {
	totals, wins = make([]float64, len(costs)), make([]int, len(costs))
	for g := range costs[0] {
		cheapest := math.Inf(1)
		for i := range costs {
			totals[i] += costs[i][g]
			cheapest = min(cheapest, costs[i][g])
		}
		for i := range costs {
			if costs[i][g] <= cheapest+0.005 { // half a cent is rounding
				wins[i]++
			}
		}
	}
	for i := range totals {
		if totals[i] < totals[least] {
			least = i
		}
	}
	return totals, wins, least
}

// deviations returns an error for each dimension whose default differs from the
// choice.
func (x *study) deviations(all []dimension, chosen []int) error {
	if !x.complete() {
		return nil
	}
	var bad []error
	for d, dim := range all {
		o := microgrid.Defaults()
		dim.set(&o, chosen[d])
		if o != microgrid.Defaults() {
			bad = append(bad, fmt.Errorf("the back-tests choose %s %s, which is not the default: change "+
				"microgrid.Defaults", dim.name, dim.candidates[chosen[d]]))
		}
	}
	return errors.Join(bad...)
}
