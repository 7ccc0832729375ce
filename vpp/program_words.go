package vpp

import (
	"fmt"
	"reflect"
	"strings"
	"unicode"

	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/milp"
)

// describe names a column or row in words of the data, with its place:
//
//	charge of storage "bat" in scenario 0, step 7 (07:00)
func (x *Program) describe(n milp.Name) string {
	if place := x.place(n); place != "" {
		return x.quantity(n) + " in " + place
	}
	return x.quantity(n)
}

// quantity names the quantity and the owner of a column or row: `charge of
// storage "bat"`.
func (x *Program) quantity(n milp.Name) string {
	words, owner := strings.ReplaceAll(n.Quantity, "_", " "), x.owner(n.Owner)
	switch {
	case n.Owner == x.VPP.Name:
		if known, ok := ownWords(n.Quantity); ok {
			words = known
		}
	case owner == "": // added by the caller
		return fmt.Sprintf("%q", n.Family())
	default:
		if known, ok := memberWords[n.Quantity]; ok {
			words = known
		}
	}
	return words + " of " + owner
}

// owner names the VPP or a member with its kind, such as `gas boiler "B1"`; ""
// if it is neither.
func (x *Program) owner(name string) string {
	if name == x.VPP.Name {
		return fmt.Sprintf("VPP %q", name)
	}
	for _, d := range x.Members {
		if d.Name() == name {
			return fmt.Sprintf("%s %q", kindOf(d), name)
		}
	}
	return ""
}

// place returns scenario and step of a column or row, "" if it has no indices.
// Quantities of a market count its settlement periods.
func (x *Program) place(n milp.Name) string {
	at := n.Indices()
	if len(at) == 0 {
		return ""
	}
	set := x.Setting.Set
	own := n.Owner == x.VPP.Name
	if len(at) == 1 {
		if own && strings.HasPrefix(n.Quantity, "risk") {
			return fmt.Sprintf("scenario %d", at[0])
		}
		if at[0] >= set.Steps() {
			return fmt.Sprintf("(%d)", at[0]) // of a caller, with a meaning of its own
		}
		return stepWords(set, at[0])
	}
	scenario := fmt.Sprintf("scenario %d, ", at[0])
	if own {
		for _, m := range x.Setting.Markets.named() {
			if _, of := marketWords(n.Quantity); of == m.name && at[1] < m.Periods() {
				return scenario + m.steps(set, []int{at[1]})
			}
		}
	}
	if at[0] >= set.Len() || at[1] >= set.Steps() {
		return fmt.Sprintf("(%d, %d)", at[0], at[1])
	}
	return scenario + stepWords(set, at[1])
}

// ownWords returns the words of a quantity of the VPP.
func ownWords(quantity string) (words string, known bool) {
	if words, of := marketWords(quantity); of != "" {
		return words + " on the " + of, true
	}
	if strings.HasPrefix(quantity, "risk") {
		return "risk measure", true
	}
	words, known = map[string]string{
		"position": "day-ahead schedule", "delivered": "delivered power", "balance": "power balance",
		"heat": "heat balance", "gas": "gas balance", "co2": "CO2 balance",
		"reserve_offer": "reserve offer", "reserve_held": "reserve that members hold", "reserve_export": "delivery and reserve",
		"drawn": "purchase with emissions", "drawn_min": "purchase with emissions",
	}[quantity]
	return words, known
}

// marketWords returns the words of a quantity that the VPP trades, and the name
// of its market; "" for other quantities.
func marketWords(quantity string) (words, market string) {
	for _, x := range [...]struct{ prefix, words, market string }{
		{"bought", "purchase", dayAheadMarket},
		{"sold", "sale", dayAheadMarket},
		{"short", "shortage", balancingMarket},
		{"long", "surplus", balancingMarket},
		{"allowances_bought", "purchase", carbonMarket},
		{"allowances_sold", "sale", carbonMarket},
		{"certificates_bought", "purchase", certificateMarket},
		{"certificates_sold", "sale", certificateMarket},
	} {
		switch rest, ok := strings.CutPrefix(quantity, x.prefix); {
		case !ok || rest != "" && rest[0] != '_':
		case rest == "_balance", strings.HasPrefix(rest, "_cost"):
			return "trade", x.market
		default:
			return x.words, x.market
		}
	}
	return "", ""
}

// memberWords are the words of rows of members whose names are short forms. The
// other names read as they are, with spaces for underscores.
var memberWords = map[string]string{
	"ramp_up": "upward ramp", "ramp_down": "downward ramp", "climb_max": "upward ramp", "descent_max": "downward ramp",
	"minup": "minimum up time", "mindown": "minimum down time", "mustrun": "must-run rule",
	"hold": "state before the horizon", "logic": "start and stop rule", "cycle": "final energy", "balance": "energy balance",
	"tank_cycle": "final content of the tank", "min": "minimum output", "max": "maximum output",
	"start_max": "start limit", "stop_max": "stop limit",
	"once": "single start", "curtailed": "load reduction", "curtailed_least": "least load reduction",
	"rebound_total": "total rebound", "owed": "rebound owed", "member": "membership", "bought": "purchase", "sold": "sale",
}

// kindOf returns the kind of a DER from its type: "gas boiler" for
// *der.GasBoiler, "PV" for *der.PV.
func kindOf(d der.DER) string {
	t := reflect.TypeOf(d)
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	name := []rune(t.Name())
	var words []string
	for i := 0; i < len(name); {
		j := i + 1
		for j < len(name) && (unicode.IsUpper(name[j-1]) || !unicode.IsUpper(name[j])) {
			// The last capital of a run begins the next word if a small letter
			// follows.
			if j+1 < len(name) && unicode.IsUpper(name[j-1]) && unicode.IsUpper(name[j]) && !unicode.IsUpper(name[j+1]) {
				break
			}
			j++
		}
		word := string(name[i:j])
		if strings.ToUpper(word) != word || len(word) == 1 {
			word = strings.ToLower(word)
		}
		words = append(words, word)
		i = j
	}
	if len(words) == 0 {
		return "DER"
	}
	return strings.Join(words, " ")
}
