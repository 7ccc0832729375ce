// Package market describes the cost of trade in one good: electricity, carbon
// allowances, green certificates or gas. It contains price curves and clearing
// rules, and no models of participants.
//
// A [Market] returns, for every settlement period, the cost of a net purchase
// as a piecewise-linear [Curve]. A participant adds up its trade over the steps
// of the period and puts the curve into its program: as an epigraph if the
// curve is convex, with binaries otherwise. It pays [Curve.Cost].
//
//	markets     [Tariff], [Imbalance], [Ladder], [Linear], [Posted]
//	quantities  [FreeAllocation] for carbon, [Obligation] for certificates
//	clearing    [Clear] for bids, [MidMarket] for a community, [Settle] for whole minor units
//
// For example, a flat carbon price of 70 per t CO2 over a day, settled by the
// hour:
//
//	m := market.Flat(market.Carbon, market.Calendar{Steps: 24}, 70)
//	cost := m.Curve(0).Cost(3.5) // 245 for a net purchase of 3.5 t in the first hour
//
// # Units and signs
//
// A quantity is the net purchase of one participant in one settlement period:
// purchases are positive, sales are negative. Its unit depends on the good: MWh
// of electricity or gas, t CO2 of allowances, certificates of 1 MWh. Prices are
// currency per unit, costs are currency, and a negative cost is revenue. Power
// in MW never appears; multiply it by the hours of a step first.
//
// # Files
//
// Files of one subject share a prefix: market_ (types that implement [Market]),
// curve_, response, quota_ (quantities) and clearing_.
package market

import (
	"errors"
	"fmt"

	"github.com/trigrid/trigrid/internal/faults"
)

// A Market is one good traded under one set of rules.
//
// Methods are pure: equal arguments give equal results, and concurrent calls
// are allowed. The caller owns every returned curve and may change it. Periods
// are numbered from 0 and cover the steps 0 ≤ t < [Steps] without gaps. Span
// and Curve may panic outside 0 ≤ period < Periods(). Curve returns no error,
// so call [Validate] once before use.
//
// If the price differs between scenarios, use one Market per scenario.
type Market interface {
	// Trades returns the good, which determines the unit of every quantity.
	Trades() Good
	// Periods returns the number of settlement periods.
	Periods() int
	// Span returns the steps of a period: from ≤ step < to.
	Span(period int) (from, to int)
	// Curve returns the cost of one participant's net purchase in a period.
	Curve(period int) Curve
}

// A Good is the object of trade.
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

// Steps returns the number of steps that the periods of m cover, for comparison
// with the horizon of the caller.
func Steps(m Market) int {
	n := m.Periods()
	if n == 0 {
		return 0
	}
	_, to := m.Span(n - 1)
	return to
}

// Validate returns an error that lists every violation in m. If m has its own
// Validate method, that method runs first. The periods must follow each other
// and every curve must be valid. Unusual data, such as a selling price above
// the buying price, are valid; see [Warnings].
func Validate(m Market) error {
	if m == nil {
		return errors.New("market: no market given")
	}
	if v, ok := m.(interface{ Validate() error }); ok {
		if err := v.Validate(); err != nil {
			return err // Curve of an invalid market may panic
		}
	}
	bad := faults.List{Max: 12} // a rule errs in all its periods
	if m.Periods() < 1 {
		bad.Addf("%s market: no settlement period, want at least one", m.Trades())
	}
	next := 0
	for p := range m.Periods() {
		from, to := m.Span(p)
		if from != next || to <= from {
			bad.Addf("%s market: period %d spans steps [%d, %d); "+
				"want a period from step %d that is not empty",
				m.Trades(), p, from, to, next)
		}
		next = to
		if err := m.Curve(p).Validate(); err != nil {
			bad.Addf("%s market: period %d: %w", m.Trades(), p, err)
		}
	}
	return bad.Err()
}
