package operate

import (
	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/internal/faults"
	"github.com/trigrid/trigrid/milp"
	"github.com/trigrid/trigrid/vpp"
)

// begin returns a DER at the beginning of a season. A cyclic state before the first step, which holds
// for a day that repeats, becomes a free one.
func begin(d der.DER) der.DER {
	free := func(b *der.Boundary) {
		if *b == der.BeforeCyclic {
			*b = der.BeforeFree
		}
	}
	return changed(d, free)
}

// freed returns a DER whose state before the first step is free, for bounds. ok is false for a kind
// with a state that cannot be freed.
func freed(d der.DER) (out der.DER, ok bool) {
	switch u := d.(type) {
	case *der.Thermal:
		next := *u
		next.Before = der.ThermalState{Boundary: der.BeforeFree}
		return &next, true
	case *der.CarbonCapture:
		next := *u
		next.Unit.Before = der.ThermalState{Boundary: der.BeforeFree}
		return &next, true
	case *der.CHP, *der.ExtractionCHP, *der.GasBoiler, *der.ElectricBoiler, *der.PowerToGas,
		*der.Wind, *der.PV, *der.Load, *der.Storage, *der.DemandResponse, *der.ShiftableLoad, *der.TransferableLoad,
		*der.Sequestration, *der.GasSupply, *der.HeatDump:
		return changed(d, func(b *der.Boundary) { *b = der.BeforeFree }), true
	}
	return d, false
}

// changed returns a copy of a DER with another boundary, or the DER itself if it has none.
func changed(d der.DER, change func(*der.Boundary)) der.DER {
	switch u := d.(type) {
	case *der.Thermal:
		next := *u
		change(&next.Before.Boundary)
		return &next
	case *der.CarbonCapture:
		next := *u
		change(&next.Unit.Before.Boundary)
		return &next
	}
	if next, o := operated(d); next != nil {
		change(&o.Boundary)
		return next
	}
	return d
}

// operated returns a copy of a converter and the operation of the copy, nil for other kinds.
func operated(d der.DER) (der.DER, *der.Operation) {
	switch u := d.(type) {
	case *der.CHP:
		next := *u
		return &next, &next.Power
	case *der.ExtractionCHP:
		next := *u
		return &next, &next.Power
	case *der.GasBoiler:
		next := *u
		return &next, &next.Heat
	case *der.ElectricBoiler:
		next := *u
		return &next, &next.Power
	case *der.PowerToGas:
		next := *u
		return &next, &next.Power
	}
	return nil, nil
}

// renew returns a DER at the beginning of a day: the data of the day with the state that the day
// before has left. Thermal units and converters continue their operation. Stores begin with their
// stated energy, which they ended with. Limits of a day, such as hours of load reduction, begin
// again. A kind of another module continues as rolled.
func renew(day, rolled der.DER) der.DER {
	switch u := rolled.(type) {
	case *der.Thermal:
		if fresh, ok := day.(*der.Thermal); ok {
			next := *fresh
			next.Before = u.Before
			return &next
		}
	case *der.CarbonCapture:
		if fresh, ok := day.(*der.CarbonCapture); ok {
			next := *fresh
			next.Unit.Before = u.Unit.Before
			return &next
		}
	case *der.Wind, *der.PV, *der.Load, *der.Storage, *der.DemandResponse, *der.ShiftableLoad, *der.TransferableLoad,
		*der.Sequestration, *der.GasSupply, *der.HeatDump:
		return day
	}
	if _, o := operated(rolled); o != nil {
		if next, fresh := operated(day); next != nil {
			fresh.Before, fresh.Boundary = o.Before, o.Boundary
			return next
		}
	}
	return rolled
}

// windowed returns a DER for a window that can begin inside a day. The end of a store is free there,
// and [vppDay.endAsStated] fixes it.
func windowed(d der.DER) der.DER {
	if u, ok := d.(*der.Storage); ok {
		next := *u
		next.End, next.EndValue = der.EndFree, 0
		return &next
	}
	return d
}

// endAsStated fixes the energy of each store at the end of the day at that of its beginning.
func (x *vppDay) endAsStated(program *vpp.Program) {
	ends := map[milp.Name]float64{} // without scenario
	last := program.Setting.Set.Steps() - 1
	for _, d := range x.members {
		if u, ok := d.(*der.Storage); ok {
			ends[milp.At(u.ID, "energy", last)] = u.Initial.Or(u.MinEnergy)
		}
	}
	if len(ends) == 0 {
		return
	}
	for j := range program.Model.Vars() {
		v := program.Model.VarAt(j)
		name := v.Name()
		index := name.Indices()
		if len(index) != 2 || index[1] != last {
			continue
		}
		if energy, ok := ends[milp.At(name.Owner, name.Quantity, last)]; ok {
			program.Model.Fix(v, energy)
		}
	}
}

// checkStores returns an error for stores whose energy at the end of a day is free, and for tanks of
// carbon capture.
func checkStores(ders []der.DER) error {
	bad := faults.List{Prefix: "operate: "}
	for _, d := range ders {
		switch u := d.(type) {
		case *der.Storage:
			bad.Require(u.End != der.EndFree, "store %q ends with free energy (EndFree); give EndAsBegun, so that days can be compared", u.ID)
		case *der.CarbonCapture:
			bad.Require(u.Tank == 0, "carbon capture %q has a tank, whose CO2 inside a day has no stated end; give Tank 0", u.Unit.ID)
		}
	}
	return bad.Err()
}
