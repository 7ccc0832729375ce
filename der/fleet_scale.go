package der

import "github.com/trigrid/trigrid/milp"

// Scale reports the relation of [DER.Model] with on = n to n equal DERs, for a
// whole number n above 1. A [Fleet] reads it.
//
// If the schedules of a kind are a convex set X, the sum of n of them is any
// element of n X, and n X is the program in which every constant and limit is
// multiplied by n. Integers break the rule: two stores, of which one charges
// and one discharges, keep another energy limit each.
//
// Source: Starr, "Quasi-equilibria in markets with non-convex preferences",
// Econometrica 37 (1969) 25, for the error per DER, which does not grow with n;
// Palmintier, Webster, "Heterogeneous unit clustering for efficient operational
// flexibility modeling", IEEE Trans. Power Syst. 29 (2014) 1089, for integers
// that count.
type Scale int

const (
	// ScaleExact: the program has exactly the schedules of n DERs, added up.
	ScaleExact Scale = iota
	// ScaleOuter: the program has all schedules of n DERs, and further ones
	// that n DERs cannot keep. Its optimum is an upper bound of theirs.
	ScaleOuter
	// ScaleNone: on must not exceed 1.
	ScaleNone
)

// String returns the scale in lower case.
func (s Scale) String() string { return [...]string{"exact", "outer", "none"}[s] }

// Scaler is a DER that states its own [Scale]. A kind without it scales exactly
// if its program has no integers, which follows from the rule for on of
// [DER.Model], and not at all otherwise. A kind with bounds of columns that do
// not contain on returns ScaleNone.
//
// For example, a [ShiftableLoad] scales exactly, because its integers count the
// runs that begin in a step, and a [Thermal] unit with ramps has an outer
// program: n units share their ramps there.
type Scaler interface {
	DER
	Scale(c Context) Scale
}

// ScaleOf returns the scale of a DER in a context.
func ScaleOf(d DER, c Context) Scale {
	if x, ok := d.(Scaler); ok {
		return x.Scale(c)
	}
	if hasIntegers(d, c) {
		return ScaleNone
	}
	return ScaleExact
}

// hasIntegers reports whether the program of one DER has integers in a context.
func hasIntegers(d DER, c Context) bool {
	m := milp.New()
	d.Model(m, milp.Const(1), c)
	return m.Integers() > 0
}

// outerWithIntegers is the scale of kinds that multiply each limit by on: a row
// that holds for each of n DERs holds for their sum.
func outerWithIntegers(d DER, c Context) Scale {
	if hasIntegers(d, c) {
		return ScaleOuter
	}
	return ScaleExact
}

// Scale implements [Scaler]: exact without binaries. Stores with binaries share
// their energy limits.
func (u *Storage) Scale(c Context) Scale { return outerWithIntegers(u, c) }

// Scale implements [Scaler]: exact without integers. Equal cars, of which some
// charge and some discharge, share their energy limits.
func (u *EVFleet) Scale(c Context) Scale { return outerWithIntegers(u, c) }

// Scale implements [Scaler]: exact without calls. Loads with calls share the
// rebound.
func (u *DemandResponse) Scale(c Context) Scale { return outerWithIntegers(u, c) }

// Scale implements [Scaler]: exact. The runs of n loads begin in any steps, and
// nothing else joins the steps of a load.
func (u *ShiftableLoad) Scale(Context) Scale { return ScaleExact }

// Scale implements [Scaler]: exact without minimum power and runs.
func (u *TransferableLoad) Scale(c Context) Scale { return outerWithIntegers(u, c) }

// Scale implements [Scaler]: exact. Each of n connections buys or sells,
// independent of other steps.
func (u *GridConnection) Scale(Context) Scale { return ScaleExact }

// Scale implements [Scaler]: exact unless it is switchable and has ramps.
func (u *CHP) Scale(Context) Scale { return u.gas().scale() }

// Scale implements [Scaler]: exact unless it is switchable and has ramps.
func (u *ExtractionCHP) Scale(Context) Scale { return u.operation().scale() }

// Scale implements [Scaler]: exact unless it is switchable and has ramps.
func (u *GasBoiler) Scale(Context) Scale { return u.Heat.scale() }

// Scale implements [Scaler]: exact unless it is switchable and has ramps.
func (u *ElectricBoiler) Scale(Context) Scale { return u.Power.scale() }

// Scale implements [Scaler]: exact unless it is switchable and has ramps.
func (u *PowerToGas) Scale(Context) Scale { return u.Power.scale() }

// Scale implements [Scaler]: that of its thermal unit.
func (u *CarbonCapture) Scale(Context) Scale { return ScaleOuter }
