package store

import (
	"context"
	"crypto/sha256"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/trigrid/trigrid/codec"
	"github.com/trigrid/trigrid/milp"
)

// Solver is a solver that stores the solutions of whole programs in a folder or
// in memory, see [Solver.Stored]. Its Solve is that of the inner solver. It is
// safe for concurrent use if the inner solver is.
type Solver struct {
	milp.Solver // the inner solver

	records  records
	identity string
	tally    *tally
}

// tally counts the programs of a solver and of all solvers that [Solver.With]
// derives from it.
type tally struct {
	read, solved atomic.Int64
	mu           sync.Mutex
	failed       error // the first failure to store a solution
}

// records keeps solutions: a [Folder] or a [Memory].
type records interface {
	Get(k Key) ([]byte, bool)
	Put(k Key, data []byte) error
}

// New returns a solver that stores the solutions of inner in a [Folder] or a
// [Memory]. It returns an error if inner is not a [milp.Identified], or cannot
// be identified: its solutions would be mistaken for those of another solver.
func New(in records, inner milp.Solver) (*Solver, error) {
	return (&Solver{records: in, tally: &tally{}}).With(inner)
}

// With returns a solver that stores the solutions of another inner solver in
// the same folder and counts together with x. For example, inner is the same
// solver with other limits.
func (x *Solver) With(inner milp.Solver) (*Solver, error) {
	known, ok := inner.(milp.Identified)
	if !ok {
		return nil, fmt.Errorf("store: the solver %T has no method Identity, so that its solutions cannot be "+
			"told from those of other solvers; implement milp.Identified", inner)
	}
	identity, err := known.Identity()
	if err != nil {
		return nil, fmt.Errorf("store: the solver cannot be identified: %w", err)
	}
	return &Solver{inner, x.records, identity, x.tally}, nil
}

// Read returns the number of programs whose solutions were read from the
// folder.
func (x *Solver) Read() int { return int(x.tally.read.Load()) }

// Solved returns the number of programs that were solved because the folder had
// no solution.
func (x *Solver) Solved() int { return int(x.tally.solved.Load()) }

// Err returns the first failure to store a solution, such as a full disk, or
// nil.
func (x *Solver) Err() error {
	x.tally.mu.Lock()
	defer x.tally.mu.Unlock()
	return x.tally.failed
}

// Stored returns the stored solution of a program. If there is none, it calls
// solve with a solver and stores the solution. A program that has no solution
// is stored, too. The digest is that of everything except the solver that solve
// depends on, such as the model m of the solution.
//
// A result is stored only if the digest and the identity of the solver
// determine it: not if one of the solves in solve ended by wall time, memory or
// the context, was left behind, or used another backend than that of the
// identity.
func (x *Solver) Stored(m *milp.Model, digest [sha256.Size]byte, solve func(milp.Solver) (*milp.Solution, error)) (*milp.Solution, error) {
	key := keyOf(digest, x.identity)
	if shared, ok := x.records.(*Memory); ok {
		defer shared.only(key)()
	}
	if found := x.find(key, m); found != nil {
		x.tally.read.Add(1)
		if err := found.Err(); err != nil {
			return nil, err
		}
		return found, nil
	}
	watched := &witness{Solver: x.Solver, identity: x.identity}
	solution, err := solve(watched)
	result := solution
	if err != nil {
		result = watched.proof(err)
	}
	if result != nil {
		x.tally.solved.Add(1)
		if !watched.spoiled {
			x.keep(key, result)
		}
	}
	return solution, err
}

// find returns the stored solution, or nil. A solution that does not fit the
// model is no solution.
func (x *Solver) find(key Key, m *milp.Model) *milp.Solution {
	data, ok := x.records.Get(key)
	if !ok {
		return nil
	}
	s, err := decode(data)
	fits := func(v []float64, n int) bool { return v == nil || len(v) == n }
	if err != nil || !fits(s.Values, m.Vars()) || !fits(s.ReducedCosts, m.Vars()) || !fits(s.Duals, m.Rows()) {
		return nil
	}
	return s
}

// keep stores a solution. A failure is kept for [Solver.Err] and has no other
// effect.
func (x *Solver) keep(key Key, s *milp.Solution) {
	data, err := encode(s)
	if err == nil {
		err = x.records.Put(key, data)
	}
	if err == nil {
		return
	}
	x.tally.mu.Lock()
	defer x.tally.mu.Unlock()
	if x.tally.failed == nil {
		x.tally.failed = err
	}
}

// keyOf returns the SHA-256 of the digest of a program, the identity of the
// solver and the architecture. The architecture counts, because Go may fuse a
// multiplication and an addition on some of them.
func keyOf(digest [sha256.Size]byte, identity string) Key {
	return sha256.Sum256(codec.Encode(func(c *codec.Coder) {
		kind, arch := "solution", runtime.GOARCH
		c.String(&kind, len(kind))
		c.Fixed(digest[:])
		c.String(&identity, len(identity))
		c.String(&arch, len(arch))
	}))
}

// witness is a solver that records whether its solutions can be reproduced. One
// goroutine uses it.
type witness struct {
	milp.Solver
	identity string
	spoiled  bool           // one of the solves cannot be reproduced
	last     *milp.Solution // nil after an error
}

// Solve implements [milp.Solver].
func (w *witness) Solve(ctx context.Context, m *milp.Model) (s *milp.Solution, err error) {
	s, err = w.Solver.Solve(ctx, m)
	w.last = s
	if err != nil || !reproducible(s) || !strings.HasPrefix(w.identity, s.Backend) {
		w.spoiled = true
	}
	return s, err
}

// proof returns the last solution if err is its own, such as
// [milp.ErrInfeasible], and otherwise nil. An error that wraps it is another
// one: a failure of a later step.
func (w *witness) proof(err error) *milp.Solution {
	if w.last != nil && err == w.last.Err() {
		return w.last
	}
	return nil
}

// reproducible reports whether the same solver returns the same solution again:
// it ended by itself or at a limit that counts work.
func reproducible(s *milp.Solution) bool {
	switch s.Status {
	case milp.Optimal, milp.Infeasible, milp.Unbounded:
		return true
	case milp.Feasible, milp.NoSolution:
		for _, why := range []string{"node limit", "iteration limit", "optimal"} {
			if strings.HasPrefix(s.Stopped, why) {
				return true
			}
		}
	}
	return false // also [milp.Undecided], which a second solve that a limit ended can leave
}
