package audit

import "github.com/trigrid/trigrid/der"

// callRules inspects one scenario's calls of a load, cut in MW: how much is cut in them and, where every step
// of a call must cut something and so shows, how long they last and how many there are. A call that may
// pause can be longer than what shows of it, and several pieces may be one call: then only the longest
// piece says something.
func (a *account) callRules(x der.Calls, s int, cut []float64) {
	const idle = 1e-6 // MW
	begins, number := 0, 0
	for t := range len(cut) + 1 {
		if t < len(cut) && cut[t] > idle {
			a.at(s, t).AtLeast("load reduction while called", cut[t], x.MinReduction)
			continue
		}
		if t > begins {
			number++
			hours := float64(t-begins) * a.dt
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
