// Package market states what a good costs whoever trades it: electricity, carbon allowances, green
// certificates, gas. It knows price curves and clearing rules and nothing about who trades.
//
// A [Market] gives, for every settlement period, the cost of a net purchase as a piecewise-linear
// [Curve]. The consumer adds its own trade over the steps of the period, puts the curve into its
// program (as an epigraph if the curve is convex, with binaries otherwise) and pays what
// [Curve.Cost] says. Everything else here is a way to make such curves ([Tariff], [Imbalance],
// [Ladder], [Linear], [Posted]), to find the quantity that is traded ([Baseline] for carbon,
// [Obligation] for certificates), or to settle between parties ([Clear], [MidMarket], [Settle]).
//
// # Units and signs
//
// A quantity is the net purchase of one participant in one settlement period: positive is bought,
// negative is sold. Its unit follows from the good: MWh of electricity or gas, t CO2 of allowances,
// certificates of 1 MWh each. Prices are currency per that unit, costs are currency, and a negative
// cost is revenue. Published values are in CNY. Power (MW) never appears: multiply by the hours of a
// step first.
package market

import (
	"errors"
	"fmt"

	"github.com/trigrid/trigrid/internal/faults"
)

// A Market is one good traded under one set of rules.
//
// The methods are pure: the same argument gives the same result, calls may run concurrently, and the
// caller owns every curve returned and may change it. Periods are numbered from 0, follow each other
// without gaps and cover the steps 0..[Steps]. Span and Curve panic or misbehave outside
// 0 ≤ period < Periods(); call [Validate] once before anything else, since Curve has no error to
// return.
//
// A market whose price differs between futures is one Market per future.
type Market interface {
	// Trades says what is traded, and so the unit of every quantity.
	Trades() Good
	// Periods is the number of settlement periods.
	Periods() int
	// Span gives the steps of a period: from ≤ step < to.
	Span(period int) (from, to int)
	// Curve gives the cost of one participant's net purchase in a period.
	Curve(period int) Curve
}

// A Good is what a market trades.
type Good int

// The goods and the units of their quantities.
const (
	Electricity Good = iota // MWh
	Carbon                  // allowances, t CO2
	Certificate             // green certificates, 1 MWh of renewable energy each
	Gas                     // MWh at the lower heating value
)

// String returns the name of the good in lower case.
func (g Good) String() string {
	switch g {
	case Electricity:
		return "electricity"
	case Carbon:
		return "carbon"
	case Certificate:
		return "certificate"
	case Gas:
		return "gas"
	}
	return fmt.Sprintf("Good(%d)", int(g))
}

// Unit returns the unit of a quantity of the good.
func (g Good) Unit() string {
	switch g {
	case Electricity, Gas:
		return "MWh"
	case Carbon:
		return "t CO2"
	case Certificate:
		return "certificate"
	}
	return "unit"
}

// Steps returns the number of steps the periods of m cover. A consumer compares it with its own
// horizon before it trades.
func Steps(m Market) int {
	n := m.Periods()
	if n == 0 {
		return 0
	}
	_, to := m.Span(n - 1)
	return to
}

// Validate reports everything that is wrong with m at once: what m's own Validate method finds, if it
// has one, and otherwise periods that do not follow each other and curves that are not valid. A
// market that is merely odd (selling dearer than buying) is valid; [Warnings] speaks of it.
func Validate(m Market) error {
	if m == nil {
		return errors.New("market: no market given")
	}
	if v, ok := m.(interface{ Validate() error }); ok {
		if err := v.Validate(); err != nil {
			return err // the curves of an invalid market are not worth asking for
		}
	}
	var bad faults.List
	if m.Periods() < 1 {
		bad.Addf("%s market: no settlement period; it needs at least one", m.Trades())
	}
	next := 0
	for p := range m.Periods() {
		from, to := m.Span(p)
		if from != next || to <= from {
			bad.Addf("%s market: period %d spans steps [%d, %d); it must start at step %d and not be empty",
				m.Trades(), p, from, to, next)
		}
		next = to
		if err := m.Curve(p).Validate(); err != nil {
			bad.Addf("%s market: period %d: %w", m.Trades(), p, err)
		}
	}
	return bad.Err()
}
