package guides_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/trigrid/trigrid/casefile"
	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/der/dertest"
	"github.com/trigrid/trigrid/market"
	"github.com/trigrid/trigrid/milp"
	"github.com/trigrid/trigrid/milp/highs"
	"github.com/trigrid/trigrid/scenario"
	"github.com/trigrid/trigrid/vpp"
	"github.com/trigrid/trigrid/weights"
)

// Charger charges a vehicle while it is parked, from step From to before step
// To.
//
//	0 ≤ p_t ≤ P   for From ≤ t < To,   p_t = 0 otherwise      MW
//	Σ_t p_t Δ = E                                             MWh at departure
//	cost = 0                                                  the tariff pays for the energy
type Charger struct {
	ID       string
	Power    float64 // P ≥ 0, MW
	Energy   float64 // E ≥ 0, MWh
	From, To int     // steps, 0 ≤ From < To ≤ number of steps
}

// Name implements [der.DER].
func (c *Charger) Name() string { return c.ID }

// Model implements [der.DER] with the columns "power(s,t)" and the row
// "full(s,t)".
func (c *Charger) Model(m *milp.Model, on milp.Expr, ctx der.Context) []der.Terms {
	terms := ctx.NewTerms()
	for s := range terms {
		at := ctx.Namer(c.ID, s)
		var charged []milp.Expr
		for t := c.From; t < c.To; t++ {
			// Every limit and constant is multiplied by on, so that on = 0
			// removes the charger. A bound is no expression: MaxCount is 1, or
			// the number of chargers of a der.Fleet.
			power := m.Var(at("power", t), 0, c.Power*der.MaxCount(on)).Expr()
			m.AtMost(at("limit", t), power, on.Times(c.Power))
			terms[s].Withdraw(t, power)
			charged = append(charged, power.Times(ctx.HoursAt(t)))
		}
		m.Equal(at("full", c.To-1), milp.Sum(charged...), on.Times(c.Energy))
	}
	return terms
}

// UnequalSteps implements [der.Unequal]: the energy counts the hours of each
// step.
func (c *Charger) UnequalSteps() bool { return true }

// Benefit implements [der.DER]: the tariff's payment, without costs of its own.
func (c *Charger) Benefit(realised der.Schedule, ctx der.Context, s int) der.Benefit {
	return ctx.Payment(realised, s)
}

// Validate implements [der.Validator].
func (c *Charger) Validate(set *scenario.Set) error {
	var bad []error
	if !(c.Power >= 0) {
		bad = append(bad, fmt.Errorf("charger %q: Power is %v, want at least 0 MW", c.ID, c.Power))
	}
	if c.From < 0 || c.To <= c.From || c.To > set.Steps() {
		bad = append(bad, fmt.Errorf("charger %q: From %d and To %d, want 0 ≤ From < To ≤ %d",
			c.ID, c.From, c.To, set.Steps()))
	} else if most := c.Power * (set.Grid().HoursTo(c.To) - set.Grid().HoursTo(c.From)); !(c.Energy >= 0 && c.Energy <= most) {
		bad = append(bad, fmt.Errorf("charger %q: Energy is %v, want 0 to %v MWh", c.ID, c.Energy, most))
	}
	return errors.Join(bad...)
}

// ReadCharger reads {"kind": "charger", "name": …} from a case file.
func ReadCharger(f casefile.Fields, _ map[string]bool) func() der.DER {
	c := Charger{
		ID:     f.At("name").Text(),
		Power:  f.At("power_mw").Number(0, 1e6),
		Energy: f.At("energy_mwh").Number(0, 1e6),
		From:   f.At("from_step").Count(0, 1e6),
		To:     f.At("to_step").Count(1, 1e6),
	}
	return func() der.DER { x := c; return &x }
}

func TestCharger(t *testing.T) {
	dertest.Run(t, highs.Solver{}, &Charger{ID: "van", Power: 2, Energy: 5, From: 1, To: 5}, dertest.Config{})
}

// The van needs 3 MWh at 2 MW in two of three hours. The cheapest: 2 MWh at 40
// and 1 MWh at 60.
func ExampleCharger() {
	buy := market.Series{90, 40, 60} // currency per MWh
	problem := vpp.Problem{
		VPP:     vpp.VPP{Name: "depot"},
		Members: []der.DER{&Charger{ID: "van", Power: 2, Energy: 3, From: 0, To: 3}},
		Setting: vpp.Setting{
			Set:     scenario.Single(scenario.Grid{Step: time.Hour, Steps: 3}),
			Weights: weights.Vector{Economic: 1},
			Markets: vpp.Markets{Electricity: &market.Tariff{
				Calendar: market.Calendar{Steps: 3}, Buy: buy, Sell: buy.Times(0.5),
			}},
		},
	}
	plan, err := problem.Solve(context.Background(), highs.Solver{})
	if err != nil {
		panic(err)
	}
	fmt.Printf("%.0f MW for %.0f\n", plan.Members[0].Schedule.Realised[0].Withdrawn, -plan.Value.Trade)
	// Output: [0 2 1] MW for 140
}
