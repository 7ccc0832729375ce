package der

import (
	"math"

	"github.com/trigrid/trigrid/internal/faults"
	"github.com/trigrid/trigrid/scenario"
)

// Validate implements [Validator].
func (u *Thermal) Validate(set *scenario.Set) error {
	v := checks("thermal unit", u.ID)
	v.AtLeast("MinOutput", u.MinOutput, 0, "MW")
	v.Positive("MaxOutput", u.MaxOutput, "MW")
	if u.MaxOutput < u.MinOutput {
		v.Addf("MaxOutput is %v, want at least MinOutput, %v MW", u.MaxOutput, u.MinOutput)
	}
	v.AtLeast("RampUp", u.RampUp.Or(0), 0, "MW per hour")
	v.AtLeast("RampDown", u.RampDown.Or(0), 0, "MW per hour")
	const below = "MW (MinOutput; below it the unit could never start or stop)"
	v.AtLeast("StartOutput", u.StartOutput.Or(u.MinOutput), u.MinOutput, below)
	v.AtLeast("StopOutput", u.StopOutput.Or(u.MinOutput), u.MinOutput, below)
	v.AtLeast("StopReserve", u.StopReserve.Or(u.StopOutput.Or(0)), u.StopOutput.Or(0), "MW (StopOutput, which it includes)")
	v.AtLeast("MinUp", u.MinUp, 0, "h")
	v.AtLeast("MinDown", u.MinDown, 0, "h")
	u.Before.validate(v, u, set.Grid())
	u.validateCost(v)
	v.AtLeast("EmissionFactor", u.EmissionFactor, 0, "t CO2 per MWh")
	v.AtLeast("Quota", u.Quota, 0, "t CO2 per MWh")
	v.Require(u.Reserve >= 0, "Reserve is %v, want 0, a limit in MW or milp.Inf", u.Reserve)
	v.Require(u.Formulation >= Tight && u.Formulation <= EgretTight,
		"Formulation is %d, want Tight, Plain, PGLib or EgretTight", int(u.Formulation))
	return v.Err()
}

// validate reports violations of a state on a grid.
func (x ThermalState) validate(v *faults.List, u *Thermal, grid scenario.Grid) {
	_, equal := grid.EqualSteps()
	step := grid.HoursAt(0)
	v.AtLeast("Before.Hold", x.Hold.Or(0), 0, "h")
	v.AtLeast("Before.StopOutput", x.StopOutput.Or(0), 0, "MW")
	hours, given := x.Hours.Get()
	v.AtLeast("Before.Hours", hours, 0, "h")
	if given && x.Boundary == BeforeKnown && equal && !x.Hold.Given() && hours >= 0 && hours < step*(1-tinyStep) {
		v.Addf("Before.Hours is %v, want at least one step of %v h, or absent for long enough", hours, step)
	}
	switch {
	case x.Boundary < BeforeKnown || x.Boundary > BeforeCyclic:
		v.Addf("Before.Boundary is %d, want BeforeKnown, BeforeFree or BeforeCyclic", int(x.Boundary))
	case x.Boundary == BeforeCyclic && !equal:
		v.Addf("Before.Boundary is BeforeCyclic, and the steps of the grid differ in length; give the state before the horizon")
	case x.Boundary != BeforeKnown:
	case x.On:
		lower := max(0, u.MinOutput-u.RampUp.Or(u.MinOutput)*step)
		upper := u.MaxOutput + u.RampDown.Or(math.Inf(1))*step
		v.Require(x.Output >= lower && x.Output <= upper && !math.IsInf(x.Output, 1),
			"Before.Output is %v, want %v to %v MW while on, from where one ramp leads to the limits", x.Output, lower, upper)
	case x.Output != 0:
		v.Addf("Before.Output is %v, want 0 MW while off", x.Output)
	case u.MustRun && x.Hold.Or(0) > 0:
		v.Addf("MustRun contradicts Before.Hold: off for %v h more; set Hold to 0, or MustRun to false", x.Hold)
	case u.MustRun && given && hours < u.MinDown && !x.Hold.Given():
		v.Addf("MustRun contradicts Before: off for %v h of the %v h of MinDown; set Before.Hours to at least MinDown,"+
			" or MustRun to false", hours, u.MinDown)
	}
}

// validateCost requires finite prices, start costs that rise with the time off,
// and a convex curve.
func (u *Thermal) validateCost(v *faults.List) {
	v.Finite("NoLoad", u.NoLoad, "currency per hour")
	v.Finite("Linear", u.Linear, "currency per MWh")
	v.AtLeast("Quadratic", u.Quadratic, 0, "currency per MW² and hour")
	v.AtLeast("Pieces", float64(u.Pieces), 0, "chords")
	v.Finite("Maintenance", u.Maintenance, "currency per MWh")
	v.AtLeast("ShutDown", u.ShutDown, 0, "currency")
	for i, s := range u.StartUp {
		switch {
		case !(s.After >= 0) || math.IsInf(s.After, 1) || !(s.Cost >= 0) || math.IsInf(s.Cost, 1):
			v.Addf("StartUp[%d] is %v after %v h, want finite numbers of at least 0", i, s.Cost, s.After)
		case i > 0 && !(s.After > u.StartUp[i-1].After):
			v.Addf("StartUp[%d] applies after %v h, want more than the %v h of the one before",
				i, s.After, u.StartUp[i-1].After)
		case i > 0 && s.Cost < u.StartUp[i-1].Cost:
			v.Addf("StartUp[%d] costs %v, want at least the %v of the warmer start before it",
				i, s.Cost, u.StartUp[i-1].Cost)
		}
	}
	n := len(u.Curve)
	if n == 0 {
		return
	}
	if u.NoLoad != 0 || u.Linear != 0 || u.Quadratic != 0 {
		v.Addf("Curve and NoLoad, Linear or Quadratic are given, want one of the two")
	}
	if first, last := u.Curve[0].Output, u.Curve[n-1].Output; !near(first, u.MinOutput) || !near(last, u.MaxOutput) {
		v.Addf("Curve runs from %v to %v MW, want from MinOutput %v to MaxOutput %v",
			first, last, u.MinOutput, u.MaxOutput)
	}
	for i, p := range u.Curve {
		if math.IsNaN(p.Cost) || math.IsInf(p.Cost, 0) {
			v.Addf("Curve[%d] costs %v, want a finite number", i, p.Cost)
		}
		if i > 0 && !(p.Output > u.Curve[i-1].Output) {
			v.Addf("Curve[%d] is at %v MW, want more than the %v MW before it", i, p.Output, u.Curve[i-1].Output)
			return
		}
		if i > 1 {
			before, here := slope(u.Curve, i-2), slope(u.Curve, i-1)
			if here < before-1e-9*max(1, math.Abs(before)) {
				v.Addf("Curve[%d] is reached at %v per MWh after %v, want prices that do not fall (a convex curve)",
					i, here, before)
			}
		}
	}
}

// near reports whether two powers are equal within rounding.
func near(a, b float64) bool { return math.Abs(a-b) <= 1e-9*max(1, math.Abs(b)) }
