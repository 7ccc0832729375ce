package operate_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid"
	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/internal/testsolver"
	"github.com/trigrid/trigrid/operate"
	"github.com/trigrid/trigrid/optional"
	"github.com/trigrid/trigrid/scenario"
)

// The unit must run at 5 MW or more, and the farm can be curtailed to 0. With a demand of 2 MW the
// village exports 3 MW, and its connection takes 2 MW.
func TestRulesExportNoMoreThanTheConnectionTakes(t *testing.T) {
	season := windy(&der.Thermal{ID: "T", MinOutput: 5, MaxOutput: 5, Linear: 10})
	priced := season.Region
	season.Region = func(set *scenario.Set) (trigrid.Region, error) {
		r, err := priced(set)
		r.VPPs[0].ExportLimit = optional.Of(2.)
		return r, err
	}
	_, err := operate.Run(t.Context(), season, operate.Options{
		Strategy: operate.Rules(), Choices: trigrid.Profile{"W": "village", "T": "village"}, Solver: testsolver.New(t), NoLedger: true,
	})
	require.ErrorContains(t, err, "the rules export 3 MW without any renewable power left to curtail, above the limit of 2 MW")
}
