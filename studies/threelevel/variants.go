package main

import (
	"context"
	"encoding/json"
	"testing/fstest"

	"github.com/trigrid/trigrid"
	"github.com/trigrid/trigrid/casefile"
	"github.com/trigrid/trigrid/weights"
)

// A study varies three inputs of the case, one at a time:
//
//	weights   (w_e, w_r, w_n), w_r = 0.2 held          claims A3 to A5, A7, A8
//	gap       b_t → b̄ + g (b_t − b̄), b_t buying price   claim A6
//	demand    D_t → k D_t                               claim A11
//
// b̄ is the mean of the buying price over the day, currency per MWh.

// sweep returns five weight vectors that shift weight from economy to
// environment. The third is the paper's.
func sweep() []weights.Vector {
	return []weights.Vector{
		{Economic: 0.70, Risk: 0.2, Environment: 0.10},
		{Economic: 0.55, Risk: 0.2, Environment: 0.25},
		{Economic: 0.40, Risk: 0.2, Environment: 0.40},
		{Economic: 0.25, Risk: 0.2, Environment: 0.55},
		{Economic: 0.10, Risk: 0.2, Environment: 0.70},
	}
}

// gaps returns the factors g on the gap between peak and valley prices.
func gaps() []float64 { return []float64{0.5, 0.75, 1, 1.25} }

// base is the index of the paper's weights in sweep and of the unchanged prices
// in gaps.
const base = 2

// scarcity is the factor k for claim A11: the demand of each VPP then exceeds
// the output of all DERs together, 8 + 6 + 2 · 5.67 + 4 = 29.3 MW.
const scarcity = 6

// variant decodes a case file, applies change to the decoded JSON and returns
// the region of the result. A change of the file, not of the region, passes
// through the same validation as any case.
func variant(ctx context.Context, text []byte, change func(file map[string]any)) (trigrid.Region, error) {
	var file map[string]any
	if err := json.Unmarshal(text, &file); err != nil {
		return trigrid.Region{}, err
	}
	change(file)
	changed, err := json.Marshal(file)
	if err != nil {
		return trigrid.Region{}, err
	}
	// The changed file passes the same checks as one from disk.
	c, err := casefile.Load(fstest.MapFS{"case.json": {Data: changed}}, "case.json")
	if err != nil {
		return trigrid.Region{}, err
	}
	return c.Region(ctx, casefile.Options{})
}

// unchanged is the change of the case itself.
func unchanged(map[string]any) {}

// widened returns a change that multiplies the distance of every buying price
// from the day's mean by factor. For example, the prices 1 and 3 become 1.5 and
// 2.5 with a factor of 0.5.
func widened(factor float64) func(map[string]any) {
	return func(file map[string]any) {
		electricity := file["markets"].(map[string]any)["electricity"].(map[string]any)
		prices := electricity["buy_per_mwh"].([]any)
		mean := 0.0
		for _, p := range prices {
			mean += p.(float64) / float64(len(prices))
		}
		for t, p := range prices {
			prices[t] = mean + factor*(p.(float64)-mean)
		}
	}
}

// demanding returns a change that multiplies the demand of both VPPs by factor.
// Wind stays as it is.
func demanding(factor float64) func(map[string]any) {
	return func(file map[string]any) {
		for _, item := range file["scenarios"].(map[string]any)["series"].([]any) {
			series := item.(map[string]any)
			if name := series["name"]; name != "demand1" && name != "demand2" {
				continue
			}
			for t, mw := range series["forecast_mw"].([]any) {
				series["forecast_mw"].([]any)[t] = mw.(float64) * factor
			}
		}
	}
}
