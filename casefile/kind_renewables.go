package casefile

import (
	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/optional"
)

// readWind reads a wind farm. available is the series of the power that the
// weather allows, MW, at most capacity_mw; curtailment_penalty_per_mwh is paid
// for available energy that is not fed in.
//
//	{"kind": "wind", "name": "W1", "capacity_mw": 8, "available": "wind1",
//	 "maintenance_per_mwh": 18, "curtailment_penalty_per_mwh": 500}
func readWind(v Fields, series map[string]bool) func() der.DER {
	u := der.Wind{
		ID:                 v.At("name").Text(),
		Capacity:           optional.Of(v.At("capacity_mw").Number(0, unbounded)),
		Available:          v.At("available").Series(series),
		Maintenance:        v.At("maintenance_per_mwh").NumberOr(0, 0, unbounded),
		CurtailmentPenalty: v.At("curtailment_penalty_per_mwh").NumberOr(0, 0, unbounded),
	}
	return func() der.DER { x := u; return &x }
}

// readPV reads a photovoltaic array, which earns subsidy_per_mwh, the currency
// per MWh fed in, beside the tariff.
//
//	{"kind": "pv", "name": "roofs", "capacity_mw": 4, "available": "sun", "subsidy_per_mwh": 30}
func readPV(v Fields, series map[string]bool) func() der.DER {
	u := der.PV{
		ID:                 v.At("name").Text(),
		Capacity:           optional.Of(v.At("capacity_mw").Number(0, unbounded)),
		Available:          v.At("available").Series(series),
		Subsidy:            v.At("subsidy_per_mwh").NumberOr(0, 0, unbounded),
		Maintenance:        v.At("maintenance_per_mwh").NumberOr(0, 0, unbounded),
		CurtailmentPenalty: v.At("curtailment_penalty_per_mwh").NumberOr(0, 0, unbounded),
	}
	return func() der.DER { x := u; return &x }
}
