package dertest

import (
	"fmt"
	"time"

	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/scenario"
)

// trial is one context in which the DER is solved.
type trial struct {
	name    string
	context der.Context
}

// plainSet returns three scenarios of six hours without series. The
// probabilities differ, so that a wrong weight changes the expectation.
func plainSet() *scenario.Set {
	set, err := scenario.New(scenario.Grid{Step: time.Hour, Steps: 6}, []float64{0.5, 0.3, 0.2})
	if err != nil {
		panic(err)
	}
	return set
}

// trials returns the built-in contexts followed by those of the Config. Prices
// have the level of an electricity market. No two prices of a step are equal,
// so that an exchange of two ports changes money.
func (s *suite) trials() []trial {
	out := []trial{
		{"ordinary prices", s.ordinary()},
		{"zero prices", s.tariff(der.Tariff{})},
		{"negative prices", s.tariff(der.Tariff{
			Injection: s.each(-35, 40, -120, 15), Withdrawal: s.each(-30, 45, -110, 20),
			LoadReduction: s.each(-20, 35, -90, 10),
		})},
		{"a price spike", s.tariff(der.Tariff{
			Injection: s.each(20, 18, 3000, 22), Withdrawal: s.each(25, 24, 3100, 30),
			LoadReduction: s.each(16, 15, 2900, 17),
		})},
		{"charges for deviations", s.tariff(der.Tariff{
			Injection: s.each(40, 60, 55, 30), Withdrawal: s.each(48, 72, 66, 36),
			LoadReduction: s.each(35, 50, 45, 25),
			Shortage:      s.each(25, 0, 90, 10), Surplus: s.each(12, 8, 0, 15),
		})},
		{"prices of goods", s.tariff(der.Tariff{
			Injection: s.each(40, 60, 55, 30), Withdrawal: s.each(48, 72, 66, 36),
			Heat: s.each(35, 80, 0, 20), Gas: s.each(25, 30, 45, 0), CO2: s.each(15, -20, 0, 40),
		})},
	}
	for i, c := range s.config.Contexts {
		if c.Set == nil {
			c.Set = s.config.Set
		}
		out = append(out, trial{fmt.Sprintf("Contexts[%d]", i), c})
	}
	return out
}

// ordinary returns a tariff with prices of an ordinary day.
func (s *suite) ordinary() der.Context {
	return s.tariff(der.Tariff{
		Injection: s.each(40, 75, 110, 30), Withdrawal: s.each(48, 90, 130, 36),
		LoadReduction: s.each(35, 60, 95, 25),
	})
}

// tariff returns the context of a tariff, without a bound of the marginal
// value.
func (s *suite) tariff(tariff der.Tariff) der.Context {
	return der.Context{Set: s.config.Set, Tariff: tariff}
}

// each repeats prices over the steps of the set: each(40, 75) on five steps is
// 40, 75, 40, 75, 40.
func (s *suite) each(prices ...float64) []float64 {
	out := make([]float64, s.config.Set.Steps())
	for t := range out {
		out[t] = prices[t%len(prices)]
	}
	return out
}
