package unitcommitment

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/trigrid/trigrid/internal/jsontree"
	"github.com/trigrid/trigrid/optional"
)

// constraints reads the limits of CO2. The tightest one counts.
//
// A limit is
//
//	Σ_t w_t p_t e / η ≤ constant                            t CO2
//
// with the generator weight w_t, the emissions e of the carrier per MWh of
// primary energy and the efficiency η of the generator. If no carrier emits, it
// limits nothing, as in PyPSA.
func (f *pypsa) constraints() {
	emits := slices.ContainsFunc(slices.Collect(maps.Values(f.carriers)), func(x float64) bool { return x != 0 })
	f.components("global_constraints", func(x component) {
		var (
			kind      = x.text("type")
			attribute = x.text("carrier_attribute")
			sense     = x.text("sense")
			limit     = x.number("constant", 0, -finite, math.Inf(1))
		)
		if (kind == "" || kind == "primary_energy") && (attribute == "" || attribute == "co2_emissions") && sense == "<=" && x.text("investment_period") == "" {
			if emits && !math.IsInf(limit, 1) {
				f.system.EmissionLimit = optional.Of(min(limit, f.system.EmissionLimit.Or(limit)))
			}
			return
		}
		f.refuse(x.of.file, "global_constraints", "%s: line %d: %q is %s of %s with sense %q, want a primary_energy limit <= of co2_emissions",
			x.of.file, x.row.line, x.name, cmpOr(kind, "primary_energy"), cmpOr(attribute, "co2_emissions"), cmpOr(sense, "=="))
	})
}

// cmpOr returns the text, or another one if it is empty.
//
// For example, an empty sense is "==" in PyPSA.
func cmpOr(text, absent string) string {
	if text == "" {
		return absent
	}
	return text
}

// network notes the elements that joining all buses leaves out.
//
// A link with an efficiency of 0.9 loses a tenth of its flow, so that the note
// names such links: the optimum with one bus is then below that of the network.
func (f *pypsa) network() {
	for _, list := range noteLists {
		s := f.sheets[list]
		if s == nil || len(s.rows) == 0 {
			continue
		}
		var priced []string
		f.components(list, func(x component) {
			lossless := x.number("efficiency", 1, math.Inf(-1), math.Inf(1)) == 1
			if !lossless || x.number("marginal_cost", 0, math.Inf(-1), math.Inf(1)) != 0 {
				priced = append(priced, x.name)
			}
		})
		text := fmt.Sprintf("%s: %s ignored with limits, losses and costs, because all buses are joined",
			s.file, plural(len(s.rows), "row is", "rows are"))
		if len(priced) > 0 && list == "links" {
			text += fmt.Sprintf("; %s a loss or a cost", plural(len(priced), "of them has", "of them have"))
		}
		f.note("%s", text)
	}
}

// misspelt notes columns that nothing reads and that resemble a column of the
// format.
//
// Tables per snapshot that nothing reads are noted, too. Other columns are
// those of a user, which PyPSA carries along.
//
// For example, "margnal_cost" has a note and "my_own" has none. Without the
// note the cost would be 0.
func (f *pypsa) misspelt() {
	for _, list := range slices.Sorted(maps.Keys(f.sheets)) {
		s := f.sheets[list]
		if s == nil || slices.Contains(noteLists, list) {
			continue
		}
		known := slices.Sorted(maps.Keys(s.used))
		for i, column := range s.header {
			if i == 0 || s.used[column] || slices.Contains(quietColumns, column) {
				continue
			}
			if meant, found := jsontree.Nearest(column, known); found && s.column(meant) < 0 {
				f.note("%s: column %q is no column of the format and is ignored; did you mean %q?", s.file, column, meant)
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(f.series)) {
		list, attribute, _ := strings.Cut(name, "-")
		s := f.series[name]
		// Outputs of an earlier run are in tables per snapshot, too.
		if s != nil && !s.read && !slices.Contains(quietColumns, attribute) && !slices.Contains(noteLists, list) {
			f.note("%s: is ignored", s.file)
		}
	}
}

// quietColumns are columns of the format that do not matter to the operation of
// one bus.
var quietColumns = []string{
	"active", "annual_cost", "build_year", "capital_cost", "color", "control", "crs", "discount_rate", "e", "e_nom_max", "e_nom_min",
	"e_nom_mod", "e_nom_opt", "e_nom_set", "fom_cost", "generator", "lifetime", "location", "marginal_price", "max_growth",
	"max_relative_growth", "mu", "mu_lower", "mu_upper", "nice_name", "now", "overnight_cost", "p", "p_dispatch", "p_nom_max",
	"p_nom_min", "p_nom_mod", "p_nom_opt", "p_nom_set", "p_store", "pypsa_version", "q", "q_set", "spill", "srid", "start_up",
	"state_of_charge", "status", "shut_down", "sub_network", "type", "unit", "v_ang", "v_mag_pu", "v_mag_pu_max", "v_mag_pu_min",
	"v_mag_pu_set", "v_nom", "weight", "x", "y",
}
