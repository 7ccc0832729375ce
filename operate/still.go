package operate

import (
	"context"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/optional"
	"github.com/trigrid/trigrid/scenario"
)

// still lets the VPP stand still in step t: its members feed in and withdraw
// nothing, and their states follow, see [rested]. The next step tries to
// operate again.
//
// For example, a store that cannot return to its stated energy in the last
// hours of a day rests.
func (x *vppDay) still(ctx context.Context, t int, why error) error {
	now, err := x.r.known(ctx, x.day, x.grid.Time(t), x.grid.Window(t, t+1), 1)
	if err != nil {
		return err
	}
	// A set of one step would end the horizon of loads and cars, whose states
	// would begin anew.
	rest, err := x.r.known(ctx, x.day, x.grid.Time(t), x.grid.Window(t, x.grid.Steps), 1)
	if err != nil {
		return err
	}
	p, err := x.problem(rest, t, nil)
	if err != nil {
		return err
	}
	c := der.Context{Set: rest, Tariff: p.VPP.Tariff}
	miss := Miss{VPP: x.r.vpps[x.v], Step: t, Still: true, Reason: reasonOf(why)}
	if p.VPP.Demand != "" {
		demand := now.At(p.VPP.Demand, 0, 0)
		// Demand of the VPP is served by its connection, which stands still,
		// too.
		x.cut(t, demand)
		miss.MWh += demand * now.HoursAt(0)
	}
	if x.sold != nil && x.sold[t] > 0 {
		miss.ReserveMWh = x.sold[t] * now.HoursAt(0)
		x.release(t, x.sold[t])
	}
	for i := range x.plan.Members {
		m := &x.plan.Members[i]
		power, heat := demanded(m.DER, now, 0)
		miss.MWh += power * now.HoursAt(0)
		miss.HeatMWh += heat * now.HoursAt(0)
		recorded := x.recorded[m.DER.Name()]
		// A period without flow pays nothing to members, and settles the
		// schedule as imbalance.
		i := slices.IndexFunc(x.state, func(d der.DER) bool { return d.Name() == m.DER.Name() })
		ports, known := atRest(m.Schedule.Realised[0].Window(t, t+1), recorded, x.state[i])
		rested(&ports, "", x.state[i], 1, now)
		appendStep(recorded, &ports)
		if _, ours := freed(m.DER.Name(), x.state[i], reaches{}); known || ours {
			x.state[i] = restedForward(x.state[i], ports, c)
		}
	}
	for k, exchange := range goodsOf(x.plan) {
		if exchange.Prices != nil {
			x.inside[k] = append(x.inside[k], 0) // nothing changes hands
		}
	}
	x.misses = append(x.misses, miss)
	return nil
}

// atRest returns ports of a DER without any flow. like has the ports and traces
// of the kind in the step, as the gate planned them, and past the recorded
// ones. A state that the DER describes is its present one, flows inside the DER
// are 0, and another state is the last recorded one. known is false if a state
// has none of both, so that the planned one remains. For the kinds of package
// der, [rested] replaces these states.
//
// For example, a kind of another module that describes its temperature keeps
// it, also in the first step of a day.
func atRest(like der.Ports, past *der.Ports, d der.DER) (y der.Ports, known bool) {
	known = true
	for _, path := range pathsOf(&like) {
		if *path != nil {
			*path = []float64{0} // the plan keeps its own
		}
	}
	describer, _ := der.As[der.StateDescriber](d)
	for k := range like.Traces {
		trace := &like.Traces[k]
		trace.Values = slices.Clone(trace.Values)
		// "battery:injected" is a port of a part of a site.
		owner, _, port := strings.Cut(trace.Name, ":")
		flow := trace.Unit == "MW" || port && !strings.Contains(owner, "/")
		values := past.Trace(trace.Name)
		initial, described := optional.Float{}, false
		if describer != nil {
			initial = describer.DescribeState(trace.Name).Initial
			described = initial.Given()
		}
		switch {
		case flow:
			trace.Values[0] = 0
		case described:
			trace.Values[0] = initial.Or(0)
		case len(values) > 0:
			trace.Values[0] = values[len(values)-1]
		default:
			known = false
		}
	}
	return like, known
}

// rested sets the traces of a DER in ports of a step without any flow, by the
// balance of its kind. prefix is that of traces of parts of a site, and n a
// number of equal DERs. With the symbols of each kind,
//
//	e = max(E_min, (1−σ)^Δ e_0)       store, and so in its bands; no run is in progress
//	v = v_0,  a = 0                   carbon capture: the tank keeps its CO2, and absorbs none
//	V = V_0,  R = I                   reservoir: the inflow runs over the spillway
//	T = k T_0 + (1−k) A               heat pump: the building cools, and water is drawn from the tank
//	e_i = e_i,0                       cars: the energy that they came with or had before
//	u = u_0,  no start and no stop    thermal units and converters stay as they were
//
// A step of load reduction has no call, and a transferable load does not run.
func rested(y *der.Ports, prefix string, d der.DER, n float64, now *scenario.Set) {
	set := func(name string, v float64) {
		if values := y.Trace(prefix + name); len(values) > 0 {
			values[0] = n * v
		}
	}
	runs := func(on bool) {
		v := 0.0
		if on {
			v = 1
		}
		set("on", v)
	}
	unit := func(before der.ThermalState) {
		runs(before.Boundary == der.BeforeKnown && before.On)
		set("start", 0)
		set("stop", 0)
	}
	switch u := d.(type) {
	case *der.Fleet:
		rested(y, prefix, u.Unit, n*float64(u.Count), now)
	case *der.Site:
		for _, part := range u.Parts {
			rested(y, prefix+part.Name()+"/", part, n, now)
		}
	case *der.EVFleet:
		idle := *u
		idle.Stays = slices.Clone(u.Stays)
		for i := range idle.Stays { // chargers without power
			idle.Stays[i].Charge, idle.Stays[i].TaperFrom = 0, optional.Float{}
		}
		for _, trace := range carsRule(&idle, now).Traces {
			set(trace.Name, trace.Values[0])
		}
	case *der.HeatPump:
		idle := *u
		idle.MaxPower = 0
		for _, trace := range heatPumpRule(&idle, now).Traces {
			set(trace.Name, trace.Values[0])
		}
	case *der.Reservoir:
		set("release", now.At(u.Inflow, 0, 0))
		set("volume", u.Initial)
	case *der.Storage:
		energy, bands := storageAtRest(u, now)
		set("energy", energy)
		for j, mwh := range bands {
			set("energy_"+strconv.Itoa(j+1), mwh)
		}
		set("charging", 0)
		set("discharging", 0)
	case *der.CarbonCapture:
		unit(u.Unit.Before)
		set("absorbed", 0)
		set("in tank", u.InTank)
	case *der.Thermal:
		unit(u.Before)
	case *der.DemandResponse:
		set("call", 0)
	case *der.TransferableLoad:
		runs(false)
	}
	if _, o := operated(d); o != nil {
		runs(o.Boundary == der.BeforeKnown && (o.RunsBefore || o.Before > idle))
	}
}

// storageAtRest returns the energy of a store after a step without flow, and
// that in its bands of depth, MWh. It does not fall below the least energy, so
// that the next step has a program.
func storageAtRest(u *der.Storage, now *scenario.Set) (energy float64, bands []float64) {
	before := u.Initial.Or(u.MinEnergy)
	energy = max(u.MinEnergy, before*math.Pow(1-u.SelfDischarge, now.HoursAt(0)))
	plain := *u
	plain.StartsPerDay = optional.Float{} // only bands are wanted
	after, err := plain.RollForward(&der.Ports{Traces: []der.Path{{Name: "energy", Unit: "MWh", Values: []float64{energy}}}}, der.Context{Set: now}, 0, 1)
	if err != nil {
		return energy, nil
	}
	return energy, after.(*der.Storage).Before.InBands
}

// restedForward returns a DER after a step whose ports are those of [rested]. A
// kind without a state at rest, such as a unit that cannot stop at once, keeps
// its own. In a site the other parts have theirs.
func restedForward(d der.DER, y der.Ports, c der.Context) der.DER {
	switch u := d.(type) {
	case *der.Fleet:
		return fleetOf(u, restedForward(u.Unit, times(1/float64(u.Count), cloned(y)), c))
	case *der.Site:
		next := *u
		next.Parts = nil
		for k, part := range u.PartSchedules(der.Schedule{Realised: []der.Ports{y}}) {
			next.Parts = append(next.Parts, restedForward(u.Parts[k], part.Realised[0], c))
		}
		return &next
	case *der.DemandResponse:
		// Load that is not served is neither reduced nor returned. The rebound
		// of the step is lost as the load is.
		usual := 0.0
		if !u.Served {
			usual = c.Set.At(u.Load, 0, 0)
		}
		y.Withdrawn = []float64{usual + due(u.Before.Due, c.Set.HoursAt(0))}
	}
	if stateful, ok := d.(der.Stateful); ok {
		if next, err := stateful.RollForward(&y, c, 0, 1); err == nil {
			return next
		}
	}
	return d
}

// due returns the mean power of pulses in the first step, of dt hours, MW.
func due(pulses []der.Pulse, dt float64) float64 {
	mwh := 0.0
	for _, x := range pulses {
		mwh += x.Power * max(0, min(x.From+x.Hours, dt)-max(x.From, 0))
	}
	return mwh / dt
}
