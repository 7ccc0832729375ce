package ipm

import (
	"context"
	"errors"

	"github.com/trigrid/trigrid/milp"
)

// session implements [milp.Session]. It keeps the elimination order of the
// whole matrix, which takes up to a quarter of the time of a solve. A solve
// starts from no earlier point.
type session struct {
	solver Solver
	model  *milp.Model
	order  order
	closed bool
}

var _ milp.Opener = Solver{}

// Open implements [milp.Opener]. The solves of a session share an elimination
// order. Their results are those of [Solver.Solve] within the tolerance.
func (s Solver) Open(m *milp.Model) (milp.Session, error) {
	if m == nil {
		return nil, errors.New("ipm: no model")
	}
	return &session{solver: s, model: m}, nil
}

// Solve implements [milp.Session].
func (s *session) Solve(ctx context.Context) (*milp.Solution, error) {
	if s.closed {
		return nil, errors.New("ipm: the session is closed")
	}
	update := "updated: the elimination order stays"
	if !s.order.holds(s.model.Data()) {
		update = "built: a new elimination order"
	}
	out, err := s.solver.solveAlong(ctx, s.model, &s.order)
	if err != nil {
		return nil, err
	}
	out.Update = update
	return out, nil
}

// Close implements [milp.Session].
func (s *session) Close() error {
	s.closed, s.order = true, order{}
	return nil
}

// order is an elimination order of the columns and rows of a model: column j is
// number j, and row i of a model with n columns is number n+i. The zero order
// is unknown.
type order struct {
	structure int // of the model
	list      []int32
}

// holds reports whether the order is one of a model.
func (o *order) holds(d milp.Data) bool { return o.list != nil && o.structure == d.Structure }

// of returns the order of the columns and rows that a reduction keeps, nil if
// poll returned true. What the reduction takes out leaves an order of the rest,
// with no more fill than the whole.
func (o *order) of(r *reduction, poll func() bool) []int32 {
	d, columns := r.data, len(r.data.Cost)
	if !o.holds(d) {
		whole := program{
			cost: d.Cost, low: d.RowLower, start: d.RowStart, column: d.Column, value: d.Coefficient,
		}
		o.list, o.structure = minimumDegree(whole.pattern(), poll), d.Structure
	}
	place := make([]int32, columns+len(d.RowLower)) // 1 + number in the reduction, 0 for none
	for k, j := range r.columns {
		place[j] = int32(k) + 1
	}
	for k, i := range r.rowsOf {
		place[columns+int(i)] = int32(len(r.columns)+k) + 1
	}
	var out []int32
	for _, k := range o.list {
		if place[k] > 0 {
			out = append(out, place[k]-1)
		}
	}
	return out
}
