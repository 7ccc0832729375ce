package der

import (
	"math"
	"strconv"

	"github.com/trigrid/trigrid/milp"
)

// Thermal burns fuel: a gas turbine, an engine or a coal unit that can be started and stopped. Whether it
// runs is decided here and now, what it delivers is decided in each scenario.
//
//	u_t − u_{t−1} = v_t − w_t                                on, start, stop
//	v_{t−U+1} + … + v_t ≤ u_t                                at least U steps on after a start
//	w_{t−D+1} + … + w_t ≤ 1 − u_t                            at least D steps off after a stop
//	P_min u_t ≤ p_t,   p_t + r_t ≤ P_max u_t                 output and upward reserve, MW
//	p_t + r_t ≤ SU where v_t = 1,   ≤ SD where w_{t+1} = 1   first step on, last step on
//	p_t + r_t − p_{t−1} ≤ R_up Δ,   p_{t−1} − p_t ≤ R_dn Δ   while on in both steps
//	cost = Σ_t C(p_t) Δ + m p_t Δ + S(steps off) v_t + X w_t
//
// C is c + b p + a p² cut into chords, or a convex piecewise-linear curve; S grows with the time off.
// [Formulation] chooses the rows that say this; all choices have the same schedules and the same optimum.
// Where an objective gives no weight to cost, [Terms.Cost] may exceed what the schedule really costs.
//
// Source: the unit with quadratic fuel cost, start-up cost and ramps that J. Renew. Sustain. Energy 18,
// 015306 (2026) names, extended to that of Knueven, Ostrowski, Watson, "On mixed-integer programming
// formulations for the unit commitment problem", INFORMS J. Comput. 32 (2020) 857.
type Thermal struct {
	ID                   string
	MinOutput, MaxOutput float64 // P_min, P_max while on, MW
	RampUp, RampDown     float64 // R_up, R_dn, MW per hour; 0 is no limit

	// StartOutput and StopOutput (SU, SD) are the most output in the first step after a start and in the
	// last step before a stop, MW. 0 is what the ramps allow from standstill, and at least MinOutput.
	StartOutput, StopOutput float64

	MinUp, MinDown float64      // hours, rounded up to whole steps
	MustRun        bool         // on in every step
	Before         ThermalState // where the horizon begins

	NoLoad    float64      // c, currency per hour while on
	Linear    float64      // b, currency per MWh
	Quadratic float64      // a ≥ 0, currency per MW² and hour
	Pieces    int          // chords of equal width that replace the quadratic; 0 is 4
	Curve     []CurvePoint // replaces c, b and a: convex, from MinOutput to MaxOutput

	StartUp     []StartCost // by time off, ascending; empty is no cost
	ShutDown    float64     // X, currency per stop
	Maintenance float64     // m, currency per MWh

	EmissionFactor float64 // t CO2 per MWh
	Quota          float64 // free allowance, t CO2 per MWh
	Reserve        float64 // most upward reserve held, MW; 0 is none, milp.Inf what the limits leave

	Formulation Formulation
}

// CurvePoint says what an hour at one output costs, everything but maintenance included.
type CurvePoint struct {
	Output float64 // MW
	Cost   float64 // currency per hour
}

// Block is a range of output with one price for each further MWh.
type Block struct {
	UpTo  float64 // MW, end of the block
	Price float64 // currency per MWh
}

// CurveOf returns the curve of a unit that pays noLoad per hour while on and the price of each block for
// the energy inside it. The first block begins at 0 MW, the curve at minOutput.
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

// StartCost is one category of start-ups.
type StartCost struct {
	After float64 // hours off from which it applies, until the next one does; the first also applies before
	Cost  float64 // currency per start
}

var (
	_ DER       = (*Thermal)(nil)
	_ Validator = (*Thermal)(nil)
)

// Name implements [DER].
func (u *Thermal) Name() string { return u.ID }

// Model implements [DER].
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

// dispatch adds output, reserve and production cost of one scenario.
func (x *thermal) dispatch(m *milp.Model, k *commitment, c Context, s int, out *Terms) {
	var (
		u  = x.unit
		at = c.Namer(u.ID, s)
		dt = c.Hours()
		d  = dispatch{
			output: make([]milp.Expr, c.Steps()),
			upper:  make([]milp.Expr, c.Steps()),
		}
	)
	for t := range c.Steps() {
		d.output[t] = m.Var(at("output", t), 0, x.max).Expr()
		d.upper[t] = d.output[t]
		if x.reserve > 0 {
			reserve := m.Var(at("reserve", t), 0, x.reserve).Expr()
			d.upper[t] = milp.Sum(d.output[t], reserve)
			out.HoldReserve(t, reserve)
		}
	}
	for t := range c.Steps() {
		x.production(m, k, at, t, d.output[t], &out.Cost)
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

// dispatch holds one scenario's output p_t and what counts against the upper limits, p_t + r_t.
type dispatch struct {
	output, upper []milp.Expr
}

// thermal is a unit in steps: all times counted in them, all powers in MW within them.
type thermal struct {
	unit                 *Thermal
	steps                int
	hours                float64
	min, max, reserve    float64
	rampUp, rampDown     float64 // MW per step
	start, stop          float64 // SU, SD
	minUp, minDown, past int     // steps; past is 0 where nothing is owed from before the horizon
	curve                []CurvePoint
	blockNames           []blockName
	categories           []startCategory
}

// blockName holds the names of a block's column and rows.
type blockName struct{ filled, limit, stopLimit string }

// startCategory is a [StartCost] in steps.
type startCategory struct {
	after int
	cost  float64
}

func (u *Thermal) perStep(c Context) *thermal {
	dt := c.Hours()
	x := &thermal{
		unit: u, steps: c.Steps(), hours: dt,
		min: u.MinOutput, max: u.MaxOutput,
		minUp: max(1, stepsUp(u.MinUp, dt)), minDown: max(1, stepsUp(u.MinDown, dt)),
		curve: u.curve(),
	}
	if u.Before.Boundary == BeforeKnown {
		x.past = whole(math.Floor(u.Before.Hours/dt + tinyStep))
	}
	for i := range len(x.curve) - 1 {
		name := "block" + strconv.Itoa(i+1)
		x.blockNames = append(x.blockNames, blockName{name, name + "_max", name + "_stop_max"})
	}
	x.reserve = min(u.Reserve, x.max-x.min)
	limit := func(perHour, standstill float64) (perStep, fromStandstill float64) {
		perStep = perHour * dt
		if perHour == 0 {
			perStep = x.max
		}
		if standstill == 0 {
			standstill = max(x.min, perStep)
		}
		return perStep, min(standstill, x.max)
	}
	x.rampUp, x.start = limit(u.RampUp, u.StartOutput)
	x.rampDown, x.stop = limit(u.RampDown, u.StopOutput)
	for i, s := range u.StartUp {
		after := stepsUp(s.After, dt)
		if i == 0 {
			after = 0
		}
		x.categories = append(x.categories, startCategory{max(after, x.minDown), s.Cost}) // no rest is shorter
	}
	return x
}

// tinyStep forgives the rounding of hours divided by the length of a step.
const tinyStep = 1e-9

// stepsUp returns the number of whole steps that cover the hours.
func stepsUp(hours, dt float64) int { return whole(math.Ceil(hours/dt - tinyStep)) }

// whole turns a whole number into an int; what lies beyond any horizon counts as one large number.
func whole(x float64) int { return int(min(x, 1<<30)) }
