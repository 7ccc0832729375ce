package vpp

import (
	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/milp"
)

// boundsOf returns bounds of the ports of member i in scenario s: the bounds of
// its columns, which exist for every kind, intersected with those of a
// [der.Bounded] kind. For example, a thermal unit that ramps by 3 MW per hour
// from 2 MW has the upper bound 5 MW in the first hour, 8 MW in the second.
func (x *Program) boundsOf(i, s int) der.Bounds {
	out := x.context.NewBounds()
	terms := &x.terms[i][s]
	for t := range x.context.Steps() {
		lower, upper := terms.Net(t).Range()
		out.Limit(der.Electricity, t, lower, upper)
		for _, port := range [...]struct {
			carrier der.Carrier
			path    []milp.Expr
		}{{der.Heat, terms.Heat}, {der.Gas, terms.Gas}} {
			lower, upper := 0.0, 0.0 // without the port
			if port.path != nil {
				lower, upper = port.path[t].Range()
			}
			out.Limit(port.carrier, t, lower, upper)
		}
	}
	if bounded, ok := x.Members[i].(der.Bounded); ok {
		tighter := bounded.Bounds(x.context, s)
		for port := range tighter.Min {
			for t := range tighter.Min[port] {
				out.Limit(der.Carrier(port), t, tighter.Min[port][t], tighter.Max[port][t])
			}
		}
	}
	return out
}

// totalBounds returns the sum of the bounds of all members in scenario s.
func (x *Program) totalBounds(s int) der.Bounds {
	var sum der.Bounds
	for port := range sum.Min {
		sum.Min[port], sum.Max[port] = make([]float64, x.context.Steps()), make([]float64, x.context.Steps())
	}
	for i := range x.Members {
		member := x.boundsOf(i, s)
		for port := range sum.Min {
			for t := range sum.Min[port] {
				sum.Min[port][t] += member.Min[port][t]
				sum.Max[port][t] += member.Max[port][t]
			}
		}
	}
	return sum
}
