package sweep

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/trigrid/trigrid/internal/faults"
	"github.com/trigrid/trigrid/weights"
)

// Axis is one key of a case file with the values that it takes.
type Axis struct {
	Key    string   // with dots, such as "vpps.0.risk_aversion"
	Values []string // JSON values; a text without quotes is a text
}

// ParseAxis returns the axis of an argument:
//
//	seed=1..20                       whole numbers
//	vpps.0.risk_aversion=0,0.5,1     values
//	sharing=shapley,nucleolus        texts
//	weights.risk=0.1,0.3             the other two weights change in proportion
//	day=2020-04-15..2020-04-20       days of measured series
func ParseAxis(text string) (Axis, error) {
	key, values, ok := strings.Cut(text, "=")
	if !ok || key == "" || values == "" {
		return Axis{}, fmt.Errorf("sweep: %q has no key or no values, want such as seed=1..20 or vpps.0.risk_aversion=0,0.5", text)
	}
	a := Axis{Key: key}
	for _, part := range splitValues(values) {
		from, to, isRange := strings.Cut(part, "..")
		if !isRange {
			a.Values = append(a.Values, part)
			continue
		}
		list, err := between(from, to)
		if err != nil {
			return Axis{}, fmt.Errorf("sweep: %s: %w", key, err)
		}
		if a.Values = append(a.Values, list...); len(a.Values) > maxRange {
			return Axis{}, fmt.Errorf("sweep: %s has more than %d values", key, maxRange)
		}
	}
	seen := make(map[string]bool, len(a.Values))
	for _, v := range a.Values {
		if v == "" || seen[v] {
			return Axis{}, fmt.Errorf("sweep: %s has the value %q twice, or an empty one", key, v)
		}
		seen[v] = true
	}
	return a, nil
}

// splitValues splits values at commas outside of lists, objects and quoted texts, such as
// "[1,2],[3,4]" into two lists. Other texts have no commas, so that a value with an open bracket
// takes the rest, and the reader of case files rejects it.
func splitValues(text string) (parts []string) {
	depth, quoted, from := 0, false, 0
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case quoted && c == '\\':
			i++ // the next byte is part of the text, also a quote
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '[' || c == '{':
			depth++
		case c == ']' || c == '}':
			depth--
		case c == ',' && depth == 0:
			parts, from = append(parts, text[from:i]), i+1
		}
	}
	return append(parts, text[from:])
}

// maxRange is the largest number of values of a range, a protection against typing errors.
const maxRange = 1_000_000

// between returns the whole numbers or the days of a range, both ends included.
func between(from, to string) (list []string, err error) {
	if a, errA := strconv.ParseInt(from, 10, 64); errA == nil {
		b, errB := strconv.ParseInt(to, 10, 64)
		// The difference of two numbers of 64 bits fits into 64 bits without a sign only.
		if errB != nil || b < a || uint64(b)-uint64(a) >= maxRange {
			return nil, fmt.Errorf("the range %s..%s must rise, by less than %d", from, to, maxRange)
		}
		for k := range b - a + 1 { // a loop up to the largest number would not end
			list = append(list, strconv.FormatInt(a+k, 10))
		}
		return list, nil
	}
	a, errA := time.Parse(time.DateOnly, from)
	b, errB := time.Parse(time.DateOnly, to)
	if errA != nil || errB != nil || b.Before(a) || b.Sub(a) > 36600*24*time.Hour {
		return nil, fmt.Errorf("the range %s..%s is none of whole numbers or days, such as 1..20 or 2020-04-15..2020-04-20", from, to)
	}
	for d := a; !d.After(b); d = d.AddDate(0, 0, 1) {
		list = append(list, d.Format(time.DateOnly))
	}
	return list, nil
}

// Setting is one value of an axis.
type Setting struct {
	Key   string `json:"key"`
	Value string `json:"value"`
}

// Case is one run of a sweep.
type Case struct {
	Name     string // of its settings, such as "seed=3 vpps.0.risk_aversion=0.5"; "base" without any
	Settings []Setting
	Source   Source

	// Weights are those of the case. If one of them is 0, the programs have those that [Weights]
	// describes.
	Weights weights.Vector
}

// Grid returns the cases of all combinations of the values of axes, and of weight vectors if there
// are any. The last axis changes first. A key that the case file lacks is added, so that optional
// keys can be set; the reader of case files rejects one that does not exist.
//
// Two axes must not set the same value, or a value and a part of it: by the same key, by name and
// number of one VPP, or by two weights, of which each scales the other. The name of a case would
// then state a value that the case does not have.
//
// An axis of one weight, such as "weights.risk", scales the other two in proportion, so that the
// sum stays 1:
//
//	w'_other = w_other (1 − w'_risk) / (1 − w_risk)      equal parts if both others are 0
func Grid(base Source, axes []Axis, vectors []weights.Vector) ([]Case, error) {
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
	if bad.Len() == 0 {
		bad.Add(overlaps(base, axes))
	}
	if err := bad.Err(); err != nil {
		return nil, err
	}
	// One combination without settings is the start, so that a grid without axes has one case.
	combinations := [][]Setting{nil}
	for _, a := range axes {
		var next [][]Setting
		for _, c := range combinations {
			for _, v := range a.Values {
				next = append(next, append(slices.Clone(c), Setting{a.Key, v}))
			}
		}
		combinations = next
	}
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

// overlaps returns the violations of axes of which one sets a value of another one.
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
			weight := strings.HasPrefix(paths[i], "weights.") && strings.HasPrefix(before, "weights.")
			bad.Require(!weight, "%s and %s are set, and each scales the other weights; set one, or a grid of weights", axes[k].Key, a.Key)
			same := strings.HasPrefix(paths[i]+".", before+".") || strings.HasPrefix(before+".", paths[i]+".")
			bad.Require(weight || !same, "%s and %s set the same part of the case; leave out one of them", axes[k].Key, a.Key)
		}
	}
	return bad.Err()
}

// placeOf returns a key with numbers in place of the names of elements of lists. The rest of a key
// that leads nowhere stays as it is.
func placeOf(tree map[string]any, key string) string {
	var at any = tree
	parts := strings.Split(key, ".")
	for k, part := range parts {
		switch x := at.(type) {
		case map[string]any:
			at = x[part]
		case []any:
			i := element(x, part)
			if i < 0 || i >= len(x) {
				return strings.Join(parts, ".")
			}
			at, parts[k] = x[i], strconv.Itoa(i)
		default:
			at = nil
		}
	}
	return strings.Join(parts, ".")
}

// element returns the number of an element of a list by its name or its number, −1 if part is
// neither. A name counts first, because a VPP can be named "1".
func element(list []any, part string) int {
	i := slices.IndexFunc(list, func(e any) bool {
		object, ok := e.(map[string]any)
		return ok && object["name"] == part
	})
	if n, err := strconv.Atoi(part); i < 0 && err == nil {
		i = n
	}
	return i
}

// caseOf returns a case with settings, and with other weights if w is not nil.
func caseOf(base Source, settings []Setting, w *weights.Vector) (Case, error) {
	tree, err := base.tree()
	if err != nil {
		return Case{}, err
	}
	c := Case{Settings: settings, Source: base}
	var parts []string
	for _, s := range settings {
		parts = append(parts, s.Key+"="+s.Value)
		switch dimension, isWeight := strings.CutPrefix(s.Key, "weights."); {
		case s.Key == "day":
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
		parts = append(parts, fmt.Sprintf("weights=%.4g/%.4g/%.4g", w.Economic, w.Risk, w.Environment))
		tree["weights"] = map[string]any{"economic": w.Economic, "risk": w.Risk, "environment": w.Environment}
	}
	if c.Weights, err = weightsOf(tree); err != nil {
		return Case{}, err
	}
	// The reader of the case rejects weights that do not sum to 1; small ones must not hide them.
	if p := planned(c.Weights); p != c.Weights && c.Weights.Validate() == nil {
		tree["weights"] = map[string]any{"economic": p.Economic, "risk": p.Risk, "environment": p.Environment}
	}
	if c.Name = strings.Join(parts, " "); c.Name == "" {
		c.Name = "base"
	}
	c.Source, err = c.Source.with(tree)
	return c, err
}

// set replaces the value of a key with dots. Elements of lists have their number or, as VPPs and
// DERs do, a name.
func set(tree map[string]any, key, value string) error {
	var parsed any = value
	// A value that is no JSON, such as shapley, is a text. Numbers stay as they are written.
	if d := json.NewDecoder(strings.NewReader(value)); json.Valid([]byte(value)) {
		d.UseNumber()
		if err := d.Decode(&parsed); err != nil {
			return fmt.Errorf("sweep: %s=%s: %w", key, value, err)
		}
	}
	var at any = tree
	parts := strings.Split(key, ".")
	for k, part := range parts {
		last := k == len(parts)-1
		switch x := at.(type) {
		case map[string]any:
			if last {
				x[part] = parsed
				return nil
			}
			next, ok := x[part]
			if !ok {
				return fmt.Errorf("sweep: %s: the case has no key %q there, but %v", key, part, names(x))
			}
			at = next
		case []any:
			i := element(x, part)
			if i < 0 || i >= len(x) {
				return fmt.Errorf("sweep: %s: %q is neither a number below %d nor one of the names %q", key, part, len(x), named(x))
			}
			if last {
				x[i] = parsed
				return nil
			}
			at = x[i]
		default:
			return fmt.Errorf("sweep: %s: the value before %q is no object and no list", key, part)
		}
	}
	return nil
}

// weightsOf returns the weights of a case.
func weightsOf(tree map[string]any) (w weights.Vector, err error) {
	of, ok := tree["weights"].(map[string]any)
	if !ok {
		return w, fmt.Errorf("sweep: the case has no object weights")
	}
	for name, to := range map[string]*float64{"economic": &w.Economic, "risk": &w.Risk, "environment": &w.Environment} {
		if *to, err = strconv.ParseFloat(fmt.Sprint(of[name]), 64); err != nil {
			return w, fmt.Errorf("sweep: weights.%s is %v, want a number", name, of[name])
		}
	}
	return w, nil
}

// scale sets one weight and scales the others in proportion.
func scale(tree map[string]any, dimension, value string) error {
	w, err := weightsOf(tree)
	if err != nil {
		return err
	}
	fields := map[string]*float64{"economic": &w.Economic, "risk": &w.Risk, "environment": &w.Environment}
	own, ok := fields[dimension]
	x, err := strconv.ParseFloat(value, 64)
	if !ok || err != nil || !(x >= 0 && x <= 1) {
		return fmt.Errorf("sweep: weights.%s=%s, want economic, risk or environment, and a number from 0 to 1", dimension, value)
	}
	// The others keep their ratio. If they are both 0 there is none, and each takes a half.
	old := *own
	for name, other := range fields {
		switch {
		case name == dimension:
			*other = x
		case 1-old > 1e-12:
			*other *= (1 - x) / (1 - old)
		default:
			*other = (1 - x) / 2
		}
	}
	tree["weights"] = map[string]any{"economic": w.Economic, "risk": w.Risk, "environment": w.Environment}
	return nil
}

// ParseWeights returns the vectors of an argument: "step=0.2" is all of [weights.Simplex] with a
// step of 0.2.
func ParseWeights(text string) ([]weights.Vector, error) {
	value, ok := strings.CutPrefix(text, "step=")
	step, err := strconv.ParseFloat(value, 64)
	n := math.Round(1 / step)
	if !ok || err != nil || !(n >= 1 && n <= 1000) || math.Abs(n*step-1) > 1e-9 {
		return nil, fmt.Errorf("sweep: weights %q, want a step that divides 1, such as step=0.2", text)
	}
	return weights.Simplex(int(n)), nil
}

// named returns the names of the objects in a list, in their order.
func named(list []any) []string {
	var out []string
	for _, e := range list {
		object, _ := e.(map[string]any)
		if name, ok := object["name"].(string); ok {
			out = append(out, name)
		}
	}
	return out
}
