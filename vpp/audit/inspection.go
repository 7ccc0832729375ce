package audit

import (
	"fmt"
	"math"
	"strings"
)

// Fault is one broken rule: a limit that is passed, or a number that does not follow from the data.
type Violation struct {
	Rule     string   // in words: "minimum up time"
	DER      string   // whose rule it is
	Scenario int      // [All] where the rule spans scenarios
	Step     int      // [All] where it spans steps
	Relation Relation // that should hold between Found and Limit
	Found    float64
	Limit    float64
}

// All stands for a scenario or step that a rule does not have.
const All = -1

// Relation says how a number should stand to its limit.
type Relation int

const (
	Equal   Relation = iota // the default
	AtMost                  // the limit is an upper one
	AtLeast                 // the limit is a lower one
)

// String returns the relation's sign.
func (r Relation) String() string { return [...]string{"=", "≤", "≥"}[r] }

// String describes the fault in one line.
func (f Violation) String() string {
	where := ""
	switch {
	case f.Scenario != All && f.Step != All:
		where = fmt.Sprintf(" in scenario %d, step %d", f.Scenario, f.Step)
	case f.Scenario != All:
		where = fmt.Sprintf(" in scenario %d", f.Scenario)
	case f.Step != All:
		where = fmt.Sprintf(" in step %d", f.Step)
	}
	return fmt.Sprintf("%s: %s%s is %.9g, want %v %.9g", f.DER, f.Rule, where, f.Found, f.Relation, f.Limit)
}

// Faults are all rules that are broken, in the order in which they were inspected. They are an error.
type Violations struct {
	List      []Violation
	Tolerance float64
}

// Error lists up to twenty faults, one per line.
func (x *Violations) Error() string {
	const shown = 20
	var b strings.Builder
	fmt.Fprintf(&b, "%d rules are broken beyond a tolerance of %g:", len(x.List), x.Tolerance)
	for i, f := range x.List {
		if i == shown {
			fmt.Fprintf(&b, "\n  and %d more", len(x.List)-shown)
			break
		}
		b.WriteString("\n  " + f.String())
	}
	return b.String()
}

// Inspection collects faults. The zero value is ready.
type Inspection struct {
	// Tolerance is the deviation that is forgiven, relative to the larger of the numbers compared and
	// absolute below 1, in the unit of the number. 0 stands for 1e-6.
	Tolerance float64

	violations []Violation
}

// Err returns nil where no rule is broken and a *[Faults] otherwise.
func (x *Inspection) Err() error {
	if len(x.violations) == 0 {
		return nil
	}
	return &Violations{List: x.violations, Tolerance: x.tolerance()}
}

func (x *Inspection) tolerance() float64 {
	if x.Tolerance == 0 {
		return 1e-6
	}
	return x.Tolerance
}

// At returns where the next rules belong: a unit, a scenario and a step, either of which may be [All].
func (x *Inspection) At(unit string, scenario, step int) Spot { return Spot{x, unit, scenario, step} }

// Spot is a place to which rules belong.
type Spot struct {
	x              *Inspection
	unit           string
	scenario, step int
}

// Equal demands that a number is another one.
func (p Spot) Equal(rule string, found, want float64) {
	if !(math.Abs(found-want) <= p.forgiven(found, want)) {
		p.report(rule, Equal, found, want)
	}
}

// AtMost demands that a number does not pass an upper limit.
func (p Spot) AtMost(rule string, found, limit float64) {
	if !(found <= limit+p.forgiven(found, limit)) {
		p.report(rule, AtMost, found, limit)
	}
}

// AtLeast demands that a number does not pass a lower limit.
func (p Spot) AtLeast(rule string, found, limit float64) {
	if !(found >= limit-p.forgiven(found, limit)) {
		p.report(rule, AtLeast, found, limit)
	}
}

// Within demands that a number lies between two limits.
func (p Spot) Within(rule string, lower, found, upper float64) {
	p.AtLeast(rule, found, lower)
	if found >= lower { // a NaN is one fault, not two
		p.AtMost(rule, found, upper)
	}
}

// forgiven returns the deviation that counts as none.
func (p Spot) forgiven(a, b float64) float64 {
	scale := max(1, math.Abs(a), math.Abs(b))
	if math.IsInf(scale, 0) {
		scale = 1
	}
	return p.x.tolerance() * scale
}

func (p Spot) report(rule string, r Relation, found, limit float64) {
	p.x.violations = append(p.x.violations, Violation{rule, p.unit, p.scenario, p.step, r, found, limit})
}
