package operate_test

import (
	"context"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid"
	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/internal/testsolver"
	"github.com/trigrid/trigrid/market"
	"github.com/trigrid/trigrid/operate"
	"github.com/trigrid/trigrid/scenario"
)

// The VPP stands still in the first step, in which the unit was to fill its
// tank. By hand, a tonne saves 50 and costs 5 of solvent, 1 of storage and 0.3
// MWh of sales: 2.7 in the first step of a day, and 45 later, when it does not
// pay. With 4 MW for 6 hours, 0.5 t per MWh and the efficiency 1 the unit
// absorbs 12 t in that step. The store takes 6 t of them, and the tank rises
// from 1 to 7 t. On the day of the halt it keeps its tonne, and no solvent is
// paid in that step.
func TestATankKeepsItsCO2WhereAVPPStandsStillFromMidnight(t *testing.T) {
	unit := &der.CarbonCapture{
		Unit:       der.Thermal{ID: "X", MinOutput: 4, MaxOutput: 4, MustRun: true, Linear: 1, EmissionFactor: 0.5, Before: der.ThermalState{On: true, Output: 4}},
		Efficiency: 1, AbsorbEnergy: 0.3, SolventCost: 5, Tank: 9, InTank: 1,
	}
	for _, member := range []der.DER{unit, &der.Site{ID: "X", Parts: []der.DER{unit}}} {
		for _, s := range []operate.Strategy{operate.Rolling(1), operate.DayAheadOnly()} {
			season := missing(member, &der.Sequestration{ID: "S", Max: 1, Cost: 1}, &shared{"F"})
			source, template := season.Source.(*stated), season.Region
			source.forecast["buy"] = []float64{10, 200, 200, 200, 10, 200, 200, 200}
			source.forecast["sell"] = []float64{9, 150, 150, 150, 9, 150, 150, 150}
			source.actual["buy"], source.actual["sell"], source.actual["load"] = source.forecast["buy"], source.forecast["sell"], eight(2)
			source.actual["share"] = []float64{2, 1, 1, 1, 1, 1, 1, 1}
			season.Region = func(set *scenario.Set) (trigrid.Region, error) {
				r, err := template(set)
				r.Setting.Markets.Carbon = market.Flat(market.Carbon, market.Calendar{Steps: set.Steps(), StepHours: 6}, 50)
				return r, err
			}
			res, err := operate.Run(t.Context(), season, operate.Options{
				Strategy: s, Choices: trigrid.Profile{"W": "village", "X": "village", "S": "village", "F": "village"}, Solver: testsolver.New(t), NoLedger: true,
			})
			require.NoError(t, err)
			require.True(t, res.Days[0].Misses[0].Still)
			filled := false
			for day, x := range res.Days {
				for _, m := range x.Plans[0].Members {
					p := m.Schedule.Realised[0]
					if m.DER.Name() != "X" {
						continue
					}
					if site, ok := m.DER.(*der.Site); ok {
						p = site.PartSchedules(m.Schedule)[0].Realised[0]
					}
					before := 1.0
					for step, tank := range p.Trace("in tank") {
						if day == 0 && step == 0 {
							assert.Equal(t, []float64{1, 0, 0}, []float64{tank, p.Trace("absorbed")[0], p.CO2[0]})
						}
						assert.InDelta(t, before+p.Trace("absorbed")[step]-p.CO2[step], tank, 1e-5, "day %d, step %d", day, step)
						filled = filled || day == 1 && step == 0 && math.Abs(tank-7) < 1e-4
						before = tank
					}
					assert.InDelta(t, 1, before, 1e-5)
				}
			}
			assert.True(t, filled, "the second day fills the tank in its first step, as the gate of the first one plans")
		}
	}
}

// halted is a source with the series "share", whose forecast is 1, and which is
// 2 in one step: there a member of the kind [shared] has no set point.
type halted struct {
	operate.Source
	at time.Time
}

func (x halted) Known(ctx context.Context, at time.Time, grid scenario.Grid, n int) (*scenario.Set, error) {
	set, err := x.Source.Known(ctx, at, grid, n)
	if err != nil {
		return nil, err
	}
	path := make([]float64, grid.Steps)
	for t := range path {
		if path[t] = 1; grid.Time(t).Equal(x.at) && !grid.Time(t).After(at) {
			path[t] = 2
		}
	}
	return set, set.AddForecast("share", "MW", path)
}

// TestStatesFollowTheirBalances operates two days of each kind and makes the
// states of each step anew from the set points: without a halt by the rules and
// by plans, and with a VPP that stands still in the first, a middle, or the
// last step of the first day.
func TestStatesFollowTheirBalances(t *testing.T) {
	const watered = kinds + otherKinds + carbonKinds // a heat pump with a tank
	for kind := range watered + 1 {
		t.Run(strconv.Itoa(kind), func(t *testing.T) {
			d := draws{rand.New(rand.NewPCG(uint64(kind), 1))}
			member := randomDER(d, min(kind, watered-1), "X")
			if kind == watered {
				member = randomDER(d, kinds+4, "X")
				member.(*der.HeatPump).Water = der.HotWater{Draw: "pump", Energy: 3, Initial: 2, SelfDischarge: 0.02, UnmetCost: 90, EndValue: 5}
			}
			if kind != 15 { // it has no rule
				followsBalances(t, kind, -1, operate.Rules(), member)
			}
			// The other kinds have no state with a balance, or take seconds.
			if slices.Contains([]int{3, 6, 17, kinds + 1, kinds + 2, kinds + 4, watered}, kind) || os.Getenv("TRIGRID_SLOW") == "1" {
				for _, halt := range []int{0, 3, 7} {
					followsBalances(t, kind, halt, operate.Rolling(1), member)
				}
			}
		})
	}
}

// followsBalances operates two days of a member beside those that it needs and
// checks its states. The VPP stands still in the given step of the first day,
// unless it is negative.
func followsBalances(t *testing.T, kind, halt int, s operate.Strategy, member der.DER) {
	t.Helper()
	season := randomSeason(t, uint64(kind), 2)
	season.Source = halted{season.Source, season.Grid(0).Time(0).Add(time.Duration(halt) * season.Step)}
	members := []der.DER{
		member, &der.Load{ID: "heat", Port: der.Heat, Demand: "heat", Sheddable: 1, ShedCost: 70},
		&der.GasSupply{ID: "gas", Max: 40, Price: "gas"}, &der.Wind{ID: "wind", Available: "wind"}, &der.Sequestration{ID: "store", Max: 1, Cost: 9},
	}
	if halt >= 0 {
		members = append(members, &shared{"halt"})
	}
	choices := trigrid.Profile{}
	for _, d := range members {
		choices[d.Name()] = "V0"
	}
	template := season.Region
	season.Region = func(set *scenario.Set) (trigrid.Region, error) {
		r, err := template(set)
		r.VPPs, r.DERs = r.VPPs[:1], append([]der.DER(nil), members...)
		if kind < kinds+otherKinds {
			r.Setting.Markets.Carbon = nil
		}
		return r, err
	}
	res, err := operate.Run(t.Context(), season, operate.Options{
		Strategy: s, Solver: testsolver.New(t), NoLedger: true, Choices: choices,
	})
	require.NoError(t, err)
	what := fmt.Sprintf("%s, halt in step %d", s.Name, halt)
	stood := [][]bool{make([]bool, 8), make([]bool, 8)}
	for i, day := range res.Days {
		for _, miss := range day.Misses {
			stood[i][miss.Step] = miss.Still
		}
	}
	if halt >= 0 {
		require.True(t, stood[0][halt], what)
	}
	var last map[string]float64 // states at the end of the day before
	for i, day := range res.Days {
		actual, err := season.Source.Known(t.Context(), season.Grid(i).Time(8), season.Grid(i), 1)
		require.NoError(t, err)
		for _, m := range day.Plans[0].Members {
			if m.DER.Name() != "X" {
				continue
			}
			begun := begunStates("", m.DER)
			for name, v := range last {
				require.InDelta(t, v, begun[name], 1e-4, "%s: %s at the beginning of the second day", what, name)
			}
			last = balances(t, fmt.Sprintf("%s, day %d", what, i), "", m.DER, &m.Schedule.Realised[0], actual, stood[i])
		}
	}
}

// begunStates returns the states of a DER before its first step that the day
// before has left.
func begunStates(prefix string, d der.DER) map[string]float64 {
	out := map[string]float64{}
	switch u := d.(type) {
	case *der.Site:
		for _, part := range u.Parts {
			maps.Copy(out, begunStates(part.Name()+"/", part))
		}
	case *der.Storage:
		out[prefix+"energy"] = u.Initial.Or(u.MinEnergy)
	case *der.Reservoir:
		out[prefix+"volume"] = u.Initial
	case *der.HeatPump:
		out[prefix+"temperature"], out[prefix+"water"] = u.Initial, u.Water.Initial
	case *der.CarbonCapture:
		out[prefix+"in tank"] = u.InTank
	}
	return out
}

// balances makes the states of a DER anew, one step after the other, from its
// set points and the actual values of a day of steps of three hours. It returns
// those at the end.
func balances(t *testing.T, what, prefix string, d der.DER, p *der.Ports, actual *scenario.Set, stood []bool) map[string]float64 {
	t.Helper()
	const dt = 3.0
	out := begunStates(prefix, d)
	at := func(path []float64, step int) float64 {
		if path == nil {
			return 0
		}
		return path[step]
	}
	halted := slices.Contains(stood, true)
	owed := 0.0 // MWh of loads
	for step := range stood {
		where := fmt.Sprintf("%s, %s, step %d", what, prefix+d.Name(), step)
		next := func(name string, want float64) {
			t.Helper()
			trace := p.Trace(name)
			require.InDelta(t, want, trace[step], 1e-4, "%s: %s", where, name)
			out[prefix+name] = trace[step]
		}
		in, fed := at(p.Withdrawn, step), at(p.Injected, step)
		if stood[step] {
			require.Zero(t, in+fed+math.Abs(at(p.Heat, step))+math.Abs(at(p.Gas, step))+math.Abs(at(p.CO2, step)), where)
		}
		switch u := d.(type) {
		case *der.Storage:
			next("energy", math.Pow(1-u.SelfDischarge, dt)*out[prefix+"energy"]+u.ChargeEfficiency*in*dt-fed*dt/u.DischargeEfficiency)
			if u.Depths != nil && p.Trace("energy_1") != nil {
				require.InDelta(t, p.Trace("energy")[step], p.Trace("energy_1")[step]+p.Trace("energy_2")[step], 1e-4, where)
			}
			if u.StartsPerDay.Given() {
				require.LessOrEqual(t, in, p.Trace("charging")[step]*u.Charge+1e-4, where)
				require.LessOrEqual(t, fed, p.Trace("discharging")[step]*u.Discharge+1e-4, where)
			}
		case *der.Reservoir:
			next("volume", out[prefix+"volume"]+0.0036*dt*(actual.At(u.Inflow, 0, step)-p.Trace("release")[step]))
		case *der.HeatPump:
			k, outdoor := math.Exp(-u.Loss*dt/u.Capacity), actual.At(u.Outside, 0, step)
			heating := at(p.Trace("water_power"), step)
			next("temperature", k*out[prefix+"temperature"]+(1-k)*(outdoor+3*(in-heating)/u.Loss))
			if u.Water.Draw != "" {
				next("water", math.Pow(1-u.Water.SelfDischarge, dt)*out[prefix+"water"]+
					(3*heating-actual.At(u.Water.Draw, 0, step)+p.Trace("unmet_water")[step])*dt)
			}
		case *der.CarbonCapture:
			next("in tank", out[prefix+"in tank"]+p.Trace("absorbed")[step]-p.CO2[step])
		case *der.Thermal:
			before := u.Before.On && u.Before.Boundary == der.BeforeKnown
			if step > 0 {
				before = p.Trace("on")[step-1] > 0.5
			}
			on := p.Trace("on")[step] > 0.5
			if u.Before.Boundary == der.BeforeKnown || step > 0 {
				require.Equal(t, []bool{on && !before, before && !on}, []bool{p.Trace("start")[step] > 0.5, p.Trace("stop")[step] > 0.5}, where)
			}
			require.True(t, on || fed < 1e-4, where)
		case *der.EVFleet:
			held := 0.0 // MWh that the cars of the step came with or had before
			for i, x := range u.Stays {
				if hour := dt * float64(step); hour < x.Arrive || hour+dt > x.Depart {
					continue
				}
				if dt*float64(step) == x.Arrive {
					held += x.Has
				} else {
					held += p.Trace("energy_" + strconv.Itoa(i+1))[step-1]
				}
			}
			require.InDelta(t, held+(u.Efficiency*in-fed/u.Efficiency)*dt, p.Trace("energy")[step], 1e-4, where)
		case *der.DemandResponse:
			if u.Rebound == der.ReboundDeferred && !stood[step] {
				owed += (p.Reduced[step] - (in - actual.At(u.Load, 0, step))) * dt
				require.GreaterOrEqual(t, owed, -1e-4, where)
			}
		case *der.TransferableLoad:
			owed += (actual.At(u.Load, 0, step) - in) * dt
		case *der.ShiftableLoad:
			owed -= in * dt
			if step == 0 {
				owed += (u.Profile[0] + u.Profile[1]) * dt
			}
		}
	}
	if u, ok := d.(*der.Site); ok {
		for k, part := range u.PartSchedules(der.Schedule{Realised: []der.Ports{*p}}) {
			maps.Copy(out, balances(t, what, u.Parts[k].Name()+"/", u.Parts[k], &part.Realised[0], actual, stood))
		}
	}
	if !halted {
		require.InDelta(t, 0, owed, 1e-3, what)
	}
	return out
}
