package weights

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/trigrid/trigrid/internal/faults"
)

// Signal selects one field of [Signals].
type Signal int

// The signals of a [Rule].
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

// signalKeys are the names of the signals in files, in the order of the
// constants. The keys of [Signals] in JSON are the same.
var signalKeys = [...]string{"clean_share", "volatility", "supply_margin"}

// AllSignals returns the signals in their order.
func AllSignals() []Signal { return []Signal{CleanShare, Volatility, SupplyMargin} }

// Key returns the name of the signal in case files, results and JSON, such as
// "clean_share". It panics for a signal that does not exist.
func (s Signal) Key() string { return signalKeys[s] }

// Words returns the name of the signal in texts, such as "clean share".
func (s Signal) Words() string { return strings.ReplaceAll(s.Key(), "_", " ") }

// At returns the value of a signal, NaN if it was not measured or does not
// exist.
func (s Signals) At(signal Signal) float64 {
	value, _ := signal.read(s)
	return value
}

// read returns the value of signal s, and false if s does not exist.
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

// Rule raises one weight in proportion to the position of one signal between
// Threshold and Full:
//
//	degree = clamp((signal − Threshold) / (Full − Threshold), 0, 1)
//	raise  = Raise · degree
//
// A rule with Full below Threshold acts on low signals. With Steps = n the
// degree is rounded down to a multiple of 1/n, so that small movements of the
// signal do not change the published weights.
//
// For example, Rule{Signal: Volatility, Threshold: 0.1, Full: 0.3, Dimension:
// Risk, Raise: 0.5} raises the risk weight by 0.25 at a volatility of 0.2.
type Rule struct {
	Signal    Signal
	Threshold float64   // signal with degree 0
	Full      float64   // signal with degree 1; differs from Threshold
	Dimension Dimension // of the weight
	Raise     float64   // raise at degree 1, ≥ 0, as a fraction of the sum of the base vector
	Steps     int       // 0: continuous
}

// Degree returns the degree of the rule at a signal value, in [0, 1].
func (r Rule) Degree(signal float64) float64 {
	d := min(max((signal-r.Threshold)/(r.Full-r.Threshold), 0), 1)
	if r.Steps > 0 {
		// Adding 1e-9 keeps a signal that is on a step up to rounding on that
		// step.
		d = math.Floor(d*float64(r.Steps)+1e-9) / float64(r.Steps)
	}
	return d
}

// validate adds the violations of the rule to bad.
func (r Rule) validate(bad *faults.List) {
	_, ok := r.Signal.read(Signals{})
	bad.Require(ok, "%v does not exist", r.Signal)
	bad.Require(r.Dimension >= Economic && r.Dimension <= Environment, "%v does not exist", r.Dimension)
	bad.Require(finite(r.Threshold) && finite(r.Full) && r.Threshold != r.Full,
		"Threshold %v and Full %v must be finite and differ", r.Threshold, r.Full)
	bad.AtLeast("Raise", r.Raise, 0, "")
	bad.Require(r.Steps >= 0, "Steps is %d, want at least 0", r.Steps)
}

// Table is a policy given as data: a base vector and rules.
//
//	w_d = (base_d + Σ_{rules on d} raise) / (1 + Σ_{all rules} raise)
//
// The result is on the simplex without clipping and does not depend on the
// order of the rules. One active rule raises its own weight and reduces the two
// others in proportion. Of several active rules, the one with the largest raise
// gains the most weight.
//
// Source: J. Renew. Sustain. Energy 18, 015306 (2026), doi 10.1063/5.0297338,
// as reported, gives the directions of the weights without a formula. The
// formula and all numbers in a Table are assumptions of this package or of the
// user; see [Directional].
type Table struct {
	Base  Vector
	Rules []Rule
}

// Weights implements [Policy]. It reports an invalid base, every invalid rule
// and every signal that is not measured but needed by a rule.
func (t Table) Weights(s Signals) (Vector, error) {
	bad := faults.List{Prefix: "weights: "}
	if err := t.Base.Validate(); err != nil {
		bad.Addf("base of the table: %w", err)
	}
	w := t.Base
	for i, r := range t.Rules {
		ofRule := faults.List{Prefix: fmt.Sprintf("weights: rule %d: ", i)}
		if r.validate(&ofRule); ofRule.Len() > 0 {
			bad.Add(ofRule.Err())
			continue
		}
		value, _ := r.Signal.read(s)
		if !bad.Require(finite(value), "rule %d needs the signal %v, which is %v; "+
			"measure it or drop the rule", i, r.Signal, value) {
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
	if err := bad.Err(); err != nil {
		return Vector{}, err
	}
	return w.Normalise()
}

// Directional returns the three directions named by J. Renew. Sustain. Energy
// 18, 015306 (2026), on its balanced base of 0.4/0.2/0.4:
//
//	clean share below target       raises environment
//	volatility hard to manage      raises risk
//	supply and demand tight        raises economic
//
// The study gives the directions only. The thresholds, the widths and the raise
// of 0.5 are round assumptions of this package. Replace them field by field.
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

// TableNames returns the names that [TableByName] accepts, in the order of the
// rules of
// [Directional]: "clean_share", "volatility" and "supply_margin", and "directional" for all three.
func TableNames() []string {
	return append(slices.Clone(signalKeys[:]), "directional")
}

// TableByName returns the policy for a name of case files: [Directional], or
// its base with the one rule that reads the signal of this name. It returns an
// error that lists all names for an unknown one. For example, "volatility"
// raises the risk weight if renewable output is hard to forecast.
func TableByName(name string) (Table, error) {
	k := slices.Index(TableNames(), name)
	if k < 0 {
		return Table{}, fmt.Errorf("weights: unknown policy %q, want one of %s", name, strings.Join(TableNames(), ", "))
	}
	t := Directional()
	if k < len(t.Rules) {
		t.Rules = t.Rules[k : k+1]
	}
	return t, nil
}
