package vpp

import "maps"

// SharedValue selects the unit of the value whose gain the members share.
type SharedValue int

const (
	// MoneyEquivalent divides the integrated value by the economic weight, the
	// default:
	//
	//	V / w_e = E − (w_r/w_e) β R + (w_n/w_e) N
	//
	// A unit of money in E then counts as much as a unit of the own revenues
	// R_i. Risk and environment count at their price in money. Without an
	// economic weight there is no such price, and V is shared as it is.
	MoneyEquivalent SharedValue = iota
	// WeightedValue shares V as the source states it. With w_e = 0.4, a saving
	// of 100 in money is shared as 40.
	WeightedValue
)

// OwnRevenue selects the part of a payoff that a member does not share.
type OwnRevenue int

const (
	// CoverCosts pays a member at least its reservation payoff if the tariff
	// does not decide its revenue or does not cover its costs, the default: see
	// [Reservations]. The remainder of its revenue is part of the shared value.
	CoverCosts OwnRevenue = iota
	// TariffOnly leaves each member its payment minus its own cost, as the
	// source states it. A member whose tariff is below its cost can then lose
	// by joining although it brings a gain.
	TariffOnly
)

// shareFactor returns the factor from the integrated value to the shared value.
func (c Setting) shareFactor() float64 {
	if w := c.Weights.Economic; c.Modelling.SharedValue == MoneyEquivalent && w > 0 {
		return 1 / w
	}
	return 1
}

// SharedMoney returns the amount by which the shared value changes per unit of
// money of the economic value: 1 with [MoneyEquivalent], otherwise the economic
// weight.
func (c Setting) SharedMoney() float64 { return c.Weights.Economic * c.shareFactor() }

// CoversCosts reports whether members have reservation payoffs: with
// [CoverCosts] and an economic weight. Without the weight, plans do not limit
// costs, and a guarantee of costs would be one of any amount.
func (c Setting) CoversCosts() bool {
	return c.Modelling.OwnRevenue == CoverCosts && c.Weights.Economic > 0
}

// Reservations returns the reservation payoff of each member of s that has one,
// currency:
//
//	b_i = max( R_i({i}), outside_i )
//
// R_i({i}) is its revenue as the only member of the VPP, outside_i its payoff
// outside. If the VPP cannot run with i alone, b_i is outside_i. A member has a
// reservation payoff if
//
//   - it exchanges a good whose price the tariff does not state, so that its
//     revenue depends on the other members, or
//   - the tariff alone pays it less than it has outside, R_i({i}) < outside_i −
//     1e-4.
//
// The difference of a hundredth of a minor unit keeps the error of a solver
// from deciding about a DER that earns the same on both sides, such as 0.
//
// alone returns the outcome of {i}, nil if that coalition cannot run. For
// example, a gas turbine with costs of 45 per MWh and a tariff of 42 has R < 0
// and the reservation payoff 0; without it, the turbine would refuse to replace
// purchases at 120.
func Reservations(s Coalition, c Setting, here *Outcome, alone func(i int) *Outcome, outside func(i int) float64) map[int]float64 {
	out := make(map[int]float64)
	if !c.CoversCosts() {
		return out
	}
	for _, i := range s.Members() {
		revenue, has := here.Revenue[i], outside(i)
		single := alone(i)
		if single != nil {
			revenue = single.Revenue[i]
		}
		if revenue >= has-sameRevenue && !here.Exchanging.Has(i) {
			continue
		}
		out[i] = has
		if single != nil {
			out[i] = max(revenue, has)
		}
	}
	return out
}

// sameRevenue is the largest difference of two equal revenues, currency.
const sameRevenue = 1e-4

// ReservationRanges returns the ranges of [Reservations] from outcomes with
// ranges. If the ranges allow a member to have a reservation payoff or none,
// there is one map for each case. It returns nil if there are more than 16.
func ReservationRanges(s Coalition, c Setting, here *Outcome, alone func(i int) *Outcome, outside func(i int) float64) []map[int]Range {
	cases := []map[int]Range{{}}
	if !c.CoversCosts() {
		return cases
	}
	for _, i := range s.Members() {
		revenue, has := here.Ranges.Revenue[i], outside(i)
		base := Range{has, has}
		exchanges := here.Exchanging.Has(i)
		if single := alone(i); single != nil {
			revenue = single.Ranges.Revenue[i]
			if exchanges {
				base = Range{max(revenue.Low, has), max(revenue.High, has)}
			}
		}
		if !exchanges && revenue.Low >= has-sameRevenue {
			continue
		}
		old := cases
		if !exchanges && revenue.High >= has-sameRevenue { // both are possible
			for _, one := range old {
				cases = append(cases, maps.Clone(one))
			}
			if len(cases) > maxCases {
				return nil
			}
		}
		for _, one := range old {
			one[i] = base
		}
	}
	return cases
}

// maxCases is the largest number of cases of ReservationRanges.
const maxCases = 16

// ShareableRanges returns the outcomes of [Shareable] with their ranges, from
// outcomes with ranges. Payments at prices inside the VPP sum to zero over the
// members with such a port, which all have a reservation payoff, so that the
// shared value has no price inside the VPP.
func ShareableRanges(of Outcomes, c Setting, reservations map[int]Range) Outcomes {
	factor, money := c.shareFactor(), c.SharedMoney()
	return func(s Coalition) *Outcome {
		out := *of(s)
		r := *out.Ranges
		out.Value.Integrated *= factor
		r.Integrated = r.Integrated.times(factor)
		r.Revenue = maps.Clone(r.Revenue)
		for _, i := range s.Members() { // in a fixed order, for equal bytes
			base, covered := reservations[i]
			if !covered {
				continue
			}
			own, known := r.Stated[i]
			if !known {
				own = everything()
			}
			r.Integrated = r.Integrated.plus(own.plus(base.times(-1)).times(money))
			if r.Revenue == nil {
				r.Revenue = make(map[int]Range)
			}
			r.Revenue[i] = base
		}
		return out.WithRanges(&r)
	}
}

// Shareable returns the outcomes that sharing rules and [Payoffs] read in a
// run. They differ from those of the plans in three numbers:
//
//	Integrated  = f V(S) + f w_e Σ_{i ∈ S} (R_i(S) − b_i)      over members with a reservation
//	Revenue_i   = b_i                                          for these members
//	AbsoluteGap = f times that of the plan
//
// They have no ranges; [ShareableRanges] has them.
//
// f is 1/w_e, or 1 with [WeightedValue]. For example, a boiler burns gas for 35
// and replaces heat that would cost 500. With inside prices, the revenue of the
// boiler, the gas supply and the load sums to 465 more than alone; they share
// this gain as they share V.
func Shareable(of Outcomes, c Setting, reservations map[int]float64) Outcomes {
	factor, money := c.shareFactor(), c.SharedMoney()
	return func(s Coalition) *Outcome {
		out := *of(s)
		out.Value.Integrated *= factor
		out.AbsoluteGap *= factor
		out.Ranges = nil
		if len(reservations) == 0 {
			return &out
		}
		out.Revenue = maps.Clone(out.Revenue)
		for _, i := range s.Members() { // in a fixed order, for equal bytes
			base, covered := reservations[i]
			revenue, member := out.Revenue[i]
			if covered && member {
				out.Value.Integrated += money * (revenue - base)
				out.Revenue[i] = base
			}
		}
		return &out
	}
}

// exchanging reports whether a member of a plan exchanges a good at a price
// inside the VPP.
func (p *Plan) exchanging(m *Member) bool {
	tariff := p.VPP.Tariff
	for s := range m.Schedule.Realised {
		ports := &m.Schedule.Realised[s]
		if ports.Heat != nil && tariff.Heat == nil || ports.Gas != nil && tariff.Gas == nil || ports.CO2 != nil && tariff.CO2 == nil {
			return true
		}
	}
	return false
}
