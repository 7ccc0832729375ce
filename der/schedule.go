package der

import (
	"math"

	"github.com/trigrid/trigrid/milp"
)

// Schedule is the day-ahead schedule of one DER and its operation in each
// scenario.
type Schedule struct {
	DayAhead []float64 // MW per step, injection positive
	Realised []Ports   // per scenario
}

// Ports holds the realised values of [Terms], slice by slice: one number per
// step, or nil if the DER has no such port.
type Ports struct {
	Injected, Withdrawn, Reduced       []float64 // MW
	Heat, Gas, Reserve                 []float64 // MW
	Emission, Allowance, CO2           []float64 // t CO2
	Renewable, Available, Conventional []float64 // MWh

	Cost   float64 // currency, the DER's own costs
	Traces []Path
}

// Path is one realised inner state.
type Path struct {
	Name, Unit string
	Values     []float64 // per step
}

// Window returns the values of the steps [from, to), without Cost, which
// belongs to all steps. It shares memory with p.
func (p *Ports) Window(from, to int) Ports {
	cut := func(path []float64) []float64 { return between(path, from, to) }
	out := Ports{
		Injected: cut(p.Injected), Withdrawn: cut(p.Withdrawn), Reduced: cut(p.Reduced),
		Heat: cut(p.Heat), Gas: cut(p.Gas), Reserve: cut(p.Reserve),
		Emission: cut(p.Emission), Allowance: cut(p.Allowance), CO2: cut(p.CO2),
		Renewable: cut(p.Renewable), Available: cut(p.Available), Conventional: cut(p.Conventional),
		Cost: math.NaN(),
	}
	for _, trace := range p.Traces {
		out.Traces = append(out.Traces, Path{trace.Name, trace.Unit, cut(trace.Values)})
	}
	return out
}

// between returns the steps [from, to) of a path, or nil if there is none.
func between(path []float64, from, to int) []float64 {
	if path == nil {
		return nil
	}
	return path[from:to:to]
}

// Net returns the power fed into the balance of the VPP at step t, MW:
// injection plus load reduction minus withdrawal.
func (p *Ports) Net(t int) float64 {
	return at(p.Injected, t) + at(p.Reduced, t) - at(p.Withdrawn, t)
}

// Trace returns an inner state by name, or nil if the DER has none of that
// name.
func (p *Ports) Trace(name string) []float64 {
	for _, x := range p.Traces {
		if x.Name == name {
			return x.Values
		}
	}
	return nil
}

// Realise evaluates the terms of one DER at a solution. It returns one [Ports]
// per scenario.
func Realise(terms []Terms, values []float64) []Ports {
	out := make([]Ports, len(terms))
	for s := range terms {
		x := &terms[s]
		p := &out[s]
		for _, port := range []struct {
			to   *[]float64
			from []milp.Expr
		}{
			{&p.Injected, x.Injected},
			{&p.Withdrawn, x.Withdrawn},
			{&p.Reduced, x.Reduced},
			{&p.Heat, x.Heat},
			{&p.Gas, x.Gas},
			{&p.Reserve, x.Reserve},
			{&p.Emission, x.Emission},
			{&p.Allowance, x.Allowance},
			{&p.CO2, x.CO2},
			{&p.Renewable, x.Renewable},
			{&p.Available, x.Available},
			{&p.Conventional, x.Conventional},
		} {
			*port.to = evaluate(port.from, values)
		}
		p.Cost = x.CostAt(values)
		for _, trace := range x.Traces {
			p.Traces = append(p.Traces, Path{trace.Name, trace.Unit, evaluate(trace.Values, values)})
		}
	}
	return out
}

// evaluate returns the values of expressions at a solution, or nil for nil.
func evaluate(exprs []milp.Expr, values []float64) []float64 {
	if exprs == nil {
		return nil
	}
	out := make([]float64, len(exprs))
	for t, e := range exprs {
		out[t] = e.Value(values)
	}
	return out
}

// at returns the value of a port at step t, or 0 if the DER has no such port.
func at(path []float64, t int) float64 {
	if path == nil {
		return 0
	}
	return path[t]
}
