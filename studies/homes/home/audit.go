package home

import (
	"fmt"
	"math"

	"github.com/trigrid/trigrid/internal/faults"
)

// Account is the money of a schedule and the soft limits that it misses.
//
// With the symbols of the package comment, Money − Penalty is the objective of
// [Plan]. For example, an import of 1000 Wh at 0.0003 and no battery have a Net
// of −0.3.
type Account struct {
	Money      float64 // Net + FinalValue − DemandCost, currency
	Net        float64 // export revenue minus import cost
	FinalValue float64 // Σ_b v s_last
	DemandCost float64 // r max_t (n/h − N)⁺
	Penalty    float64 // Σ weight × energy of all misses, however small, currency
	Misses     []Miss  // those above the tolerance, by step, then by battery
}

// Limit is a soft limit.
type Limit int

// The soft limits, with the weights of the package comment.
const (
	AboveMax    Limit = iota + 1 // state of charge above Max
	BelowMin                     // state of charge below Min
	Goal                         // state of charge below a goal
	Demand                       // charge below a demand
	AboveImport                  // import above MaxImport
	LostExport                   // energy lost above MaxExport
)

// Miss is a soft limit that a schedule misses in one step.
//
// For example, {Goal, 1, 1, 1000, 0.04} is battery 1, 1000 Wh below its goal at
// the end of step 1, for a penalty of 40.
type Miss struct {
	Limit   Limit
	Step    int
	Battery int     // −1 for limits of the grid connection
	Energy  float64 // Wh, > 0
	Weight  float64 // penalty, currency per Wh
}

// String names the miss, for example "goal of battery 0 at step 17 short by
// 37203.5 Wh".
func (m Miss) String() string {
	switch m.Limit {
	case AboveMax:
		return fmt.Sprintf("battery %d at step %d above its maximum by %.1f Wh", m.Battery, m.Step, m.Energy)
	case BelowMin:
		return fmt.Sprintf("battery %d at step %d below its minimum by %.1f Wh", m.Battery, m.Step, m.Energy)
	case Goal:
		return fmt.Sprintf("goal of battery %d at step %d short by %.1f Wh", m.Battery, m.Step, m.Energy)
	case Demand:
		return fmt.Sprintf("demand of battery %d in step %d short by %.1f Wh", m.Battery, m.Step, m.Energy)
	case AboveImport:
		return fmt.Sprintf("import in step %d above the limit by %.1f Wh", m.Step, m.Energy)
	case LostExport:
		return fmt.Sprintf("export in step %d above the limit, %.1f Wh lost", m.Step, m.Energy)
	}
	return fmt.Sprintf("Limit(%d) in step %d: %.1f Wh", m.Limit, m.Step, m.Energy)
}

// Audit recomputes the money and the misses of a schedule from the request, and
// checks every rule of the package comment. It shares no code with the program
// that [Plan] solves. The error lists all broken rules; tolerance, in Wh, is
// the size from which a rule is broken or a limit missed: 1e-4 suits schedules
// of this package, 3e-3 those that are rounded to 8 digits.
func Audit(r Request, s *Schedule, tolerance float64) (*Account, error) {
	r, err := r.withDefaults()
	if err != nil {
		return nil, err
	}
	a := auditor{r: r, s: s, tol: tolerance, base: r.base(), bad: faults.List{Prefix: "home: ", Max: 50}}
	if !a.shapes() {
		return nil, a.bad.Err()
	}
	for t := range r.Steps() {
		a.connection(t)
		for i := range r.Batteries {
			a.battery(i, t)
		}
	}
	a.finish()
	return &a.account, a.bad.Err()
}

// auditor is the state of one audit.
type auditor struct {
	r       Request
	s       *Schedule
	tol     float64 // Wh
	base    float64
	peak    float64 // highest import power above MaxImport, W
	account Account
	bad     faults.List
}

// shapes checks the lengths of all lists and that their numbers are at least 0.
func (a *auditor) shapes() bool {
	flows := func(name string, values []float64) {
		n := a.r.Steps()
		if a.bad.Require(len(values) == n, "%s has %d values, want %d, one per step", name, len(values), n) {
			for t, x := range values {
				a.bad.Require(x >= -a.tol && !math.IsInf(x, 0), "%s of step %d is %v, want at least 0 Wh", name, t, x)
			}
		}
	}
	flows("Import", a.s.Import)
	flows("ImportAbove", a.s.ImportAbove)
	flows("Export", a.s.Export)
	flows("ExportLost", a.s.ExportLost)
	n := len(a.r.Batteries)
	a.bad.Require(len(a.s.Batteries) == n, "the schedule has %d batteries, want %d", len(a.s.Batteries), n)
	for i, b := range a.s.Batteries {
		flows(fmt.Sprintf("Charge of battery %d", i), b.Charge)
		flows(fmt.Sprintf("Discharge of battery %d", i), b.Discharge)
		flows(fmt.Sprintf("State of battery %d", i), b.State)
	}
	return a.bad.Len() == 0
}

// connection checks the rules 1, 2 and 8 of step t and adds its money.
//
// Supply and use are sums of flows within the step, so that losses of batteries
// appear in their states only.
func (a *auditor) connection(t int) {
	r, s := a.r, a.s
	in, out := r.Solar[t]+s.Import[t]+s.ImportAbove[t], r.Load[t]+s.Export[t]+s.ExportLost[t]
	for _, b := range s.Batteries {
		in += b.Discharge[t]
		out += b.Charge[t]
	}
	a.bad.Require(math.Abs(in-out) <= a.tol, "step %d: supply minus use is %v Wh, want 0", t, in-out)
	a.bad.Require(!(a.imports(t) && a.exports(t)), "step %d imports and exports", t)

	total := s.Import[t] + s.ImportAbove[t]
	if limit, ok := r.softImport(t); ok {
		a.bad.Require(s.Import[t] <= limit+a.tol, "step %d: import %v Wh is above its limit %v Wh", t, s.Import[t], limit)
		a.bad.Require(s.ImportAbove[t] <= a.tol || s.Import[t] >= limit-a.tol,
			"step %d: import above the limit although %v Wh of it are free", t, limit-s.Import[t])
		a.miss(AboveImport, t, -1, s.ImportAbove[t], 100)
	} else {
		a.bad.Require(s.ImportAbove[t] <= a.tol, "step %d: import above a limit that does not exist", t)
	}
	if r.DemandRate.Given() {
		a.peak = max(a.peak, total/r.hours(t)-r.MaxImport.Or(0))
	}
	if limit, ok := r.maxExport(t); ok {
		a.bad.Require(s.Export[t] <= limit+a.tol, "step %d: export %v Wh is above its limit %v Wh", t, s.Export[t], limit)
		a.bad.Require(s.ExportLost[t] <= a.tol || s.Export[t] >= limit-a.tol,
			"step %d: energy is lost although %v Wh of the export limit are free", t, limit-s.Export[t])
		a.miss(LostExport, t, -1, s.ExportLost[t], 100*(1-float64(t)*1e-5))
	} else {
		a.bad.Require(s.ExportLost[t] <= a.tol, "step %d: energy is lost without an export limit", t)
	}
	a.account.Net += s.Export[t]*r.ExportPrice[t] - total*r.ImportPrice[t]
}

// imports and exports report the direction of a step, by flows above the
// tolerance.
func (a *auditor) imports(t int) bool { return a.s.Import[t] > a.tol || a.s.ImportAbove[t] > a.tol }
func (a *auditor) exports(t int) bool { return a.s.Export[t] > a.tol || a.s.ExportLost[t] > a.tol }

// battery checks the rules 3 to 7 of battery i in step t and adds its misses.
//
// The state before step 0 is Initial. Energies of the schedule are measured at
// the meter of the battery: of 1000 Wh charged with an efficiency of 0.95, 950
// Wh are stored.
func (a *auditor) battery(i, t int) {
	b, s, h := a.r.Batteries[i], a.s.Batteries[i], a.r.hours(t)
	charge, discharge, state := s.Charge[t], s.Discharge[t], s.State[t]
	require := func(ok bool, format string, args ...any) {
		if !ok {
			a.bad.Addf("battery %d, step %d: %s", i, t, fmt.Sprintf(format, args...))
		}
	}
	before := b.Initial
	if t > 0 {
		before = s.State[t-1]
	}
	want := before + a.r.ChargeEfficiency*charge - discharge/a.r.DischargeEfficiency
	require(math.Abs(state-want) <= a.tol, "state of charge is %v Wh, want %v", state, want)
	require(state <= b.capacity()+a.tol, "state of charge %v Wh is above the capacity %v Wh", state, b.capacity())
	require(charge <= b.MaxCharge*h+a.tol, "charge %v Wh is above the limit %v Wh", charge, b.MaxCharge*h)
	require(discharge <= b.MaxDischarge*h+a.tol, "discharge %v Wh is above the limit %v Wh", discharge, b.MaxDischarge*h)
	charges, discharges := charge > a.tol, discharge > a.tol
	require(!charges || !discharges, "charges and discharges")

	least := b.MinCharge * h
	nearFull := b.Demands != nil && state >= b.Max-least-a.tol
	require(!charges || charge >= least-a.tol || nearFull, "charge %v Wh is below the minimum %v Wh", charge, least)
	require(!charges || b.ChargeFromGrid || !a.imports(t), "charges from the grid")
	require(!discharges || b.DischargeToGrid || !a.exports(t), "discharges to the grid")

	a.miss(AboveMax, t, i, state-b.Max, 1000)
	a.miss(BelowMin, t, i, b.Min-state, 1000)
	if b.Goals != nil && t > 0 {
		a.miss(Goal, t, i, b.Goals[t]-state, 100)
	}
	if b.Demands != nil && math.Abs(state-b.Max) > a.tol {
		steps := float64(a.r.Steps())
		short := min(b.Demands[t], b.MaxCharge*h) - charge
		a.miss(Demand, t, i, short, 100*(1+(steps-float64(t))/steps))
	}
}

// miss records a missed limit with the weight as a multiple of the base.
//
// Every energy counts for the penalty, and only those above the tolerance are
// listed: rounding leaves a billionth of a Wh in most steps.
func (a *auditor) miss(limit Limit, t, battery int, energy, weight float64) {
	m := Miss{Limit: limit, Step: t, Battery: battery, Energy: energy, Weight: weight * a.base}
	a.account.Penalty += max(m.Energy, 0) * m.Weight
	if energy > a.tol {
		a.account.Misses = append(a.account.Misses, m)
	}
}

// finish adds the money of the whole horizon.
//
// The demand charge counts the highest power of all steps, not its energy.
func (a *auditor) finish() {
	for i, b := range a.r.Batteries {
		a.account.FinalValue += b.Value * a.s.Batteries[i].State[a.r.Steps()-1]
	}
	a.account.DemandCost = a.r.DemandRate.Or(0) * a.peak
	a.account.Money = a.account.Net + a.account.FinalValue - a.account.DemandCost
}
