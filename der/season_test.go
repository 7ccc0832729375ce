package der_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/der/dertest"
	"github.com/trigrid/trigrid/internal/testsolver"
	"github.com/trigrid/trigrid/optional"
	"github.com/trigrid/trigrid/scenario"
)

// lot draws the random data of an instance.
type lot struct{ *rand.Rand }

func (r lot) between(lower, upper float64) float64 { return lower + (upper-lower)*r.Float64() }

// tenths draws a number with one decimal.
func (r lot) tenths(lower, upper float64) float64 { return math.Round(10*r.between(lower, upper)) / 10 }

func (r lot) yes() bool { return r.IntN(2) == 0 }

// maybe draws an optional number that is absent in half of all cases.
func (r lot) maybe(lower, upper float64) optional.Float {
	if r.yes() {
		return optional.Float{}
	}
	return optional.Of(r.tenths(lower, upper))
}

// someday is a context of one random scenario of about a day: hours, or
// half-hours, from a random hour, or steps of different lengths, the first one
// partial. Prices differ by step, so that optima are unique up to their money.
func (r lot) someday(t testing.TB, unequal bool) der.Context {
	t.Helper()
	n := 6 + r.IntN(5)
	start := time.Date(2031, 3, 10, r.IntN(24), 0, 0, 0, time.UTC)
	grid := scenario.Grid{Start: start, Step: []time.Duration{time.Hour, 30 * time.Minute, 4 * time.Hour}[r.IntN(3)], Steps: n}
	if unequal {
		lengths := []time.Duration{time.Duration(7+r.IntN(40)) * time.Minute}
		for range n - 1 {
			lengths = append(lengths, []time.Duration{30 * time.Minute, time.Hour, 2 * time.Hour}[r.IntN(3)])
		}
		grid = scenario.GridOf(start, lengths...)
	}
	set := scenario.Single(grid)
	path := func(lower, upper float64) []float64 {
		out := make([]float64, n)
		for k := range out {
			out[k] = r.between(lower, upper)
		}
		return out
	}
	// A list, because a seed must give the same numbers in each run.
	for _, x := range []struct {
		name, unit string
		upper      float64
	}{{"load", "MW", 4}, {"sun", "MW", 3}, {"gas", "currency/MWh", 60}, {"buy", "currency/MWh", 90}, {"sell", "currency/MWh", 70}} {
		require.NoError(t, set.AddForecast(x.name, x.unit, path(0.2*x.upper, x.upper)))
	}
	in, out := path(-20, 120), path(0, 30)
	for k := range out {
		out[k] += in[k]
	}
	return der.Context{Set: set, Tariff: der.Tariff{
		Injection: in, Withdrawal: out, LoadReduction: path(-20, 150), Heat: path(-10, 90), Gas: path(10, 60), CO2: path(-60, 20),
	}}
}

func (r lot) operation(switchable bool) der.Operation {
	o := der.Operation{
		Min: r.tenths(0, 1), Max: r.tenths(2, 4), RampUp: r.maybe(0.2, 2), RampDown: r.maybe(0.2, 2),
		Switchable: switchable, StartCost: r.tenths(5, 60),
	}
	o.Before = o.Min
	if !switchable {
		o.StartCost = 0
	}
	if r.IntN(4) == 0 {
		o.Boundary = der.BeforeFree
	}
	return o
}

func (r lot) thermal() der.Thermal {
	u := der.Thermal{
		ID: "u", MinOutput: r.tenths(0.5, 1.5), MaxOutput: r.tenths(3, 6), RampUp: r.maybe(0.5, 3), RampDown: r.maybe(0.5, 3),
		MinUp: r.tenths(0, 5), MinDown: r.tenths(0, 5), NoLoad: r.tenths(0, 30), Linear: r.tenths(20, 70), ShutDown: r.tenths(0, 20),
		StartUp:     []der.StartCost{{Cost: r.tenths(0, 50)}, {After: r.tenths(1, 6), Cost: r.tenths(60, 150)}},
		Formulation: der.Formulation(r.IntN(4)), EmissionFactor: 0.8,
	}
	switch r.IntN(4) {
	case 0:
		u.Before.Boundary = der.BeforeFree
	case 1:
		u.Before = der.ThermalState{On: true, Hours: optional.Of(float64(4 + r.IntN(4))), Output: u.MinOutput}
	case 2:
		u.Before.Hours = optional.Of(r.tenths(4, 9))
	}
	return u
}

func (r lot) storage() *der.Storage {
	u := &der.Storage{
		ID: "u", Port: []der.Carrier{der.Electricity, der.Electricity, der.Heat, der.Gas}[r.IntN(4)],
		Charge: r.tenths(0.5, 2), Discharge: r.tenths(0.5, 2), MinEnergy: r.tenths(0, 1), Energy: r.tenths(3, 6),
		ChargeEfficiency: r.tenths(0.8, 1), DischargeEfficiency: r.tenths(0.8, 1), SelfDischarge: 0.002 * float64(r.IntN(2)),
		Wear: r.tenths(0, 5), End: der.End(r.IntN(3)),
	}
	u.Initial = optional.Of(r.between(u.MinEnergy, u.Energy*0.8))
	if u.End == der.EndFree {
		u.EndValue = r.tenths(0, 60)
	}
	if r.IntN(3) > 0 {
		u.StartsPerDay = optional.Of(float64(r.IntN(3)))
		u.SelfDischarge = 0
	}
	if r.IntN(3) == 0 {
		u.Depths = []der.DepthBand{{Depth: 1, Wear: 1}, {Depth: 2, Wear: 12}, {Depth: 9, Wear: 30}}
	}
	if r.yes() { // a part of the day is over
		u.Before.DayHours = float64(r.IntN(24))
		u.Before.ChargingStarts = min(u.StartsPerDay.Or(0), float64(r.IntN(2)))
	}
	return u
}

func (r lot) demandResponse(c der.Context, rebound der.Rebound) *der.DemandResponse {
	u := &der.DemandResponse{
		ID: "u", Load: "load", Rebound: rebound, MaxReductionShare: optional.Of(r.tenths(0.3, 0.9)),
		ReboundRatio: optional.Of(r.tenths(0.2, 1.2)), Close: der.Close(r.IntN(2)),
		ReductionCost: r.tenths(0, 20), ReboundCost: r.tenths(0, 5), DayAheadCalls: r.yes(),
	}
	step := c.HoursAt(0)
	for t := range c.Steps() {
		step = max(step, c.HoursAt(t))
	}
	switch rebound {
	case der.ReboundRecursive:
		u.ReboundHours = optional.Of(step)
		u.ReboundWeights = [][]float64{{1}, {0.7, 0.3}, {0.25, 0.5, 0.25}}[r.IntN(3)]
		if _, equal := c.Set.Grid().EqualSteps(); !equal {
			u.ReboundWeights = []float64{1}
		}
	case der.ReboundDecaying:
		u.ReboundHours = optional.Of(step * float64(1+r.IntN(3)))
	}
	if r.yes() {
		u.MaxHours = optional.Of(step * float64(1+r.IntN(4)))
	}
	if r.yes() {
		u.Calls = der.Calls{
			MinHours: step * float64(r.IntN(3)), MaxHours: optional.Of(step * float64(2+r.IntN(2))),
			MaxCalls: optional.Of(float64(1 + r.IntN(2))), MinReduction: 0.1 * float64(r.IntN(2)),
		}
	}
	return u
}

// seasonKinds returns a random instance of each kind. Two rebounds with
// different states are kinds of their own.
func seasonKinds(t testing.TB) map[string]func(r lot, c der.Context) der.Stateful {
	reacting := func(rebound der.Rebound) func(lot, der.Context) der.Stateful {
		return func(r lot, c der.Context) der.Stateful { return r.demandResponse(c, rebound) }
	}
	return map[string]func(r lot, c der.Context) der.Stateful{
		"wind": func(r lot, _ der.Context) der.Stateful {
			return &der.Wind{ID: "u", Available: "sun", Maintenance: r.tenths(0, 5), CurtailmentPenalty: r.tenths(0, 9)}
		},
		"pv": func(r lot, _ der.Context) der.Stateful {
			return &der.PV{ID: "u", Available: "sun", Subsidy: r.tenths(0, 9), Forecast: "sun"}
		},
		"storage": func(r lot, _ der.Context) der.Stateful { return r.storage() },
		// Small stores at volatile prices: the starts of a day are scarce in
		// both directions, and days begin inside the grid.
		"starts": func(r lot, _ der.Context) der.Stateful {
			u := &der.Storage{
				ID: "u", Charge: 2, Discharge: 2, Energy: r.tenths(0.5, 2), ChargeEfficiency: 0.95, DischargeEfficiency: 0.95,
				StartsPerDay: optional.Of(float64(1 + r.IntN(2))), End: der.EndFree, EndValue: r.tenths(0, 30),
			}
			u.Initial = optional.Of(u.Energy * float64(r.IntN(2)))
			u.Before = der.StorageState{DayHours: float64(r.IntN(24)), DischargingStarts: float64(r.IntN(2)), ChargingStarts: float64(r.IntN(2))}
			u.Before.Charging = u.Before.ChargingStarts > 0 && r.yes()
			return u
		},
		"daily": func(r lot, _ der.Context) der.Stateful {
			u := r.storage()
			u.End, u.EndValue, u.StartsPerDay, u.SelfDischarge, u.Depths = der.EndDaily, 0, optional.Float{}, 0, nil
			u.Before = der.StorageState{DayHours: float64(r.IntN(24))}
			return u
		},
		"thermal": func(r lot, _ der.Context) der.Stateful { u := r.thermal(); return &u },
		// Cheap units without ramps at volatile prices: minimum times, their
		// rest before the horizon and the price of a start after a short time
		// off decide.
		"times": func(r lot, c der.Context) der.Stateful {
			step := c.HoursAt(1)
			u := &der.Thermal{
				ID: "u", MinOutput: 1, MaxOutput: 3, MinUp: step * r.tenths(1.5, 4), MinDown: step * r.tenths(1.5, 4), Linear: r.tenths(20, 70),
				StartUp:     []der.StartCost{{Cost: 1}, {After: step * r.tenths(1, 4), Cost: step * r.tenths(20, 120)}},
				Formulation: der.Formulation(r.IntN(4)),
			}
			u.Before = der.ThermalState{On: r.yes(), Hours: optional.Of(step * r.tenths(1, 5))}
			if u.Before.On {
				u.Before.Output = 1
			}
			if r.IntN(3) == 0 {
				u.Before.Hold = optional.Of(step * r.tenths(0, 5))
			}
			return u
		},
		"load": func(r lot, _ der.Context) der.Stateful {
			return &der.Load{ID: "u", Port: der.Carrier(r.IntN(3)), Demand: "load", Sheddable: 0.5, ShedCost: 40}
		},
		"recursive": reacting(der.ReboundRecursive),
		"free":      reacting(der.ReboundFree),
		"deferred":  reacting(der.ReboundDeferred),
		"decaying":  reacting(der.ReboundDecaying),
		"none":      reacting(der.ReboundNone),
		"shiftable": func(r lot, c der.Context) der.Stateful {
			hours := c.HoursAt(1)
			u := &der.ShiftableLoad{ID: "u", Profile: []float64{r.tenths(1, 2), r.tenths(0, 2)}, ShiftCost: r.tenths(0, 30)}
			if _, equal := c.Set.Grid().EqualSteps(); !equal {
				u.ProfileHours = optional.Of(r.tenths(0.3, 1.2))
			} else {
				u.Profile = append(u.Profile, 1.5)
				u.Window = der.Window{From: hours * float64(r.IntN(3)), To: r.maybe(5*hours+0.06, 6*hours)}
				u.Usual = hours * float64(r.IntN(3))
			}
			return u
		},
		"transferable": func(r lot, c der.Context) der.Stateful {
			u := &der.TransferableLoad{ID: "u", Load: "load", Max: r.tenths(5, 8), TransferCost: r.tenths(0, 9)}
			if r.yes() {
				u.Min = r.tenths(0.2, 1)
			}
			u.MinRun = c.HoursAt(1) * float64(r.IntN(4))
			if r.yes() {
				u.Window.From = c.HoursAt(0) * float64(r.IntN(2))
			}
			return u
		},
		"heat pump": func(r lot, _ der.Context) der.Stateful {
			u := &der.HeatPump{
				ID: "u", MaxPower: r.tenths(1, 3), Outside: "load", COP: []der.COPPoint{{1, 2}, {3, 4}}, Loss: r.tenths(0.1, 0.5), Capacity: r.tenths(1, 4),
				Initial: r.tenths(16, 22), MinTemperature: r.tenths(17, 20), MaxTemperature: 22, DiscomfortCost: r.tenths(0, 60), EndValue: r.tenths(0, 30),
			}
			if r.yes() {
				u.Water = der.HotWater{
					Draw: "sun", Energy: r.tenths(1, 4), Initial: r.tenths(0, 1), SelfDischarge: 0.01 * float64(r.IntN(2)), UnmetCost: r.tenths(5, 90), EndValue: r.tenths(0, 40),
				}
			}
			return u
		},
		"river": func(lot, der.Context) der.Stateful {
			return &der.RunOfRiver{ID: "u", Inflow: "sun", Turbine: []der.HydroPoint{{1, 3}, {2, 5}}, ResidualFlow: 0.5, Maintenance: 2}
		},
		"reservoir": func(r lot, _ der.Context) der.Stateful {
			u := &der.Reservoir{
				ID: "u", Inflow: "sun", Turbine: []der.HydroPoint{{1, 3}, {3, 6}}, MinRelease: r.tenths(0, 2), ReleaseRamp: r.maybe(0, 1), Released: r.maybe(0, 2),
				UnmetCost: r.tenths(0, 80) / hour, EndValue: r.tenths(0, 120) / hour, Maintenance: r.tenths(0, 5),
			}
			if r.IntN(4) > 0 {
				u.MinVolume, u.MaxVolume = hour*r.tenths(0, 1), hour*r.tenths(2, 9)
				u.Initial = r.between(u.MinVolume, u.MaxVolume)
			}
			if r.yes() {
				u.EndVolume = optional.Of(r.between(u.MinVolume, u.MaxVolume))
			}
			return u
		},
		"fleet": func(r lot, c der.Context) der.Stateful {
			u := &der.EVFleet{ID: "u", Efficiency: r.tenths(0.8, 1), Wear: r.tenths(0, 5), UnmetCost: r.tenths(10, 90)}
			hours := c.Set.Grid().HoursTo(c.Steps())
			for range 1 + r.IntN(3) {
				x := der.EVStay{Arrive: hours * r.tenths(0, 0.4), Depart: hours * r.tenths(0.6, 1), Capacity: r.tenths(4, 6), Has: r.tenths(0, 3), Wants: r.tenths(2, 4)}
				x.Charge, x.Discharge = r.tenths(0.5, 2), max(0, r.tenths(-1, 1))
				if r.yes() {
					x.TaperFrom, x.TaperPower = optional.Of(r.tenths(1, 3)), r.tenths(0, 0.5)
				}
				u.Stays = append(u.Stays, x)
			}
			return u
		},
		"site": func(r lot, c der.Context) der.Stateful {
			hours := c.Set.Grid().HoursTo(c.Steps())
			u := &der.Site{ID: "u", MaxImport: r.maybe(3, 6), MaxExport: optional.Of(r.tenths(0, 2)), ExcessCost: optional.Of(r.tenths(1, 90)), Parts: []der.DER{
				&der.Load{ID: "lights", Demand: "load"}, &der.PV{ID: "roof", Available: "sun"},
				&der.EVFleet{ID: "car", Efficiency: 0.9, UnmetCost: 80, Stays: []der.EVStay{
					{Arrive: hours * r.tenths(0, 0.4), Depart: hours * r.tenths(0.6, 1), Capacity: 6, Has: 1, Wants: r.tenths(2, 5), Charge: 2, Discharge: 1},
				}},
			}}
			if store := r.storage(); r.yes() && store.Port == der.Electricity {
				store.ID = "battery"
				u.Parts = append(u.Parts, store)
			}
			return u
		},
		"chp": func(r lot, _ der.Context) der.Stateful {
			return &der.CHP{
				ID: "u", ElectricEfficiency: 0.4, HeatEfficiency: 0.4, Power: r.operation(r.yes()), Maintenance: 2, HeatRampUp: r.maybe(0.5, 1),
			}
		},
		"extraction": func(r lot, _ der.Context) der.Stateful {
			u := &der.ExtractionCHP{
				ID: "u", Points: []der.OperatingPoint{{Power: 1, Gas: 3}, {Power: 3, Gas: 8}, {Power: 2, Heat: 2, Gas: 7}}, Power: r.operation(r.yes()),
			}
			u.Power.Min, u.Power.Max, u.Power.Before = 0, 0, 1
			return u
		},
		"gas boiler": func(r lot, _ der.Context) der.Stateful {
			return &der.GasBoiler{ID: "u", Efficiency: 0.9, Heat: r.operation(r.yes()), Maintenance: 1}
		},
		"electric boiler": func(r lot, _ der.Context) der.Stateful {
			return &der.ElectricBoiler{ID: "u", Efficiency: 0.98, Power: r.operation(r.yes()), Maintenance: 1}
		},
		"power to gas": func(r lot, _ der.Context) der.Stateful {
			return &der.PowerToGas{ID: "u", Efficiency: 0.6, Power: r.operation(r.yes()), Maintenance: 1}
		},
		"carbon capture": func(r lot, _ der.Context) der.Stateful {
			u := &der.CarbonCapture{
				Unit: r.thermal(), Efficiency: 0.9, MinSplit: r.tenths(0, 0.3), FixedPower: 0.1, AbsorbEnergy: 0.1, ReleaseEnergy: 0.2,
				Tank: r.tenths(1, 3), MaxRelease: optional.Of(2), SolventCost: 1,
			}
			u.InTank = u.Tank / 2
			return u
		},
		"sequestration": func(r lot, _ der.Context) der.Stateful {
			return &der.Sequestration{ID: "u", Max: 2, Cost: r.tenths(0, 9)}
		},
		"gas supply": func(lot, der.Context) der.Stateful { return &der.GasSupply{ID: "u", Max: 3, Price: "gas"} },
		"connection": func(r lot, _ der.Context) der.Stateful {
			return &der.GridConnection{ID: "u", MaxBuy: 2, MaxSell: 3, BuyPrice: "buy", SellPrice: "sell", Fee: r.tenths(0, 9)}
		},
		"heat dump": func(r lot, _ der.Context) der.Stateful { return &der.HeatDump{ID: "u", Max: 2, Cost: r.tenths(0, 9)} },
	}
}

// The optimum of the rest, with the DER after k steps, and the money of the
// first k steps add up to the optimum of one plan, whatever the kind, its data,
// the grid and k.
func TestSeasonTwoWindowsEqualOne(t *testing.T) {
	const instances = 30
	solver := testsolver.New(t)
	for name, draw := range seasonKinds(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			seen := 0
			for seed := uint64(0); seen < instances; seed++ {
				require.Less(t, seed, uint64(20*instances), "most instances have no schedule")
				r := lot{rand.New(rand.NewPCG(seed, 17))}
				c := r.someday(t, seed%3 == 2)
				u := draw(r, c)
				if der.Validate(u, c.Set) != nil || !hasSchedule(t, u, c) {
					continue
				}
				seen++
				k := 1 + r.IntN(c.Steps()-1)
				dertest.TwoWindows(labelled{t, fmt.Sprintf("seed %d, %+v, %v, k=%d", seed, u, c.Set.Grid(), k)}, solver, u, c, 0, k)
			}
		})
	}
}

// hasSchedule reports whether the data of a DER have a schedule alone: ramps,
// decay and minimum powers can exclude it.
func hasSchedule(t testing.TB, u der.DER, c der.Context) bool {
	t.Helper()
	_, err := optimum(t, u, c)
	return err == nil
}

// labelled adds the instance to the failures of a test.
type labelled struct {
	*testing.T
	what string
}

func (x labelled) Errorf(format string, args ...any) {
	x.Helper()
	x.T.Errorf("%s:\n%s", x.what, fmt.Sprintf(format, args...))
}
