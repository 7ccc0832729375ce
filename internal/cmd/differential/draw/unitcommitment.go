package draw

import (
	"fmt"
	"math"
	"math/rand/v2"
)

// units is a random source of a unit-commitment instance.
type units struct {
	source
	demand, reserve []float64 // of the system, MW per step
}

// newUnits returns a source with two to eight steps of an hour. Formats have
// streams of their own, so that equal seeds give unrelated instances.
func newUnits(seed, stream uint64) *units {
	r := &units{source: source{Rand: rand.New(rand.NewPCG(seed, stream)), names: map[string]int{}}}
	r.steps, r.hours, r.scenarios = 2+r.IntN(7), 1, 1
	return r
}

// round returns a number with one digit after the point.
func round(x float64) float64 { return math.Round(x*10) / 10 }

// points returns a cost curve from low to high whose slopes rise, as outputs
// and costs. Now and then one point lies above the envelope of the others if
// dents is true.
//
// For example, points(10, 30, false) can return the outputs 10, 20 and 30 MW
// with the costs 200, 350 and 600 per hour: slopes of 15 and 25 per MWh.
func (r *units) points(low, high float64, dents bool) (outputs, costs []float64) {
	n := 2 + r.IntN(3)
	// A unit of one output has one point.
	if high <= low {
		n = 1
	}
	slope, cost := r.between(5, 40), r.between(0, 800)
	for k := range n {
		output := low
		if n > 1 {
			output = round(low + (high-low)*float64(k)/float64(n-1))
		}
		if k > 0 {
			cost += slope * (output - outputs[k-1])
			slope += r.between(0, 15)
		}
		outputs, costs = append(outputs, output), append(costs, math.Round(cost*100)/100)
	}
	if dents && n > 2 && r.chance(0.2) {
		costs[1] += r.between(0, 50)
	}
	return outputs, costs
}

// PGLib returns a random instance of the format of pglib-uc with one to three
// thermal generators and hours as steps. Times are whole hours. The output
// before the horizon is within the limits, and lags of starts begin at the
// minimum time off, as in the files of the library:
//
//	"startup": [{"lag": 2, "cost": 220}, {"lag": 4, "cost": 300}]
//
// The format has no slack: an instance whose units cannot follow the demand has
// no schedule, and both sides must report this.
func PGLib(seed uint64) []byte {
	r := newUnits(seed, 2)
	thermal, renewable := object{}, object{}
	var capacity float64
	for i := range 1 + r.IntN(3) {
		low := round(r.some(60))
		high := round(low + r.some(120))
		if high == 0 {
			high = 10
		}
		// A quick unit from 0 MW lets most instances meet their demand.
		quick := i == 0 && r.chance(0.8)
		if quick {
			low, high = 0, max(60, high)
		}
		capacity += high
		minUp, minDown := 1+r.IntN(4), 1+r.IntN(4)
		g := object{
			"must_run": 0, "power_output_minimum": low, "power_output_maximum": high,
			"ramp_up_limit": round(r.some(80)), "ramp_down_limit": round(r.some(80)),
			"ramp_startup_limit": round(low + r.some(high-low)), "ramp_shutdown_limit": round(low + r.some(high-low)),
			"time_up_minimum": minUp, "time_down_minimum": minDown,
		}
		if quick {
			g["ramp_up_limit"], g["ramp_down_limit"], g["ramp_startup_limit"], g["ramp_shutdown_limit"] = high, high, high, high
			minUp, minDown = 1, 1
			g["time_up_minimum"], g["time_down_minimum"] = 1, 1
		}
		if r.chance(0.1) {
			g["must_run"] = 1
		}
		before := 1 + r.IntN(6)
		g["unit_on_t0"], g["power_output_t0"], g["time_up_t0"], g["time_down_t0"] = 0, 0, 0, before
		if r.chance(0.6) || g["must_run"] == 1 {
			g["unit_on_t0"], g["time_up_t0"], g["time_down_t0"] = 1, before, 0
			g["power_output_t0"] = round(r.between(low, high))
		}
		// Each further category begins one or two hours later and costs more.
		lag, cost := minDown, r.some(500)
		var starts []any
		for range 1 + r.IntN(3) {
			starts = append(starts, object{"lag": lag, "cost": cost})
			lag += 1 + r.IntN(2)
			cost += r.some(300)
		}
		g["startup"] = starts
		outputs, costs := r.points(low, high, true)
		var curve []any
		for k := range outputs {
			curve = append(curve, object{"mw": outputs[k], "cost": costs[k]})
		}
		g["piecewise_production"] = curve
		thermal[fmt.Sprintf("G%d", i+1)] = g
	}
	if r.chance(0.7) {
		most := r.values(0, 60)
		least := make([]float64, r.steps)
		if r.chance(0.4) {
			for t := range least {
				least[t] = round(most[t] / 3)
			}
		}
		renewable["W"] = object{"power_output_minimum": least, "power_output_maximum": most}
		// The mean of its maximum is about 30 MW.
		capacity += 30
	}
	r.loads(capacity)
	return text(object{
		"time_periods": r.steps, "demand": r.demand, "reserves": r.reserve,
		"thermal_generators": thermal, "renewable_generators": renewable,
	})
}

// loads draws a demand and a requirement of reserve for some capacity, MW.
//
// The demand is about 20 to 60 % of the capacity, and the reserve up to 5 % of
// it.
func (r *units) loads(capacity float64) {
	level := 0.2 + 0.4*r.Float64()
	for range r.steps {
		r.demand = append(r.demand, round(capacity*level*(0.8+0.4*r.Float64())))
		r.reserve = append(r.reserve, round(r.some(0.05*capacity)))
	}
}

// Egret returns a random instance with the defaults of the format now and then,
// such as no price of a mismatch. It is an instance of the format of Egret with
// one to three thermal generators and steps of a quarter of an hour to two
// hours.
func Egret(seed uint64) []byte {
	r := newUnits(seed, 3)
	minutes := []int{15, 30, 60, 120}[r.IntN(4)]
	r.hours = float64(minutes) / 60
	generators := object{}
	var capacity float64
	for i := range 1 + r.IntN(3) {
		low := round(r.some(60))
		high := round(low + r.between(5, 120))
		capacity += high
		generators[fmt.Sprintf("G%d", i+1)] = r.egretThermal(low, high)
	}
	if r.chance(0.7) {
		w := object{"generator_type": "renewable", "p_max": object{"data_type": "time_series", "values": r.values(0, 60)}}
		if r.chance(0.3) {
			w["p_max"] = 20
			w["p_min"] = r.some(20)
		}
		generators["W"] = w
	}
	// Both sides leave out a generator that is not in service.
	if r.chance(0.2) {
		generators["out"] = object{"generator_type": "thermal", "in_service": false}
	}
	r.loads(capacity)
	system := object{"time_period_length_minutes": minutes, "baseMVA": 1}
	var keys []any
	for t := range r.steps {
		keys = append(keys, fmt.Sprint(t+1))
	}
	system["time_keys"] = keys
	r.maybe(system, 0.7, "load_mismatch_cost", func() any { return r.some(2000) })
	r.maybe(system, 0.5, "reserve_shortfall_cost", func() any { return r.some(500) })
	r.maybe(system, 0.8, "reserve_requirement", func() any { return object{"data_type": "time_series", "values": r.reserve} })
	load := object{"a": object{"bus": "a", "p_load": object{"data_type": "time_series", "values": r.demand}}}
	// Loads of one bus add up, unless they are not in service.
	r.maybe(load, 0.3, "b", func() any { return object{"bus": "a", "p_load": r.some(20), "in_service": r.chance(0.7)} })
	return text(object{
		"system": system, "elements": object{"bus": object{"a": object{}}, "load": load, "generator": generators},
	})
}

// egretThermal draws one thermal generator of the format of Egret. Capacities
// of the first and the last step are absent now and then, which means half a
// ramp above the minimum. The status before is a number of hours, positive
// while on, and can be a part of a step.
func (r *units) egretThermal(low, high float64) object {
	up, down := round(r.some(80)/r.hours), round(r.some(80)/r.hours)
	g := object{
		"generator_type": "thermal", "bus": "a", "p_min": low, "p_max": high,
		"ramp_up_60min": up, "ramp_down_60min": down,
		"min_up_time": r.time(0, 4), "min_down_time": r.time(0, 4),
	}
	// The range above the minimum is that of one hour.
	r.maybe(g, 0.5, "startup_capacity", func() any { return round(low + r.some((high-low)/r.hours)) })
	r.maybe(g, 0.5, "shutdown_capacity", func() any { return round(low + r.some((high-low)/r.hours)) })
	g["initial_status"], g["initial_p_output"] = -r.time(1, 6), 0
	if r.chance(0.6) {
		g["initial_status"] = r.time(1, 6)
		g["initial_p_output"] = round(r.between(low, high))
		if r.chance(0.2) { // one ramp outside the limits
			g["initial_p_output"] = round(high + r.some(math.Floor(down*r.hours)))
		}
	}
	// A step is free (null), on or off.
	if r.chance(0.15) {
		var forced []any
		for range r.steps {
			forced = append(forced, []any{nil, nil, nil, 1, 0}[r.IntN(5)])
		}
		g["fixed_commitment"] = object{"data_type": "time_series", "values": forced}
	}
	r.maybe(g, 0.3, "shutdown_cost", func() any { return r.some(100) })
	r.egretCosts(g, low, high)
	return g
}

// egretCosts draws one of the forms that the format has for each cost:
//
//	production   a polynomial, points of cost, points of fuel
//	starts       none, one number, pairs of hours and cost, pairs of hours and fuel
//
// It draws the costs of a start and of production, with fuel now and then.
func (r *units) egretCosts(g object, low, high float64) {
	fuel := r.chance(0.3)
	if fuel {
		g["fuel_cost"] = r.between(0.5, 3)
	}
	r.number(g, 0.3, "non_fuel_no_load_cost", 100)
	r.number(g, 0.3, "non_fuel_startup_cost", 100)
	var starts []any
	lag, cost := g["min_down_time"].(float64), r.some(500)
	for range 1 + r.IntN(3) {
		starts = append(starts, []any{lag, cost})
		lag = math.Round((lag+r.time(1, 2))*1e4) / 1e4
		cost += r.some(300)
	}
	switch {
	case fuel:
		g["startup_fuel"] = starts
	case r.chance(0.25):
		g["startup_cost"] = cost
	case r.chance(0.8):
		g["startup_cost"] = starts
	}
	if !fuel && r.chance(0.35) {
		g["p_cost"] = object{"data_type": "cost_curve", "cost_curve_type": "polynomial", "values": object{
			"0": r.some(300), "1": r.between(5, 40), "2": []float64{0, 0, 0.05, 0.2}[r.IntN(4)],
		}}
		return
	}
	// The curve spans the output, so that both sides have the same ends.
	from, to := low, high
	if r.chance(0.2) {
		to += 20 // the curve reaches past p_max
	}
	outputs, costs := r.points(from, to, false)
	var values []any
	for k := range outputs {
		values = append(values, []any{outputs[k], costs[k]})
	}
	if fuel {
		g["p_fuel"] = object{"data_type": "fuel_curve", "values": values}
	} else {
		g["p_cost"] = object{"data_type": "cost_curve", "cost_curve_type": "piecewise", "values": values}
	}
}
