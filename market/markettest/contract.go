package markettest

import (
	"errors"
	"fmt"
	"math"
	"reflect"
	"slices"
	"sync"

	"github.com/trigrid/trigrid/internal/faults"
	"github.com/trigrid/trigrid/market"
)

// calendar requires periods that follow each other and cover the horizon.
//
// For example, the spans [0, 4) and [4, 8) are right for 8 steps.
func (s Suite) calendar(m market.Market) error {
	if m.Periods() < 1 {
		return errors.New("no settlement period, want at least one")
	}
	// next is the first step of the following period.
	next := 0
	for p := range m.Periods() {
		from, to := m.Span(p)
		if from != next || to <= from {
			return fmt.Errorf("period %d spans steps [%d, %d), want [%d, …)", p, from, to, next)
		}
		next = to
	}
	if s.Steps != 0 && next != s.Steps {
		return fmt.Errorf("the periods cover %d steps of %d, want all", next, s.Steps)
	}
	if n := market.Steps(m); n != next {
		return fmt.Errorf(
			"the last period ends at step %d in the first call and at %d in the second",
			next, n)
	}
	return nil
}

// deterministic requires equal curves from two calls.
func (s Suite) deterministic(m market.Market) error {
	for p := range m.Periods() {
		if first, second := m.Curve(p), m.Curve(p); !reflect.DeepEqual(first, second) {
			return fmt.Errorf("period %d: the curve was %v and then %v", p, first, second)
		}
	}
	return nil
}

// owned requires that a change of a returned curve does not change the market.
func (s Suite) owned(m market.Market) error {
	for p := range m.Periods() {
		c := m.Curve(p)
		// before is a deep copy: the slices of c are overwritten below.
		before := market.Curve{Breaks: slices.Clone(c.Breaks), Slopes: slices.Clone(c.Slopes), Fixed: c.Fixed}
		for i := range c.Breaks {
			c.Breaks[i] = math.NaN()
		}
		for i := range c.Slopes {
			c.Slopes[i] = math.NaN()
		}
		// Restore the curve in any case: a market that shares its slices must
		// be intact for the next rule.
		after := m.Curve(p)
		after = market.Curve{Breaks: slices.Clone(after.Breaks), Slopes: slices.Clone(after.Slopes), Fixed: after.Fixed}
		copy(c.Breaks, before.Breaks)
		copy(c.Slopes, before.Slopes)
		if !reflect.DeepEqual(before, after) {
			return fmt.Errorf(
				"period %d: writing to a returned curve changed the market; return a copy", p)
		}
	}
	return nil
}

// concurrent requires equal curves from concurrent calls. Under the race
// detector it also finds unsynchronised writes that do not change a curve.
func (s Suite) concurrent(m market.Market) error {
	// The expected curves come from sequential calls.
	n := m.Periods()
	want := make([]market.Curve, n)
	for p := range want {
		want[p] = m.Curve(p)
	}
	// Workers visit all periods in different orders, so that calls for
	// different periods overlap too.
	const workers = 4
	// One slot per worker, so that workers share no memory.
	wrong := make([]error, workers)
	var wait sync.WaitGroup
	for w := range workers {
		wait.Go(func() {
			for i := range n {
				p := (i + w*n/workers) % n // every worker starts at another period
				if c := m.Curve(p); !reflect.DeepEqual(c, want[p]) {
					wrong[w] = fmt.Errorf("period %d: the curve was %v and in a concurrent call %v",
						p, want[p], c)
				}
			}
		})
	}
	wait.Wait()
	var bad faults.List
	for _, err := range wrong {
		bad.Add(err)
	}
	return bad.Err()
}

// response checks a [market.Responsive] market: its response has price 0 at
// volume 0 and does not decrease, and base and response are valid. Other
// markets pass.
func (s Suite) response(m market.Market) error {
	r, ok := m.(market.Responsive)
	if !ok {
		return nil
	}
	for p := range r.Periods() {
		response := r.Response(p)
		if err := response.Validate(); err != nil {
			return fmt.Errorf("period %d: %w", p, err)
		}
		if err := r.Base(p).Validate(); err != nil {
			return fmt.Errorf("period %d: base: %w", p, err)
		}
		// Base and response are added, so a price at volume 0 would count
		// twice.
		if at0 := response.Price(0); at0 != 0 {
			return fmt.Errorf("period %d: the response is %v at volume 0, want 0; "+
				"that part belongs into the base curve", p, at0)
		}
		// Samples ascend, so each price is compared with that of a smaller
		// volume.
		last := math.Inf(-1)
		for _, q := range s.samples(r.Base(p)) {
			price := response.Price(q)
			if price < last {
				return fmt.Errorf("period %d: the price falls to %v as the volume rises to %v",
					p, price, q)
			}
			last = price
		}
	}
	return nil
}
