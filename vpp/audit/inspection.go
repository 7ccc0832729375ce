package audit

import (
	"fmt"
	"math"
	"strings"
)

// Violation is a violated rule: a number beyond its limit, or a number that
// differs from the recomputed one. For example, Violation{Rule: "ramp up", DER:
// "engine", Scenario: 0, Step: 3, Relation: AtMost, Found: 2.5, Limit: 2} is
// printed as "engine: ramp up in scenario 0, step 3 is 2.5, want ≤ 2".
type Violation struct {
	Rule     string   // in words, such as "minimum up time"
	DER      string   // name of the DER or VPP
	Scenario int      // [All] if the rule covers all scenarios
	Step     int      // [All] if the rule covers all steps
	Relation Relation // required between Found and Limit
	Found    float64
	Limit    float64
}

// All stands for the scenario or step of a rule that covers all of them.
const All = -1

// Relation is the required relation of a number to its limit.
type Relation int

const (
	Equal   Relation = iota // the number equals the limit
	AtMost                  // upper limit
	AtLeast                 // lower limit
)

// String returns the sign of the relation.
func (r Relation) String() string { return [...]string{"=", "≤", "≥"}[r] }

// String describes the violation in one line.
func (v Violation) String() string {
	place := ""
	switch {
	case v.Scenario != All && v.Step != All:
		place = fmt.Sprintf(" in scenario %d, step %d", v.Scenario, v.Step)
	case v.Scenario != All:
		place = fmt.Sprintf(" in scenario %d", v.Scenario)
	case v.Step != All:
		place = fmt.Sprintf(" in step %d", v.Step)
	}
	return fmt.Sprintf("%s: %s%s is %.9g, want %v %.9g", v.DER, v.Rule, place, v.Found, v.Relation, v.Limit)
}

// Violations are all violated rules of an inspection, in the order of
// inspection. They are an error, so that errors.As returns the list.
type Violations struct {
	List      []Violation
	Tolerance float64
}

// Error lists up to twenty violations, one per line.
func (x *Violations) Error() string {
	const shown = 20 // one wrong series violates a rule in every step
	var b strings.Builder
	fmt.Fprintf(&b, "%d rules are broken beyond a tolerance of %g:", len(x.List), x.Tolerance)
	for i, v := range x.List {
		if i == shown {
			fmt.Fprintf(&b, "\n  and %d more", len(x.List)-shown)
			break
		}
		b.WriteString("\n  " + v.String())
	}
	return b.String()
}

// Inspection collects violations. The zero value is ready. An inspection is
// used by one goroutine.
type Inspection struct {
	// Tolerance τ is the accepted deviation, relative to the larger of the
	// compared numbers, and absolute in the unit of the number below 1. Default
	// 0: 1e-6.
	Tolerance float64

	violations []Violation
}

// Err returns nil if no rule is violated, otherwise a *[Violations].
func (x *Inspection) Err() error {
	if len(x.violations) == 0 {
		return nil
	}
	return &Violations{List: x.violations, Tolerance: x.tolerance()}
}

// tolerance returns Tolerance or its default.
func (x *Inspection) tolerance() float64 {
	if x.Tolerance == 0 {
		return 1e-6
	}
	return x.Tolerance
}

// At returns the place of the next rules: a DER, a scenario and a step;
// scenario and step can be [All].
func (x *Inspection) At(name string, scenario, step int) Spot { return Spot{x, name, scenario, step} }

// Spot is the place of a rule in a schedule. Its methods check one rule each
// and add a violation to the inspection. NaN violates every rule.
type Spot struct {
	x              *Inspection
	name           string
	scenario, step int
}

// Equal checks found = want.
func (p Spot) Equal(rule string, found, want float64) {
	// The negated comparison is true for NaN.
	if !(math.Abs(found-want) <= p.allowance(found, want)) {
		p.report(rule, Equal, found, want)
	}
}

// AtMost checks found ≤ limit.
func (p Spot) AtMost(rule string, found, limit float64) {
	if !(found <= limit+p.allowance(found, limit)) {
		p.report(rule, AtMost, found, limit)
	}
}

// AtLeast checks found ≥ limit.
func (p Spot) AtLeast(rule string, found, limit float64) {
	if !(found >= limit-p.allowance(found, limit)) {
		p.report(rule, AtLeast, found, limit)
	}
}

// Within checks lower ≤ found ≤ upper.
func (p Spot) Within(rule string, lower, found, upper float64) {
	p.AtLeast(rule, found, lower)
	if found >= lower { // NaN is one violation, not two
		p.AtMost(rule, found, upper)
	}
}

// allowance returns the accepted deviation between two numbers.
func (p Spot) allowance(a, b float64) float64 {
	scale := max(1, math.Abs(a), math.Abs(b))
	if math.IsInf(scale, 0) {
		scale = 1 // an infinite allowance would accept every number
	}
	return p.x.tolerance() * scale
}

func (p Spot) report(rule string, r Relation, found, limit float64) {
	p.x.violations = append(p.x.violations, Violation{rule, p.name, p.scenario, p.step, r, found, limit})
}
