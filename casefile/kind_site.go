package casefile

import (
	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/scenario"
)

// readSite reads several DERs behind one connection. The parts are items as in
// the list "ders", with a count if there are several equal ones, and of any
// kind but sites. A site with an excess cost can exceed its limits at that
// price.
//
//	{"kind": "site", "name": "home", "max_import_mw": 0.011, "excess_cost_per_mwh": 500, "parts": [
//	 {"kind": "load", "name": "lights", "demand": "lights"},
//	 {"kind": "pv", "name": "roof", "capacity_mw": 0.01, "available": "sun"}]}
func (l Loader) readSite(v Fields, grid scenario.Grid, series map[string]bool) (newDER func() der.DER, parts []derItem) {
	u := der.Site{
		ID:         v.At("name").Text(),
		MaxImport:  v.At("max_import_mw").Optional(0, unbounded),
		MaxExport:  v.At("max_export_mw").Optional(0, unbounded),
		ExcessCost: v.At("excess_cost_per_mwh").Optional(0, unbounded),
	}
	parts = l.readDERs(v.At("parts"), grid, series)
	return func() der.DER {
		x := u
		for _, part := range parts {
			x.Parts = append(x.Parts, part.newDER())
		}
		return &x
	}, parts
}

// withParts returns the items with the parts of each site behind it.
func withParts(items []derItem) []derItem {
	var out []derItem
	for _, x := range items {
		out = append(append(out, x), withParts(x.parts)...)
	}
	return out
}
