package der

import (
	"math"
	"strconv"

	"github.com/trigrid/trigrid/milp"
	"github.com/trigrid/trigrid/optional"
)

// Thermal is a unit that burns fuel and can start and stop: a gas turbine, an
// engine or a coal unit. Commitment u is a first-stage decision. Output p is
// decided in each scenario.
//
//	u_t − u_{t−1} = v_t − w_t                                on, start, stop
//	v_{t−U+1} + … + v_t ≤ u_t                                at least U steps on after a start
//	w_{t−D+1} + … + w_t ≤ 1 − u_t                            at least D steps off after a stop
//	P_min u_t ≤ p_t,   p_t + r_t ≤ P_max u_t                 output and upward reserve, MW
//	p_t + r_t ≤ SU if v_t = 1,   ≤ SD if w_{t+1} = 1         first step on, last step on
//	p_t + r_t − p_{t−1} ≤ R_up Δ,   p_{t−1} − p_t ≤ R_dn Δ   if on in both steps; Δ of step t
//	cost = Σ_t C(p_t) Δ + m p_t Δ + S(steps off) v_t + X w_t
//
// If steps differ in length, minimum times and times off count in hours: a
// start keeps the unit on in every step that begins less than MinUp hours after
// it.
//
// C is c + b p + a p², or a convex piecewise-linear curve. The program bounds a
// p² from below by tangents, which a VPP adds until their error is small: see
// [ConvexCost]. [Thermal.Benefit] has the true cost. S grows with the time off.
// [Formulation] selects the rows of the program; all formulations have the same
// schedules and the same optimum. If the objective gives cost no weight,
// [Terms.Cost] can exceed the cost of the schedule.
//
// For example, Thermal{ID: "gt", MinOutput: 2, MaxOutput: 6, Linear: 40,
// NoLoad: 50, StartUp: []StartCost{{Cost: 300}}} costs 300 to start and then 50
// + 40 p per hour.
//
// Sources: J. Renew. Sustain. Energy 18, 015306 (2026) for quadratic fuel cost,
// start-up cost and ramps; Knueven, Ostrowski, Watson, "On mixed-integer
// programming formulations for the unit commitment problem", INFORMS J. Comput.
// 32 (2020) 857, for the other rows.
type Thermal struct {
	ID                   string
	MinOutput, MaxOutput float64        // P_min, P_max while on, MW
	RampUp, RampDown     optional.Float // R_up, R_dn ≥ 0, MW per hour. Absent: no limit

	// StartOutput and StopOutput (SU, SD) limit the output in the first step
	// after a start and in the last step before a stop, MW, at least MinOutput.
	// Absent: the larger of MinOutput and the ramp of a step.
	StartOutput, StopOutput optional.Float

	// StopReserve limits the output plus reserve in the last step before a
	// stop, MW, at least StopOutput. Absent: StopOutput. For example, a unit of
	// 10 to 100 MW that stops from at most 60 MW and can fall by 30 MW a step
	// stops from 40 MW, beside which it can hold 20 MW of reserve.
	StopReserve optional.Float

	MinUp, MinDown float64      // U, D, hours, rounded up to whole steps
	MustRun        bool         // on in every step
	Before         ThermalState // state at the start of the horizon

	NoLoad    float64      // c, currency per hour while on
	Linear    float64      // b, currency per MWh
	Quadratic float64      // a ≥ 0, currency per MW² and hour
	Pieces    int          // equal chords that replace a p², also in Benefit; 0: a p² itself
	Curve     []CurvePoint // replaces c, b and a: convex, from MinOutput to MaxOutput

	StartUp     []StartCost // S, by time off, ascending; empty: starts are free
	ShutDown    float64     // X ≥ 0, currency per stop
	Maintenance float64     // m, currency per MWh

	EmissionFactor float64 // t CO2 per MWh
	Quota          float64 // free allowances, t CO2 per MWh
	Reserve        float64 // upper limit of upward reserve, MW; milp.Inf: no limit of its own

	Formulation Formulation
}

// CurvePoint is the cost of one hour at one output, without maintenance.
type CurvePoint struct {
	Output float64 // MW
	Cost   float64 // currency per hour
}

// Block is a range of output with one price for each further MWh.
type Block struct {
	UpTo  float64 // MW, end of the block
	Price float64 // currency per MWh
}

// CurveOf returns the curve of a unit with the cost noLoad per hour while on
// and one price per block of output. The first block begins at 0 MW, and the
// curve begins at minOutput.
//
// For example, CurveOf(2, 50, Block{4, 30}, Block{6, 40}) has the points (2,
// 110), (4, 170), (6, 250).
func CurveOf(minOutput, noLoad float64, blocks ...Block) []CurvePoint {
	var (
		curve []CurvePoint
		from  float64
		cost  = noLoad
	)
	for _, b := range blocks {
		if curve == nil && b.UpTo >= minOutput {
			curve = append(curve, CurvePoint{minOutput, cost + b.Price*(minOutput-from)})
		}
		cost += b.Price * (b.UpTo - from)
		from = b.UpTo
		if from > minOutput {
			curve = append(curve, CurvePoint{from, cost})
		}
	}
	return curve
}

// StartCost is one category of start-ups. Categories are sorted by time off: a
// hot start after 2 h for 200 and a cold start after 8 h for 500 are {After: 2,
// Cost: 200}, {After: 8, Cost: 500}.
type StartCost struct {
	After float64 // time off from which it applies, h; the first category also applies before
	Cost  float64 // currency per start
}

// Name implements [DER].
func (u *Thermal) Name() string { return u.ID }

// Model implements [DER]. Its first-stage columns are "on(t)", "start(t)" and
// "stop(t)", its second-stage columns "output(s,t)", "reserve(s,t)", and
// "fuel(s,t)" of a quadratic or the blocks of the cost curve. Further rows and
// columns depend on [Thermal.Formulation].
func (u *Thermal) Model(m *milp.Model, on milp.Expr, c Context) []Terms {
	var (
		x     = u.perStep(c)
		k     = x.commit(m, on, c)
		first = x.startUp(m, k)
		out   = c.NewTerms()
	)
	for t := range c.Steps() {
		first.Add(k.w[t].Times(u.ShutDown))
	}
	for s := range out {
		out[s].Cost.Add(first)
		x.dispatch(m, k, c, s, &out[s])
	}
	return out
}

// dispatch adds the output, the reserve and the production cost of one
// scenario.
func (x *thermal) dispatch(m *milp.Model, k *commitment, c Context, s int, out *Terms) {
	var (
		u  = x.unit
		at = c.Namer(u.ID, s)
		n  = MaxCount(k.on)
		d  = dispatch{
			output: make([]milp.Expr, c.Steps()),
			upper:  make([]milp.Expr, c.Steps()),
		}
	)
	for t := range c.Steps() {
		d.output[t] = m.Var(at("output", t), 0, x.max*n).Expr()
		d.upper[t] = d.output[t]
		if x.reserve > 0 {
			reserve := m.Var(at("reserve", t), 0, x.reserve*n).Expr()
			d.upper[t] = milp.Sum(d.output[t], reserve)
			out.HoldReserve(t, reserve)
		}
	}
	for t := range c.Steps() {
		dt := x.clock.hours(t)
		x.production(m, k, at, t, d.output[t], out)
		x.limits(m, k, at, t, &d)
		x.ramps(m, k, at, t, &d)

		out.Inject(t, d.output[t])
		out.Burn(t, d.output[t].Times(dt))
		if u.EmissionFactor != 0 {
			out.Emit(t, d.output[t].Times(u.EmissionFactor*dt))
		}
		if u.Quota != 0 {
			out.Allow(t, d.output[t].Times(u.Quota*dt))
		}
		out.Watch("on", "", t, k.u[t])
		out.Watch("start", "", t, k.v[t])
		out.Watch("stop", "", t, k.w[t])
	}
}

// dispatch holds the output p_t of one scenario, and p_t + r_t, which the upper
// limits restrict.
type dispatch struct {
	output, upper []milp.Expr
}

// thermal is a unit on the grid: times in steps, ramps in MW per step.
//
// If byHours is true, times count in hours of the clock: lengths of steps
// differ, or the state before the horizon is younger than a step. All
// formulations then have the rows of [Plain], in which ramps and standstill
// limits are those of each step. The fields in steps are not used.
type thermal struct {
	unit                 *Thermal
	clock                clock
	form                 Formulation
	byHours              bool
	steps                int
	min, max, reserve    float64
	rampUp, rampDown     float64 // MW per step
	start, stop          float64 // SU, SD
	stopUpper            float64 // SD of output plus reserve
	minUp, minDown, past int     // steps; past is the time in the state before, 0: long enough
	hold                 int     // steps from the first that keep the state before; −1: see past
	firstStop            float64 // SD for a stop in the first step
	curve                []CurvePoint
	blockNames           []blockName
	categories           []startCategory
}

// blockName holds the names of the column and the rows of a block.
type blockName struct{ filled, limit, stopLimit string }

// startCategory is a [StartCost] in steps.
type startCategory struct {
	after int
	hours float64 // After, used by hours
	cost  float64
}

// perStep converts the unit to the steps of a grid.
func (u *Thermal) perStep(c Context) *thermal {
	clock := c.clock()
	x := &thermal{
		unit: u, clock: clock, form: u.Formulation, steps: c.Steps(),
		min: u.MinOutput, max: u.MaxOutput,
		curve: u.curve(),
	}
	hours, given := u.Before.Hours.Get()
	x.byHours = !clock.equal() || u.Before.Boundary == BeforeKnown && given && hours < clock.dt*(1-tinyStep)
	x.reserve = min(u.Reserve, x.max-x.min)
	x.hold = -1
	for i := range len(x.curve) - 1 {
		name := "block" + strconv.Itoa(i+1)
		x.blockNames = append(x.blockNames, blockName{name, name + "_max", name + "_stop_max"})
	}
	if x.byHours {
		x.form = Plain
		x.holdByHours()
		for _, s := range u.StartUp {
			x.categories = append(x.categories, startCategory{hours: s.After, cost: s.Cost})
		}
		return x
	}
	dt := clock.dt
	x.minUp, x.minDown = max(1, stepsUp(u.MinUp, dt)), max(1, stepsUp(u.MinDown, dt))
	if u.Before.Boundary == BeforeKnown {
		x.past = whole(math.Floor(u.Before.Hours.Or(0)/dt + tinyStep))
		if hours, given := u.Before.Hours.Get(); given && x.past > 0 {
			// Parts of a step count: 2.2 h less 1.2 h are one step of an hour,
			// although whole steps would be three less one.
			if u.Before.On {
				x.past = max(x.past, x.minUp-stepsUp(max(0, u.MinUp-hours), dt))
			} else {
				x.past = max(x.past, x.minDown-stepsUp(max(0, u.MinDown-hours), dt))
			}
		}
		if hold, given := u.Before.Hold.Get(); given {
			x.hold = stepsUp(hold, dt)
		}
	}
	x.limitsAt(0)
	for i, s := range u.StartUp {
		after := stepsUp(s.After, dt)
		if i == 0 {
			after = 0
		}
		x.categories = append(x.categories, startCategory{after: max(after, x.minDown), cost: s.Cost})
	}
	return x
}

// limitsAt sets the ramps and the standstill limits SU and SD to those of step
// t. The ramp into a step takes place in this step, so that it has R Δ_t MW. On
// equal steps one call is enough.
func (x *thermal) limitsAt(t int) {
	u := x.unit
	limit := func(perHour, standstill optional.Float) (perStep, fromStandstill float64) {
		// Without a ramp any change is possible, also from the output before
		// the horizon.
		perStep = max(x.max, u.Before.Output)
		if mw, ok := perHour.Get(); ok {
			perStep = mw * x.clock.hours(t)
		}
		return perStep, min(standstill.Or(max(x.min, perStep)), x.max)
	}
	x.rampUp, x.start = limit(u.RampUp, u.StartOutput)
	x.rampDown, x.stop = limit(u.RampDown, u.StopOutput)
	x.stopUpper = min(max(x.stop, u.StopReserve.Or(0)), x.max)
	x.firstStop = x.stop
	if u.Before.Boundary == BeforeKnown {
		x.firstStop = u.Before.StopOutput.Or(x.stop)
	}
}

// tinyStep is the tolerance for hours divided by the length of a step, in
// steps. It accepts 0.3333 h as a third of an hour, and 1e-6 h as none.
const tinyStep = 1e-4

// stepsUp returns the number of whole steps that cover the hours.
func stepsUp(hours, dt float64) int { return whole(math.Ceil(hours/dt - tinyStep)) }

// whole converts a whole number to an int. Numbers beyond any horizon become
// 1<<30.
func whole(x float64) int { return int(min(x, 1<<30)) }

// Quantities implements [Measured].
func (u *Thermal) Quantities() []Quantity {
	var q quantities
	q.add(PowerOf, "MinOutput", u.MinOutput)
	q.add(PowerOf, "MaxOutput", u.MaxOutput)
	q.add(PowerOf, "StartOutput", u.StartOutput)
	q.add(PowerOf, "StopOutput", u.StopOutput)
	q.add(PowerOf, "StopReserve", u.StopReserve)
	q.add(PowerOf, "Before.Output", u.Before.Output)
	q.add(EnergyPriceOf, "Linear", u.Linear)
	q.add(PriceOf, "Maintenance", u.Maintenance)
	q.add(CostOf, "NoLoad", u.NoLoad)
	q.add(CostOf, "Quadratic", u.Quadratic)
	q.add(CostOf, "ShutDown", u.ShutDown)
	for _, s := range u.StartUp {
		q.add(CostOf, "StartUp", s.Cost)
	}
	for i, p := range u.Curve {
		if i > 0 {
			below := u.Curve[i-1]
			q.add(PriceOf, "Curve", (p.Cost-below.Cost)/(p.Output-below.Output))
		}
	}
	return q
}
