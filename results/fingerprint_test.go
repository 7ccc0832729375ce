package results_test

import (
	"bytes"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid"
	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/market"
	"github.com/trigrid/trigrid/optional"
	"github.com/trigrid/trigrid/results"
	"github.com/trigrid/trigrid/vpp"
)

// A table is refused with each datum that no plan shows, and the error names
// the changed part only.
func TestChangedDataThatNoPlanShowsAreRefused(t *testing.T) {
	r, res := drawn(t, 4, 2, 4)
	idle := &der.Storage{ID: "idle", Wear: 2, ChargeEfficiency: 1, DischargeEfficiency: 1}
	r.DERs, r.Sharing = append(r.DERs, idle), vpp.SampledShapley{}
	res.DERs = append(res.DERs, trigrid.DERResult{Name: "idle", Choice: trigrid.Outside})
	name := filepath.Join(t.TempDir(), "run.parquet")
	require.NoError(t, results.WriteFile(name, r, res))
	table, err := results.New(r, res)
	require.NoError(t, err)
	var file bytes.Buffer
	require.NoError(t, table.WriteParquet(&file))
	read := func(r trigrid.Region) error {
		_, err := results.Read(bytes.NewReader(file.Bytes()), int64(file.Len()), r)
		return err
	}
	require.NoError(t, read(r))
	for part, change := range map[string]func(*trigrid.Region){
		`DER "idle"`: func(r *trigrid.Region) {
			dear := *idle
			dear.Wear = 3
			r.DERs[4] = &dear
		},
		`DER "idle" of a limit`: func(r *trigrid.Region) {
			still := *idle
			still.StartsPerDay = optional.Of(0)
			r.DERs[4] = &still
		},
		`DER "DER00" of another kind`: func(r *trigrid.Region) {
			wind := r.DERs[0].(*der.Wind)
			r.DERs[0] = &der.PV{ // the same fields
				ID: wind.ID, Capacity: wind.Capacity, Available: wind.Available, Forecast: wind.Forecast,
				CurtailmentPenalty: wind.CurtailmentPenalty, Maintenance: wind.Maintenance,
			}
		},
		`VPP "VPP2"`:          func(r *trigrid.Region) { r.VPPs[1].PassThrough = 0.6 },
		`VPP "VPP1" of 0`:     func(r *trigrid.Region) { r.VPPs[0].ExportLimit = optional.Of(0) },
		"the outside payoffs": func(r *trigrid.Region) { r.Outside = map[string]float64{"idle": -1} },
		"the sharing rule":    func(r *trigrid.Region) { r.Sharing = vpp.Shapley{} },
		"the markets": func(r *trigrid.Region) {
			r.Setting.Markets.Carbon = market.Flat(market.Carbon, market.Calendar{Steps: 4, StepHours: 0.25}, 61)
		},
		"the weights, the risk measure or the modelling options": func(r *trigrid.Region) { r.Setting.Modelling.SharedValue = vpp.WeightedValue },
	} {
		changed := r
		changed.VPPs, changed.DERs = append([]vpp.VPP(nil), r.VPPs...), append([]der.DER(nil), r.DERs...)
		change(&changed)
		err := read(changed)
		words, _, _ := strings.Cut(part, " of ")
		require.Error(t, err, part)
		assert.Equal(t, "results: the data of "+words+" differ from those of the run; read with the case and the seed of the run", err.Error(), part)
		other, err := results.ReadOther(name, changed)
		require.NoError(t, err, part)
		assert.Equal(t, res.Plans[0].Net, other.Plans[0].Net)
	}
	r.Notes, r.Names = append(r.Notes, "another note"), vpp.Names{"idle.Wear": "$.ders[4].wear_per_mwh"}
	require.NoError(t, read(r), "words are no data")
}
