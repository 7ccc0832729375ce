package highs

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/trigrid/trigrid/milp"
)

// session implements [milp.Session]: a HiGHS object, and a copy of the numbers that it holds to
// compare the model with.
//
// What HiGHS keeps between solves is the basis of a linear program, so that a re-solve takes few
// iterations. Of a program with integers it keeps nothing; there the last solution is handed back
// as a start.
type session struct {
	solver Solver
	model  *milp.Model

	object object
	open   bool   // object holds a HiGHS object
	loaded bool   // and that holds the program below
	lost   string // why it does not, for the next Update

	structure                              int
	cost, lower, upper, rowLower, rowUpper []float64
	constant                               float64
	maximize                               bool

	last   []float64 // values of the last solution
	closed bool
}

// Open implements [milp.Opener].
func (s Solver) Open(m *milp.Model) (milp.Session, error) {
	if m == nil {
		return nil, errors.New("highs: no model")
	}
	object, err := s.object()
	if err != nil {
		return nil, err
	}
	return &session{solver: s, model: m, object: object, open: true}, nil
}

// Solve implements [milp.Session].
func (s *session) Solve(ctx context.Context) (*milp.Solution, error) {
	if s.closed {
		return nil, errors.New("highs: the session is closed")
	}
	if err := s.solver.refuse(ctx, s.model); err != nil {
		return nil, err
	}
	d := program(s.model)
	if len(d.Cost) == 0 {
		out := empty(d)
		out.Update = "built: empty"
		return out, nil
	}
	update, err := s.bringUpToDate(d)
	if err != nil {
		s.lose("HiGHS refused a change")
		return nil, err
	}
	out, err := s.solver.run(ctx, s.object, d)
	if err != nil {
		switch {
		case ctx.Err() == nil:
			s.lose("the last solve failed")
		case !s.object.alive():
			s.lose("the last solve was cancelled")
		}
		return nil, err
	}
	out.Update = update
	if out.Values != nil {
		s.last = append(s.last[:0], out.Values...)
	}
	return out, nil
}

// lose gives the object up after a solve that may have left it in any state.
func (s *session) lose(why string) {
	if s.open {
		s.object.close()
	}
	s.open, s.loaded, s.lost = false, false, why
}

// Close implements [milp.Session].
func (s *session) Close() error {
	s.lose("closed")
	s.closed = true
	return nil
}

// bringUpToDate makes the object hold the program d and the best start there is.
func (s *session) bringUpToDate(d milp.Data) (update string, err error) {
	if !s.open {
		if s.object, err = s.solver.object(); err != nil {
			return "", err
		}
		s.open = true
	}
	if s.structure != d.Structure {
		s.last = nil
	}
	switch {
	case s.loaded && s.structure == d.Structure:
		var changes []string
		if changes, err = s.send(d); err == nil {
			update = "updated: " + list(changes)
		}
	case s.loaded:
		update, err = "rebuilt: columns, rows or coefficients changed", s.load(d)
	case s.lost != "":
		update, err = "rebuilt: "+s.lost, s.load(d)
	default:
		update, err = fmt.Sprintf("built: %d columns, %d rows", len(d.Cost), len(d.RowLower)), s.load(d)
	}
	if err != nil {
		return "", err
	}
	started, err := s.start(d)
	return update + started, err
}

// load passes the whole program and notes what was passed.
func (s *session) load(d milp.Data) error {
	if err := s.object.pass(d); err != nil {
		return err
	}
	s.structure, s.constant, s.maximize = d.Structure, d.Constant, d.Maximize
	s.cost = append(s.cost[:0], d.Cost...)
	s.lower, s.upper = append(s.lower[:0], d.Lower...), append(s.upper[:0], d.Upper...)
	s.rowLower, s.rowUpper = append(s.rowLower[:0], d.RowLower...), append(s.rowUpper[:0], d.RowUpper...)
	s.loaded, s.lost = true, ""
	return nil
}

// send passes what differs from what the object holds and says what that was.
func (s *session) send(d milp.Data) (changes []string, err error) {
	note := func(n int, what string) {
		if n > 0 {
			changes = append(changes, fmt.Sprintf("%d %s", n, what))
		}
	}
	if set := differing(s.cost, d.Cost, nil, nil); len(set) > 0 {
		err = errors.Join(err, s.object.changeCosts(set, pick(s.cost, d.Cost, set)))
		note(len(set), "costs")
	}
	if set := differing(s.lower, d.Lower, s.upper, d.Upper); len(set) > 0 {
		err = errors.Join(err, s.object.changeBounds(set, pick(s.lower, d.Lower, set), pick(s.upper, d.Upper, set)))
		note(len(set), "bounds")
	}
	if set := differing(s.rowLower, d.RowLower, s.rowUpper, d.RowUpper); len(set) > 0 {
		err = errors.Join(err, s.object.changeLimits(set, pick(s.rowLower, d.RowLower, set), pick(s.rowUpper, d.RowUpper, set)))
		note(len(set), "limits")
	}
	if s.maximize != d.Maximize || s.constant != d.Constant {
		err = errors.Join(err, s.object.changeObjective(d))
		if s.maximize != d.Maximize {
			changes = append(changes, "sense")
		}
		if s.constant != d.Constant {
			changes = append(changes, "constant")
		}
		s.maximize, s.constant = d.Maximize, d.Constant
	}
	return changes, err
}

// differing returns the indices at which old and now, or old2 and now2, differ.
func differing(old, now, old2, now2 []float64) (set []int32) {
	for j := range now {
		if old[j] != now[j] || old2 != nil && old2[j] != now2[j] {
			set = append(set, int32(j))
		}
	}
	return set
}

// pick returns the new values at the indices and stores them over the old ones.
func pick(old, now []float64, set []int32) []float64 {
	out := make([]float64, len(set))
	for k, j := range set {
		out[k], old[j] = now[j], now[j]
	}
	return out
}

// start proposes a start: the model's own, else the last solution while its integers are within
// their bounds. HiGHS checks it, and where only the rest of it no longer fits solves for the rest.
func (s *session) start(d milp.Data) (said string, err error) {
	if !hasIntegers(d) {
		return "", nil
	}
	if slices.ContainsFunc(d.Start, func(v float64) bool { return !math.IsNaN(v) }) {
		return "", s.object.start(d)
	}
	if len(s.last) != len(d.Cost) {
		return "", nil
	}
	for j, integer := range d.Integer {
		if x := math.Round(s.last[j]); integer && (x < d.Lower[j] || x > d.Upper[j]) {
			return "", nil
		}
	}
	return "; started from the last solution", s.object.propose(s.last, len(d.Cost))
}

func list(changes []string) string {
	if len(changes) == 0 {
		return "nothing"
	}
	return strings.Join(changes, ", ")
}
