package unitcommitment

import (
	"math"
	"slices"

	"github.com/trigrid/trigrid/optional"
)

// capacity returns the capacity of a component, MW or MWh. nominal is "p_nom"
// or "e_nom". An extendable capacity is a violation unless it is ignored; then
// the optimum of an earlier run counts.
//
// For example, a generator with p_nom 0, p_nom_extendable True and p_nom_opt
// 120 of an earlier run has 120 MW if p_nom_extendable is ignored.
func (f *pypsa) capacity(x component, nominal string) float64 {
	given := x.number(nominal, 0, 0, math.Inf(1))
	optimum := x.optional(nominal+"_opt", 0, math.Inf(1))
	if !x.flag(nominal+"_extendable", false) {
		return given
	}
	key := nominal + "_extendable"
	if !f.refuse(x.of.file, key, "%s: is True, want False and the capacity in %s, because capacities are not decided here",
		x.place(key), nominal) {
		return given
	}
	return optimum.Or(given)
}

// inert reports attributes that change the problem if they are set.
func (f *pypsa) inert(x component, attributes ...string) {
	for _, a := range attributes {
		if x.flag(a, false) {
			f.refuse(x.of.file, a, "%s: is True, which is not part of this model; want False", x.place(a))
		}
	}
}

// times returns a share of a capacity. Nothing of an infinite capacity is 0.
//
// Otherwise a generator without a limit would have a lower limit of NaN at a
// p_min_pu of 0.
func times(share, capacity float64) float64 {
	if share == 0 {
		return 0
	}
	return share * capacity
}

// weighted multiplies each value with a weight.
//
// With the weights of f.cost, prices per MWh become prices of the program,
// whose steps have another length than the weight: a price of 7 with a weight
// of 3 in a step of one hour is 21.
func weighted(values, weights []float64) []float64 {
	out := make([]float64, len(values))
	for t := range out {
		out[t] = values[t] * weights[t]
	}
	return out
}

// generator reads a generator. It is between p_min_pu and p_max_pu of its
// capacity, also if p_min_pu is above 0, unless it is committable.
//
// With capacity K, objective weight ω_t and generator weight h_t:
//
//	p_min_pu_t K u_t ≤ P_t ≤ p_max_pu_t K u_t                               MW
//	e_sum_min ≤ Σ_t h_t P_t ≤ e_sum_max                                     MWh
//	cost = Σ_t ω_t (marginal_cost_t P_t + marginal_cost_quadratic_t P_t²)   currency
//	emission = Σ_t h_t P_t e / efficiency_t                                 t CO2
//
// u is 1 without commitment. For example, gas of 0.2 t per MWh and an
// efficiency of 0.5 emits 0.4 t per MWh of electricity.
//
// Source: the tables of attributes of generators, storage units and stores in
// the documentation of PyPSA 1.
func (f *pypsa) generator(x component) {
	before := f.bad.Len()
	f.bus(x)
	f.inert(x, "maintainable")
	if !x.flag("active", true) {
		return
	}
	var (
		nominal    = f.capacity(x, "p_nom")
		least      = x.each("p_min_pu", 0, -finite, finite)
		most       = x.each("p_max_pu", 1, -finite, finite)
		set        = x.eachOptional("p_set", -finite, finite)
		efficiency = x.each("efficiency", 1, math.SmallestNonzeroFloat64, finite)
		sign       = x.number("sign", 1, -1, 1)
		u          = &dispatched{
			id:    distinct(f.names, x.name, "generator"),
			price: weighted(x.each("marginal_cost", 0, -finite, finite), f.cost),
			least: least, most: most,
			minEnergy: bound(x.number("e_sum_min", math.Inf(-1), math.Inf(-1), finite)),
			maxEnergy: bound(x.number("e_sum_max", math.Inf(1), -finite, math.Inf(1))),
		}
	)
	u.energyHours = f.energy
	// A set point fixes the power, as in PyPSA 1. Outside the limits there is
	// no solution.
	for t := range u.least {
		u.least[t], u.most[t] = times(least[t], nominal), times(most[t], nominal)
		if mw, given := valueAt(set, t).Get(); given {
			if !(u.least[t]-1e-9 <= mw && mw <= u.most[t]+1e-9) {
				x.bad("p_set", "is %v in snapshot %d, want a power from %v to %v MW", mw, t, u.least[t], u.most[t])
				break
			}
			u.least[t], u.most[t] = mw, mw
		}
	}
	if q := weighted(x.each("marginal_cost_quadratic", 0, 0, finite), f.cost); slices.Max(q) > 0 {
		u.quadratic = q
	}
	if e := f.emission(x); e != 0 {
		u.emission = make([]float64, len(efficiency))
		for t := range u.emission {
			u.emission[t] = e / efficiency[t]
		}
	}
	f.ramp(x, u, nominal)
	committable := x.flag("committable", false)
	if committable {
		f.commit(x, u, nominal)
		if set != nil {
			x.bad("p_set", "is given for a committable generator, want one of the two")
		}
		if x.number("p_nom_mod", 0, 0, finite) > 0 {
			x.bad("p_nom_mod", "is above 0 for a committable generator, want 0: modules are not part of this model")
		}
	}
	switch {
	case sign == 1:
	case sign == -1 && !committable:
		u.mirror()
	default:
		x.bad("sign", "is %v, want 1, or −1 for a generator that is not committable", sign)
	}
	f.add(x, before, u)
}

// bound returns a limit of energy, absent if it is infinite.
func bound(mwh float64) optional.Float {
	if math.IsInf(mwh, 0) {
		return optional.Float{}
	}
	return optional.Of(mwh)
}

// mirror turns the power of a generator of sign −1 into its negative. Such a
// generator takes power: 5 to 20 MW of the file are −20 to −5 MW here.
func (u *dispatched) mirror() {
	for t := range u.least {
		u.least[t], u.most[t] = 0-u.most[t], 0-u.least[t]
		u.price[t] = 0 - u.price[t]
		if u.emission != nil {
			u.emission[t] = 0 - u.emission[t]
		}
	}
	negative := func(x optional.Float) optional.Float {
		if v, given := x.Get(); given {
			return optional.Of(0 - v)
		}
		return x
	}
	u.up, u.down = u.down, u.up
	u.before = negative(u.before)
	u.minEnergy, u.maxEnergy = negative(u.maxEnergy), negative(u.minEnergy)
}

// ramp reads the ramps, per unit of the capacity and snapshot. A row exists in
// a snapshot if the ramp or that of a start or stop is given; the other one is
// then the capacity. Without p_init there is no ramp into the first snapshot.
//
// For example, a ramp_limit_up of 0.3 of 100 MW allows a rise of 30 MW from one
// snapshot to the next, whether they are one hour or three apart.
func (f *pypsa) ramp(x component, u *dispatched, nominal float64) {
	limit := func(attribute, change string) []float64 {
		var (
			ramps = x.eachOptional(attribute, 0, finite)
			other = x.optional(change, 0, finite)
		)
		if ramps == nil && !other.Given() {
			return nil
		}
		out := make([]float64, f.snapshots)
		for t := range out {
			share := valueAt(ramps, t)
			if out[t] = times(share.Or(1), nominal); !share.Given() && !other.Given() {
				out[t] = math.Inf(1)
			}
		}
		return out
	}
	u.up = limit("ramp_limit_up", "ramp_limit_start_up")
	u.down = limit("ramp_limit_down", "ramp_limit_shut_down")
	u.before = x.optional("p_init", -finite, finite)
}

// commit reads the commitment of a generator. It was on before the first
// snapshot unless up_time_before is 0. A start is limited by
// ramp_limit_start_up and, by the row of the ramp up, a stop is possible from
// start_up − ramp_up on only; a start reaches at least shut_down − ramp_down.
//
// Attributes and symbols of [switching]:
//
//	start_up_cost, shut_down_cost     S, X          currency, without the objective weight
//	stand_by_cost                     standing      currency per hour on
//	min_up_time, min_down_time        U, D          snapshots
//	ramp_limit_start_up, _shut_down   R_v, R_w      shares of the capacity, 1 by default
//
// For example, a min_up_time of 4 and an up_time_before of 1 hold the unit on
// for three snapshots.
func (f *pypsa) commit(x component, u *dispatched, nominal float64) {
	count := func(attribute string, absent float64) int {
		n := x.number(attribute, absent, 0, maxSteps)
		if n != math.Trunc(n) {
			x.bad(attribute, "is %v, want a whole number of snapshots", n)
		}
		return int(n)
	}
	var (
		minUp, minDown = count("min_up_time", 0), count("min_down_time", 0)
		up, down       = count("up_time_before", 1), count("down_time_before", 0)
		share          = func(attribute string) float64 { return times(x.number(attribute, 1, 0, finite), nominal) }
		k              = &switching{
			start: x.number("start_up_cost", 0, 0, finite), stop: x.number("shut_down_cost", 0, 0, finite),
			standing: weighted(x.each("stand_by_cost", 0, -finite, finite), f.cost),
			rampV:    share("ramp_limit_start_up"), rampW: share("ramp_limit_shut_down"),
			minUp: max(1, minUp), minOff: max(1, minDown),
			on: up > 0,
		}
	)
	switch {
	case k.on:
		k.held = max(0, minUp-up)
		// PyPSA would hold the unit off although it is on before.
		if down > 0 && minDown > down {
			x.bad("down_time_before", "is %d beside an up_time_before of %d, want one of the two to be 0", down, up)
		}
	case down > 0:
		k.held = max(0, minDown-down)
	}
	u.switching = k
}

// storageUnit reads a storage unit. Its limits are shares of one capacity, its
// energy max_hours of it.
//
// For example, p_nom 10 and max_hours 6 are 60 MWh, and a p_min_pu of −1 is 10
// MW of charging.
//
// With loss λ per hour and store weight h:
//
//	e_t = (1 − λ)^h e_{t−1} + h (efficiency_store c_t − d_t / efficiency_dispatch + inflow_t − spill_t)
func (f *pypsa) storageUnit(x component) {
	before := f.bad.Len()
	f.bus(x)
	if !x.flag("active", true) {
		return
	}
	for _, a := range []string{"p_dispatch_set", "p_store_set"} {
		if x.eachOptional(a, -finite, finite) != nil {
			x.bad(a, "is given, want p_set, the difference of both")
		}
	}
	var (
		nominal = f.capacity(x, "p_nom")
		u       = f.reservoir(x, "storage unit", "state_of_charge_initial", "cyclic_state_of_charge")
		least   = x.each("p_min_pu", -1, -finite, 0)
		most    = x.each("p_max_pu", 1, 0, finite)
		hours   = x.number("max_hours", 1, 0, finite)
	)
	u.maxCharge, u.maxDischarge = make([]float64, f.snapshots), make([]float64, f.snapshots)
	for t := range f.snapshots {
		u.maxCharge[t], u.maxDischarge[t] = 0-times(least[t], nominal), times(most[t], nominal)
		u.maxLevel[t] = times(hours, nominal)
	}
	// Power is measured at the bus, and efficiencies are those of one way.
	u.charging = x.each("efficiency_store", 1, 0, finite)
	u.discharging = x.each("efficiency_dispatch", 1, math.SmallestNonzeroFloat32, finite)
	u.inflow = x.each("inflow", 0, -finite, finite)
	u.levels = x.eachOptional("state_of_charge_set", -finite, finite)
	u.dischargePrice = weighted(x.each("marginal_cost", 0, -finite, finite), f.cost)
	u.spillPrice = weighted(x.each("spill_cost", 0, -finite, finite), f.cost)
	if q := weighted(x.each("marginal_cost_quadratic", 0, 0, finite), f.cost); slices.Max(q) > 0 {
		u.quadratic = q
	}
	f.add(x, before, u)
}

// store reads a store, which exchanges energy without loss and limit of power.
// Its price counts for both directions: a store that takes power is paid.
//
// For example, a store of 0 to 60 MWh with a weight of 3 h exchanges at most 20
// MW: more would fill or empty it within the snapshot.
func (f *pypsa) store(x component) {
	before := f.bad.Len()
	f.bus(x)
	if !x.flag("active", true) {
		return
	}
	var (
		nominal     = f.capacity(x, "e_nom")
		u           = f.reservoir(x, "store", "e_initial", "e_cyclic")
		least, most = x.each("e_min_pu", 0, -finite, finite), x.each("e_max_pu", 1, -finite, finite)
		price       = weighted(x.each("marginal_cost", 0, -finite, finite), f.cost)
	)
	if slices.ContainsFunc(x.each("marginal_cost_quadratic", 0, -finite, finite), func(q float64) bool { return q != 0 }) {
		x.bad("marginal_cost_quadratic", "is given for a store, which is not part of this model; want 0")
	}
	u.levels = x.eachOptional("e_set", -finite, finite)
	u.dischargePrice = price
	u.chargePrice = make([]float64, f.snapshots)
	u.maxCharge, u.maxDischarge = make([]float64, f.snapshots), make([]float64, f.snapshots)
	u.charging = slices.Repeat([]float64{1}, f.snapshots)
	u.discharging = u.charging
	for t := range f.snapshots {
		u.minLevel[t], u.maxLevel[t] = times(least[t], nominal), times(most[t], nominal)
	}
	for t := range f.snapshots {
		u.chargePrice[t] = 0 - price[t]
		// Power is limited by the energy: from the highest before to the lowest
		// now, and back.
		low, high := u.initial, u.initial
		if t > 0 || u.cyclic {
			before := (t + f.snapshots - 1) % f.snapshots
			low, high = u.minLevel[before], u.maxLevel[before]
		}
		if h := u.hours[t]; h > 0 {
			u.maxCharge[t] = max(0, (u.maxLevel[t]-u.keep[t]*low)/h)
			u.maxDischarge[t] = max(0, (u.keep[t]*high-u.minLevel[t])/h)
		}
	}
	f.add(x, before, u)
}

// reservoir reads the attributes that storage units and stores share.
//
// Names differ between both: the initial energy is state_of_charge_initial or
// e_initial, and the switch of a cyclic one cyclic_state_of_charge or e_cyclic.
// A standing loss of 1 % per hour and a weight of 3 h keep 0.99³ of the energy.
func (f *pypsa) reservoir(x component, kind, initial, cyclic string) *reservoir {
	u := &reservoir{
		id:       distinct(f.names, x.name, kind),
		minLevel: make([]float64, f.snapshots), maxLevel: make([]float64, f.snapshots),
		hours:      f.stores,
		keep:       x.each("standing_loss", 0, 0, 1),
		initial:    x.number(initial, 0, -finite, finite),
		cyclic:     x.flag(cyclic, false),
		net:        x.eachOptional("p_set", -finite, finite),
		levelPrice: weighted(x.each("marginal_cost_storage", 0, -finite, finite), f.cost),
	}
	for t := range u.keep {
		u.keep[t] = math.Pow(1-u.keep[t], f.stores[t])
	}
	if u.cyclic && u.initial != 0 {
		f.note("%s: is ignored, because the %s is cyclic", x.place(initial), kind)
	}
	if x.number("sign", 1, -finite, finite) != 1 {
		x.bad("sign", "is not 1, which is not part of this model; want 1")
	}
	// The limit of CO2 counts the energy that such a store loses over the
	// horizon.
	if e := f.emission(x); e != 0 && f.system.EmissionLimit.Given() {
		x.bad("carrier", "is %q with %v t CO2 per MWh under a limit of CO2, which is not part of this model; want a carrier without emissions", x.text("carrier"), e)
	}
	return u
}
