package sweep

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/trigrid/trigrid/internal/faults"
	"github.com/trigrid/trigrid/weights"
)

// Setting is one value of an axis, such as {"seed", "3"}. The value is the text
// of the axis, which can be a JSON value.
type Setting struct {
	Key   string `json:"key"`
	Value string `json:"value"`
}

// Case is one run of a sweep. A program can build cases without [Grid], such as
// a list of settings that are no grid; [Run] requires that their names differ.
type Case struct {
	Name     string // of its settings, such as "seed=3 vpps.0.risk_aversion=0.5"; "base" without any
	Settings []Setting
	Source   Source

	// Weights are those of the case. If one of them is 0, the programs have
	// those that [Weights] describes.
	Weights weights.Vector
}

// Grid returns the cases of all combinations of the values of axes, and of
// weight vectors if there are any. The last axis changes first. A key that the
// case file lacks is added, so that optional keys can be set; the reader of
// case files rejects one that does not exist.
//
// Two axes must not set the same value, or a value and a part of it: by the
// same key, by name and number of one VPP, or by two weights, of which each
// scales the other. The name of a case would then state a value that the case
// does not have.
//
// An axis of one weight, such as "weights.risk", scales the other two in
// proportion, so that the sum stays 1:
//
//	w'_other = w_other (1 − w'_risk) / (1 − w_risk)      equal parts if both others are 0
func Grid(base Source, axes []Axis, vectors []weights.Vector) ([]Case, error) {
	// All violations are collected, but the size of the grid ends the check:
	// its product could exceed 64 bits.
	bad := faults.List{Prefix: "sweep: "}
	n := max(1, len(vectors))
	for i, a := range axes {
		bad.Require(slices.IndexFunc(axes, func(b Axis) bool { return b.Key == a.Key }) == i, "the key %s is set twice", a.Key)
		bad.Require(len(a.Values) > 0, "the key %s has no values", a.Key)
		bad.Require(len(vectors) == 0 || !strings.HasPrefix(a.Key, "weights."), "%s is set beside a grid of weights; leave out one of them", a.Key)
		bad.Require(a.Key != "day" || base.Series != "", "days need measured series; give -series")
		if n *= max(1, len(a.Values)); n > maxRange {
			bad.Addf("the grid has more than %d cases", maxRange)
			break
		}
	}
	for _, w := range vectors {
		bad.Add(w.Validate())
	}
	if bad.Len() == 0 { // equal keys overlap as well, and would be reported twice
		bad.Add(overlaps(base, axes))
	}
	if err := bad.Err(); err != nil {
		return nil, err
	}
	// One combination without settings is the start, so that a grid without
	// axes has one case.
	combinations := [][]Setting{nil}
	for _, a := range axes {
		var next [][]Setting
		for _, c := range combinations {
			for _, v := range a.Values {
				// Clone, because combinations with one beginning would else
				// share its array.
				next = append(next, append(slices.Clone(c), Setting{a.Key, v}))
			}
		}
		combinations = next
	}
	// The vectors change fastest, so that the cases of one ternary map are
	// neighbours.
	var out []Case
	for _, settings := range combinations {
		if len(vectors) == 0 {
			c, err := caseOf(base, settings, nil)
			if err != nil {
				return nil, err
			}
			out = append(out, c)
		}
		for _, w := range vectors {
			c, err := caseOf(base, settings, &w)
			if err != nil {
				return nil, err
			}
			out = append(out, c)
		}
	}
	return out, nil
}

// overlaps returns the violations of axes of which one sets a value of another
// one.
func overlaps(base Source, axes []Axis) error {
	tree, err := base.tree()
	if err != nil {
		return err
	}
	bad := faults.List{Prefix: "sweep: "}
	paths := make([]string, len(axes))
	for i, a := range axes {
		paths[i] = placeOf(tree, a.Key)
		for k, before := range paths[:i] {
			// Two weights set different keys, but the second one would change
			// the first.
			weight := strings.HasPrefix(paths[i], "weights.") && strings.HasPrefix(before, "weights.")
			bad.Require(!weight, "%s and %s are set, and each scales the other weights; set one, or a grid of weights", axes[k].Key, a.Key)
			// A dot at the end keeps vpps.1 from being a part of vpps.10.
			same := strings.HasPrefix(paths[i]+".", before+".") || strings.HasPrefix(before+".", paths[i]+".")
			bad.Require(weight || !same, "%s and %s set the same part of the case; leave out one of them", axes[k].Key, a.Key)
		}
	}
	return bad.Err()
}

// caseOf returns a case with settings, and with other weights if w is not nil.
// It returns an error for a key that leads nowhere. A value that the reader of
// case files rejects is no error here, so that the case becomes a row with that
// error.
func caseOf(base Source, settings []Setting, w *weights.Vector) (Case, error) {
	// Each case decodes the file anew, because the settings change the tree.
	tree, err := base.tree()
	if err != nil {
		return Case{}, err
	}
	c := Case{Settings: settings, Source: base}
	var parts []string
	for _, s := range settings {
		parts = append(parts, s.Key+"="+s.Value)
		switch dimension, isWeight := strings.CutPrefix(s.Key, "weights."); {
		case s.Key == "day": // of the series, and no key of case files
			if c.Source.Day, err = time.Parse(time.DateOnly, s.Value); err != nil {
				return Case{}, fmt.Errorf("sweep: day %q is no date such as 2020-04-15", s.Value)
			}
		case isWeight:
			if err := scale(tree, dimension, s.Value); err != nil {
				return Case{}, err
			}
		default:
			if err := set(tree, s.Key, s.Value); err != nil {
				return Case{}, err
			}
		}
	}
	if w != nil {
		// Four digits tell the vectors of the smallest step, 0.001, from each
		// other.
		parts = append(parts, fmt.Sprintf("weights=%.4g/%.4g/%.4g", w.Economic, w.Risk, w.Environment))
		tree["weights"] = map[string]any{"economic": w.Economic, "risk": w.Risk, "environment": w.Environment}
	}
	if c.Weights, err = weightsOf(tree); err != nil {
		return Case{}, err
	}
	// The reader of the case rejects weights that do not sum to 1; small ones
	// must not hide them.
	if p := planned(c.Weights); p != c.Weights && c.Weights.Validate() == nil {
		tree["weights"] = map[string]any{"economic": p.Economic, "risk": p.Risk, "environment": p.Environment}
	}
	if c.Name = strings.Join(parts, " "); c.Name == "" {
		c.Name = "base"
	}
	c.Source, err = c.Source.with(tree)
	return c, err
}
