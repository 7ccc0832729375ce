package markettest

import (
	"errors"
	"fmt"
	"math"
	"reflect"
	"slices"
	"sync"

	"github.com/trigrid/trigrid/market"
)

// calendar demands periods that follow each other and cover the horizon.
func (s Suite) calendar(m market.Market) error {
	if m.Periods() < 1 {
		return errors.New("no settlement period")
	}
	next := 0
	for p := range m.Periods() {
		from, to := m.Span(p)
		if from != next || to <= from {
			return fmt.Errorf("period %d spans steps [%d, %d) where [%d, …) must follow", p, from, to, next)
		}
		next = to
	}
	if s.Steps != 0 && next != s.Steps {
		return fmt.Errorf("the periods cover %d steps of %d", next, s.Steps)
	}
	if n := market.Steps(m); n != next {
		return fmt.Errorf("the last period ends at step %d at one time and at %d at another", next, n)
	}
	return nil
}

// deterministic asks twice.
func (s Suite) deterministic(m market.Market) error {
	for p := range m.Periods() {
		if first, second := m.Curve(p), m.Curve(p); !reflect.DeepEqual(first, second) {
			return fmt.Errorf("period %d: the curve was %v and then %v", p, first, second)
		}
	}
	return nil
}

// owned writes to a returned curve and asks again.
func (s Suite) owned(m market.Market) error {
	for p := range m.Periods() {
		c := m.Curve(p)
		before := market.Curve{Breaks: slices.Clone(c.Breaks), Slopes: slices.Clone(c.Slopes), Fixed: c.Fixed}
		for i := range c.Breaks {
			c.Breaks[i] = math.NaN()
		}
		for i := range c.Slopes {
			c.Slopes[i] = math.NaN()
		}
		// A copy goes back whatever happens, so that a market that fails here is whole for the next rule.
		after := m.Curve(p)
		after = market.Curve{Breaks: slices.Clone(after.Breaks), Slopes: slices.Clone(after.Slopes), Fixed: after.Fixed}
		copy(c.Breaks, before.Breaks)
		copy(c.Slopes, before.Slopes)
		if !reflect.DeepEqual(before, after) {
			return fmt.Errorf("period %d: writing to a returned curve changed the market; return a copy", p)
		}
	}
	return nil
}

// concurrent asks for every curve from several goroutines; the race detector sees what it does not.
func (s Suite) concurrent(m market.Market) error {
	n := m.Periods()
	want := make([]market.Curve, n)
	for p := range want {
		want[p] = m.Curve(p)
	}
	const workers = 4
	wrong := make([]error, workers)
	var wait sync.WaitGroup
	for w := range workers {
		wait.Go(func() {
			for i := range n {
				p := (i + w*n/workers) % n
				if c := m.Curve(p); !reflect.DeepEqual(c, want[p]) {
					wrong[w] = fmt.Errorf("period %d: the curve was %v and, asked for concurrently, %v", p, want[p], c)
				}
			}
		})
	}
	wait.Wait()
	return errors.Join(wrong...)
}

// response checks a market whose price moves with volume: no movement at volume 0, none downwards,
// and payments that add up.
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
		if at0 := response.Price(0); at0 != 0 {
			return fmt.Errorf("period %d: the response is %v at volume 0; that part belongs into the base curve", p, at0)
		}
		last := math.Inf(-1)
		for _, q := range s.samples(r.Base(p)) {
			price := response.Price(q)
			if price < last {
				return fmt.Errorf("period %d: the price falls to %v as the volume rises to %v", p, price, q)
			}
			last = price
		}
	}
	return nil
}
