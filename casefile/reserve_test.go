package casefile_test

import (
	"os"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/casefile"
	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/market"
	"github.com/trigrid/trigrid/optional"
	"github.com/trigrid/trigrid/vpp"
)

// withReserve returns the case of all kinds with replaced texts.
func withReserve(t *testing.T, replaced ...string) (*casefile.Case, error) {
	t.Helper()
	text, err := os.ReadFile("testdata/allkinds.json")
	require.NoError(t, err)
	out := strings.NewReplacer(replaced...).Replace(string(text))
	return casefile.Load(fstest.MapFS{"case.json": {Data: []byte(out)}}, "case.json")
}

// An absent market is none, and an offer of at most 0 MW differs from one
// without a limit.
func TestReserveMarketOfACase(t *testing.T) {
	for text, want := range map[string]*vpp.Reserve{
		"": nil,
		`"reserve": {"price_per_mw_h": 0, "max_offer_mw": 0},`: {Price: market.Series{0, 0, 0, 0, 0, 0}, MaxOffer: optional.Of(0)},
		`"reserve": {"price_per_mw_h": [1, 2, 3, 4, 5, 6]},`:   {Price: market.Series{1, 2, 3, 4, 5, 6}},
	} {
		c, err := withReserve(t, `"markets": {`, `"markets": {`+text,
			`"name": "battery",`, `"name": "battery", "reserve_mw": 2, "reserve_h": 1.5,`,
			`"name": "turbine",`, `"name": "turbine", "reserve_mw": 0.5,`)
		require.NoError(t, err, text)
		region, err := c.Region(t.Context(), casefile.Options{})
		require.NoError(t, err, text)
		assert.Equal(t, want, region.Setting.Markets.Reserve, text)
		for _, d := range region.DERs {
			switch u := d.(type) {
			case *der.Storage:
				if u.ID == "battery" {
					assert.InDelta(t, 2, u.Reserve, 0)
					assert.Equal(t, optional.Of(1.5), u.ReserveHours)
				} else {
					assert.Zero(t, u.Reserve)
					assert.False(t, u.ReserveHours.Given())
				}
			case *der.Thermal:
				assert.InDelta(t, 0.5, u.Reserve, 0)
			}
		}
	}
}

func TestReserveMarketOfACaseIsChecked(t *testing.T) {
	for text, want := range map[string]string{
		`"reserve": {"max_offer_mw": 1},`:                        "$.markets.reserve.price_per_mw_h",
		`"reserve": {"price_per_mw_h": -1},`:                     "$.markets.reserve.price_per_mw_h",
		`"reserve": {"price_per_mw_h": 1, "max_offer_mw": -1},`:  "$.markets.reserve.max_offer_mw",
		`"reserve": {"price_per_mw_h": 1, "minimum_bid_mw": 1},`: "minimum_bid_mw",
	} {
		replaced := []string{`"markets": {`, `"markets": {` + text}
		_, err := withReserve(t, replaced...)
		assert.ErrorContains(t, err, want, text)
	}
	_, err := withReserve(t, `"name": "hot water",`, `"name": "hot water", "reserve_mw": 1,`)
	assert.ErrorContains(t, err, "reserve_mw", "a store of heat holds no reserve")
}
