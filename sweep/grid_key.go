package sweep

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/trigrid/trigrid/weights"
)

// set replaces the value of a key with dots. Elements of lists have their
// number or, as VPPs and DERs do, a name. For example, with the VPPs Town and
// Mill
//
//	vpps.Town.risk_aversion    is    vpps.0.risk_aversion
//
// The last part of a key can be new, because a case file leaves out keys with
// defaults. A part before it that does not exist is an error, since an object
// of its own would hide a typing error.
func set(tree map[string]any, key, value string) error {
	var parsed any = value
	// A value that is no JSON, such as shapley, is a text. Numbers stay as they
	// are written.
	if d := json.NewDecoder(strings.NewReader(value)); json.Valid([]byte(value)) {
		d.UseNumber()
		if err := d.Decode(&parsed); err != nil {
			return fmt.Errorf("sweep: %s=%s: %w", key, value, err)
		}
	}
	// at is the value to which the parts before part lead.
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

// weightsOf returns the weights of a case. It returns an error unless all three
// are numbers, also of a case whose settings replaced them.
func weightsOf(tree map[string]any) (w weights.Vector, err error) {
	of, ok := tree["weights"].(map[string]any)
	if !ok {
		return w, fmt.Errorf("sweep: the case has no object weights")
	}
	for name, to := range map[string]*float64{"economic": &w.Economic, "risk": &w.Risk, "environment": &w.Environment} {
		// A number of the tree is a text or, after scale, a float64.
		if *to, err = strconv.ParseFloat(fmt.Sprint(of[name]), 64); err != nil {
			return w, fmt.Errorf("sweep: weights.%s is %v, want a number", name, of[name])
		}
	}
	return w, nil
}

// scale sets one weight of a tree and scales the others in proportion, see
// [Grid].
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
	// The others keep their ratio. If they are both 0 there is none, and each
	// takes a half.
	old := *own
	for name, other := range fields {
		switch {
		case name == dimension:
			*other = x
		case 1-old > 1e-12: // below it the ratio of the others is rounding
			*other *= (1 - x) / (1 - old)
		default:
			*other = (1 - x) / 2
		}
	}
	tree["weights"] = map[string]any{"economic": w.Economic, "risk": w.Risk, "environment": w.Environment}
	return nil
}

// placeOf returns a key with numbers in place of the names of elements of
// lists. The rest of a key that leads nowhere stays as it is.
func placeOf(tree map[string]any, key string) string {
	// Unlike set it meets keys that the tree lacks, and then keeps the rest of
	// the key as a text: two equal keys overlap also if they are new.
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

// element returns the number of an element of a list by its name or its number,
// −1 if part is neither. A name counts first, because a VPP can be named "1".
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
