package sweep

import (
	"context"
	"fmt"

	"github.com/trigrid/trigrid"
	"github.com/trigrid/trigrid/internal/faults"
	"github.com/trigrid/trigrid/vpp"
	"github.com/trigrid/trigrid/weights"
)

// Result has the outcomes of a sweep over weights.
type Result struct {
	Region string `json:"region"`
	Rows   []Row  `json:"rows"` // the vectors of the grid, then the added ones

	// Analysis has gain, loss and regret of each row by dimension, in the order
	// of Rows. Gains refer to the row with the weights of the region.
	Analysis *weights.Analysis `json:"-"`
}

// Row is the outcome under one weight vector. Amounts are sums over the VPPs at
// Profile.
type Row struct {
	Weights weights.Vector `json:"weights"`

	// Planned are the weights of the programs. They differ from Weights if one
	// of these is zero: see [Weights].
	Planned weights.Vector `json:"planned"`

	// Added states that the grid lacks the vector, a corner or the weights of
	// the region.
	Added   bool            `json:"added"`
	Profile trigrid.Profile `json:"profile"`

	// Value has the economic surplus of the VPPs and their members, minus the
	// sum of β CVaR, and N, so that Planned.Score(Value) is the sum of the
	// objectives. Payments to members cancel in the surplus. With
	// [vpp.TariffPayments] the surplus is E, as in the objective.
	Value     weights.Values `json:"value"`
	Economic  float64        `json:"economic"`      // E, of the VPPs alone
	CVaR      float64        `json:"cvar"`          // Σ_v CVaR, without β
	Imbalance float64        `json:"imbalance"`     // expected imbalance cost
	Deviation float64        `json:"deviation_mwh"` // expected absolute imbalance
	Used      float64        `json:"used_mwh"`      // renewable energy
	Available float64        `json:"available_mwh"` // renewable energy
	Emission  float64        `json:"emission_t"`

	// Payoff and Revenue of each DER, currency. They are nil in added corners,
	// whose economic weight is too small to express values in money.
	Payoff  map[string]float64 `json:"payoff,omitempty"`
	Revenue map[string]float64 `json:"revenue,omitempty"`

	// Plans are the plans of the VPPs at Profile, in the order of the region; a
	// VPP that never runs has none.
	Plans []*vpp.Plan `json:"-"`
}

// leastWeight is the smallest weight of a program.
const leastWeight = 0.001

// planned returns w with weights of at least leastWeight:
//
//	w' = (1 − 3 ε) w + ε       if a weight is below ε = leastWeight
//
// A program with a zero weight does not decide the quantities that only this
// dimension values, such as the purchases of a plan for the environment alone.
// With a small weight it takes the best of them, so that every plan is
// efficient (Mavrotas, 2009, Effective implementation of the ε-constraint
// method, Applied Mathematics and Computation 213).
func planned(w weights.Vector) weights.Vector {
	if min(w.Economic, w.Risk, w.Environment) >= leastWeight {
		return w
	}
	lifted := func(x float64) float64 { return (1-3*leastWeight)*x + leastWeight }
	return weights.Vector{Economic: lifted(w.Economic), Risk: lifted(w.Risk), Environment: lifted(w.Environment)}
}

// Weights runs a region under each vector of a grid and compares the outcomes
// by dimension. The choice of the DERs follows the weights. The three corners,
// which define the ideal, and the weights of the region, to which gains refer,
// are added if the grid lacks them. A vector with a zero weight is planned with
// 0.001 instead, so that its plan is efficient: see [Row.Planned].
//
// Options are those of each run; a policy would replace the weights and is
// rejected. Weights returns an error for invalid input, and if a run has no
// feasible allocation.
func Weights(ctx context.Context, r trigrid.Region, o trigrid.Options, grid []weights.Vector) (*Result, error) {
	return vary(r, o, grid, func(at trigrid.Region, row *Row) error {
		res, err := trigrid.Run(ctx, at, o)
		if err != nil {
			return err
		}
		if len(res.Settlement) == 0 {
			return fmt.Errorf("no allocation: %s", res.Recommendation.Explanation)
		}
		row.Profile = trigrid.Profile{}
		for _, u := range res.DERs {
			row.Profile[u.Name] = u.Choice
			if row.Payoff != nil {
				row.Payoff[u.Name], row.Revenue[u.Name] = u.Payoff, u.Revenue
			}
		}
		for _, plan := range res.Plans {
			if plan != nil { // nil: a VPP that never runs
				row.add(plan)
			}
		}
		return nil
	})
}

// vary computes the rows of a sweep. measure receives the region with the
// weights of the row, and a row whose Payoff is nil if payoffs are not wanted.
func vary(r trigrid.Region, o trigrid.Options, grid []weights.Vector, measure func(trigrid.Region, *Row) error) (*Result, error) {
	bad := faults.List{Prefix: "sweep: "}
	bad.Add(r.Validate())
	bad.Require(o.Policy == nil, "Options.Policy is set, and a policy replaces the weights of the sweep; leave it nil")
	bad.Require(len(grid) > 0, "the grid of weights is empty; give vectors, such as weights.Simplex(5)")
	for i, w := range grid {
		if err := w.Validate(); err != nil {
			bad.Addf("vector %d: %w", i, err)
		}
	}
	if err := bad.Err(); err != nil {
		return nil, err
	}
	out := &Result{Region: r.Name}
	for _, w := range grid {
		out.Rows = append(out.Rows, Row{Weights: w, Planned: planned(w), Payoff: map[string]float64{}, Revenue: map[string]float64{}})
	}
	reference := out.find(r.Setting.Weights)
	if reference < 0 {
		reference = len(out.Rows)
		w := r.Setting.Weights
		out.Rows = append(out.Rows, Row{Weights: w, Planned: planned(w), Added: true, Payoff: map[string]float64{}, Revenue: map[string]float64{}})
	}
	for _, w := range weights.Corners() {
		if out.find(w) < 0 {
			out.Rows = append(out.Rows, Row{Weights: w, Planned: planned(w), Added: true})
		}
	}
	// The rows follow each other, because each run uses all workers by itself.
	var outcomes []weights.Outcome
	for i := range out.Rows {
		row, at := &out.Rows[i], r // at is a copy, whose weights change
		at.Setting.Weights = row.Planned
		if err := measure(at, row); err != nil {
			return nil, fmt.Errorf("sweep: weights %v: %w", row.Weights, err)
		}
		outcomes = append(outcomes, weights.Outcome{Weights: row.Weights, Value: row.Value})
	}
	var err error
	out.Analysis, err = weights.Analyse(outcomes, reference)
	return out, err
}

// find returns the row with given weights, or −1.
func (x *Result) find(w weights.Vector) int {
	const same = 1e-9 // weights have a few decimals
	near := func(a, b float64) bool { return a-b <= same && b-a <= same }
	for i, row := range x.Rows {
		if near(row.Weights.Economic, w.Economic) && near(row.Weights.Risk, w.Risk) && near(row.Weights.Environment, w.Environment) {
			return i
		}
	}
	return -1
}

// add adds the plan of one VPP.
func (row *Row) add(plan *vpp.Plan) {
	row.Plans = append(row.Plans, plan)
	row.Value.Economic += plan.Value.Economic
	if plan.Setting.Modelling.DispatchObjective == vpp.OwnCosts {
		row.Value.Economic += plan.Value.Payments - plan.Value.Cost
	}
	row.Economic += plan.Value.Economic
	// β is that of each VPP, so that the sum of the weighted risks is none of
	// the sum.
	row.Value.Risk -= plan.VPP.RiskAversion * plan.Value.Risk
	row.Value.Environment += plan.Value.Environment
	row.CVaR += plan.Value.Risk
	row.Imbalance += plan.Value.Imbalance
	row.Deviation += plan.Deviation()
	for s, x := range plan.Results {
		p := plan.Setting.Set.Probability(s)
		row.Used += p * x.Renewable
		row.Available += p * x.Available
		row.Emission += p * x.Emission
	}
}
