package der

import "github.com/trigrid/trigrid/scenario"

// Projected is a DER that states from its data alone, before a program is
// solved, the clean energy that it can generate and the load that it brings.
// The grid measures its signals from it. A DER that is neither Projected nor
// [Rated] leaves the signals of its region unmeasured.
type Projected interface {
	DER

	// Project returns the projection of a scenario of a valid set.
	Project(set *scenario.Set, scenario int) Projection
}

// Projection is the projection of one DER in one scenario, MW per step. A nil
// slice is zero throughout. For example, a PV unit has Clean only, and an
// office that reduces its load has Load only.
type Projection struct {
	Clean []float64 // available generation that earns certificates, ≥ 0
	Load  []float64 // electric load before reductions and shifts, ≥ 0; none if the VPP serves it
}

// Project implements [Projected].
func (u *Wind) Project(set *scenario.Set, s int) Projection {
	return Projection{Clean: set.Path(u.Available, s)}
}

// Project implements [Projected].
func (u *PV) Project(set *scenario.Set, s int) Projection {
	return Projection{Clean: set.Path(u.Available, s)}
}

// Project implements [Projected]. Loads of heat and gas are no electric load.
func (u *Load) Project(set *scenario.Set, s int) Projection {
	if u.Port != Electricity {
		return Projection{}
	}
	return Projection{Load: set.Path(u.Demand, s)}
}

// Project implements [Projected]. A load that the VPP serves is part of the
// demand of the VPP.
func (u *DemandResponse) Project(set *scenario.Set, s int) Projection {
	if u.Served {
		return Projection{}
	}
	return Projection{Load: set.Path(u.Load, s)}
}

// Project implements [Projected]: the rest of a run that has begun, or else the
// run at its usual start, or at the first step if the usual start is over.
func (u *ShiftableLoad) Project(set *scenario.Set, _ int) Projection {
	c := Context{Set: set}
	clock, load := c.clock(), make([]float64, set.Steps())
	if began, ok := u.Began.Get(); ok {
		rest := u.rest(c, began)
		for t := range load {
			load[t] = mean(rest, clock.at(t), clock.at(t+1))
		}
		return Projection{Load: load}
	}
	begin := max(0, u.usual(c))
	for k, mw := range u.run(clock, begin) {
		if begin+k < len(load) {
			load[begin+k] = mw
		}
	}
	return Projection{Load: load}
}

// Project implements [Projected]: the usual load.
func (u *TransferableLoad) Project(set *scenario.Set, s int) Projection {
	return Projection{Load: set.Path(u.Load, s)}
}

// Project implements [Projected]: neither clean generation nor load.
func (u *HeatDump) Project(*scenario.Set, int) Projection { return Projection{} }

// Project implements [Projected]: neither clean generation nor load.
func (u *Sequestration) Project(*scenario.Set, int) Projection { return Projection{} }

// Project implements [Projected]: neither clean generation nor load.
func (u *GridConnection) Project(*scenario.Set, int) Projection { return Projection{} }

var _ = []Projected{
	(*Wind)(nil), (*PV)(nil), (*Load)(nil), (*DemandResponse)(nil), (*ShiftableLoad)(nil), (*TransferableLoad)(nil),
	(*HeatDump)(nil), (*Sequestration)(nil), (*GridConnection)(nil),
}
