package report

import (
	"fmt"
	"math"

	"gonum.org/v1/plot/vg"

	"github.com/trigrid/trigrid/weights"
)

// policyTable returns the signals of the grid and the weights that a policy set
// from them:
//
//	quantity    clean_share, volatility, supply_margin, weight_economic, weight_risk, weight_environment
//	value       without unit; empty for a signal that is not measured
//	before      the weight of the region, which the policy replaced; empty for signals
func (x *run) policyTable() *Table {
	t := &Table{Name: "policy", Title: "Signals of the grid, and the weights that its policy set from them"}
	t.Columns = []Column{
		{Name: "quantity", Title: "quantity"}, {Name: "value", Title: "value", Decimals: 3}, {Name: "before", Title: "weight of the region", Decimals: 3},
	}
	for _, s := range x.signals() {
		t.add(s.key, measured(s.value), nil)
	}
	for _, d := range weights.Dimensions() {
		t.add("weight_"+d.String(), x.result.Weights.At(d), x.result.RegionWeights.At(d))
	}
	return t
}

// namedSignal is one signal of the grid, such as a clean share of 0.46. Its key
// is that of the table.
type namedSignal struct {
	key, name string
	value     float64 // NaN if not measured
}

// signals returns the signals in the order of the table and of the figure.
func (x *run) signals() []namedSignal {
	var out []namedSignal
	for _, signal := range weights.AllSignals() {
		out = append(out, namedSignal{signal.Key(), signal.Words(), x.result.Signals.At(signal)})
	}
	return out
}

// measured returns a signal as a cell, nil if it is not measured.
func measured(v float64) any {
	if math.IsNaN(v) {
		return nil
	}
	return v
}

// hasPolicy reports whether a policy set the weights.
func (x *run) hasPolicy() bool { return x.result.Signals != nil && x.result.RegionWeights != nil }

// policyFigure draws the signals, and the weights of the region above those of
// the policy. It returns nil without a policy.
func (x *run) policyFigure(width vg.Length) *Figure {
	if !x.hasPolicy() {
		return nil
	}
	alt := "Signals of the grid:"
	var names []string
	for _, s := range x.signals() {
		names = append(names, s.name)
	}
	left := newRows("Signals", names)
	for i, s := range x.signals() {
		y := float64(i)
		if math.IsNaN(s.value) {
			// A bar of length 0 would look like a signal of 0.
			left.Add(note(muted, xy{X: 0, Y: y}, "not measured", 5))
			alt += " " + s.name + " not measured;"
			continue
		}
		left.Add(filled(fan, 1, box{min(0, s.value), max(0, s.value), y - 0.28, y + 0.28}))
		left.annotate(box{min(0, s.value), max(0, s.value), y - 0.4, y + 0.4}, "%s: %s", s.name, number(s.value, 3))
		// The number stands outside the bar: right of a positive signal, left
		// of a negative one.
		side := vg.Length(5)
		if s.value < 0 {
			side = -5
		}
		left.Add(note(text, xy{X: s.value, Y: y}, number(s.value, 3), side))
		alt += fmt.Sprintf(" %s %s;", s.name, number(s.value, 3))
	}
	// Shares lie between 0 and 1; a margin of supply can be outside.
	left.X.Min, left.X.Max = min(left.X.Min, 0), max(left.X.Max, 1)
	left.scaleX(4)

	right := newRows("Weights", []string{"region", "policy"})
	s := &sheet{}
	for k, d := range weights.Dimensions() {
		color := []ink{economic, risk, environment}[k]
		s.legend = append(s.legend, keyBox(d.String(), color, 1))
		var bars []box
		for i, w := range []weights.Vector{*x.result.RegionWeights, x.result.Weights} {
			// The weights sum to 1, so that each stacked bar has the same
			// length.
			from := []float64{0, w.Economic, w.Economic + w.Risk}[k]
			b := box{from, from + w.At(d), float64(i) - 0.28, float64(i) + 0.28}
			bars = append(bars, b)
			right.annotate(b, "%s, %s: %s", []string{"region", "policy"}[i], d, number(w.At(d), 3))
		}
		right.Add(filled(color, 1, bars...))
	}
	right.X.Min, right.X.Max = 0, 1
	right.X.Tick.Marker = numeric([]float64{0, 0.5, 1}, 1)
	alt += fmt.Sprintf(" weights of the region %v, of the policy %v.", *x.result.RegionWeights, x.result.Weights)
	s.panels = [][]*panel{{left, right}}
	height := vg.Length(150)
	// A narrow figure has the panels below each other.
	if width != full {
		s.panels, height = [][]*panel{{left}, {right}}, 260
	}
	return &Figure{
		Name: "policy", Title: "Signals and weights", Table: "policy", section: values, Alt: alt,
		Caption: "The signals that the grid measured before it published its weights, without unit, and the weights: those of the region, and those that the policy set from the signals.",
		width:   width, height: height, draw: s.draw,
	}
}
