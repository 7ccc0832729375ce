package der_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/der/dertest"
	"github.com/trigrid/trigrid/internal/testsolver"
	"github.com/trigrid/trigrid/optional"
	"github.com/trigrid/trigrid/scenario"
)

// oddWater returns two futures over steps of the given hours.
func oddWater(t *testing.T, hours ...float64) *scenario.Set {
	t.Helper()
	var lengths []time.Duration
	for _, h := range hours {
		lengths = append(lengths, time.Duration(h*float64(time.Hour)))
	}
	set, err := scenario.New(scenario.GridOf(time.Time{}, lengths...), []float64{0.6, 0.4})
	require.NoError(t, err)
	// add adds a series whose value in scenario s and step k is of(s, k).
	add := func(name, unit string, of func(s, k int) int) {
		paths := make([][]float64, 2)
		for s := range paths {
			for k := range hours {
				paths[s] = append(paths[s], float64(of(s, k)))
			}
		}
		require.NoError(t, set.Add(name, unit, paths))
	}
	add("inflow", "m³/s", func(s, k int) int { return (3*k + 5*s) % 7 })
	add("sun", "MW", func(s, k int) int { return (2*k + s) % 3 })
	add("lights", "MW", func(s, k int) int { return 1 + (k+s)%2 })
	return set
}

// Kinds of water and sites with levels at their limits, no power and closed
// connections conform on one step, and on steps of unequal length, alone and as
// a fleet of three.
func TestWaterAndSitesConformAtTheirLimits(t *testing.T) {
	turbine := []der.HydroPoint{{4, 8}, {6, 10}}
	for name, u := range map[string]der.DER{
		"river without power": &der.RunOfRiver{ID: "u", Inflow: "inflow", Turbine: []der.HydroPoint{{4, 0}}},
		"full, no change allowed": &der.Reservoir{
			ID: "u", Inflow: "inflow", Turbine: turbine, MaxVolume: 0.01, Initial: 0.01, MinRelease: 50, ReleaseRamp: optional.Of(0),
			Released: optional.Of(40), EndVolume: optional.Of(0.01), UnmetCost: 1000,
		},
		"empty, wants to be full": &der.Reservoir{
			ID: "u", Inflow: "inflow", Turbine: turbine, MaxVolume: 5, MinRelease: 5, EndVolume: optional.Of(5), UnmetCost: 1000, EndValue: 3,
		},
		"one level": &der.Reservoir{ID: "u", Inflow: "inflow", Turbine: turbine, MinVolume: 1, MaxVolume: 1, Initial: 1, UnmetCost: 1000, EndValue: 3},
		"closed at no price": &der.Site{ID: "h", MaxImport: optional.Of(0), MaxExport: optional.Of(0), ExcessCost: optional.Of(0), Parts: []der.DER{
			&der.Load{ID: "l", Demand: "lights"}, &der.PV{ID: "p", Available: "sun"},
			&der.Reservoir{ID: "d", Inflow: "inflow", Turbine: turbine, MaxVolume: 0.05, Initial: 0.02, MinRelease: 2, UnmetCost: 900, EndValue: 10},
		}},
		"no export": &der.Site{ID: "h", MaxImport: optional.Of(2), MaxExport: optional.Of(0), Parts: []der.DER{
			&der.Fleet{Unit: &der.Load{ID: "l", Demand: "lights", Sheddable: 1, ShedCost: 10}, Count: 2}, &der.PV{ID: "p", Available: "sun"},
			&der.Storage{ID: "b", ChargeEfficiency: 1, DischargeEfficiency: 1},
		}},
	} {
		for _, hours := range [][]float64{{1}, {0.25, 3, 0.5}} {
			for _, d := range []der.DER{u, &der.Fleet{Unit: u, Count: 3}} {
				t.Run(fmt.Sprintf("%s, %d steps, %T", name, len(hours), d), func(t *testing.T) {
					dertest.Run(t, testsolver.New(t), d, dertest.Config{Set: oddWater(t, hours...)})
				})
			}
		}
	}
}

// Two sites with three roofs each have six roofs.
func TestPartsOfAFleetOfSitesMultiplyFleets(t *testing.T) {
	roofs := &der.Fleet{Unit: &der.PV{ID: "roof", Available: "sun"}, Count: 3}
	parts := der.PartsOf(&der.Fleet{Unit: &der.Site{ID: "home", Parts: []der.DER{roofs, &der.Load{ID: "l", Demand: "lights"}}}, Count: 2})
	require.Len(t, parts, 2)
	assert.Equal(t, &der.Fleet{Unit: roofs.Unit, Count: 6}, parts[0])
	assert.Equal(t, 2, parts[1].(*der.Fleet).Count)
}
