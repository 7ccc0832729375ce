package weights

import (
	"errors"
	"fmt"
	"math"
)

// Signals is what a grid observes before it publishes weights for a period. A signal that was not
// measured is NaN, not zero; a policy that needs it refuses.
type Signals struct {
	CleanShare   float64 // clean energy in the demand served, [0, 1]
	Volatility   float64 // standard deviation of renewable output around its forecast over demand, >= 0
	SupplyMargin float64 // (available capacity - demand) / demand; negative in a shortage
}

// Policy sets the weights of a period. Implementations are values without state: the same signals give
// the same weights, and concurrent calls are allowed.
type Policy interface {
	// Weights returns a vector on the simplex, or an error that names the signal or setting at fault.
	Weights(Signals) (Vector, error)
}

// Fixed publishes the same weights whatever it observes.
type Fixed Vector

// Weights implements [Policy].
func (f Fixed) Weights(Signals) (Vector, error) {
	if err := Vector(f).Validate(); err != nil {
		return Vector{}, err
	}
	return Vector(f), nil
}

// Signal selects one field of [Signals].
type Signal int

// The signals a [Rule] may listen to.
const (
	CleanShare Signal = iota
	Volatility
	SupplyMargin
)

// String returns the name of the field.
func (s Signal) String() string {
	switch s {
	case CleanShare:
		return "CleanShare"
	case Volatility:
		return "Volatility"
	case SupplyMargin:
		return "SupplyMargin"
	}
	return fmt.Sprintf("Signal(%d)", int(s))
}

// read returns the value of signal s and whether the signal exists.
func (s Signal) read(from Signals) (float64, bool) {
	switch s {
	case CleanShare:
		return from.CleanShare, true
	case Volatility:
		return from.Volatility, true
	case SupplyMargin:
		return from.SupplyMargin, true
	}
	return math.NaN(), false
}

// Rule raises one weight as one signal moves from Threshold towards Full:
//
//	degree = clamp((signal − Threshold) / (Full − Threshold), 0, 1)
//	raise  = Raise · degree
//
// Full below Threshold makes a rule that acts on low signals. With Steps the degree moves in that many
// equal steps, rounded down, so that published weights do not change with every small movement.
type Rule struct {
	Signal    Signal
	Threshold float64   // where the rule starts to act, in the signal's unit
	Full      float64   // where it acts in full; differs from Threshold
	Dimension Dimension // the weight it raises
	Raise     float64   // at full strength, in units of the whole base vector, >= 0
	Steps     int       // 0: continuous; n: the degree is a multiple of 1/n
}

// Degree is how strongly the rule acts on a signal value, in [0, 1].
func (r Rule) Degree(signal float64) float64 {
	d := min(max((signal-r.Threshold)/(r.Full-r.Threshold), 0), 1)
	if r.Steps > 0 {
		// The nudge keeps a signal that sits on a step, up to rounding, on that step.
		d = math.Floor(d*float64(r.Steps)+1e-9) / float64(r.Steps)
	}
	return d
}

func (r Rule) validate() error {
	var errs []error
	if _, ok := r.Signal.read(Signals{}); !ok {
		errs = append(errs, fmt.Errorf("%v does not exist", r.Signal))
	}
	if r.Dimension < Economic || r.Dimension > Environment {
		errs = append(errs, fmt.Errorf("%v does not exist", r.Dimension))
	}
	if !finite(r.Threshold) || !finite(r.Full) || r.Threshold == r.Full {
		errs = append(errs, fmt.Errorf("threshold %v and full %v must be finite and differ", r.Threshold, r.Full))
	}
	if !finite(r.Raise) || r.Raise < 0 {
		errs = append(errs, fmt.Errorf("raise %v must be finite and at least 0", r.Raise))
	}
	if r.Steps < 0 {
		errs = append(errs, fmt.Errorf("steps %d must be at least 0", r.Steps))
	}
	return errors.Join(errs...)
}

// Table is a policy stated as data: a base vector and the rules that lean it one way or another.
//
//	w_d = (base_d + Σ_{rules on d} raise) / (1 + Σ_{all rules} raise)
//
// The result stays on the simplex without clipping and does not depend on the order of the rules. A rule
// that acts alone raises its own weight and scales the two others down in proportion; when several act,
// the larger raise wins ground.
//
// Source: the JRSE 2026 study (doi 10.1063/5.0297338), as reported, says which weight rises in which
// situation and gives no formula. The formula above, like every number put into a Table, is the user's
// or this package's assumption; see [Directional].
type Table struct {
	Base  Vector
	Rules []Rule
}

// Weights implements [Policy].
func (t Table) Weights(s Signals) (Vector, error) {
	var errs []error
	if err := t.Base.Validate(); err != nil {
		errs = append(errs, fmt.Errorf("weights: base of the table: %w", err))
	}
	w := t.Base
	for i, r := range t.Rules {
		if err := r.validate(); err != nil {
			errs = append(errs, fmt.Errorf("weights: rule %d: %w", i, err))
			continue
		}
		value, _ := r.Signal.read(s)
		if !finite(value) {
			errs = append(errs, fmt.Errorf("weights: rule %d needs the signal %v, which is %v; measure it or drop the rule", i, r.Signal, value))
			continue
		}
		raise := r.Raise * r.Degree(value)
		switch r.Dimension {
		case Economic:
			w.Economic += raise
		case Risk:
			w.Risk += raise
		case Environment:
			w.Environment += raise
		}
	}
	if err := errors.Join(errs...); err != nil {
		return Vector{}, err
	}
	return w.Normalise()
}

// Directional returns the three directions the JRSE 2026 study names, on its balanced base of
// 0.4/0.2/0.4:
//
//	clean share below target       raises environment   (lift clean penetration)
//	volatility hard to manage      raises risk
//	supply and demand tight        raises economic
//
// The study fixes the directions only. The thresholds, the widths and the raise of 0.5 below are
// assumptions of this package, chosen round, and meant to be replaced field by field.
func Directional() Table {
	return Table{
		Base: Vector{Economic: 0.4, Risk: 0.2, Environment: 0.4},
		Rules: []Rule{
			{Signal: CleanShare, Threshold: 0.5, Full: 0.2, Dimension: Environment, Raise: 0.5},
			{Signal: Volatility, Threshold: 0.1, Full: 0.3, Dimension: Risk, Raise: 0.5},
			{Signal: SupplyMargin, Threshold: 0.15, Full: 0, Dimension: Economic, Raise: 0.5},
		},
	}
}

// Blend mixes policies: each publishes its own vector, and the shares, scaled to sum to one, average
// them. A convex combination of points of the simplex is on the simplex.
type Blend []Part

// Part is one policy of a [Blend] with its share, >= 0.
type Part struct {
	Policy Policy
	Proportion  float64
}

// Weights implements [Policy].
func (b Blend) Weights(s Signals) (Vector, error) {
	var (
		errs []error
		sum  Vector
	)
	for i, part := range b {
		if part.Policy == nil {
			errs = append(errs, fmt.Errorf("weights: part %d of the blend has no policy", i))
			continue
		}
		if !finite(part.Proportion) || part.Proportion < 0 {
			errs = append(errs, fmt.Errorf("weights: part %d of the blend has share %v, want a finite number of at least 0", i, part.Proportion))
			continue
		}
		w, err := part.Policy.Weights(s)
		if err != nil {
			errs = append(errs, fmt.Errorf("weights: part %d of the blend: %w", i, err))
			continue
		}
		sum.Economic += part.Proportion * w.Economic
		sum.Risk += part.Proportion * w.Risk
		sum.Environment += part.Proportion * w.Environment
	}
	if err := errors.Join(errs...); err != nil {
		return Vector{}, err
	}
	if sum == (Vector{}) {
		return Vector{}, errors.New("weights: the blend has no part with a positive share")
	}
	return sum.Normalise()
}

func finite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }
