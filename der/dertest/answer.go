package dertest

import (
	"math"
	"math/rand/v2"
	"slices"

	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/milp"
)

// answers requires that a [der.Responder] answers random prices, negative ones
// included, as its program does: with the same value, by a schedule of the
// program that has this value, and within its limits.
func (s *suite) answers(c der.Context) {
	s.t.Helper()
	unit, ok := der.As[der.Responder](s.unit)
	if !ok {
		return
	}
	if _, ok := der.As[der.Overlapper](s.unit); ok {
		c.MinMarginalValues = slices.Repeat([]float64{math.Inf(1)}, c.Steps())
	}
	if !unit.Responds(c) {
		return
	}
	random := rand.New(rand.NewPCG(9, 4))
	for i := range 3 {
		s.answer(unit, c, random, []float64{0.5, 0, 3}[i]) // ordinary, balanced and high prices
	}
}

// answer compares the answers to one draw of prices with the optimum of the
// program.
func (s *suite) answer(unit der.Responder, c der.Context, random *rand.Rand, mean float64) {
	s.t.Helper()
	var (
		p        = s.build(c, number(1))
		value    milp.Expr
		answered = make([]der.Ports, len(p.terms))
		worth    = 0.0
	)
	draw := func(sign float64) []float64 {
		out := make([]float64, c.Steps())
		for t := range out {
			out[t] = sign * (mean + random.NormFloat64())
		}
		return out
	}
	for i := range p.terms {
		x := &p.terms[i]
		prices := &der.Prices{
			Injected: draw(1), Withdrawn: draw(-1), Reduced: draw(1), Heat: draw(1), Gas: draw(1), Reserve: draw(1),
			Emission: draw(-1), Allowance: draw(1), CO2: draw(1), Renewable: draw(1), Available: draw(1), Conventional: draw(1),
			Cost: -random.Float64() / 50,
		}
		priced := [][]float64{
			prices.Injected, prices.Withdrawn, prices.Reduced, prices.Heat, prices.Gas, prices.Reserve,
			prices.Emission, prices.Allowance, prices.CO2, prices.Renewable, prices.Available, prices.Conventional,
		}
		for k, port := range ports(x)[:len(priced)] {
			for t, e := range port.exprs {
				value.Add(e.Times(priced[k][t]))
			}
		}
		value.Add(x.Cost.Times(prices.Cost))

		got := unit.Answer(prices, c, i, &answered[i])
		if short := unit.Answer(prices, c, i, nil); math.Abs(short-got) > 1e-9*max(1, math.Abs(got)) {
			s.errorf("Answer returns %g without a schedule and %g with one, want the same", short, got)
		}
		if has := prices.Worth(&answered[i]); math.Abs(has-got) > 1e-7*max(1, math.Abs(got)) {
			s.errorf("Answer returns %g, but its schedule is worth %g", got, has)
		}
		worth += got
	}
	best := s.optimum(p, "prices on all ports", value)
	if best == nil {
		return
	}
	if !s.equal(worth, best.Objective, best.Gap) {
		s.errorf("Answer returns %g, want the optimum of the program, %g", worth, best.Objective)
		return
	}
	for i := range p.terms {
		limits := unit.Limits(c, i)
		for k, port := range ports(&p.terms[i])[:12] {
			amounts, most := portsOf(&answered[i])[k], portsOf(&limits)[k]
			for t, e := range port.exprs {
				amount := 0.0
				if amounts != nil {
					amount = amounts[t]
				}
				if at := e.Value(best.Values); most == nil && math.Abs(at) > 1e-6 || most != nil && math.Abs(at) > most[t]*(1+1e-6)+1e-6 {
					s.errorf("%s[%d] can be %g, want at most Limits in absolute value", port.name, t, at)
				}
				p.m.Equal(milp.At(port.name, "answered", i, t), e, milp.Const(amount))
			}
		}
		if cost := p.terms[i].Cost.Value(best.Values); math.Abs(cost) > limits.Cost*(1+1e-6)+1e-6 {
			s.errorf("Cost can be %g, want at most %g of Limits in absolute value", cost, limits.Cost)
		}
	}
	if fixed := s.optimum(p, "the schedule of Answer", value); fixed != nil && !s.equal(fixed.Objective, worth, fixed.Gap) {
		s.errorf("the schedule of Answer has the optimum %g in the program, want %g", fixed.Objective, worth)
	}
}

// portsOf returns the ports of a schedule in the order of ports.
func portsOf(x *der.Ports) [][]float64 {
	return [][]float64{
		x.Injected, x.Withdrawn, x.Reduced, x.Heat, x.Gas, x.Reserve,
		x.Emission, x.Allowance, x.CO2, x.Renewable, x.Available, x.Conventional,
	}
}

// Answer checks that a [der.Responder] answers prices as its program does, on
// the given context. [Run] has this check for its own contexts; Answer is for
// instances of a test.
func Answer(t TB, solver milp.Solver, unit der.DER, c der.Context) {
	t.Helper()
	s := &suite{
		t: t, solver: solver, unit: unit, config: Config{Set: c.Set}.withDefaults(), trial: "the given context",
		reported: map[string]bool{},
	}
	s.answers(c)
}
