package vpp

import (
	"fmt"
	"slices"

	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/internal/faults"
	"github.com/trigrid/trigrid/market"
	"github.com/trigrid/trigrid/scenario"
	"github.com/trigrid/trigrid/weights"
)

// Setting contains the data that all VPPs of a region share.
type Setting struct {
	Set       *scenario.Set // steps, scenarios with probabilities π, series
	Markets   Markets
	Weights   weights.Vector // w_e, w_r, w_n
	Risk      Risk           // measure of the loss; nil: CVaR with [DefaultConfidence]
	Modelling Modelling
}

// Markets are the markets in which a VPP trades. Apart from Electricity, each
// is optional: with nil, the good has no price.
type Markets struct {
	Electricity market.Market     // prices the net purchase of delivered energy, MWh; required
	Imbalance   ImbalancePricing  // prices deviations from the day-ahead schedule, MWh
	Carbon      market.Market     // prices emissions minus allowances, t CO2
	Certificate market.Market     // prices owed minus earned certificates
	Obligation  market.Obligation // number of certificates that are owed
	Reserve     *Reserve          // pays upward reserve capacity that members hold

	// GridEmission is the carbon of electricity purchases, t CO2 per MWh: one
	// value, or one per step. It is part of the emission of the buyer and has
	// no allowance. Nil: purchases have no emission.
	GridEmission market.Series
}

// ImbalancePricing penalises imbalance. Penalty returns the cost of a shortage
// of q MWh in a settlement period; a surplus is a negative shortage. The
// electricity market prices the delivered energy itself. For example,
// [market.Imbalance] charges 30 per MWh of shortage and 10 per MWh of surplus.
type ImbalancePricing interface {
	Periods() int
	Span(period int) (from, to int) // steps [from, to) of a period
	Penalty(period int) market.Curve
}

// pricedImbalance is an imbalance pricing as a market.
type pricedImbalance struct{ ImbalancePricing }

func (x pricedImbalance) Trades() market.Good           { return market.Electricity }
func (x pricedImbalance) Curve(period int) market.Curve { return x.Penalty(period) }

// imbalance returns the imbalance pricing as a market, nil if there is none.
func (x Markets) imbalance() market.Market {
	if x.Imbalance == nil {
		return nil
	}
	return pricedImbalance{x.Imbalance}
}

// traded returns the markets of goods, without the imbalance pricing.
func (x Markets) traded() []market.Market {
	return existing(x.Electricity, x.Carbon, x.Certificate)
}

func existing(markets ...market.Market) []market.Market {
	return slices.DeleteFunc(markets, func(m market.Market) bool { return m == nil })
}

// gridEmission returns the emission factor of a purchase in a step, t CO2 per
// MWh.
func (x Markets) gridEmission(t int) float64 {
	if x.GridEmission == nil {
		return 0
	}
	return x.GridEmission.At(t)
}

// Modelling has an option for each point that the source leaves open. The zero
// value is recommended.
type Modelling struct {
	DispatchObjective   DispatchObjective
	RiskOf              RiskOf
	ImbalanceAccounting ImbalanceAccounting
	SharedValue         SharedValue
	OwnRevenue          OwnRevenue
	Admission           Admission // whether a VPP can refuse a DER

	// CostTolerance is the largest error of convex costs at a plan, relative to
	// the expected cost of the members or to 1 currency, whichever is larger.
	// Tangents replace such a cost in the program, and are added in up to
	// CostRounds rounds: see [Plan.CostError]. Defaults 0: 1e-6 and 20.
	CostTolerance float64
	CostRounds    int
}

// costTolerance returns CostTolerance or its default.
func (x Modelling) costTolerance() float64 {
	if x.CostTolerance == 0 {
		return 1e-6
	}
	return x.CostTolerance
}

// costRounds returns CostRounds or its default.
func (x Modelling) costRounds() int {
	if x.CostRounds == 0 {
		return 20
	}
	return x.CostRounds
}

// DispatchObjective selects the costs of members in the objective.
type DispatchObjective int

const (
	// OwnCosts minimises the members' own costs, the default. Payments inside
	// the coalition cancel.
	OwnCosts DispatchObjective = iota
	// TariffPayments minimises the payments for energy and load reductions. If
	// the tariff is below the cost of a DER, the plan can run this DER at a
	// loss for its owner. Penalties for deviations do not count: otherwise the
	// program would schedule deliveries that members cannot make, as an income.
	TariffPayments
)

// RiskOf selects the loss whose risk is measured.
type RiskOf int

const (
	// ImbalanceCost measures the imbalance cost L_s. The default.
	ImbalanceCost RiskOf = iota
	// TotalLoss measures L_s − E_s − N_s, so that the risk includes prices.
	TotalLoss
)

// ImbalanceAccounting selects whether the economic value includes imbalance.
type ImbalanceAccounting int

const (
	// InRiskOnly counts imbalance in the risk only, the default. The VPP pays
	// it in any case. If the risk weight or the risk aversion is 0, the
	// objective does not limit imbalance: see [Setting.Warnings].
	InRiskOnly ImbalanceAccounting = iota
	// InEconomicToo also subtracts the expected imbalance cost from the
	// economic value.
	InEconomicToo
)

// Validate returns an error that lists all violations of the setting. Without
// scenarios, it checks nothing else.
func (c Setting) Validate() error {
	bad := faults.List{Prefix: "vpp: setting: "}
	if c.Set == nil {
		bad.Addf("Set is nil; give the scenarios")
		return bad.Err()
	}
	bad.Add(c.Weights.Validate())
	if v, ok := c.risk().(interface{ Validate() error }); ok {
		bad.Add(v.Validate())
	}
	bad.Require(c.Markets.Electricity != nil, "Markets.Electricity is nil; a VPP needs a market for its balance")
	for _, x := range c.Markets.named() {
		if err := x.validate(); err != nil {
			bad.Add(err)
			continue // its curves and steps cannot be read
		}
		if err := fits(x.own, c.Set.Grid()); err != nil {
			bad.Addf("the %s: %w", x.name, err)
		}
		n := market.Steps(x)
		bad.Require(n == c.Set.Steps(), "the %s covers %d steps, the scenarios %d", x.name, n, c.Set.Steps())
	}
	bad.Require(c.Modelling.Admission >= AdmitAll && c.Modelling.Admission <= AdmitByValue,
		"Modelling.Admission is %d, want one of AdmitAll, AdmitScheme, AdmitByObjective and AdmitByValue", c.Modelling.Admission)
	bad.AtLeast("Modelling.CostTolerance", c.Modelling.CostTolerance, 0, "of the total cost")
	bad.Require(c.Modelling.CostRounds >= 0, "Modelling.CostRounds is %d, want at least 0; 0 is the default", c.Modelling.CostRounds)
	if err := c.Markets.Obligation.Validate(); err != nil {
		bad.Addf("%w", err)
	}
	c.validateGridEmission(&bad)
	c.Markets.Reserve.validate(&bad, c.Set.Steps())
	return bad.Err()
}

// fits returns an error if the calendar of a market belongs to steps of other
// lengths than those of the grid. A market without a method for that has no
// calendar.
func fits(own any, grid scenario.Grid) error {
	calendar, dated := own.(interface{ Fits(hours float64) error })
	if step, equal := grid.EqualSteps(); equal {
		if !dated || step <= 0 {
			return nil
		}
		return calendar.Fits(step.Hours())
	}
	if calendar, ok := own.(interface{ FitsSteps(hours []float64) error }); ok {
		hours := make([]float64, grid.Steps)
		for t := range hours {
			hours[t] = grid.HoursAt(t)
		}
		return calendar.FitsSteps(hours)
	}
	if dated {
		return fmt.Errorf("it supports equal steps only, and the grid has %v; give a grid of equal steps, or add FitsSteps to the market", grid)
	}
	return nil
}

// validateGridEmission checks the emission factors, and that no carbon price is
// negative. With a negative price the program would report more purchases than
// it makes: see [Program.addDrawn].
func (c Setting) validateGridEmission(bad *faults.List) {
	series, carbon := c.Markets.GridEmission, c.Markets.Carbon
	if series == nil {
		return
	}
	if len(series) != 1 && len(series) != c.Set.Steps() {
		bad.Addf("GridEmission has %d values, want 1, or one for each of %d steps", len(series), c.Set.Steps())
		return
	}
	for t, factor := range series {
		bad.AtLeast(fmt.Sprintf("GridEmission[%d]", t), factor, 0, "t CO2 per MWh")
	}
	if carbon == nil || market.Validate(carbon) != nil {
		return
	}
	for period := range carbon.Periods() {
		if slopes := carbon.Curve(period).Slopes; len(slopes) > 0 && slices.Min(slopes) < 0 {
			bad.Addf("the carbon price of period %d can be %v; with GridEmission it must not be negative",
				period, slices.Min(slopes))
		}
	}
}

// DERWarnings returns doubtful combinations of the setting with DERs, one
// sentence each: DERs that burn gas without carbon beside a carbon market. A
// setting without a carbon price has none.
func (c Setting) DERWarnings(ders ...der.DER) []string {
	if c.Markets.Carbon == nil {
		return nil
	}
	var out []string
	for _, name := range der.FreeBurners(ders...) {
		out = append(out, fmt.Sprintf("DER %q burns gas without carbon beside a carbon market; leave out its emission factor "+
			"for natural gas (%v t CO2 per MWh), or charge the gas at its purchase", name, der.NaturalGasCO2))
	}
	return out
}

// Warnings returns valid but doubtful data, one sentence each: imbalance
// without a cost in the objective, arbitrage in a market. [Plan.Warnings] has
// those that need a plan.
func (c Setting) Warnings(vpps ...VPP) []string {
	var out []string
	for _, v := range vpps {
		if c.Weights.Risk*v.RiskAversion == 0 && c.Modelling.ImbalanceAccounting == InRiskOnly && c.Markets.Imbalance != nil {
			out = append(out, fmt.Sprintf("VPP %q: imbalance has no cost in the objective, because risk weight times "+
				"risk aversion is 0, but the VPP pays for it", v.Name))
		}
	}
	for _, x := range c.Markets.named() {
		if x.validate() == nil { // otherwise its curves cannot be read
			out = append(out, x.warnings(c.Set)...)
		}
	}
	return out
}
