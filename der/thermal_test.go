package der_test

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/der/dertest"
	"github.com/trigrid/trigrid/internal/testsolver"
	"github.com/trigrid/trigrid/milp"
	"github.com/trigrid/trigrid/optional"
	"github.com/trigrid/trigrid/scenario"
)

// turbine is the gas turbine of Int. Trans. Electr. Energy Syst. 2023, 6864403,
// table 1: 2.5 to 5.67 MW, 3 MW/h, 212 per hour on, three equal price blocks
// above the minimum, 212 per start, 0.42 t/MWh.
func turbine() *der.Thermal {
	const width = (5.67 - 2.5) / 3
	return &der.Thermal{
		ID: "turbine", MinOutput: 2.5, MaxOutput: 5.67, RampUp: optional.Of(3), RampDown: optional.Of(3),
		Curve: der.CurveOf(2.5, 212,
			der.Block{UpTo: 2.5 + width, Price: 282}, der.Block{UpTo: 2.5 + 2*width, Price: 318}, der.Block{UpTo: 5.67, Price: 353}),
		StartUp:        []der.StartCost{{Cost: 212}},
		EmissionFactor: 0.42,
	}
}

// plant uses every field.
func plant() *der.Thermal {
	return &der.Thermal{
		ID: "plant", MinOutput: 3, MaxOutput: 10, RampUp: optional.Of(4), RampDown: optional.Of(3.5), StartOutput: optional.Of(5), StopOutput: optional.Of(4),
		MinUp: 2, MinDown: 1, Before: der.ThermalState{On: true, Hours: optional.Of(1), Output: 4},
		NoLoad: 20, Linear: 30, Quadratic: 1.5, Pieces: 3,
		StartUp:  []der.StartCost{{After: 1, Cost: 60}, {After: 3, Cost: 110}, {After: 5, Cost: 150}},
		ShutDown: 15, Maintenance: 2, EmissionFactor: 0.5, Quota: 0.3, Reserve: 2,
	}
}

func TestThermalConforms(t *testing.T) {
	for name, x := range map[string]struct {
		change func(*der.Thermal)
		set    func(testing.TB) *scenario.Set
	}{
		"tight":       {func(*der.Thermal) {}, day},
		"egret-tight": {func(u *der.Thermal) { u.Formulation = der.EgretTight }, day},
		"plain":       {func(u *der.Thermal) { u.Formulation = der.Plain }, day},
		"pglib":       {func(u *der.Thermal) { u.Formulation = der.PGLib }, day},
		"quarters":    {func(*der.Thermal) {}, quarters},
		"off before":  {func(u *der.Thermal) { u.Before = der.ThermalState{Hours: optional.Of(1)}; u.MinDown = 2 }, day},
		"cyclic":      {func(u *der.Thermal) { u.Before = der.ThermalState{Boundary: der.BeforeCyclic} }, day},
		"free":        {func(u *der.Thermal) { u.Before = der.ThermalState{Boundary: der.BeforeFree} }, day},
		"above":       {func(u *der.Thermal) { u.Before = der.ThermalState{On: true, Output: 13} }, day},
		"below":       {func(u *der.Thermal) { u.Before = der.ThermalState{On: true} }, day},
		"held on":     {func(u *der.Thermal) { u.Before.Hold = optional.Of(3) }, day},
		"held off":    {func(u *der.Thermal) { u.Before = der.ThermalState{Hours: optional.Of(1), Hold: optional.Of(2)} }, day},
		"must run":    {func(u *der.Thermal) { u.MustRun = true }, day},
		"no reserve":  {func(u *der.Thermal) { u.Reserve = 0 }, day},
		"quadratic":   {func(u *der.Thermal) { u.Pieces = 0 }, day},
		"its rows":    {func(u *der.Thermal) { u.Pieces, u.Reserve = 0, 0 }, quarters},
		"and plain":   {func(u *der.Thermal) { u.Pieces, u.Formulation = 0, der.Plain }, day},
	} {
		t.Run(name, func(t *testing.T) {
			u := plant()
			x.change(u)
			dertest.Run(t, testsolver.New(t), u, dertest.Config{
				Set: x.set(t), Constraints: thermalConstraints(u), Periodic: u.Before.Boundary == der.BeforeCyclic,
			})
		})
	}
	t.Run("turbine", func(t *testing.T) {
		u := turbine()
		dear := make([]float64, 8)
		for i := range dear {
			dear[i] = []float64{200, 380, 340, 150}[i%4]
		}
		dertest.Run(t, testsolver.New(t), u, dertest.Config{
			Set: day(t), Constraints: thermalConstraints(u), Contexts: []der.Context{{Tariff: onePrice(dear...)}},
		})
	})
}

// thermalConstraints recomputes from data what der.Thermal's comment demands of
// a schedule.
func thermalConstraints(u *der.Thermal) func(dertest.TB, der.Schedule, der.Context) {
	const slack = 1e-6
	return func(t dertest.TB, realised der.Schedule, c der.Context) {
		for s := range realised.Realised {
			var (
				p    = &realised.Realised[s]
				on   = make([]bool, c.Steps())
				held = func(step int) float64 {
					if p.Reserve == nil {
						return 0
					}
					return p.Reserve[step]
				}
				up, down = u.RampUp.Or(math.Inf(1)) * c.Hours(), u.RampDown.Or(math.Inf(1)) * c.Hours()
				su, sd   = u.StartOutput.Or(max(u.MinOutput, up)), u.StopOutput.Or(max(u.MinOutput, down))
			)
			for step, x := range p.Trace("on") {
				on[step] = x > 0.5
				if math.Abs(x-math.Round(x)) > slack {
					t.Errorf("scenario %d, step %d: on is %g, want 0 or 1", s, step, x)
				}
				if realised.Realised[0].Trace("on")[step] != x {
					t.Errorf("step %d: on differs between scenarios", step)
				}
			}
			for step := range on {
				power := p.Injected[step]
				if !on[step] {
					if math.Abs(power)+math.Abs(held(step)) > slack {
						t.Errorf("scenario %d, step %d: %g MW and %g MW reserve while off", s, step, power, held(step))
					}
					continue
				}
				ceiling := u.MaxOutput
				was, known := onBefore(u, on, step-1)
				before := u.Before.Output
				if step > 0 {
					before = p.Injected[step-1]
				} else if u.Before.Boundary == der.BeforeCyclic {
					before = p.Injected[len(on)-1]
				}
				switch {
				case !known:
				case was:
					ceiling = min(ceiling, before+up)
					if before-power > down+slack {
						t.Errorf("scenario %d, step %d: falls by %g MW, want at most %g", s, step, before-power, down)
					}
				default:
					ceiling = min(ceiling, su)
				}
				if next, known := onBefore(u, on, step+1); known && !next {
					ceiling = min(ceiling, sd)
				}
				if power < u.MinOutput-slack || power+held(step) > ceiling+slack {
					t.Errorf("scenario %d, step %d: %g MW and %g MW reserve, want %g to %g together", s, step, power, held(step), u.MinOutput, ceiling)
				}
				if held(step) > u.Reserve+slack || held(step) < -slack {
					t.Errorf("scenario %d, step %d: %g MW reserve, want 0 to %g", s, step, held(step), u.Reserve)
				}
			}
			if c.Hours() == 1 {
				if _, lawful := commitmentCost(u, on); !lawful {
					t.Errorf("commitment %v breaks must-run or a minimum time", on)
				}
			}
		}
	}
}

// By hand. Four hours at 0, 100, 100 and 0 per MWh; 20 per hour on, 40 per MWh,
// 2 to 10 MW, 3 MW/h up and 6 MW/h down, 50 per start. Off before, so the first
// output is at most SU = max(2, 3) = 3, the last at most SD = max(2, 6) = 6.
// Starting in hour 1 earns 3·60 + 6·60 = 540 less 2·20 and 50, with the stop in
// hour 3: 450. Starting in hour 0 instead, 3 MW at a loss of 120 and 20 more
// for being on, allows 6 in hour 1 and 6, because of the stop, in hour 2: 720 −
// 120 − 60 − 50 = 490; with 2 MW in hour 0, a loss of 80, 5 MW and 6 MW: 660 −
// 80 − 60 − 50 = 470. Staying on through hour 3 at 3 MW or more (9 − 6) costs
// 120 + 20 and allows 9 MW in hour 2: 360 + 540 − 120 − 120 − 80 − 50 = 530.
// That is the best.
func TestThermalByHand(t *testing.T) {
	u := &der.Thermal{
		ID: "unit", MinOutput: 2, MaxOutput: 10, RampUp: optional.Of(3), RampDown: optional.Of(6),
		NoLoad: 20, Linear: 40, StartUp: []der.StartCost{{Cost: 50}},
	}
	c := der.Context{Set: steps(4, time.Hour), Tariff: onePrice(0, 100, 100, 0)}
	for _, u.Formulation = range []der.Formulation{der.Tight, der.Plain, der.PGLib, der.EgretTight} {
		best := alone(t, u, c)
		assert.InDelta(t, 530, best.profit, 1e-6, u.Formulation)
		assert.InDeltaSlice(t, []float64{3, 6, 9, 3}, best.schedule.Realised[0].Injected, 1e-6, u.Formulation)
		b := u.Benefit(best.schedule, c, 0)
		assert.InDelta(t, 1500, b.Item("energy sold"), 1e-6)
		assert.InDelta(t, -(4*20 + 21*40), b.Item("fuel"), 1e-6)
		assert.InDelta(t, -50, b.Item("start-up"), 1e-6)
	}
}

// By hand, from a schedule alone. Off for 2 hours before (warm up to 4 hours:
// 60), started in hour 1 after 3 hours off: 60; stopped in hour 2; started in
// hour 4 after 2 hours off: 60; stopped in hour 5; started in hour 10, after 5
// hours off: 110.
func TestThermalBenefitChargesStartsByTimeOff(t *testing.T) {
	u := plant()
	u.StartUp = []der.StartCost{{After: 1, Cost: 60}, {After: 4, Cost: 110}}
	on := []float64{0, 1, 0, 0, 1, 0, 0, 0, 0, 0, 1, 1}
	power := make([]float64, len(on))
	for i, x := range on {
		power[i] = 3 * x
	}
	c := der.Context{Set: steps(len(on), time.Hour)}
	schedule := der.Schedule{Realised: []der.Ports{{Injected: power}}} // no trace: on where it delivers
	for _, x := range []struct {
		before  der.ThermalState
		starts  float64
		stopped float64
	}{
		{der.ThermalState{Hours: optional.Of(2)}, 60 + 60 + 110, 2 * 15},
		{der.ThermalState{Hours: optional.Of(3)}, 110 + 60 + 110, 2 * 15},
		{der.ThermalState{}, 110 + 60 + 110, 2 * 15},                                            // off for long
		{der.ThermalState{On: true, Output: 3}, 60 + 60 + 110, 3 * 15},                          // stops in hour 0, off one hour
		{der.ThermalState{Boundary: der.BeforeCyclic}, 60 + 60 + 110, 3 * 15},                   // the same, from hour 11
		{der.ThermalState{Boundary: der.BeforeFree}, 110 + 60 + 110, 2 * 15},                    // nothing known: cold
		{der.ThermalState{On: true, Hours: optional.Of(7), Output: 3}, 60 + 60 + 110, 3 * 15.0}, // as above
	} {
		u.Before = x.before
		b := u.Benefit(schedule, c, 0)
		assert.InDelta(t, -x.starts, b.Item("start-up"), 1e-9, "%+v", x.before)
		assert.InDelta(t, -x.stopped, b.Item("shut-down"), 1e-9, "%+v", x.before)
		// C(3) = 20 + 30·3 + 1.5·9 = 123.5 per hour, four hours
		assert.InDelta(t, -4*123.5, b.Item("fuel"), 1e-9)
	}
}

// By hand: chords of a p² over thirds of 3 to 9 MW touch it at 3, 5, 7 and 9 MW
// and lie half way between the ends in the middle: C(6) = (25 + 49)/2 = 37
// instead of 36.
func TestThermalCutsQuadraticIntoChords(t *testing.T) {
	u := &der.Thermal{ID: "unit", MinOutput: 3, MaxOutput: 9, Quadratic: 1, Pieces: 3}
	c := der.Context{Set: steps(1, time.Hour)}
	for p, cost := range map[float64]float64{3: 9, 4: 17, 5: 25, 6: 37, 9: 81} {
		schedule := der.Schedule{Realised: []der.Ports{{Injected: []float64{p}}}}
		assert.InDelta(t, -cost, u.Benefit(schedule, c, 0).Item("fuel"), 1e-9, p)
	}
}

// points returns a curve from pairs of output and cost.
func points(pairs ...float64) []der.CurvePoint {
	var curve []der.CurvePoint
	for i := 0; i < len(pairs); i += 2 {
		curve = append(curve, der.CurvePoint{Output: pairs[i], Cost: pairs[i+1]})
	}
	return curve
}

func TestCurveOfPricesEnergyFromZero(t *testing.T) {
	// 110 per hour, 36 per MWh to 14 MW, 47 to 20 MW: 110 + 6·36 = 326, + 8·36
	// = 614, + 6·47 = 896.
	assert.Equal(t, points(6, 326, 14, 614, 20, 896),
		der.CurveOf(6, 110, der.Block{UpTo: 14, Price: 36}, der.Block{UpTo: 20, Price: 47}))
	// the minimum on the edge of a block, and a first block below it
	assert.Equal(t, points(6, 10+12, 8, 10+12+6),
		der.CurveOf(6, 10, der.Block{UpTo: 6, Price: 2}, der.Block{UpTo: 8, Price: 3}))
	assert.Equal(t, points(6, 10+8+6, 8, 10+8+12),
		der.CurveOf(6, 10, der.Block{UpTo: 4, Price: 2}, der.Block{UpTo: 8, Price: 3}))
}

func TestThermalValidateNamesEveryViolation(t *testing.T) {
	require.NoError(t, turbine().Validate(nil))
	require.NoError(t, plant().Validate(nil))
	err := (&der.Thermal{
		MinOutput: 5, MaxOutput: 4, RampUp: optional.Of(-1), RampDown: optional.Of(math.NaN()), StartOutput: optional.Of(3), MinUp: math.Inf(1),
		Before: der.ThermalState{On: true, Output: 1}, NoLoad: 1, Quadratic: -1, Pieces: -2, Reserve: math.NaN(),
		Curve:      points(5, 10, 6, 30, 7, 40, 7, 50),
		StartUp:    []der.StartCost{{Cost: 10}, {Cost: 5}, {After: 3, Cost: 4}, {After: 4, Cost: -1}},
		ShutDown:   -1,
		Linear:     math.NaN(),
		MinDown:    -2,
		Quota:      -1,
		MustRun:    true,
		StopOutput: optional.Of(2), EmissionFactor: -3, Formulation: 9,
	}).Validate(nil)
	require.Error(t, err)
	for _, what := range []string{
		"ID is empty", "MaxOutput", "RampUp", "RampDown", "StartOutput", "StopOutput", "MinUp", "MinDown", "Before.Output",
		"Curve and NoLoad", "Curve runs from 5 to 7", "Curve[2]", "Curve[3]", "StartUp[1] applies", "StartUp[2] costs", "StartUp[3]",
		"ShutDown", "Linear", "Quadratic", "Pieces", "Quota", "EmissionFactor", "Reserve", "Formulation",
	} {
		assert.ErrorContains(t, err, what)
	}
	for _, before := range []der.ThermalState{{Output: 1}, {Hours: optional.Of(-1)}, {Boundary: 7}} {
		u := plant()
		u.Before = before
		assert.ErrorContains(t, u.Validate(nil), "Before.", before)
	}
	u := plant()
	u.MustRun, u.MinDown, u.Before = true, 3, der.ThermalState{Hours: optional.Of(1)}
	complains(t, u.Validate(nil), "MustRun contradicts Before: off for 1 h of the 3 h of MinDown; set Before.Hours to at least MinDown, or MustRun to false")
	u.Before.Hold = optional.Of(2)
	complains(t, u.Validate(nil), "MustRun contradicts Before.Hold: off for 2 h more; set Hold to 0, or MustRun to false")

	// Half an hour is no whole step of an hour.
	u = plant()
	u.Before = der.ThermalState{On: true, Hours: optional.Of(0.5), Output: 4}
	complains(t, u.Validate(steps(4, time.Hour)), "Before.Hours is 0.5, want at least one step of 1 h, or absent for long enough")
	require.NoError(t, u.Validate(steps(4, 30*time.Minute)))
}

// A longer horizon, more scenarios and shorter steps must not change what
// formulations agree on.
func TestThermalFormulationsAgreeOnQuarterHours(t *testing.T) {
	u := plant()
	prices := make([]float64, 32)
	for i := range prices {
		prices[i] = 45 + 30*math.Sin(float64(i)/3)
	}
	c := der.Context{Set: steps(len(prices), 15*time.Minute), Tariff: onePrice(prices...)}
	want := alone(t, u, c).profit
	for _, u.Formulation = range []der.Formulation{der.Plain, der.PGLib, der.EgretTight} {
		assert.InDelta(t, want, alone(t, u, c).profit, 1e-9*math.Abs(want), u.Formulation)
	}
}

func TestThermalNamesAndStages(t *testing.T) {
	m := milp.New()
	turbine().Model(m, milp.Const(1), der.Context{Set: day(t)})
	names := map[string]bool{}
	for j := range m.Vars() {
		names[m.VarAt(j).Name().String()] = true
	}
	for _, name := range []string{"turbine.on(7)", "turbine.start(0)", "turbine.stop(3)", "turbine.output(2,7)", "turbine.block3(0,1)"} {
		assert.True(t, names[name], name)
	}
	assert.Equal(t, 8, m.Integers(), "only the decision to run is integer")
}
