package der

import (
	"fmt"
	"math"
	"strconv"

	"github.com/trigrid/trigrid/internal/faults"
	"github.com/trigrid/trigrid/optional"
)

// StorageState is the state of a store at the start of the horizon, beside its
// energy. The zero value is a store at rest on a horizon that begins with a
// day.
//
// For example, {DayHours: 8, ChargingStarts: 1, Charging: true} is a store that
// has charged in one run since its day began 8 h ago, and charges still: to
// charge on needs no new start.
type StorageState struct {
	// DayHours is the time from the beginning of the day to the start of the
	// horizon, h. The next day begins at the same time of the clock on the next
	// date. Limits of a day use it.
	DayHours float64

	// Runs begun in this day, and the direction of the run in progress; used
	// with StartsPerDay.
	ChargingStarts, DischargingStarts float64
	Charging, Discharging             bool

	// InBands is the energy in each band of Depths, MWh; its sum is e_0. Nil:
	// shallow bands first.
	InBands []float64
}

// storageRuns is the part of a [StorageState] that belongs to one direction.
type storageRuns struct {
	begun  float64
	active bool
}

// runs returns the runs of charging and of discharging.
func (x StorageState) runs() [2]storageRuns {
	return [2]storageRuns{{x.ChargingStarts, x.Charging}, {x.DischargingStarts, x.Discharging}}
}

// RollForward implements [Stateful]: the store continues with its present
// energy, in its bands of depth. It must end as it had to: the initial energy
// of the first window, or EndEnergy, is that of the next one. Runs begun in the
// day count on, and the next day has all of its starts.
func (u *Storage) RollForward(realised *Ports, c Context, _, steps int) (DER, error) {
	energy, err := traced(realised, "energy", steps)
	if err != nil {
		return nil, err
	}
	next := *u
	now, err := carried("energy", energy[steps-1], u.MinEnergy, u.Energy, "MWh")
	if err != nil {
		return nil, err
	}
	next.Initial = optional.Of(now)
	if u.End != EndFree {
		next.EndEnergy = optional.Of(u.endEnergy())
	}
	var number int
	next.Before = StorageState{}
	if number, next.Before.DayHours = c.dayAfter(u.Before.DayHours, steps); !u.daily() {
		next.Before.DayHours = 0
	}
	if u.StartsPerDay.Given() {
		past := u.Before.runs()
		for i, direction := range []string{"charging", "discharging"} {
			if past[i], err = u.runsAfter(past[i], realised, direction, c, steps, number); err != nil {
				return nil, err
			}
		}
		next.Before.ChargingStarts, next.Before.Charging = past[0].begun, past[0].active
		next.Before.DischargingStarts, next.Before.Discharging = past[1].begun, past[1].active
	}
	if len(u.Depths) > 0 {
		if next.Before.InBands, err = u.bandsAfter(realised, c, steps, now); err != nil {
			return nil, err
		}
	}
	return &next, nil
}

// daily reports whether a limit of the store depends on the day.
func (u *Storage) daily() bool { return u.StartsPerDay.Given() || u.End == EndDaily }

// runsAfter returns the runs of one direction that began in the day with the
// given number, and whether one is in progress. A run without flow that has
// ended does not count: the solver can report one for free.
func (u *Storage) runsAfter(past storageRuns, realised *Ports, direction string, c Context, steps, number int) (storageRuns, error) {
	active, err := traced(realised, direction, steps)
	if err != nil {
		return past, err
	}
	var (
		all  = c.days(u.Before.DayHours)
		next storageRuns
		used = past.active // the run in progress has had flow
	)
	if number == 0 {
		next.begun = past.begun
	}
	running, counted := past.active, false
	for t := range steps {
		on := active[t] > 0.5
		if on && !running {
			used, counted = false, numberOf(all, t) == number
			if counted {
				next.begun++
			}
		}
		if !on && running && !used && counted {
			next.begun--
		}
		charge, discharge := u.flow(realised, t)
		if on && (direction == "charging" && charge > idlePower || direction == "discharging" && discharge > idlePower) {
			used = true
		}
		running = on
	}
	next.active = running
	return next, nil
}

// idlePower is the power up to which a flow of a solver is none, MW.
const idlePower = 1e-6

// bandsAfter returns the energy in each band after the given number of steps,
// MWh, with the given sum. The schedule of a program has it in its traces; for
// a metered one every MWh enters and leaves the shallowest possible band.
func (u *Storage) bandsAfter(realised *Ports, c Context, steps int, sum float64) ([]float64, error) {
	var (
		widths = u.widths()
		out    = make([]float64, len(widths))
		_, now = u.replay(realised, c, steps)
		held   = 0.0
	)
	for j, width := range widths {
		mwh := now[j]
		if trace := realised.Trace("energy_" + strconv.Itoa(j+1)); len(trace) >= steps {
			mwh = trace[steps-1]
		}
		var err error
		if out[j], err = carried("energy in band "+strconv.Itoa(j+1), mwh, 0, width, "MWh"); err != nil {
			return nil, err
		}
		held += out[j]
	}
	// The bands hold the energy of the store exactly, so that rounding does not
	// grow from window to window.
	if _, err := carried("energy in all bands", held, sum, sum, "MWh"); err != nil {
		return nil, err
	}
	rest := sum - held
	for j, width := range widths {
		moved := min(max(rest, -out[j]), width-out[j])
		out[j] += moved
		rest -= moved
	}
	return out, nil
}

// validateBefore reports violations of the state before the horizon.
func (u *Storage) validateBefore(v *faults.List) {
	x := u.Before
	v.AtLeast("Before.DayHours", x.DayHours, 0, "h")
	for _, y := range []struct {
		field string
		n     float64
	}{{"Before.ChargingStarts", x.ChargingStarts}, {"Before.DischargingStarts", x.DischargingStarts}} {
		checkCount(v, y.field, optional.Of(y.n))
	}
	v.Require(!x.Charging || !x.Discharging, "Before.Charging and Before.Discharging are both true, want at most one run in progress")
	if x.InBands == nil {
		return
	}
	if !v.Require(len(x.InBands) == len(u.Depths), "Before.InBands has %d energies, want one for each of the %d bands of Depths",
		len(x.InBands), len(u.Depths)) {
		return
	}
	sum := 0.0
	for j, width := range u.widths() {
		field := "Before.InBands[" + strconv.Itoa(j) + "]"
		v.Between(field, x.InBands[j], 0, width, "MWh, the upper end being the width of the band")
		sum += x.InBands[j]
	}
	v.Require(math.Abs(sum-u.initial()) <= carryTolerance*max(1, u.initial()),
		"Before.InBands sum to %v MWh, want Initial, %v MWh", sum, u.initial())
}

// StoresElectricity implements [Storer]: it reports whether the Port is
// Electricity.
func (u *Storage) StoresElectricity() bool { return u.Port == Electricity }

// Class implements [Classified].
func (u *Storage) Class() Class { return ClassStorage }

// Overlaps implements [Overlapper]: charging and discharging at once.
func (u *Storage) Overlaps(realised *Ports, t int) bool {
	const tolerance = 1e-6 // MW
	if u.Port != Electricity {
		return min(at(realised.Trace("charge"), t), at(realised.Trace("discharge"), t)) > tolerance
	}
	return min(at(realised.Injected, t), at(realised.Withdrawn, t)) > tolerance
}

// DescribeState implements [StateDescriber]: the state "energy" starts at e_0
// within E_min and E_max.
func (u *Storage) DescribeState(name string) StateRange {
	if name != "energy" {
		return StateRange{}
	}
	return StateRange{
		Initial: optional.Of(u.initial()),
		Min:     optional.Of(u.MinEnergy),
		Max:     optional.Of(u.Energy),
	}
}

// Bounds implements [Bounded]: a store discharges no more than it can hold.
//
//	−P_c ≤ net_t ≤ min(P_d, ((1−σ)^Δ m_{t−1} − E_min) η_d / Δ)
//
// m_t is the maximum energy of [Storage.maxEnergy].
func (u *Storage) Bounds(c Context, _ int) Bounds {
	b := c.NewBounds()
	for port := range b.Min {
		for t := range c.Steps() {
			b.Limit(Carrier(port), t, 0, 0)
		}
	}
	before := u.initial()
	for t, energy := range u.maxEnergy(c) {
		upper := (u.kept(c.HoursAt(t))*before - u.MinEnergy) * u.DischargeEfficiency / c.HoursAt(t)
		b.Min[u.Port][t], b.Max[u.Port][t] = -u.Charge, max(0, min(u.Discharge, upper))
		before = energy
	}
	return b
}

// maxEnergy returns the energy of a store that charges all the time, MWh at the
// end of each step:
//
//	m_t = min(E_max, (1−σ)^Δ m_{t−1} + η_c P_c Δ),   m_{−1} = e_0
func (u *Storage) maxEnergy(c Context) []float64 {
	out := make([]float64, c.Steps())
	energy := u.initial()
	for t := range out {
		energy = min(u.Energy, u.kept(c.HoursAt(t))*energy+u.ChargeEfficiency*u.Charge*c.HoursAt(t))
		out[t] = energy
	}
	return out
}

// Diagnose implements [Diagnoser]. It reports a store that decays below its
// minimum energy, or below the energy that it must end with, although it
// charges all the time.
func (u *Storage) Diagnose(c Context) error {
	const tolerance = 1e-9 // relative, absolute below 1 MWh
	below := func(energy, limit float64) bool { return energy < limit-tolerance*max(1, math.Abs(limit)) }
	stored := u.maxEnergy(c)
	for t, energy := range stored {
		if below(energy, u.MinEnergy) {
			return fmt.Errorf("storage %q: holds at most %.6g MWh after step %d, charging all the time, "+
				"and must hold %.6g MWh (MinEnergy)", u.ID, energy, t, u.MinEnergy)
		}
	}
	if last := len(stored) - 1; last >= 0 && u.End != EndFree && below(stored[last], u.endEnergy()) {
		return fmt.Errorf("storage %q: the energy at the end, %.6g MWh, is out of reach: "+
			"charging all the time leaves %.6g MWh after step %d", u.ID, u.endEnergy(), stored[last], last)
	}
	return nil
}
