package main

import (
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"io"
	"testing/fstest"
	"time"

	"github.com/trigrid/trigrid"
	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/evogame"
	"github.com/trigrid/trigrid/milp"
	"github.com/trigrid/trigrid/vpp"
	"github.com/trigrid/trigrid/weights"
)

//go:embed case.json
var caseFile []byte

// allocation is the source's equilibrium.
func allocation() trigrid.Profile {
	return trigrid.Profile{"W1": "VPP1", "T2": "VPP1", "ES": "VPP1", "W2": "VPP2", "T1": "VPP2"}
}

// sweep are weights between economy and environment, that of risk held, from the most economic on. The
// third are the source's.
func sweep() []weights.Vector {
	return []weights.Vector{
		{Economic: 0.70, Risk: 0.2, Environment: 0.10},
		{Economic: 0.55, Risk: 0.2, Environment: 0.25},
		{Economic: 0.40, Risk: 0.2, Environment: 0.40},
		{Economic: 0.25, Risk: 0.2, Environment: 0.55},
		{Economic: 0.10, Risk: 0.2, Environment: 0.70},
	}
}

// base is the index of the source's weights in the sweep, and of the case's own gap among the gaps.
const base = 2

// gaps are factors on the distance of every hour's buying price from the day's mean.
func gaps() []float64 { return []float64{0.5, 0.75, 1, 1.25} }

// study is everything that the verdicts rest on.
type study struct {
	Result  *trigrid.Result // of the case as it is
	Solar   int             // units of the case that use the sun
	Weights []outcome       // at the source's allocation, per weights of the sweep
	Gaps    []outcome       // at the source's allocation, per gap between peak and valley
	Starts  []bool          // per unit of a game of three: do all starts of its probability end alike?
	Scarce  []float64       // objective of VPP1 under scarcity with all units, and without each of them
}

type options struct {
	solver  milp.Solver
	workers int
	log     io.Writer
}

// variant returns the region of the case after a change of its file.
func variant(ctx context.Context, change func(file map[string]any)) (trigrid.Region, error) {
	var file map[string]any
	if err := json.Unmarshal(caseFile, &file); err != nil {
		return trigrid.Region{}, err
	}
	change(file)
	text, err := json.Marshal(file)
	if err != nil {
		return trigrid.Region{}, err
	}
	c, err := trigrid.LoadCase(fstest.MapFS{"case.json": {Data: text}}, "case.json")
	if err != nil {
		return trigrid.Region{}, err
	}
	return c.Region(ctx, trigrid.CaseOptions{})
}

// widened moves every hour's buying price away from the day's mean, or towards it, by a factor.
func widened(factor float64) func(map[string]any) {
	return func(file map[string]any) {
		prices := file["markets"].(map[string]any)["electricity"].(map[string]any)["buy_per_mwh"].([]any)
		mean := 0.0
		for _, p := range prices {
			mean += p.(float64) / float64(len(prices))
		}
		for t, p := range prices {
			prices[t] = mean + factor*(p.(float64)-mean)
		}
	}
}

// demanding multiplies both demands.
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

// scarcity makes the demand of either plant larger than what all units together can supply, 31 MW.
const scarcity = 6

func newStudy(ctx context.Context, o options) (*study, error) {
	x, began := &study{}, time.Now()
	say := func(what string) { fmt.Fprintf(o.log, "%6.1f s  %s\n", time.Since(began).Seconds(), what) }

	region, err := variant(ctx, func(map[string]any) {})
	if err != nil {
		return nil, err
	}
	for _, unit := range region.Units {
		if kind, ok := unit.(der.Classified); ok && kind.Class() == der.ClassSolar {
			x.Solar++
		}
	}
	if x.Result, err = trigrid.Run(ctx, region, trigrid.Options{Solver: o.solver, Workers: o.workers}); err != nil {
		return nil, err
	}
	say("the case as it is")
	for _, w := range sweep() {
		region.Setting.Weights = w
		out, err := measure(ctx, o, region)
		if err != nil {
			return nil, fmt.Errorf("weights %v: %w", w, err)
		}
		x.Weights = append(x.Weights, *out)
	}
	say("five weights")
	for _, factor := range gaps() {
		region, err := variant(ctx, widened(factor))
		if err != nil {
			return nil, err
		}
		out, err := measure(ctx, o, region)
		if err != nil {
			return nil, fmt.Errorf("price gap times %v: %w", factor, err)
		}
		x.Gaps = append(x.Gaps, *out)
	}
	say("four gaps between peak and valley")
	region.Setting.Weights = sweep()[base]
	if x.Starts, err = starts(ctx, o, region, "W1", "T2", "ES"); err != nil {
		return nil, err
	}
	say("a game of three units from many starts")
	if region, err = variant(ctx, demanding(scarcity)); err != nil {
		return nil, err
	}
	plants, err := coalitions(o, region)
	if err != nil {
		return nil, err
	}
	all := vpp.Coalition(1)<<len(region.Units) - 1
	few := []vpp.Coalition{all}
	for i := range region.Units {
		few = append(few, all&^(1<<i))
	}
	if err := plan(ctx, o, plants[:1], few); err != nil {
		return nil, err
	}
	for _, s := range few {
		x.Scarce = append(x.Scarce, plants[0].Outcomes()(s).Value.Objective)
	}
	say("a day of scarcity")
	return x, nil
}

// starts reports for each of some units whether the choice ends alike whatever its probability of the first
// plant is to begin with.
func starts(ctx context.Context, o options, region trigrid.Region, names ...string) ([]bool, error) {
	var few []der.DER
	for _, unit := range region.Units {
		for _, name := range names {
			if unit.Name() == name {
				few = append(few, unit)
			}
		}
	}
	region.Units = few
	plants, err := coalitions(o, region)
	if err != nil {
		return nil, err
	}
	var every []vpp.Coalition
	for s := range vpp.Coalition(1) << len(few) {
		every = append(every, s)
	}
	if err := plan(ctx, o, plants, every); err != nil {
		return nil, err
	}
	table, err := evogame.Tabulate(ctx, game{region, plants}, evogame.FillOptions{Workers: o.workers})
	if err != nil {
		return nil, err
	}
	var out []bool
	for i := range few {
		s, err := evogame.SweepStart(ctx, table, nil, evogame.Sweep{Player: i}, evogame.Options{})
		if err != nil {
			return nil, err
		}
		out = append(out, s.Agree)
	}
	return out, nil
}
