package main

import (
	"context"
	"fmt"
	"io"
	"math"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"text/tabwriter"
	"time"

	"github.com/trigrid/trigrid/milp"
	"github.com/trigrid/trigrid/milp/highs"
	"github.com/trigrid/trigrid/milp/ipm"
)

// growth prints a table of joint programs in which one of the four sizes
// changes at a time: DERs, classes, VPPs and scenarios. Programs of more than
// most columns are left out.
//
// The number of DERs scales the limits of each class and changes no column.
// Scenarios, classes and VPPs each add blocks, so that time grows a little
// faster than their number: steps grow as well.
func growth(ctx context.Context, most int, out io.Writer) error {
	// Collections for a limit that a large program exceeds would count as its
	// time.
	defer debug.SetMemoryLimit(debug.SetMemoryLimit(math.MaxInt64))
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "DERs\tclasses\tVPPs\tscenarios\tcolumns\trows\tnonzeros\tsteps\tCPU s\tcertificate CPU s\tMiB\tgap, % of the gain\t")
	var sizes []size
	base := size{1_000_000, 40, 10, 3}
	// The sizes of the command without flags, with three scenarios instead of
	// ten, are the common row of all tables.
	for _, n := range []int{10_000, 100_000, 1_000_000, 10_000_000} {
		sizes = append(sizes, size{n, base.classes, base.vpps, base.scenarios})
	}
	for _, n := range []int{10, 20, 80} {
		sizes = append(sizes, size{base.ders, n, base.vpps, base.scenarios})
	}
	for _, n := range []int{2, 5, 20} {
		sizes = append(sizes, size{base.ders, base.classes, n, base.scenarios})
	}
	for _, n := range []int{1, 5, 10, 20} {
		sizes = append(sizes, size{base.ders, base.classes, base.vpps, n})
	}
	for _, z := range sizes {
		if err := grown(ctx, z, most, w); err != nil {
			return err
		}
		// Rows are aligned at the end; a table of minutes shows that it goes
		// on.
		if err := w.Flush(); err != nil {
			return err
		}
	}
	fmt.Fprintf(out, "\nInterior-point method, tolerance 1e-5, two threads, %s/%s. MiB is the largest heap of the joint program.\n", runtime.GOOS, runtime.GOARCH)
	return nil
}

// grown prints the row of one size.
func grown(ctx context.Context, z size, most int, w io.Writer) error {
	p, err := region(z, 0)
	if err != nil {
		return err
	}
	peak := watchHeap()
	begin := processTime()
	// The time of a row includes the formulation, which a user waits for as
	// well.
	x, err := p.Formulate()
	if err != nil {
		peak()
		return err
	}
	m := x.Model
	// The number of columns is known only after the formulation, which takes
	// little of the time.
	if m.Vars() > most {
		peak()
		return nil
	}
	steps := &stepCounter{Solver: ipm.Solver{Tolerance: 1e-5, Threads: 2}}
	e, err := x.Solve(ctx, steps)
	mib := peak()
	if err != nil {
		return err
	}
	joint := processTime() - begin
	begin = processTime()
	// The certificate does not use the solution of the joint program, only its
	// prices and counts.
	c, err := p.Verify(ctx, highs.Solver{}, e)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(w, "%d\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t%.1f\t%.1f\t%.0f\t%.2g\t\n", z.ders, len(p.Fleets), z.vpps, z.scenarios,
		m.Vars(), m.Rows(), m.Nonzeros(), steps.steps, joint.Seconds(), (processTime() - begin).Seconds(), mib, 100*c.Gap/c.Gain)
	return err
}

// watchHeap starts to sample the memory of objects, used or not yet collected.
// The function that it returns ends this and returns the largest sample, MiB.
func watchHeap() (peak func() float64) {
	runtime.GC() // of earlier programs
	stop, done := make(chan struct{}), make(chan float64)
	go func() {
		sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
		largest := uint64(0)
		tick := time.NewTicker(10 * time.Millisecond)
		defer tick.Stop()
		for {
			metrics.Read(sample)
			largest = max(largest, sample[0].Value.Uint64())
			select {
			case <-tick.C:
			case <-stop:
				done <- float64(largest) / (1 << 20)
				return
			}
		}
	}()
	return func() float64 {
		close(stop)
		return <-done
	}
}

// stepCounter is a solver that keeps the number of steps of its last program.
type stepCounter struct {
	milp.Solver
	steps int64
}

// Solve implements [milp.Solver].
func (c *stepCounter) Solve(ctx context.Context, m *milp.Model) (*milp.Solution, error) {
	s, err := c.Solver.Solve(ctx, m)
	if err == nil {
		c.steps = s.Iterations
	}
	return s, err
}
