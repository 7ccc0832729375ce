package operate

import (
	"context"
	"errors"
	"sync"

	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/milp"
	"github.com/trigrid/trigrid/scenario"
	"github.com/trigrid/trigrid/vpp"
	"github.com/trigrid/trigrid/weights"
)

// bound returns a lower bound of the cost of a day for its choices, nil if none
// is known. For each VPP it solves
//
//	max trade + reserve − own costs − imbalance − carbon − certificates
//
// with the actual values of the day, a free day-ahead schedule and reserve
// offer, and free states of thermal units and converters before the first step.
// Buildings, tanks and reservoirs begin with any state that the days before can
// have left, see [reach]. Every operation of the day is feasible in it, because
// the stores begin and end with their stated energy and each day renews the
// limits of a day; so is every strategy, on every day, whatever state the days
// before have left. The bound is the proven one of the solver. After a midnight
// at which a store stood still, the bound holds for that strategy only, from the
// energy that the store had.
//
// A plan of the day from its real state is no such bound: a strategy that
// starts a unit the day before can be cheaper on the day itself. The sum of the
// bounds of a season is at most the cost of one program over all its days,
// whose days are feasible here.
//
// A kind of another module has a state that this package cannot free, so that a
// day with one has no bound. Imbalance prices that pay for deviations have none
// either.
func (r *runner) bound(ctx context.Context, vpps []*vppDay, actual *scenario.Set) (*float64, error) {
	var (
		mu    sync.Mutex
		sum   float64
		known = true
	)
	parts := make([]float64, len(vpps))
	err := r.each(ctx, vpps, func(ctx context.Context, x *vppDay) error {
		value, ok, err := x.bound(ctx, actual)
		mu.Lock()
		defer mu.Unlock()
		known = known && ok
		parts[x.v] = value
		return err
	})
	for _, part := range parts { // in a fixed order, so that equal runs give equal bytes
		sum += part
	}
	if err != nil || !known {
		return nil, err
	}
	return &sum, nil
}

// bound returns the bound of one VPP, and whether there is one.
func (x *vppDay) bound(ctx context.Context, actual *scenario.Set) (value float64, ok bool, err error) {
	members := make([]der.DER, len(x.members))
	for i, d := range x.members {
		if members[i], ok = freed(d.Name(), d, x.r.reach); !ok {
			return 0, false, nil
		}
	}
	p, err := x.problem(actual, 0, members)
	if err != nil {
		return 0, false, err
	}
	// Neither the schedule of the gate nor the attitude to risk may raise the
	// cost.
	p.VPP.DayAhead, p.VPP.Offered, p.VPP.RiskAversion = nil, nil, 0
	// Equal weights of economy and environment add both in money; the objective
	// is half of it.
	p.Setting.Weights = weights.Vector{Economic: 0.5, Environment: 0.5}
	p.Setting.Modelling.DispatchObjective = vpp.OwnCosts
	p.Setting.Modelling.ImbalanceAccounting = vpp.InEconomicToo
	x.r.count(1, 0)
	plan, err := p.Solve(ctx, x.r.common)
	if errors.Is(err, milp.ErrUnbounded) {
		return 0, false, nil
	}
	if err != nil {
		return 0, false, err
	}
	return -2 * (plan.Value.Objective + plan.AbsoluteGap), true, nil
}
