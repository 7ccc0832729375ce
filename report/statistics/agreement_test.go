package statistics_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid"
	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/optional"
	"github.com/trigrid/trigrid/report/statistics"
	"github.com/trigrid/trigrid/results"
)

// The numbers of the report are those of package results, for every DER and
// every port. A DER with load reduction only has a port of electricity, which
// bears its numbers on the page.
func TestStatisticsAgreeWithThoseOfResults(t *testing.T) {
	r, res := hand(t)
	res.VPPs = []trigrid.VPPResult{{Name: "V"}}
	reducing := &der.DemandResponse{ID: "reducing"}
	plan := res.Plans[0]
	only := plan.Members[0]
	only.DER = reducing
	only.Schedule = der.Schedule{Realised: []der.Ports{{Reduced: []float64{1, 1}}, {Reduced: []float64{0, 2}}}}
	plan.Members = append(plan.Members, only)
	r.DERs = append(r.DERs, reducing)
	res.DERs = append(res.DERs, trigrid.DERResult{Name: "reducing", Choice: "V"})

	shown := statistics.DERs(r, res)
	require.Len(t, shown, len(r.DERs))
	require.Len(t, shown[3].Ports, 1)
	assert.InDelta(t, 0.75*4+0.25*4, shown[3].ReducedMWh, 1e-12)
	for i, d := range r.DERs {
		var x results.DERStatistics
		for k := range plan.Members {
			if plan.Members[k].DER == d {
				x = results.MemberStatistics(plan, &plan.Members[k])
			}
		}
		own := shown[i]
		require.Len(t, own.Ports, len(x.Carriers), d.Name())
		for k, c := range x.Carriers {
			p := own.Ports[k]
			assert.Equal(t, c.Carrier, strings.ToLower(p.Carrier))
			assert.Equal(t, c.Unit, p.Unit())
			assert.Equal(t, []any{c.Supplied, c.Used, c.Capacity, c.CapacityFactor, c.FullLoadHours},
				[]any{p.Supplied, p.Used, p.Rating, p.CapacityFactor, p.FullLoadHours}, d.Name())
			available, curtailed := optional.Float{}, optional.Float{}
			if c.Carrier == "electricity" {
				available, curtailed = x.Available, x.Curtailed
			}
			assert.Equal(t, []optional.Float{available, curtailed}, []optional.Float{p.Available, p.Curtailed})
		}
		assert.Equal(t, []any{x.Starts, x.Running, x.Items, x.Payment, x.Cost, x.Reduced, x.Emission, x.Allowance},
			[]any{own.Starts, own.Running, own.Items, own.Payment, own.Cost, own.ReducedMWh, own.EmissionT, own.AllowanceT})
	}
}
