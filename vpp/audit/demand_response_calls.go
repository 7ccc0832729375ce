package audit

import "github.com/trigrid/trigrid/der"

// callRules inspects the calls of a load in one scenario. reduced is the load
// reduction, MW per step. A call is a run of steps in which the load may be
// reduced:
//
//	R_t ≥ R_min in a called step,   MinHours ≤ length ≤ MaxHours,   number of calls ≤ MaxCalls
//
// For example, reductions of 1 MW in hours 0, 1, 3 and 4 are two calls of two
// hours.
//
// If R_min is 0, a call can contain steps without a reduction: its visible
// pieces are shorter than the call and more numerous. Then only the upper limit
// of the length can be checked.
func (a *account) callRules(x der.Calls, s int, reduced []float64) {
	const idle = 1e-6 // MW
	begins, number := 0, 0
	past := x.Before // h of the call that ends in the step, before the grid
	if x.Before > 0 && (len(reduced) == 0 || reduced[0] <= idle) && x.MinReduction > 0 {
		a.at(s, 0).AtLeast("length of a call", x.Before, x.MinHours)
	}
	for t := range len(reduced) + 1 { // the step after the horizon ends the last call
		if t < len(reduced) && reduced[t] > idle {
			a.at(s, t).AtLeast("load reduction while called", reduced[t], x.MinReduction)
			continue
		}
		if t > begins {
			hours := a.hours(begins, t)
			if begins == 0 && past > 0 {
				hours += past // it goes on, and is counted already
			} else {
				number++
			}
			if limit, ok := x.MaxHours.Get(); ok {
				a.at(s, begins).AtMost("length of a call", hours, limit)
			}
			if x.MinReduction > 0 {
				a.at(s, begins).AtLeast("length of a call", hours, x.MinHours)
			}
		}
		begins = t + 1
	}
	if limit, ok := x.MaxCalls.Get(); ok && x.MinReduction > 0 {
		a.at(s, All).AtMost("number of calls", float64(number), limit)
	}
}
