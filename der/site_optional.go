package der

import (
	"fmt"
	"math"
	"strings"

	"github.com/trigrid/trigrid/optional"
	"github.com/trigrid/trigrid/scenario"
)

// RollForward implements [Stateful]: the site with each part rolled forward.
func (u *Site) RollForward(realised *Ports, c Context, scenario, steps int) (DER, error) {
	next := *u
	next.Parts = make([]DER, len(u.Parts))
	for i, p := range u.split(realised) {
		part, ok := u.Parts[i].(Stateful)
		if !ok {
			return nil, fmt.Errorf("der: site %s: %T has no rule for its state; implement der.Stateful", u.ID, u.Parts[i])
		}
		rolled, err := part.RollForward(&p, u.inside(u.Parts[i], c), scenario, steps)
		if err != nil {
			return nil, fmt.Errorf("part %s: %w", u.Parts[i].Name(), err)
		}
		next.Parts[i] = rolled
	}
	return &next, nil
}

// Overlaps implements [Overlapper]: a part feeds in and withdraws at once. Two
// parts may do so.
func (u *Site) Overlaps(realised *Ports, t int) bool {
	for i, p := range u.split(realised) {
		if x, ok := As[Overlapper](u.Parts[i]); ok && x.Overlaps(&p, t) {
			return true
		}
	}
	return false
}

// Bounds implements [Bounded]: the sum of those of the parts, within hard
// limits of electricity.
func (u *Site) Bounds(c Context, scenario int) Bounds {
	out := c.NewBounds()
	for port := range out.Min {
		for t := range c.Steps() {
			out.Min[port][t], out.Max[port][t] = 0, 0
		}
	}
	for _, part := range u.Parts {
		b := c.NewBounds()
		if x, ok := As[Bounded](part); ok {
			b = x.Bounds(u.inside(part, c), scenario)
		}
		for port := range out.Min {
			for t := range c.Steps() {
				out.Min[port][t] += b.Min[port][t]
				out.Max[port][t] += b.Max[port][t]
			}
		}
	}
	if !u.ExcessCost.Given() {
		for t := range c.Steps() {
			out.Limit(Electricity, t, -u.MaxImport.Or(math.Inf(1)), u.MaxExport.Or(math.Inf(1)))
		}
	}
	return out
}

// Diagnose implements [Diagnoser]: the reason of the first part that has no
// schedule.
func (u *Site) Diagnose(c Context) error {
	for _, part := range u.Parts {
		if x, ok := As[Diagnoser](part); ok {
			if err := x.Diagnose(u.inside(part, c)); err != nil {
				return err
			}
		}
	}
	return nil
}

// Project implements [Projected]: the sum over the parts.
func (u *Site) Project(set *scenario.Set, s int) Projection {
	var out Projection
	add := func(sum *[]float64, mw []float64) {
		if mw == nil {
			return
		}
		if *sum == nil {
			*sum = make([]float64, set.Steps())
		}
		for t, x := range mw {
			(*sum)[t] += x
		}
	}
	for _, part := range u.Parts {
		if x, ok := As[Projected](part); ok {
			p := x.Project(set, s)
			add(&out.Clean, p.Clean)
			add(&out.Load, p.Load)
		}
	}
	return out
}

// Rating implements [Rated]: the sum over the parts, and for electricity at
// most the export limit.
func (u *Site) Rating(port Carrier) optional.Float {
	sum, given := 0.0, false
	for _, part := range u.Parts {
		if x, ok := As[Rated](part); ok {
			if mw, ok := x.Rating(port).Get(); ok {
				sum, given = sum+mw, true
			}
		}
	}
	if !given {
		return optional.Float{}
	}
	if port == Electricity {
		sum = min(sum, u.MaxExport.Or(math.Inf(1)))
	}
	return optional.Of(sum)
}

// measured reports whether each part states its generation or its load. A site
// with another part leaves the signals of its region unmeasured, as that part
// does.
func (u *Site) measured() bool {
	for _, part := range u.Parts {
		_, projected := As[Projected](part)
		_, rated := As[Rated](part)
		if !projected && !rated {
			return false
		}
	}
	return true
}

// DescribeState implements [StateDescriber]. The state "battery/energy" is that
// of a part. Ports of parts are details of the site.
func (u *Site) DescribeState(name string) StateRange {
	if name == "excess" {
		return StateRange{Min: optional.Of(0)}
	}
	local, state, ok := strings.Cut(name, "/")
	if !ok {
		return StateRange{Detail: true}
	}
	for _, part := range u.Parts {
		if x, is := As[StateDescriber](part); is && part.Name() == local {
			return x.DescribeState(state)
		}
	}
	return StateRange{}
}

// StoresElectricity implements [Storer]: all parts are stores. The withdrawals
// of a site with a load count as consumption, those of its battery included,
// because an obligation counts a member as a whole.
func (u *Site) StoresElectricity() bool {
	for _, part := range u.Parts {
		if x, ok := As[Storer](part); !ok || !x.StoresElectricity() {
			return false
		}
	}
	return true
}

// Quantities implements [Measured]: those of the parts, and the limits.
func (u *Site) Quantities() []Quantity {
	var q quantities
	for _, part := range u.Parts {
		if x, ok := As[Measured](part); ok {
			for _, item := range x.Quantities() {
				item.Field = part.Name() + "." + item.Field
				q = append(q, item)
			}
		}
	}
	q.add(ConnectionOf, "MaxImport", u.MaxImport)
	q.add(ConnectionOf, "MaxExport", u.MaxExport)
	q.add(PriceOf, "ExcessCost", u.ExcessCost)
	return q
}

// UnequalSteps implements [Unequal].
func (u *Site) UnequalSteps() bool {
	for _, part := range u.Parts {
		if x, ok := As[Unequal](part); !ok || !x.UnequalSteps() {
			return false
		}
	}
	return true
}

// Scale implements [Scaler]: exact without integers, because sites with
// integers share the limit of their sum, and none with a part that has none.
func (u *Site) Scale(c Context) Scale {
	for _, part := range u.Parts {
		if ScaleOf(part, u.inside(part, c)) == ScaleNone {
			return ScaleNone
		}
	}
	return outerWithIntegers(u, c)
}
