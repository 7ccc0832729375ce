package operate

import (
	"context"
	"fmt"

	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/scenario"
)

// meter makes the plan of the delivered day at its actual values, from the
// recorded set points. The members are those of the beginning of the day, so
// that their costs and limits count over all of it.
func (x *vppDay) meter(_ context.Context, actual *scenario.Set) error {
	p, err := x.problem(actual, 0, x.members)
	if err != nil {
		return err
	}
	if p.Setting.Set, p.VPP.Demand, err = x.delivered(actual, p.VPP.Demand); err != nil {
		return err
	}
	if x.sold != nil {
		p.VPP.Offered = x.held()
	}
	// A schedule has the day-ahead power of the gate and the set points that
	// followed.
	schedules := make(map[string]der.Schedule, len(x.members))
	for _, d := range x.members {
		schedules[d.Name()] = der.Schedule{DayAhead: x.announced[d.Name()], Realised: []der.Ports{*x.recorded[d.Name()]}}
	}
	if x.metered, err = p.Metered(schedules, x.insidePrices()); err != nil {
		return err
	}
	// A program keeps the rules of each kind; fixed rules can break one, such
	// as the shortest run of a load whose usual profile has shorter ones. Steps
	// with misses break limits on purpose.
	if x.r.o.Strategy.Method == RuleBased && x.misses == nil {
		if err := x.metered.Verify(brokenBeyond); err != nil {
			return fmt.Errorf("rules: %w", err)
		}
	}
	return nil
}

// brokenBeyond is the tolerance of the check of a rule-based day, in units of
// each rule. It is that of a planned state, 1e-5, beyond which package der
// refuses to roll it forward.
const brokenBeyond = 1e-5

// insidePrices returns the recorded prices of goods inside the VPP, as one
// scenario.
func (x *vppDay) insidePrices() der.InsidePrices {
	var inside der.InsidePrices
	for k, to := range []*[][]float64{&inside.Heat, &inside.Gas, &inside.CO2} {
		if x.inside[k] != nil {
			*to = [][]float64{x.inside[k]}
		}
	}
	return inside
}
