package unitcommitment

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/trigrid/trigrid/internal/jsontree"
	"github.com/trigrid/trigrid/milp"
	"github.com/trigrid/trigrid/optional"
)

// reserves reads the requirements. One spinning reserve is that of the system,
// several are products.
//
// A shortfall has a penalty per MW and step; a negative one, which is the
// default, forbids it. Units list the reserves that they may hold, see
// eligible.
//
// Version 0.2 has the amount itself, later versions have an object per reserve:
//
//	"Reserves": {"Spinning (MW)": 100}
//	"Reserves": {"r1": {"Type": "spinning", "Amount (MW)": 100, "Shortfall penalty ($/MW)": 1000}}
//
// With requirement R_t, reserve r_it of the eligible units i and shortfall s_t,
// the row of a product is
//
//	Σ_i r_it + s_t ≥ R_t,   cost = price Σ_t s_t Δ          MW, currency
func (f *ucjl) reserves() {
	all := f.root.At("Reserves")
	if !all.Given() || !all.Object() {
		return
	}
	if old := all.At("Spinning (MW)"); old.Given() && !old.IsObject() { // version 0.2
		f.spin = []string{"r1"}
		f.system.Reserve = reserveSeries
		add(old, f.set, reserveSeries, f.perStep(old, 0, milp.Inf))
		return
	}
	type requirement struct {
		name   string
		at     jsontree.Value
		amount []float64
		price  optional.Float
	}
	var found []requirement
	each(all, func(name string, r jsontree.Value) {
		switch kind := strings.ToLower(r.At("Type").Text()); kind {
		case "spinning":
		case "flexiramp":
			if !slices.Contains(f.options.Ignore, kind) {
				r.Bad("is of type flexiramp, which is not part of this model; remove it or ignore %q", kind)
			} else {
				f.note(r, "the flexible ramping reserve is ignored")
			}
			// Keys that are read are not unknown.
			r.At("Amount (MW)")
			r.At("Shortfall penalty ($/MW)")
			return
		default:
			r.At("Type").Wrong(`"spinning" or "flexiramp"`)
			return
		}
		x := requirement{name: name, at: r, amount: f.perStep(r.At("Amount (MW)"), 0, milp.Inf)}
		// A negative penalty forbids any shortfall.
		if v := r.At("Shortfall penalty ($/MW)"); v.Given() {
			if price := f.one(v, -milp.Inf, milp.Inf); price >= 0 {
				x.price = optional.Of(price / f.set.Hours())
			}
		}
		found = append(found, x)
		f.spin = append(f.spin, name)
	})
	// One requirement needs no division of reserve among products.
	if len(found) == 1 {
		f.system.Reserve, f.system.ShortfallPrice = reserveSeries, found[0].price
		add(found[0].at, f.set, reserveSeries, found[0].amount)
		return
	}
	for _, x := range found {
		series := reserveSeries + " " + x.name
		add(x.at, f.set, series, x.amount)
		f.system.Products = append(f.system.Products, Product{Name: x.name, Requirement: series, ShortfallPrice: x.price})
	}
}

// network notes the lines and contingencies that joining all buses leaves out.
//
// Without limits of lines, the optimum is a lower bound of that of the file. It
// is equal if no limit binds, for example if none of the lines has a "Normal
// flow limit (MW)".
func (f *ucjl) network() {
	var limited []string
	lines := f.root.At("Transmission lines")
	each(lines, func(name string, line jsontree.Value) {
		for _, key := range []string{
			"Source bus", "Target bus", "Reactance (ohms)", "Susceptance (S)", "Emergency flow limit (MW)", "Flow limit penalty ($/MW)",
		} {
			line.At(key)
		}
		if line.At("Normal flow limit (MW)").Given() {
			limited = append(limited, name)
		}
	})
	if lines.Len() > 0 {
		f.note(lines, "the %s ignored, because all buses are joined; %s", plural(lines.Len(), "line is", "lines are"), limits(limited))
	}
	if all := f.root.At("Contingencies"); all.Len() > 0 {
		each(all, func(_ string, c jsontree.Value) {
			for _, key := range []string{"Affected lines", "Affected generators", "Affected units"} {
				c.At(key)
			}
		})
		f.note(all, "the %s ignored, because all buses are joined", plural(all.Len(), "contingency is", "contingencies are"))
	}
}

// plural returns a number with the word for it: "1 line is", "20 lines are".
func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprint(n, " ", many)
}

// limits names the elements of a network that have a limit, up to five.
//
// For example, lines l1 and l2 give "with a limit: l1, l2". A longer list would
// hide the other notes.
func limits(names []string) string {
	switch {
	case len(names) == 0:
		return "none of them has a limit"
	case len(names) > 5:
		return fmt.Sprintf("%d of them have a limit", len(names))
	}
	return "with a limit: " + strings.Join(names, ", ")
}

// unknown notes the keys that the format does not have, each once. They can be
// misspelt.
//
// For example, "Ramp up limit" instead of "Ramp up limit (MW)" gives a unit
// without a limit. Unknown keys are no violations, because files carry remarks
// and data of other programs.
func (f *ucjl) unknown() {
	if len(f.root.Found()) > 0 {
		return // the system is not returned, and values of the wrong kind leave keys unread
	}
	joined, _ := f.root.Violations().(interface{ Unwrap() []error })
	if joined == nil {
		return
	}
	var (
		first = map[string]string{}
		count = map[string]int{}
	)
	// A violation reads "$.Generators.g.Minimum powr (MW): unknown key; did you
	// mean …? known here: …". The list of known keys is left out, because it is
	// long.
	for _, err := range joined.Unwrap() {
		path, text, _ := strings.Cut(err.Error(), ": unknown key")
		text, _, _ = strings.Cut(strings.TrimPrefix(text, "; "), "known here")
		key := path[strings.LastIndex(path, ".")+1:]
		if count[key]++; count[key] == 1 {
			first[key] = strings.TrimRight(path+": is no key of the format and is ignored; "+text, "; ")
		}
	}
	for _, key := range slices.Sorted(maps.Keys(first)) {
		text := first[key]
		if count[key] > 1 {
			text += fmt.Sprintf(" (and %d more)", count[key]-1)
		}
		f.system.Notes = append(f.system.Notes, text)
	}
}
