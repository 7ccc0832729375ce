package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/trigrid/trigrid"
	"github.com/trigrid/trigrid/casefile"
	"github.com/trigrid/trigrid/internal/command"
	"github.com/trigrid/trigrid/milp"
	"github.com/trigrid/trigrid/milp/highs"
	"github.com/trigrid/trigrid/milp/ipm"
	"github.com/trigrid/trigrid/vpp"
)

// curve is the time of one job against one size.
type curve struct {
	title, axis string
	points      []point
	solve       func(ctx context.Context, region trigrid.Region) error
}

// point is one size of a curve with its measurement.
type point struct {
	at    int // on the axis
	size  size
	label string  // of a point whose size is not on the axis
	wall  float64 // seconds; with a reason a lower limit
	cpu   float64 // seconds; 0 if unknown
	cause string  // why the job did not end
}

// curves are all curves. A plan is one program of the first VPP with all DERs,
// with prices and canonical schedule; a run plans every coalition of every VPP
// and plays the game.
//
// Sizes double or grow by a calendar: two days, a week, a month, a year. One
// curve changes one size and keeps the others, so that its slope on logarithmic
// axes is the exponent of the growth.
func curves() []*curve {
	// points makes one point per value, whose size is that value on the axis of
	// the curve.
	points := func(of func(n int) size, values ...int) []point {
		var out []point
		for _, n := range values {
			out = append(out, point{at: n, size: of(n)})
		}
		return out
	}
	steps := points(func(n int) size { return size{days: n / 24} }, 24, 48, 72, 168)
	// The quarter-hours of one day have as many steps as four days, and other
	// ramps and minimum times. The point is beside the curve and not on it.
	steps = append(steps, point{at: 96, size: size{quarters: true}, label: "96 quarter-hours"})
	// Both solvers of a linear program have the same sizes, up to a year.
	horizon := points(func(n int) size { return size{days: n / 24, scenarios: 1, linear: true} }, 24, 168, 720, 8760)
	return []*curve{
		{"plan of 5 DERs, 24 h", "scenarios", points(func(n int) size { return size{scenarios: n} }, 5, 10, 20, 40, 80), plan},
		{"plan of 5 DERs, 10 scenarios", "steps", steps, plan},
		{"plan, 24 h, 10 scenarios", "DERs", points(func(n int) size { return size{ders: n} }, 5, 10, 15, 20, 30), plan},
		{"plan without binaries, 1 scenario", "steps", slices.Clone(horizon), plan},
		{"the same by milp/ipm", "steps", horizon, planLinear},
		{"run, 2 VPPs, 24 h, 5 scenarios", "DERs", points(func(n int) size { return size{ders: n, scenarios: 5} }, 1, 2, 3, 4, 5, 6), playGame},
		{"run, 3 DERs, 24 h, 5 scenarios", "VPPs", points(func(n int) size { return size{ders: 3, vpps: n, scenarios: 5} }, 1, 2, 4, 8), playGame},
	}
}

// growthGap is the relative gap of the programs.
const growthGap = 1e-3

// plan plans the first VPP with all DERs.
func plan(ctx context.Context, r trigrid.Region) error {
	return planBy(ctx, r, highs.Solver{Gap: growthGap})
}

// planLinear plans it by the interior-point method, which takes programs
// without binaries.
func planLinear(ctx context.Context, r trigrid.Region) error { return planBy(ctx, r, ipm.Solver{}) }

// planBy returns an error for a plan without a proven optimum, because its time
// is that of a smaller task.
func planBy(ctx context.Context, r trigrid.Region, solver milp.Solver) error {
	got, err := vpp.Problem{VPP: r.VPPs[0], Members: r.DERs, Setting: r.Setting}.Solve(ctx, solver)
	if err == nil && got.Solution.Status != milp.Optimal {
		err = fmt.Errorf("%v: %s", got.Solution.Status, got.Solution.Stopped)
	}
	return err
}

// playGame plans all coalitions on all cores.
func playGame(ctx context.Context, r trigrid.Region) error {
	// A negative budget plans until all is proven, so that the time measures
	// the work and not the budget.
	_, err := trigrid.Run(ctx, r, trigrid.Options{Solver: highs.Solver{Gap: growthGap}, Budget: -1})
	return err
}

// measureGrowth measures all curves and writes the table and the figure.
func measureGrowth(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	flags := flag.NewFlagSet("bench growth", flag.ContinueOnError)
	limit := flags.Duration("limit", time.Minute, "longest `time` of one point; larger sizes of its curve are left out")
	document := flags.String("document", "docs/performance.md", "`file` whose generated part is written, beside growth.svg; empty: only print")
	if err := command.Parse(flags, args, stderr); err != nil {
		return err
	}
	// The load stands in the document, so that a reader can judge the times.
	before := machineLoad()
	all := curves()
	for _, c := range all {
		err := c.run(func(p *point) error {
			fmt.Fprintf(stderr, "bench: %s, %d %s\n", c.title, p.at, c.axis)
			return c.measure(ctx, p, *limit)
		})
		if err != nil {
			return fmt.Errorf("bench: %s: %w", c.title, err)
		}
	}
	text := growthText(all, before, machineLoad())
	if _, err := io.WriteString(stdout, text); err != nil || *document == "" {
		return err
	}
	// The figure stands beside the document, which refers to it by its name.
	if err := os.WriteFile(filepath.Join(filepath.Dir(*document), "growth.svg"), drawCurves(all), 0o666); err != nil {
		return err
	}
	return replacePart(*document, "growth", text)
}

// run measures the points in their order. After one that took too long, larger
// ones are left out; a point with a label has another kind of size and is
// measured all the same.
//
// For example, if 48 steps take longer than the limit, 72 and 168 steps are not
// tried, and 96 quarter-hours are.
func (c *curve) run(measure func(*point) error) error {
	var kept []point
	over := false
	for _, p := range c.points {
		if over && p.label == "" {
			continue
		}
		if err := measure(&p); err != nil {
			return err
		}
		over = over || p.cause != "" && p.label == ""
		kept = append(kept, p)
	}
	c.points = kept
	return nil
}

// measure measures one point. A limit is its cause, any other failure an error.
// The making of the scenarios is no part of it.
func (c *curve) measure(ctx context.Context, p *point, limit time.Duration) error {
	made, err := grownCase(p.size)
	if err != nil {
		return err
	}
	region, err := made.Region(ctx, casefile.Options{})
	if err != nil {
		return err
	}
	runtime.GC()
	// Not a deadline, which a run would plan its work for and end with part of
	// it.
	within, cancel := context.WithCancel(ctx)
	defer cancel()
	timer := time.AfterFunc(limit, cancel)
	defer timer.Stop()
	// The garbage of the point before is collected above, outside the measured
	// time. Points of a curve run in this process, so that one clock counts the
	// CPU time of all workers.
	begin, used := time.Now(), processSeconds(os.Getpid())
	err = c.solve(within, region)
	p.wall, p.cpu = time.Since(begin).Seconds(), processSeconds(os.Getpid())-used
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case within.Err() != nil:
		p.cause = overLimit{limit}.Error()
		return nil
	}
	return err
}

// growthText returns the generated part of the document.
func growthText(all []*curve, before, after string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "One measurement per point on %s, HiGHS with a gap of %g; load %s before and %s after.\n\n",
		count(runtime.NumCPU(), "core"), growthGap, before, after)
	// The table repeats the numbers of the figure for readers without images.
	b.WriteString("![Wall time against size](growth.svg)\n\n")
	b.WriteString("| job | size | wall, s | CPU, s |\n|---|---|---|---|\n")
	for _, c := range all {
		for i, p := range c.points {
			title := ""
			if i == 0 {
				title = c.title
			}
			label := p.label
			if label == "" {
				label = fmt.Sprintf("%d %s", p.at, c.axis)
			}
			wall := seconds(p.wall)
			if p.cause != "" {
				wall = p.cause
			}
			fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", title, label, wall, seconds(p.cpu))
		}
	}
	return b.String()
}
