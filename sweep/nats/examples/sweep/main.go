// Command sweep measures the overhead of workers on a network. It runs one case
// with several seeds, each on goroutines and on an embedded server with two
// worker processes, and compares the tables.
//
//	go run ./examples/sweep                                    # 7 seeds of the calibrated case, 11 minutes
//	go run ./examples/sweep -pairs 1 -case case.json -keep 5
//
// With the ten scenarios of the calibrated case, a program takes about a
// second. The coordinator takes some 0.5 CPU seconds a case and each worker 0.07
// for reading it, so that smaller cases have a larger overhead.
//
// Both ways solve two programs at a time. Each pair has a seed of its own,
// because workers keep their last plans; the second pair begins with the other
// way. CPU seconds are those of all processes, on Linux. The workers start
// before the first pair, as those of a cluster do.
package main

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"text/tabwriter"
	"time"

	"github.com/trigrid/trigrid/farm"
	"github.com/trigrid/trigrid/internal/cmd/sweeping"
	"github.com/trigrid/trigrid/internal/command"
	"github.com/trigrid/trigrid/sweep"
	"github.com/trigrid/trigrid/sweep/nats"
)

// workFor is the variable that makes this program a worker of a server, and
// storeIn has the folder of solutions that the processes share.
const (
	workFor = "TRIGRID_EXAMPLE_NATS"
	storeIn = "TRIGRID_EXAMPLE_STORE"
)

func main() { command.Main(run) }

// run measures the pairs.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) (err error) {
	if url := os.Getenv(workFor); url != "" {
		return nats.Work(ctx, nats.WorkOptions{URL: url, Workers: 1, Store: os.Getenv(storeIn)})
	}
	flags := flag.NewFlagSet("sweep", flag.ContinueOnError)
	name := flags.String("case", filepath.Join("..", "..", "examples", "threelevel", "case.json"), "case `file`")
	pairs := flags.Int("pairs", 7, "`number` of seeds")
	keep := flags.Int("keep", 10, "`number` of scenarios")
	if err := command.Parse(flags, args, stderr); err != nil {
		return err
	}
	if *pairs < 1 || *keep < 1 {
		return command.Misused("-pairs %d and -keep %d, want at least 1", *pairs, *keep)
	}
	// Both workers and the coordinator share one folder of solutions, as
	// processes of one machine do.
	folder, err := os.MkdirTemp("", "trigrid-solved")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
	c, err := nats.Start(ctx, nats.Options{Listen: "127.0.0.1:0"})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, c.Close()) }()
	workers, end, err := start(ctx, c, folder)
	if err != nil {
		return err
	}
	defer end()

	x := &measuring{name: *name, keep: *keep, stderr: stderr, processes: append(workers, os.Getpid())}
	var all []pair
	for seed := 1; seed <= *pairs; seed++ {
		p, err := x.pair(ctx, c, folder, seed)
		if err != nil {
			return err
		}
		fmt.Fprintf(stderr, "pair %d of %d: %v on goroutines, %v on processes\n", seed, *pairs, p.here, p.there)
		all = append(all, p)
	}
	return print(stdout, all)
}

// start starts two worker processes, and returns their ids and a function that
// ends them.
func start(ctx context.Context, c *nats.Coordinator, folder string) (ids []int, end func(), err error) {
	own, err := os.Executable()
	if err != nil {
		return nil, nil, err
	}
	ctx, stop := context.WithCancel(ctx)
	var started []*exec.Cmd
	end = func() {
		stop() // kills them
		for _, w := range started {
			_ = w.Wait() // killed
		}
	}
	// The program is its own worker, so that the example is one binary.
	for range 2 {
		w := exec.CommandContext(ctx, own)
		w.Env = append(os.Environ(), workFor+"="+c.URL(), storeIn+"="+folder)
		if err := w.Start(); err != nil {
			end()
			return nil, nil, err
		}
		started, ids = append(started, w), append(ids, w.Process.Pid)
	}
	for {
		switch n, err := c.Idle(ctx); {
		case err != nil:
			end()
			return nil, nil, err
		case n >= len(started): // a request that has just expired can be counted, too
			return ids, end, nil
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// cost is the time of one run.
type cost struct{ wall, cpu time.Duration }

// String returns both times, such as "5.04 s (9.91 s of CPU)".
func (c cost) String() string {
	return fmt.Sprintf("%.2f s (%.2f s of CPU)", c.wall.Seconds(), c.cpu.Seconds())
}

// pair has the times of one seed on goroutines and on processes.
type pair struct {
	here, there  cost
	jobs, groups int
}

// measuring runs the pairs.
type measuring struct {
	name      string // of the case file
	keep      int    // scenarios
	stderr    io.Writer
	processes []int
}

// pair runs one seed both ways, in an order that alternates. It returns an
// error if the tables differ.
func (x *measuring) pair(ctx context.Context, c *nats.Coordinator, folder string, seed int) (p pair, err error) {
	var here, there bytes.Buffer
	// The counts of a coordinator grow over all pairs.
	before := c.Counts()
	runs := []func() error{
		func() (err error) {
			p.here, err = x.run(ctx, seed, "", nil, &here)
			return err
		},
		func() (err error) {
			// The coordinator reads the plans of the chosen allocation from the
			// folder of its workers.
			p.there, err = x.run(ctx, seed, folder, c.Farm, &there)
			return err
		},
	}
	if seed%2 == 0 {
		slices.Reverse(runs) // a drift of the machine's speed then favours neither way
	}
	for _, r := range runs {
		if err := r(); err != nil {
			return p, err
		}
	}
	after := c.Counts()
	p.jobs, p.groups = after.Answers-before.Answers, after.Groups-before.Groups
	// Different tables would make the times worthless, so that they end the
	// program.
	if here.String() != there.String() {
		return p, fmt.Errorf("the tables of seed %d differ:\n%s\n%s", seed, here.String(), there.String())
	}
	return p, nil
}

// run runs one seed and returns its time.
func (x *measuring) run(ctx context.Context, seed int, store string, farmOf func(sweep.Source) (farm.Farm, error), table io.Writer) (cost, error) {
	// One axis with one value each makes one case: the same seed for both ways.
	axes := []sweep.Axis{{Key: "scenarios.keep", Values: []string{strconv.Itoa(x.keep)}}, {Key: "seed", Values: []string{strconv.Itoa(seed)}}}
	f := sweeping.Flags{Case: x.name, Axes: axes, Budget: -1, Workers: 2, Parallel: 1, Store: store}
	began, used := time.Now(), cpu(x.processes)
	err := f.Run(ctx, farmOf, table, x.stderr)
	return cost{time.Since(began), cpu(x.processes) - used}, err
}

// cpu returns the CPU time of processes so far, 0 on systems without /proc.
func cpu(processes []int) (sum time.Duration) {
	for _, id := range processes {
		text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", id))
		if err != nil {
			return 0
		}
		// The name in parentheses can have spaces. The 14th and 15th fields are
		// user and system time in hundredths of a second; the first of the rest
		// is the third.
		fields := bytes.Fields(text[bytes.LastIndexByte(text, ')')+1:])
		for _, f := range fields[11:13] {
			ticks, err := strconv.ParseInt(string(f), 10, 64)
			if err != nil {
				return 0
			}
			sum += time.Duration(ticks) * 10 * time.Millisecond
		}
	}
	return sum
}

// print prints the pairs and their medians.
func print(w io.Writer, all []pair) error {
	out := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(out, "seed\tjobs\tgroups\tgoroutines wall s\tCPU s\tprocesses wall s\tCPU s\twall\tCPU\t")
	var walls, cpus, each []float64
	for i, p := range all {
		wall, cpu := ratio(p.there.wall, p.here.wall), ratio(p.there.cpu, p.here.cpu)
		fmt.Fprintf(out, "%d\t%d\t%d\t%.2f\t%.2f\t%.2f\t%.2f\t%+.1f %%\t%+.1f %%\t\n", i+1, p.jobs, p.groups,
			p.here.wall.Seconds(), p.here.cpu.Seconds(), p.there.wall.Seconds(), p.there.cpu.Seconds(), wall, cpu)
		walls, cpus = append(walls, wall), append(cpus, cpu)
		each = append(each, 1000*(p.there.cpu-p.here.cpu).Seconds()/float64(max(1, p.jobs)))
	}
	if err := out.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintf(w, "equal tables; median of two processes against goroutines: wall time %+.1f %%, CPU time %+.1f %%, %+.1f ms of CPU a job\n",
		median(walls), median(cpus), median(each))
	return err
}

// ratio returns the excess of a over b, percent.
func ratio(a, b time.Duration) float64 {
	if b == 0 {
		return 0
	}
	return 100 * (float64(a)/float64(b) - 1)
}

// median returns the middle value, the upper one of two.
func median(of []float64) float64 {
	of = slices.Clone(of)
	slices.SortFunc(of, cmp.Compare[float64])
	return of[len(of)/2]
}
