package report

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// stabilityTable returns the groups of DERs that gain by leaving together, one
// row per VPP and one per profile:
//
//	test      "core", or "groups" for joint moves beside the Nash test of single DERs
//	of        the VPP, the recommended profile or the equilibrium by number
//	stable    whether no coalition or group gains
//	group     the most dissatisfied coalition, or the DERs that gain with their new choices
//	gain      the excess of the coalition, or the gain of the DER that gains least, currency
//	least     smallest possible largest excess; above 0 the core is empty
func (x *run) stabilityTable() *Table {
	t := &Table{Name: "stability", Title: "Groups of DERs that gain by leaving together"}
	t.Columns = []Column{
		{Name: "test"},
		{Name: "of"},
		{Name: "stable"},
		{Name: "group"},
		{Name: "gain", Title: "excess or gain, currency", Decimals: 2},
		{Name: "least", Title: "least core, currency", Decimals: 2},
	}
	st := x.result.Stability
	for _, c := range st.VPPs {
		var least any
		if c.LeastCore != nil {
			least = *c.LeastCore
		}
		t.add("core", c.VPP, c.InCore, strings.Join(c.Dissatisfied, ", "), c.LargestExcess, least)
	}
	for k, g := range st.Groups {
		of := "recommended profile"
		if k > 0 {
			of = fmt.Sprintf("equilibrium %d", k)
		}
		var moves []string
		for _, d := range slices.Sorted(maps.Keys(g.Moves)) {
			moves = append(moves, d+" to "+g.Moves[d])
		}
		var gain any
		if !g.Strong {
			gain = g.Gain
		}
		t.add("groups", of, g.Strong, strings.Join(moves, ", "), gain, nil)
	}
	if st.Unknown != "" {
		t.add("not known", "", nil, st.Unknown, nil, nil)
	}
	return t
}
