package dertest_test

import (
	"fmt"
	"math"
	"strings"
	"sync"
	"sync/atomic"
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

// pump lifts water: it takes up to 2 MW beside a base load of 1 MW, and gives
// part of it back from a turbine. Each fault, by name, breaks one rule.
type pump struct {
	fault  string
	builds atomic.Int64
	writes sync.Mutex // keeps the race detector silent about a fault that the suite has to find by itself
}

func (u *pump) Name() string { return "pump" }

func (u *pump) is(fault string) bool { return u.fault == fault }

func (u *pump) Model(m *milp.Model, on milp.Expr, c der.Context) []der.Terms {
	out := c.NewTerms()
	if u.is("one scenario too few") {
		return out[:len(out)-1]
	}
	var used, other milp.Expr
	for s := range out {
		at := c.Namer(u.Name(), s)
		switch {
		case u.is("wait-and-see without scenario"):
			at = c.FirstStage(u.Name())
		case u.is("name of another unit"):
			at = c.Namer("turbine", s)
		}
		for t := range c.Steps() {
			capacity := 2.0
			switch {
			case u.is("another program each time"):
				capacity += float64(u.builds.Add(1))
			case u.is("data that count builds"):
				u.builds.Add(1)
			case u.is("less with a binary") && !on.IsConst():
				capacity = 1
			case u.is("more with a known floor") && c.MinMarginalValues != nil:
				capacity = 3
			case u.is("a number that is none"):
				capacity /= 0 * capacity
			}
			ofThree := 3.0 // the largest value of on in the suite
			if u.is("bounds of one DER") {
				ofThree = 1
			}
			use, give := m.Var(at("use", t), 0, 3*ofThree).Expr(), m.Var(at("give", t), 0, ofThree).Expr()
			limit, base := on.Times(capacity), on
			if u.is("limit without on") {
				limit = milp.Const(capacity)
			}
			if u.is("base load without on") {
				base = milp.Const(1)
			}
			m.AtMost(at("use_max", t), use, limit)
			m.AtMost(at("give_max", t), give, on)
			if u.is("a price compared with a number") && c.Tariff.Injection != nil && c.Tariff.Injection[t] > 50 {
				m.AtMost(at("dear", t), give, on.Times(0.5))
			}
			if u.is("must run without on") {
				m.AtLeast(at("use_min", t), use, milp.Const(0.5))
			}
			if u.is("row across scenarios") && s == 1 {
				m.AtMost(at("across", t), use, used.Plus(milp.Const(1)))
			}
			if u.is("nothing feasible") {
				m.AtLeast(at("too_much", t), give, on.Times(2))
			}

			out[s].Withdraw(t, base, use)
			switch {
			case u.is("negative injection"):
				out[s].Inject(t, give.Times(-1))
			case u.is("another scenario's column") && s == 1:
				out[s].Inject(t, other)
			default:
				out[s].Inject(t, give)
			}
			if u.is("more renewable than available") {
				out[s].Renew(t, give, give.Times(0.5))
			}
			if u.is("heat without limit") {
				out[s].SupplyHeat(t, m.Var(at("heat", t), -milp.Inf, milp.Inf).Expr())
			}
			if u.is("an announcement that waits") && s == 0 {
				out[0].DayAhead = append(out[0].DayAhead, use.Times(-1))
			}
			out[s].Cost.Add(use.Times(u.price(c)*c.Hours()), give.Times(2*c.Hours()))
			used, other = use, give
		}
		switch {
		case u.is("a step too few"):
			out[s].Injected = out[s].Injected[1:]
		case u.is("a trace too short"):
			out[s].Traces = []der.Trace{{Name: "level", Values: []milp.Expr{on}}}
		case u.is("a port in one scenario") && s == 0:
			out[s].SupplyHeat(0, on)
		case u.is("an announcement per scenario"):
			out[s].DayAhead = make([]milp.Expr, c.Steps())
		case u.is("a cost that is not convex"):
			out[s].AddConvex(m, at("dear", 0), out[s].Injected[0], on, saving{}, 0, 1)
		case u.is("negative reserve"):
			out[s].HoldReserve(0, on.Times(-1))
		case u.is("renewable without available"):
			out[s].Renewable = out[s].Injected
		case u.is("integers without end"):
			m.Int(at("starts", 0), 0, milp.Inf)
		case u.is("a scenario that does not exist"):
			m.Var(milp.At(u.Name(), "use", c.Scenarios()+s, 0), 0, 1)
		}
		if u.is("writes into a series") {
			u.writes.Lock()
			c.Set.Path("rain", s)[0]++
			u.writes.Unlock()
		}
	}
	return out
}

// saving is the concave function √x.
type saving struct{}

func (saving) Value(x float64) float64 { return math.Sqrt(x) }
func (saving) Slope(x float64) float64 { return 0.5 / math.Sqrt(max(x, 1e-3)) } // falls

// price is what lifting costs, currency per MWh.
func (u *pump) price(c der.Context) float64 {
	if u.is("cost by number of scenarios") {
		return 60 / float64(c.Scenarios())
	}
	return 7
}

func (u *pump) Benefit(realised der.Schedule, c der.Context, s int) der.Benefit {
	b := c.Payment(realised, s)
	p := &realised.Realised[s]
	if u.is("benefit without payment") {
		b = der.Benefit{}
	}
	cost := 0.0
	for t := range c.Steps() {
		cost += (u.price(c)*(p.Withdrawn[t]-1) + 2*p.Injected[t]) * c.Hours()
	}
	switch {
	case u.is("benefit without cost"):
		cost = 0
	case u.is("benefit from Ports.Cost"):
		cost = p.Cost
	case u.is("benefit of another scenario"):
		b = c.Payment(realised, 0)
	}
	b.Pay("operation", cost)
	return b
}

func (u *pump) Validate(*scenario.Set) error {
	if u.is("data that Validate refuses") {
		return fmt.Errorf("der: pump: Height is -1, want at least 0 m")
	}
	return nil
}

// record keeps what a suite reports.
type record struct{ failures []string }

func (r *record) Helper() {}

func (r *record) Errorf(format string, args ...any) {
	r.failures = append(r.failures, fmt.Sprintf(format, args...))
}

func rainySet(t *testing.T) *scenario.Set {
	set, err := scenario.New(scenario.Grid{Step: 30 * time.Minute, Steps: 4}, []float64{0.5, 0.3, 0.2})
	require.NoError(t, err)
	require.NoError(t, set.Add("rain", "MW", [][]float64{{1, 2, 3, 4}, {2, 3, 4, 5}, {3, 4, 5, 6}}))
	return set
}

func TestRunAcceptsASoundUnit(t *testing.T) {
	solver := testsolver.New(t)
	dertest.Run(t, solver, &pump{}, dertest.Config{})
	dertest.Run(t, solver, &pump{}, dertest.Config{Set: rainySet(t), Contexts: []der.Context{{
		Tariff: der.Tariff{Withdrawal: []float64{-50, -50, 0, 1}}, MinMarginalValues: []float64{-50, -50, 0, 0},
	}}})
}

// reports requires a failure of Run that contains a text, or no failure if the
// text is empty.
func reports(t *testing.T, solver milp.Solver, unit der.DER, config dertest.Config, text string) {
	t.Helper()
	var r record
	dertest.Run(&r, solver, unit, config)
	if text == "" {
		assert.Empty(t, r.failures)
		return
	}
	require.NotEmpty(t, r.failures, "the fault went unnoticed")
	assert.Contains(t, strings.Join(r.failures, "\n"), text)
}

// Each fault must be reported, in words that state what is wrong.
func TestRunRejectsBrokenUnits(t *testing.T) {
	solver := testsolver.New(t)
	for fault, report := range map[string]string{
		"one scenario too few":           "Model returns 2 Terms, want one for each of 3 scenarios",
		"a step too few":                 "Terms[0].Injected has 3 expressions",
		"a trace too short":              `trace "level" has 1 expressions, want one for each of 4 steps`,
		"a port in one scenario":         "Heat is nil in some scenarios only",
		"an announcement per scenario":   "Terms[1].DayAhead is set",
		"renewable without available":    "has Renewable but no Available",
		"integers without end":           "integer column pump.starts(0,0) has bounds [0, +Inf]",
		"a scenario that does not exist": "column pump.use(3,0): the first of two indices is the scenario, want 0 to 2",
		"wait-and-see without scenario":  "two columns are called pump.use(0)",
		"name of another unit":           `column turbine.use(0,0) does not begin with the name of the DER, "pump"`,
		"another program each time":      "building twice gives two programs",
		"data that count builds":         "the data of the DER changed",
		"writes into a series":           "the scenario set changed",
		"a number that is none":          "Model builds a broken program",
		"data that Validate refuses":     "Height is -1",
		"row across scenarios":           "pump.across(1,0) joins columns of scenarios 1 and 0",
		"another scenario's column":      "uses column pump.give(0,3) of scenario 0",
		"an announcement that waits":     "Terms[0].DayAhead[0] uses column pump.use(0,0)",
		"nothing feasible":               "the program is infeasible",
		"heat without limit":             "every port needs a limit",
		"negative injection":             "Injected[0] is -1, want at least 0",
		"a cost that is not convex":      "convex cost pump.dear(0,0): the tangent at 0 exceeds the cost at",
		"negative reserve":               "Reserve[0] is -1, want at least 0",
		"more renewable than available":  "MWh were available",
		"limit without on":               "can be",
		"base load without on":           "Terms[0].Withdrawn[0] can be 1, want 0",
		"must run without on":            "with on the number 0: the program is infeasible",
		"bounds of one DER":              "with on the number 3 the optimum is",
		"less with a binary":             "multiply every limit and every constant by on",
		"benefit without payment":        "Benefit is",
		"benefit without cost":           "Benefit is",
		"benefit from Ports.Cost":        "Benefit is NaN",
		"benefit of another scenario":    "scenario 1: Benefit is",
		"cost by number of scenarios":    "with a scenario split in two halves",
		"a price compared with a number": "with all money times 8",
		"more with a known floor":        "with MinMarginalValues and",
	} {
		t.Run(fault, func(t *testing.T) {
			reports(t, solver, &pump{fault: fault}, dertest.Config{Set: rainySet(t)}, report)
		})
	}
}

// blind never sees that its pump did what only a known floor would have
// allowed.
type blind struct{ *pump }

func (blind) Overlaps(*der.Ports, int) bool { return false }

// watchful sees it: with both capacities in use more goes in than the rule
// allows.
type watchful struct{ *pump }

func (watchful) Overlaps(p *der.Ports, t int) bool { return p.Withdrawn[t] > 3+1e-6 }

func TestRunHoldsOverlappersToTheirPromise(t *testing.T) {
	const report = "Overlaps must notice every step that breaks the rule"
	solver := testsolver.New(t)
	for _, x := range []struct {
		unit der.DER
		said bool
	}{{blind{&pump{fault: "more with a known floor"}}, true}, {watchful{&pump{fault: "more with a known floor"}}, false}} {
		var r record
		dertest.Run(&r, solver, x.unit, dertest.Config{Contexts: []der.Context{{Tariff: der.Tariff{Withdrawal: []float64{-50, -50, 0, 1, 0, 0}}}}})
		assert.Equal(t, x.said, strings.Contains(strings.Join(r.failures, "\n"), report), "%T:\n%s", x.unit, strings.Join(r.failures, "\n"))
	}
}

func TestRunHandsEverySolvedScheduleToConstraints(t *testing.T) {
	solver := testsolver.New(t)
	var r record
	calls := 0
	dertest.Run(&r, solver, &pump{}, dertest.Config{Constraints: func(t dertest.TB, realised der.Schedule, c der.Context) {
		calls++
		if len(realised.Realised) == c.Scenarios() && len(realised.DayAhead) == c.Steps() {
			t.Errorf("a constraint is violated")
		}
	}})
	assert.Positive(t, calls)
	assert.Len(t, r.failures, calls, "a violated constraint is a failure of the run")
}

// skilled has the optional interfaces; each is wrong under the fault of its
// name.
type skilled struct{ pump }

func (u *skilled) Bounds(c der.Context, _ int) der.Bounds {
	b := c.NewBounds()
	for t := range c.Steps() {
		b.Limit(der.Electricity, t, -3, 0)
		if u.is("bounds too tight") {
			b.Limit(der.Electricity, t, -2, 0)
		}
	}
	return b
}

func (u *skilled) Model(m *milp.Model, on milp.Expr, c der.Context) []der.Terms {
	out := u.pump.Model(m, on, c)
	for s := range out {
		for t := range c.Steps() {
			out[s].Watch("flow", "MW", t, out[s].Withdrawn[t])
		}
	}
	return out
}

func (u *skilled) DescribeState(string) der.StateRange {
	if u.is("a state outside its range") {
		return der.StateRange{Max: optional.Of(1)}
	}
	return der.StateRange{Min: optional.Of(1), Max: optional.Of(3)}
}

func (u *skilled) CountsCarbon() der.CarbonCount {
	return der.CarbonCount{ChargesBurning: u.is("a charge without emissions"), Credits: u.is("an unknown rule"), Rule: 7}
}

func (u *skilled) Diagnose(der.Context) error {
	if u.is("a diagnosis without cause") {
		return fmt.Errorf("pump: the river is dry")
	}
	return nil
}

func (u *skilled) Class() der.Class {
	if u.is("an unknown class") {
		return 99
	}
	return der.ClassStorage
}

func (u *skilled) Project(*scenario.Set, int) der.Projection {
	switch {
	case u.is("clean generation that is not available"):
		return der.Projection{Clean: []float64{4, 4, 4, 4}}
	case u.is("clean generation of one step"):
		return der.Projection{Clean: []float64{0}}
	case u.is("a negative load"):
		return der.Projection{Load: []float64{1, 1, -1, 1}}
	}
	return der.Projection{Load: []float64{1, 1, 1, 1}}
}

func (u *skilled) RollForward(*der.Ports, der.Context, int, int) (der.DER, error) {
	switch {
	case u.is("another kind afterwards"):
		return &u.pump, nil
	case u.is("a state without a field"):
		return nil, fmt.Errorf("the level cannot be rolled forward")
	case u.is("invalid data afterwards"):
		return &skilled{pump{fault: "data that Validate refuses"}}, nil
	}
	return u, nil
}

func TestRunChecksOptionalInterfaces(t *testing.T) {
	solver := testsolver.New(t)
	for fault, report := range map[string]string{
		"":                           "",
		"a state without a field":    "",
		"bounds too tight":           "-3 MW of electricity are feasible, but Bounds has [-2, 0]",
		"a state outside its range":  `trace "flow" is 3, but DescribeState has [-Inf, 1]`,
		"a charge without emissions": "CountsCarbon reports a charge for gas, but Terms.Emission is nil",
		"an unknown rule":            "CountsCarbon returns the rule 7",
		"a diagnosis without cause":  "Diagnose rejects data that have a schedule: pump: the river is dry",
		"an unknown class":           "Class returns class 99",
		"a negative load":            "scenario 0, step 2: Project has the load [1 1 -1 1], want 4 values of at least 0 MW",

		"clean generation that is not available": "scenario 0, step 0: Project has 2 MWh of clean generation, and the schedule has 0 MWh available",
		"clean generation of one step":           "scenario 0: Project has 1 values of clean generation, want 4",

		"another kind afterwards": "RollForward returns a *dertest_test.pump, want a *dertest_test.skilled",
		"invalid data afterwards": "after 1 steps of scenario 0 RollForward returns invalid data: der: pump: Height is -1",
	} {
		t.Run(fault, func(t *testing.T) {
			reports(t, solver, &skilled{pump{fault: fault}}, dertest.Config{Set: rainySet(t)}, report)
		})
	}
}

// forgetful is a store whose next window need not end as the first one had to,
// or begins full, or cannot keep its own level.
type forgetful struct {
	der.Storage
	fault string
}

func (u *forgetful) RollForward(p *der.Ports, c der.Context, s, steps int) (der.DER, error) {
	next, err := u.Storage.RollForward(p, c, s, steps)
	if err != nil {
		return nil, err
	}
	out := &forgetful{*next.(*der.Storage), u.fault}
	switch u.fault {
	case "an end that follows the level":
		out.EndEnergy = optional.Float{}
	case "a level that is too high":
		out.Initial = optional.Of(out.Energy)
	case "a level outside the limits":
		out.Initial = optional.Of(out.Energy + 1)
	}
	return out, nil
}

// A kind that forgets a state has a better rest than one plan, or a worse one.
func TestRunFindsStatesThatRollForwardForgets(t *testing.T) {
	for fault, report := range map[string]string{
		"":                              "",
		"an end that follows the level": "RollForward must carry every state that affects later steps",
		"a level that is too high":      "RollForward must carry every state that affects later steps",
		"a level outside the limits":    "Initial is 5",
	} {
		t.Run(fault, func(t *testing.T) {
			reports(t, testsolver.New(t), &forgetful{der.Storage{
				ID: "ES", Charge: 2, Discharge: 2, Energy: 4, Initial: optional.Of(1), ChargeEfficiency: 0.9, DischargeEfficiency: 1, Wear: 2,
			}, fault}, dertest.Config{}, report)
		})
	}
}
