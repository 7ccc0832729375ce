package main

import (
	"encoding/json"
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid"
	"github.com/trigrid/trigrid/studies/internal/claim"
	"github.com/trigrid/trigrid/vpp"
)

// agreeable returns a hand-written study in which every claim of the paper
// holds.
func agreeable() *study {
	x := &study{
		Result: &trigrid.Result{
			DERs: []trigrid.DERResult{{Name: "W1"}, {Name: "W2"}},
			VPPs: []trigrid.VPPResult{{Scheme: []string{"W1", "W2"}}, {Scheme: []string{"W1", "W2"}}},
			Game: trigrid.GameResult{
				Settled: true, Profile: allocation(), Best: []trigrid.Profile{allocation()},
				Nash:   []trigrid.Equilibrium{{Profile: allocation(), Kind: "strict", Margin: 10}},
				Basins: []trigrid.Basin{{Profile: allocation(), Share: 1}},
			},
		},
		Solar: 1, Starts: []bool{true, true, true}, Scarce: []float64{100, 90, 110},
	}
	for i := range sweep() {
		step := float64(i) // towards the environment
		o := outcome{
			Payoff: map[string]float64{}, Revenue: map[string]float64{"ES": 1000},
			Environment: 100 + 10*step, Deviation: 5 + step, Used: 90 + step, Available: 94, Imbalance: 500 - 10*step,
		}
		if i >= base {
			o.Used = 94
			o.Available = 94 + 0.01*(4-step) // used in full at the source's weights only
		}
		for unit := range allocation() {
			o.Payoff[unit] = 1000 + 50*step
		}
		x.Weights = append(x.Weights, o)
	}
	// The paper's weights are best in every dimension, so that A8 can hold.
	x.Weights[base].Available = x.Weights[base].Used
	for b := range balances() {
		var row []admitted
		for k := range admissions() {
			a := admitted{Profile: trigrid.Profile{"W1": "VPP1", "W2": "VPP2"}, Welfare: 100, Everywhere: 100}
			if b == scarce { // the DER leaves by itself, and VPPs refuse another one
				a.Profile, a.Welfare = trigrid.Profile{"W1": "VPP1", "W2": trigrid.Outside}, 120
				if k > 0 {
					a.Refused = []vpp.Refusal{{VPP: "VPP1", DER: "W2", Loss: 20, Wanted: true}}
				}
			}
			row = append(row, a)
		}
		x.Admissions = append(x.Admissions, row)
	}
	for i := range gaps() {
		x.Gaps = append(x.Gaps, outcome{Payoff: map[string]float64{"ES": 100 * float64(i)}})
	}
	return x
}

func verdicts(x *study) map[string]claim.Verdict {
	out := map[string]claim.Verdict{}
	for _, c := range x.judge() {
		out[c.ID] = c.Verdict
	}
	return out
}

// A change of one result changes the verdict of its own claim and of no other.
func TestVerdictsFollowTheResults(t *testing.T) {
	before := verdicts(agreeable())
	for _, c := range []struct {
		id        string
		turn      func(*study)
		from, now claim.Verdict
	}{
		{"A2", func(x *study) { x.Result.Game.Settled = false }, claim.Reproduced, claim.DirectionOnly},
		{"A2", func(x *study) { x.Result.Game.Nash[0].Kind = "weak" }, claim.Reproduced, claim.Contradicted},
		{"A3", func(x *study) { x.Weights[base].Used -= 0.001 }, claim.Reproduced, claim.Contradicted},
		{"A4", func(x *study) { x.Weights[0].Payoff["T2"] = 2000 }, claim.Reproduced, claim.Contradicted},
		{"A5", func(x *study) { x.Weights[4].Revenue["ES"] = 1060 }, claim.Reproduced, claim.Contradicted},
		{"A6", func(x *study) { x.Gaps[3].Payoff["ES"] = 150 }, claim.Reproduced, claim.Contradicted},
		{"A7b", func(x *study) { x.Weights[4].Deviation = 0 }, claim.Reproduced, claim.Contradicted},
		{"A7d", func(x *study) { x.Weights[4].Imbalance = 900 }, claim.Reproduced, claim.Contradicted},
		{"A9", func(x *study) { x.Starts[1] = false }, claim.Reproduced, claim.Contradicted},
		{"A10a", func(x *study) {
			x.Result.Game.Basins = append(x.Result.Game.Basins, trigrid.Basin{Verdict: "does not converge: cycle"})
		}, claim.Reproduced, claim.Contradicted},
		{"A10b", func(x *study) { x.Result.Game.WelfareGap = 54 }, claim.Reproduced, claim.Contradicted},
		{"A11a", func(x *study) { x.Result.VPPs[1].Scheme = []string{"W1"} }, claim.Reproduced, claim.Contradicted},
		{"A11b", func(x *study) { x.Scarce[2] = 95 }, claim.Reproduced, claim.Contradicted},
		{"A11c", func(x *study) { x.Admissions[scarce][0].Profile["W2"] = "VPP2" }, claim.Reproduced, claim.Contradicted},
		{"A11d", func(x *study) {
			for k := range x.Admissions[scarce][1:] {
				x.Admissions[scarce][k+1].Profile["W2"] = "VPP2"
			}
		}, claim.Reproduced, claim.Contradicted},
		{"A11e", func(x *study) {
			for k := range x.Admissions[scarce] {
				x.Admissions[scarce][k].Everywhere = 120
			}
		}, claim.Reproduced, claim.Contradicted},
		{"A11f", func(x *study) {
			x.Admissions[ample][3].Refused = []vpp.Refusal{{VPP: "VPP1", DER: "W1", Loss: 3, Wanted: true}}
		}, claim.Reproduced, claim.Contradicted},
		{"A12", func(x *study) { x.Solar = 0 }, claim.Reproduced, claim.Contradicted},
	} {
		x := agreeable()
		c.turn(x)
		after := verdicts(x)
		assert.Equal(t, c.from, before[c.id], c.id)
		assert.Equal(t, c.now, after[c.id], c.id)
		delete(after, c.id)
		for id, v := range after {
			assert.Equal(t, before[id], v, "%s after a change of %s", id, c.id)
		}
	}
	assert.Equal(t, claim.NotCheckable, before["A1"])
}

// The paper's weights are best in every dimension only if no other vector is
// better in any. By hand: economy 10, CVaR 1 and environment 10 against 5, 2
// and 5.
func TestLeastLossIsMeasuredAgainstTheBestInEachDimension(t *testing.T) {
	x := agreeable()
	for i := range x.Weights {
		x.Weights[i].Economic, x.Weights[i].CVaR, x.Weights[i].Environment = 5, 2, 5
	}
	x.Weights[base].Economic, x.Weights[base].CVaR, x.Weights[base].Environment = 10, 1, 10
	assert.Equal(t, claim.Reproduced, x.a8().Verdict)
	x.Weights[0].Economic = 14
	assert.Equal(t, claim.Contradicted, x.a8().Verdict)
	assert.Contains(t, x.a8().Found, "they lose 4 in economy, 0 in risk and 0 in environment")
}

func TestMoreEnvironmentRaisesItsIncome(t *testing.T) {
	x := agreeable()
	assert.Equal(t, claim.Reproduced, x.a7()[0].Verdict)
	x.Weights[4].Environment = 0
	assert.Equal(t, claim.Contradicted, x.a7()[0].Verdict)
}

// Prices 1 and 3 have the mean 2; half the gap is 1.5 and 2.5.
func TestVariantsChangeWhatTheyNameOnly(t *testing.T) {
	var file map[string]any
	require.NoError(t, json.Unmarshal([]byte(`{
		"markets": {"electricity": {"buy_per_mwh": [1, 3]}},
		"scenarios": {"series": [{"name": "wind1", "forecast_mw": [7]}, {"name": "demand1", "forecast_mw": [2, 4]}]}
	}`), &file))
	widened(0.5)(file)
	demanding(3)(file)
	text, err := json.Marshal(file)
	require.NoError(t, err)
	assert.JSONEq(t, `{
		"markets": {"electricity": {"buy_per_mwh": [1.5, 2.5]}},
		"scenarios": {"series": [{"name": "wind1", "forecast_mw": [7]}, {"name": "demand1", "forecast_mw": [6, 12]}]}
	}`, string(text))

	calibrated, err := os.ReadFile("../../examples/threelevel/case.json")
	require.NoError(t, err)
	for _, factor := range gaps() {
		_, err := variant(t.Context(), calibrated, widened(factor))
		require.NoError(t, err)
	}
	region, err := variant(t.Context(), calibrated, demanding(scarcity))
	require.NoError(t, err)
	const supply = 8 + 6 + 5.67 + 5.67 + 4 // MW
	for _, p := range region.VPPs {
		for step := range region.Setting.Set.Steps() {
			assert.Greater(t, region.Setting.Set.Mean(p.Demand)[step], supply, p.Name)
		}
	}
}

// Two VPPs and two DERs. By hand, every DER in a VPP: {a, b} and {} 7 + 1, {a}
// and {b} 4 + 5, {b} and {a} 2 + 6, {} and {a, b} 0 + 3. The third coalition of
// B cannot run.
func TestHighestWelfareWithEveryDER(t *testing.T) {
	res := &trigrid.Result{DERs: []trigrid.DERResult{{Name: "a"}, {Name: "b"}}, VPPs: []trigrid.VPPResult{{Name: "A"}, {Name: "B"}}}
	add := func(name string, objective float64, members ...string) {
		res.Coalitions = append(res.Coalitions, trigrid.Achievement{VPP: name, Members: members, Value: vpp.Value{Objective: objective}})
	}
	add("A", 0)
	add("A", 4, "a")
	add("A", 2, "b")
	add("A", 7, "a", "b")
	add("B", 1)
	add("B", 6, "a")
	add("B", 3, "a", "b")
	assert.Equal(t, 8.0, everywhere(res), "without {b} in B the best ones are 7 + 1 and 2 + 6")
	add("B", 5, "b")
	assert.Equal(t, 9.0, everywhere(res))
}

func TestSubsetsOfACoalition(t *testing.T) {
	assert.ElementsMatch(t, []vpp.Coalition{0b0000, 0b0010, 0b1000, 0b1010}, subsets(0b1010))
}
