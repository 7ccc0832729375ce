package main

import (
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/internal/cmd/differential/draw"
	"github.com/trigrid/trigrid/internal/cmd/differential/second"
)

// format is a format of instances.
//
// For example, the format "pglib" draws an instance of pglib-uc from a seed and
// compares it under the formulation of that seed.
type format struct {
	name     string                     // of -format and of the report
	draw     func(seed uint64) []byte   // the instance as JSON; equal seeds give equal texts
	instance func(seed uint64) instance // its comparison; the seed can give the formulation
	steps    []string                   // path of the number or the labels of the steps
}

// formats returns all formats. Unit commitment takes the formulations of the
// library in turn.
//
// Of every twelve seeds, the first three have the formulation Tight, the next
// three Plain, then PGLib and EgretTight.
func formats() []format {
	formulation := func(seed uint64) der.Formulation {
		return []der.Formulation{der.Tight, der.Plain, der.PGLib, der.EgretTight}[seed/3%4]
	}
	return []format{
		{"case", draw.Case, func(uint64) instance { return cases }, []string{"grid", "steps"}},
		{"uneven case", draw.Uneven, func(uint64) instance { return cases }, []string{"grid", "steps"}},
		{"pglib", draw.PGLib, func(seed uint64) instance { return systems(second.PGLib, formulation(seed)) }, []string{"time_periods"}},
		{"egret", draw.Egret, func(seed uint64) instance { return systems(second.Egret, formulation(seed)) }, []string{"system", "time_keys"}},
	}
}

// formatOf returns a format by name; the first one for an unknown name.
func formatOf(name string) format {
	all := formats()
	return all[max(0, slices.IndexFunc(all, func(f format) bool { return f.name == name }))]
}

// campaign is a run over consecutive seeds.
type campaign struct {
	seed    uint64                                   // of the first instance
	n       int                                      // number of instances
	format  string                                   // empty: all formats, in turn
	workers int                                      // instances at a time
	solvers []second.Solver                          // at least one
	failed  func(format, uint64, []byte, comparison) // for a disagreement, one at a time
}

// report is the result of a campaign.
type report struct {
	verdicts   map[verdict]int // all instances
	formats    map[string]int  // compared ones, as in solvers
	solvers    map[second.Solver]int
	options    map[string]int // instances compared with success, by option
	refusals   []string       // errors of the readers of the library
	notes      []string       // of solvers that contradict each other
	worst      float64        // largest relative difference
	ours, twin time.Duration  // sums of the times of library and second solvers
	wall       time.Duration  // of the campaign
}

// run compares all instances.
//
// If ctx is done, the report has the comparisons up to then.
func (c campaign) run(ctx context.Context) *report {
	r := &report{verdicts: map[verdict]int{}, formats: map[string]int{}, solvers: map[second.Solver]int{}, options: map[string]int{}}
	start := time.Now()
	var (
		lock  sync.Mutex
		all   sync.WaitGroup
		tasks = make(chan uint64)
	)
	for range max(1, c.workers) {
		all.Go(func() {
			for seed := range tasks {
				// Of eight seeds in a row, five are case files and three are
				// one of each other format.
				f := formatOf(c.format)
				if k := seed % 8; c.format == "" && k >= 5 {
					f = formats()[k-4]
				}
				text := f.draw(seed)
				// The solvers change places, so that each is the first one for
				// half of the instances.
				order := slices.Clone(c.solvers)
				if seed/8%2 == 1 {
					slices.Reverse(order)
				}
				found := f.instance(seed).compareAll(ctx, text, order)
				if ctx.Err() != nil {
					continue // a comparison that was cut off has no verdict
				}
				lock.Lock()
				r.add(f, text, found)
				// The lock covers the saving as well, so that messages of two
				// failures do not mix.
				if found.verdict == disagree && c.failed != nil {
					c.failed(f, seed, text, found)
				}
				lock.Unlock()
			}
		})
	}
	for i := range c.n {
		if ctx.Err() != nil {
			break
		}
		tasks <- c.seed + uint64(i)
	}
	close(tasks)
	all.Wait()
	r.wall = time.Since(start)
	return r
}

// add counts one comparison.
//
// A refusal is counted as a verdict only, because it compares nothing.
func (r *report) add(f format, text []byte, c comparison) {
	r.verdicts[c.verdict]++
	r.ours += c.ourTime
	r.twin += c.twinTime
	switch c.verdict {
	case refused:
		r.refusals = append(r.refusals, c.reason)
		return
	case contradicted:
		r.notes = append(r.notes, c.reason)
	}
	r.worst = max(r.worst, c.difference)
	r.formats[f.name]++
	r.solvers[c.solver]++
	for option := range optionsOf(f.name, text) {
		r.options[option]++
	}
}

// compared returns the number of instances that both sides solved.
func (r *report) compared() int { return r.verdicts[agree] + r.verdicts[agreeInfeasible] }

// write prints the report.
//
// The first line is, for example:
//
//	differential: 192 instances compared in 62 s: 171 agree, 21 agree: infeasible, 8 refused, …
func (r *report) write(w io.Writer, verbose bool) {
	fmt.Fprintf(w, "differential: %d instances compared in %.0f s:", r.compared(), r.wall.Seconds())
	for _, v := range slices.Sorted(maps.Keys(r.verdicts)) {
		fmt.Fprintf(w, " %d %v,", r.verdicts[v], v)
	}
	fmt.Fprintf(w, " largest relative difference %.1e\n", r.worst)
	for _, name := range slices.Sorted(maps.Keys(r.formats)) {
		fmt.Fprintf(w, "  %-6s %6d\n", name, r.formats[name])
	}
	for _, name := range slices.Sorted(maps.Keys(r.solvers)) {
		fmt.Fprintf(w, "  %-6s %6d\n", name, r.solvers[name])
	}
	fmt.Fprintf(w, "  library %.0f s, second solvers %.0f s\n", r.ours.Seconds(), r.twin.Seconds())
	for _, note := range r.notes {
		fmt.Fprintf(w, "  %s\n", note)
	}
	r.writeOptions(w, verbose)
	if verbose {
		for _, reason := range r.refusals {
			fmt.Fprintf(w, "  %s\n", strings.ReplaceAll(reason, "\n", " "))
		}
	}
}

// writeOptions prints one line per group of options, such as a kind of DER,
// with the number of instances that have it and its rarest option; or every
// option. For example, "storage" and "storage.end=free" are options of the
// group "storage".
func (r *report) writeOptions(w io.Writer, verbose bool) {
	groups := map[string][]string{}
	for _, option := range slices.Sorted(maps.Keys(r.options)) {
		group, _, _ := strings.Cut(option, ".")
		groups[group] = append(groups[group], option)
	}
	for _, group := range slices.Sorted(maps.Keys(groups)) {
		rarest := groups[group][0]
		for _, option := range groups[group] {
			if r.options[option] < r.options[rarest] {
				rarest = option
			}
			if verbose {
				fmt.Fprintf(w, "  %6d %s\n", r.options[option], option)
			}
		}
		if !verbose {
			fmt.Fprintf(w, "  %-18s %6d, %3d options, the rarest %d times: %s\n", group, r.options[group], len(groups[group]), r.options[rarest], rarest)
		}
	}
}
