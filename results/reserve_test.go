package results_test

import (
	"bytes"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid"
	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/internal/testsolver"
	"github.com/trigrid/trigrid/market"
	"github.com/trigrid/trigrid/milp"
	"github.com/trigrid/trigrid/report"
	"github.com/trigrid/trigrid/results"
	"github.com/trigrid/trigrid/vpp"
)

// An offer of reserve is written, read, verified and reported: tables have its
// income and the offer.
func TestRoundTripOfReserve(t *testing.T) {
	offering := func() trigrid.Region {
		r := small(t)
		for _, d := range r.DERs {
			switch u := d.(type) {
			case *der.Storage:
				u.Reserve = milp.Inf
			case *der.Thermal:
				u.Reserve = milp.Inf
			}
		}
		r.Setting.Markets.Reserve = &vpp.Reserve{Price: market.Series{40}}
		return r
	}
	r := offering()
	res, err := trigrid.Run(t.Context(), r, trigrid.Options{Solver: testsolver.New(t)})
	require.NoError(t, err)
	file := filepath.Join(t.TempDir(), "run.csv")
	require.NoError(t, results.WriteFile(file, r, res))
	got, err := results.ReadFile(file, offering())
	require.NoError(t, err)
	same(t, r, res, got)
	offered := 0.0
	for v, plan := range got.Plans {
		assert.Equal(t, res.Plans[v].Offered, plan.Offered)
		for _, mw := range plan.Offered {
			offered += mw
		}
	}
	assert.Positive(t, offered)
	files, err := report.Files(r, res)
	require.NoError(t, err)
	found := 0
	for _, f := range files {
		for _, column := range []string{"reserve_currency", "reserve_offer_mw", "reserve market"} {
			if filepath.Ext(f.Name) == ".csv" && bytes.Contains(f.Data, []byte(column)) {
				found++
			}
		}
	}
	assert.Equal(t, 3, found, "tables of coalitions, delivery and payments")
}
