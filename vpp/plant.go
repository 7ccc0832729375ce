package vpp

import (
	"errors"
	"fmt"
	"math"

	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/market"
	"github.com/trigrid/trigrid/optional"
	"github.com/trigrid/trigrid/scenario"
	"github.com/trigrid/trigrid/weights"
)

// Plant is a virtual power plant without its members: whom it serves, what it pays and how much risk it
// bears.
type VPP struct {
	Name         string
	Demand       string     // series of the load it must serve, MW; empty for none
	RiskAversion float64    // β ≥ 0, weight of CVaR beside the grid's risk weight
	Tariff       der.Tariff // what it pays and charges its members
	PassThrough  float64    // θ in [0, 1], the part of the gain that it passes on to its members

	ImportLimit, ExportLimit optional.Float // of the connection, MW. Absent: no limit; 0 forbids it

	// Allowance is a lump sum of free carbon allowances, t CO2 per step: one value, or one for each step. Nil:
	// none. Allowances per MWh are the members' (such as [der.Thermal.Quota]): they pay for output and can
	// change who runs, which a lump sum at one price cannot.
	FreeAllocation market.Series

	// Position, where given, is the day-ahead position, MW per step: what was announced for other futures
	// is then tried on these. Nil leaves it to the program.
	DayAhead []float64
}

// Markets are the prices a plant meets. A market that is nil does not exist for it.
type Markets struct {
	// Electricity prices net purchases of delivered energy, MWh. Required.
	Electricity market.Market
	// Imbalance penalises deliveries beyond or short of the day-ahead position.
	Imbalance ImbalancePricing
	// Carbon prices emissions less allowances, t CO2.
	Carbon market.Market
	// Certificate prices certificates owed less certificates earned.
	Certificate market.Market
	// Obligation says how many certificates are owed.
	Obligation market.Obligation
	// GridEmission is the carbon of energy bought in the electricity market, t CO2 per MWh: one value, or
	// one per step. It counts in the buyer's emissions, without an allowance. Nil: purchases carry none.
	GridEmission market.Series
}

// Settlement penalises imbalance: Penalty is the convex cost of a shortfall, MWh, in a settlement
// period, apart from the energy itself, which the electricity market prices as delivered; a surplus is
// a negative shortfall. [market.Imbalance] is one.
type ImbalancePricing interface {
	Periods() int
	Span(period int) (from, to int)
	Penalty(period int) market.Curve
}

// penalties is a settlement seen as a market.
type penalties struct{ ImbalancePricing }

func (x penalties) Trades() market.Good           { return market.Electricity }
func (x penalties) Curve(period int) market.Curve { return x.Penalty(period) }

// Setting is what all plants of a region have in common.
type Setting struct {
	Set       *scenario.Set
	Markets   Markets
	Weights   weights.Vector
	Risk      Risk // nil: CVaR at a confidence of 0.95
	Modelling Modelling
}

// Readings settle what the source leaves open. The zero value is the recommended reading of each.
type Modelling struct {
	DispatchObjective   DispatchObjective
	RiskOf              RiskOf
	ImbalanceAccounting ImbalanceAccounting
}

// Scheduling says whose costs the coalition minimises.
type DispatchObjective int

const (
	// OwnCosts schedules by the members' own costs; payments inside the coalition cancel. The default.
	OwnCosts DispatchObjective = iota
	// TariffPayments schedules by what the plant pays for energy and for reductions. It runs a unit at that
	// unit's loss whenever the tariff lies below the unit's cost. Penalties for deviations do not count: a
	// plant that took them for income would have its members announce what they will never deliver.
	TariffPayments
)

// RiskOf says what the risk dimension measures.
type RiskOf int

const (
	// ImbalanceCost measures the exposure to imbalance penalties. The default.
	ImbalanceCost RiskOf = iota
	// TotalLoss measures −(E_s − L_s + N_s), so that price risk enters as well.
	TotalLoss
)

// Charging says whether the economic dimension pays for imbalance.
type ImbalanceAccounting int

const (
	// InRiskOnly keeps imbalance out of the economic dimension; it is charged in cash all the same. With
	// a risk weight or a risk aversion of zero, imbalance is then free in the objective: [Setting.Warnings].
	InRiskOnly ImbalanceAccounting = iota
	// InEconomicToo subtracts the expected imbalance cost from the economic value.
	InEconomicToo
)

// Validate reports everything that is wrong with a plant before a set of futures, all at once.
func (p VPP) Validate(set *scenario.Set) error {
	var bad []error
	complain := func(format string, args ...any) {
		bad = append(bad, fmt.Errorf("plant %q: "+format, append([]any{p.Name}, args...)...))
	}
	if p.Name == "" {
		complain("has no name")
	}
	if p.Demand != "" && set != nil && !set.Has(p.Demand) {
		complain("demand series %q is not among the scenarios' series %v", p.Demand, set.Names())
	}
	for _, x := range []struct {
		what  string
		value float64
	}{{"risk aversion", p.RiskAversion}, {"import limit", p.ImportLimit.Or(0)}, {"export limit", p.ExportLimit.Or(0)}} {
		if math.IsNaN(x.value) || x.value < 0 {
			complain("%s is %v; give a number that is not negative", x.what, x.value)
		}
	}
	if p.DayAhead != nil && set != nil && len(p.DayAhead) != set.Steps() {
		complain("position has %d values for %d steps; give one for each, or none", len(p.DayAhead), set.Steps())
	}
	for t, mw := range p.DayAhead {
		if math.IsNaN(mw) || mw < -limit(p.ImportLimit) || mw > limit(p.ExportLimit) {
			complain("position of step %d is %v MW, outside the connection", t, mw)
		}
	}
	if set != nil && p.FreeAllocation != nil && len(p.FreeAllocation) != 1 && len(p.FreeAllocation) != set.Steps() {
		complain("allowance has %d values; give 1, or one for each of the %d steps", len(p.FreeAllocation), set.Steps())
	}
	for t, tonnes := range p.FreeAllocation {
		if !(tonnes >= 0) || math.IsInf(tonnes, 1) {
			complain("allowance %d is %v t CO2; give a finite number of at least 0", t, tonnes)
		}
	}
	if !(p.PassThrough >= 0 && p.PassThrough <= 1) {
		complain("share is %v; it is the part of the gain that members receive, from 0 to 1", p.PassThrough)
	}
	if set != nil {
		if err := p.Tariff.Validate(set.Steps()); err != nil {
			complain("%w", err)
		}
	}
	return errors.Join(bad...)
}

// allowance returns the lump sum of a step, t CO2.
func (p VPP) allowance(t int) float64 {
	if p.FreeAllocation == nil {
		return 0
	}
	return p.FreeAllocation.At(t)
}

// Validate reports everything that is wrong with a setting, all at once.
func (c Setting) Validate() error {
	var bad []error
	if c.Set == nil {
		return errors.New("setting: no scenarios")
	}
	if err := c.Weights.Validate(); err != nil {
		bad = append(bad, err)
	}
	if v, ok := c.risk().(interface{ Validate() error }); ok {
		if err := v.Validate(); err != nil {
			bad = append(bad, err)
		}
	}
	if c.Markets.Electricity == nil {
		bad = append(bad, errors.New("setting: no electricity market; a plant needs one to buy what it lacks"))
	}
	for _, x := range c.Markets.all() {
		if err := market.Validate(x); err != nil {
			bad = append(bad, err)
			continue
		}
		if n := market.Steps(x); n != c.Set.Steps() {
			bad = append(bad, fmt.Errorf("setting: the %s market covers %d steps, the scenarios %d", x.Trades(), n, c.Set.Steps()))
		}
	}
	if err := c.Markets.Obligation.Validate(); err != nil {
		bad = append(bad, fmt.Errorf("setting: %w", err))
	}
	if err := c.validateGridEmission(); err != nil {
		bad = append(bad, err)
	}
	return errors.Join(bad...)
}

func (x Markets) all() []market.Market {
	var out []market.Market
	for _, m := range []market.Market{x.Electricity, x.imbalance(), x.Carbon, x.Certificate} {
		if m != nil {
			out = append(out, m)
		}
	}
	return out
}

func (x Markets) imbalance() market.Market {
	if x.Imbalance == nil {
		return nil
	}
	return penalties{x.Imbalance}
}

// Warnings returns what is lawful but probably not meant.
func (c Setting) Warnings(plants ...VPP) []string {
	var out []string
	for _, p := range plants {
		if c.Weights.Risk*p.RiskAversion == 0 && c.Modelling.ImbalanceAccounting == InRiskOnly && c.Markets.Imbalance != nil {
			out = append(out, fmt.Sprintf("plant %q: imbalance costs nothing in the objective because the risk weight times its risk aversion is 0, but it is charged in cash", p.Name))
		}
	}
	for _, x := range c.Markets.all() {
		if market.Validate(x) != nil {
			continue // has no curves to look at
		}
		for _, warning := range market.Warnings(x) {
			if warning.Kind == market.Arbitrage || warning.Kind == market.NotConvex {
				out = append(out, warning.String())
			}
		}
	}
	for _, probability := range c.Set.Probabilities() {
		if probability*c.risk().Density() >= 1 {
			out = append(out, fmt.Sprintf("the risk measure can be decided by one scenario alone: one of %d scenarios has a probability of %.3g, no less than the tail; use more scenarios or a lower confidence", c.Set.Len(), probability))
			break
		}
	}
	return out
}
