package sweep

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"sync"
	"time"

	"github.com/trigrid/trigrid"
	"github.com/trigrid/trigrid/farm"
	"github.com/trigrid/trigrid/internal/faults"
	"github.com/trigrid/trigrid/milp"
	"github.com/trigrid/trigrid/vpp"
	"github.com/trigrid/trigrid/weights"
)

// Options sets how a sweep computes. The zero value runs all cases on
// goroutines. For example, a sweep that survives a kill and uses workers on a
// network:
//
//	log, err := farm.OpenLog("journal")
//	coordinator, err := nats.Start(ctx, nats.Options{Listen: "0.0.0.0:4222"})
//	table, err := sweep.Run(ctx, cases, sweep.Options{Log: log, Farm: coordinator.Farm})
type Options struct {
	// Run has the options of each run. Its Observe, Policy and Farm are not
	// used. Default Budget: none, so that no result depends on the time; a
	// positive one bounds each run.
	Run trigrid.Options

	// Log keeps the answers of programs and the outcomes of cases, so that a
	// sweep that was killed continues and shards are merged. Default nil: none.
	Log *farm.Log

	// Farm returns the farm of a case. Default nil: goroutines of this process.
	Farm func(Source) (farm.Farm, error)

	Parallel      int            // cases at a time; default 0: as many as Run.Workers, or one per core
	Shard, Shards int            // this process runs each Shards-th case, from case Shard in [1, Shards]; default: all
	Observe       func(Progress) // after each case, one call at a time; default nil: none
}

// Progress is the state of a sweep.
type Progress struct {
	Done, Total int // cases of the shard
	Reused      int // outcomes that the log had
	Failed      int
	Case        string // the last one
	Elapsed     time.Duration
}

// Table has the outcomes of a sweep, in the order of the cases.
type Table struct {
	Name     string // of the case file
	Outcomes []Outcome

	// Missing are the cases of other shards that the log does not have yet.
	Missing int
}

// Run runs the cases of a sweep, several at a time, and returns their table. A
// case that fails is a row with its error, and the others go on. The outcomes
// do not depend on workers, shards and order. Run returns an error if ctx ends;
// the log then has the outcomes so far.
//
// For example, Options{Log: log, Shard: 2, Shards: 3} runs the cases 2, 5, 8
// and so on. Runs of all shards with one folder, or with folders that are
// copied into one, and then one without shards, give the table of one process.
func Run(ctx context.Context, cases []Case, o Options) (*Table, error) {
	bad := faults.List{Prefix: "sweep: "}
	bad.Require(len(cases) > 0, "there are no cases")
	bad.Require(o.Shards == 0 && o.Shard == 0 || o.Shards > 0 && o.Shard >= 1 && o.Shard <= o.Shards,
		"shard %d of %d, want 1 to the number of shards", o.Shard, o.Shards)
	bad.Require(o.Run.Policy == nil, "Options.Run.Policy is set, and a policy replaces the weights of the cases; leave it nil")
	seen := map[string]bool{}
	for _, c := range cases {
		bad.Require(!seen[c.Name], "two cases are named %q", c.Name)
		seen[c.Name] = true
	}
	if err := bad.Err(); err != nil {
		return nil, err
	}
	x := &running{o: o, began: time.Now()}
	// The default budget of a run would make an outcome depend on the load of
	// the machine.
	if x.o.Run.Budget == 0 {
		x.o.Run.Budget = -1
	}
	x.o.Run = withDefaults(x.o.Run)
	// Cases at the same time need less coordination than programs of one case,
	// and no worker waits for the last program of a case.
	if x.o.Parallel <= 0 {
		x.o.Parallel = x.o.Run.Workers
	}
	// Cases go to shards in turn, because neighbours of a grid take similar
	// times.
	var own []int
	outcomes := make([]*Outcome, len(cases))
	for i := range cases {
		if o.Shards == 0 || i%o.Shards == o.Shard-1 {
			own = append(own, i)
		} else if known, ok := x.known(cases[i]); ok {
			outcomes[i] = known
		}
	}
	x.total = len(own)
	// Each outcome has a place of its own, so that the goroutines share no
	// other data than x.
	queue := make(chan int)
	var group sync.WaitGroup
	for range min(x.o.Parallel, len(own)) {
		group.Go(func() {
			for i := range queue {
				outcomes[i] = x.run(ctx, cases[i])
			}
		})
	}
feed:
	for _, i := range own {
		select {
		case queue <- i:
		case <-ctx.Done():
			break feed
		}
	}
	close(queue)
	group.Wait()
	// A table with holes would look like that of a shard. The log has the cases
	// that are done.
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	// The order is that of the cases, not that in which they ended.
	t := &Table{Name: cases[0].Source.Case}
	for _, out := range outcomes {
		if out == nil {
			t.Missing++
		} else {
			t.Outcomes = append(t.Outcomes, *out)
		}
	}
	return t, nil
}

// running is a sweep in work.
type running struct {
	o     Options
	began time.Time
	total int

	mu                   sync.Mutex
	done, reused, failed int
}

// outcomeKind is the kind of the records of outcomes.
const outcomeKind = "outcome"

// key returns the SHA-256 of everything that the outcome of a case follows
// from, and false if the solver has no identity or a budget makes the outcome
// depend on time.
func (x *running) key(c Case) (string, bool) {
	known, ok := x.o.Run.Solver.(milp.Identified)
	if !ok || x.o.Run.Budget >= 0 || x.o.Run.Dynamic != nil || x.o.Run.Start != nil {
		return "", false
	}
	identity, err := known.Identity()
	if err != nil {
		return "", false
	}
	// Workers, Parallel and Shard are left out: no outcome depends on them.
	r := x.o.Run
	source := c.Source.Digest()
	text, err := json.Marshal([]any{
		outcomeRevision, vpp.ModelRevision, identity, source[:], c.Name, r.Starts, r.Seed, r.Search, r.Undivided,
	})
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:]), err == nil
}

// outcomeRevision is the revision of the code that computes an [Outcome] from a
// result.
const outcomeRevision = 1

// known returns the outcome of a case from the log.
func (x *running) known(c Case) (*Outcome, bool) {
	if x.o.Log == nil {
		return nil, false
	}
	out := new(Outcome)
	key, ok := x.key(c)
	return out, ok && x.o.Log.Get(outcomeKind, key, out)
}

// run returns the outcome of a case: that of the log, or of a run. It returns
// nil if ctx ends.
func (x *running) run(ctx context.Context, c Case) *Outcome {
	out, reused := x.known(c)
	if !reused {
		if out = x.compute(ctx, c); out == nil {
			return nil
		}
		// A failure can be one of the machine, so that the next run tries
		// again.
		if key, ok := x.key(c); ok && x.o.Log != nil && out.Failed == "" && !out.Cut {
			_ = x.o.Log.Put(outcomeKind, key, out) // the sweep goes on, and [farm.Log.Err] has the failure
		}
	}
	// The lock is held during the call of Observe, which therefore needs none
	// of its own.
	x.mu.Lock()
	defer x.mu.Unlock()
	x.done++
	if reused {
		x.reused++
	}
	if out.Failed != "" {
		x.failed++
	}
	if x.o.Observe != nil {
		x.o.Observe(Progress{x.done, x.total, x.reused, x.failed, c.Name, time.Since(x.began)})
	}
	return out
}

// compute runs a case. It returns nil if ctx ends.
func (x *running) compute(ctx context.Context, c Case) *Outcome {
	out := &Outcome{Case: c.Name, Settings: c.Settings, Weights: c.Weights}
	// An error after the end of ctx is most likely its effect, and must not be
	// a row.
	fail := func(err error) *Outcome {
		if ctx.Err() != nil {
			return nil
		}
		out.Failed = err.Error()
		return out
	}
	region, err := c.Source.Region(ctx)
	if err != nil {
		return fail(err)
	}
	o := x.o.Run
	o.Observe, o.Farm = nil, nil
	if x.o.Farm == nil {
		o.Workers = 1 // the cases run at the same time
		// Fewer cases than workers divide the workers.
		if x.o.Parallel < x.o.Run.Workers {
			o.Workers = max(1, x.o.Run.Workers/x.o.Parallel)
		}
	} else if o.Farm, err = x.o.Farm(c.Source); err != nil {
		return fail(err)
	}
	// The journal stands before the farm, so that known answers use no worker.
	if x.o.Log != nil {
		inner := o.Farm
		if inner == nil {
			inner = farm.Goroutines{Workers: o.Workers}
		}
		o.Farm = &farm.Journal{Log: x.o.Log, Farm: inner}
	}
	res, err := trigrid.Run(ctx, region, o)
	if err != nil {
		return fail(err)
	}
	if ctx.Err() != nil {
		return nil // the run is cut by the end of the sweep
	}
	if err := out.fill(res); err != nil {
		return fail(err)
	}
	return out
}

// Analysis compares the outcomes of a grid of weights, see [weights.Analyse].
// where selects the outcomes; default nil: all. The reference is the row
// nearest to ref. It returns an error unless the corners of the simplex are
// among them.
func (t *Table) Analysis(ref weights.Vector, where func(*Outcome) bool) (*weights.Analysis, []*Outcome, error) {
	var (
		all       []weights.Outcome
		rows      []*Outcome
		reference = 0
		best      = 9.0 // above the largest squared distance of two vectors of the simplex, 2
	)
	for i := range t.Outcomes {
		o := &t.Outcomes[i]
		// The nearest vector stands for ref, which need not be one of the grid.
		if o.Failed != "" || where != nil && !where(o) {
			continue
		}
		w := o.Weights
		a, b, c := w.Economic-ref.Economic, w.Risk-ref.Risk, w.Environment-ref.Environment
		if d := a*a + b*b + c*c; d < best {
			best, reference = d, len(rows)
		}
		rows = append(rows, o)
		all = append(all, weights.Outcome{Weights: w, Value: o.Value})
	}
	if len(all) == 0 {
		return nil, nil, errors.New("sweep: no outcome is selected")
	}
	a, err := weights.Analyse(all, reference)
	return a, rows, err
}
