package fleet_test

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/fleet"
	"github.com/trigrid/trigrid/market"
	"github.com/trigrid/trigrid/milp"
	"github.com/trigrid/trigrid/optional"
	"github.com/trigrid/trigrid/scenario"
	"github.com/trigrid/trigrid/vpp"
	"github.com/trigrid/trigrid/weights"
)

// engine is a kind of another module: output up to a limit, at one price and
// one emission factor.
type engine struct {
	id                    string
	most, price, emission float64
}

func (u *engine) Name() string { return u.id }

func (u *engine) Model(m *milp.Model, on milp.Expr, c der.Context) []der.Terms {
	out := c.NewTerms()
	for s := range out {
		at := c.Namer(u.id, s)
		for t := range c.Steps() {
			output := m.Var(at("output", t), 0, milp.Inf).Expr()
			m.AtMost(at("max", t), output, on.Times(u.most))
			out[s].Inject(t, output)
			out[s].Cost.Add(output.Times(u.price * c.HoursAt(t)))
			out[s].Emit(t, output.Times(u.emission*c.HoursAt(t)))
		}
	}
	return out
}

func (u *engine) Benefit(realised der.Schedule, c der.Context, s int) der.Benefit {
	b := c.Payment(realised, s)
	energy := 0.0
	for t, mw := range realised.Realised[s].Injected {
		energy += mw * c.HoursAt(t)
	}
	b.Pay("fuel", u.price*energy)
	return b
}

const steps, scenarios = 6, 3

// town is a region of two VPPs and four classes of a fixed total size: PV,
// wind, batteries and engines, each cut into r equal DERs.
func town(t testing.TB, r int, rule fleet.Rule) fleet.Problem {
	t.Helper()
	var (
		random = rand.New(rand.NewPCG(7, 11))
		series = map[string][][]float64{}
		add    = func(name string, base [steps]float64, spread float64) {
			paths := make([][]float64, scenarios)
			for s := range paths {
				for _, mw := range base {
					paths[s] = append(paths[s], max(0, mw*(1+spread*random.NormFloat64())))
				}
			}
			series[name] = paths
		}
		n = float64(r)
	)
	add("sun", [steps]float64{0, 3, 8, 9, 4, 0}, 0.2)
	add("breeze", [steps]float64{6, 5, 3, 2, 4, 7}, 0.3)
	add("homes", [steps]float64{4, 8, 6, 6, 10, 12}, 0.05)
	add("works", [steps]float64{9, 10, 12, 11, 8, 5}, 0.05)
	for _, name := range []string{"sun", "breeze"} { // of one DER
		for s := range series[name] {
			for i := range series[name][s] {
				series[name][s][i] /= n
			}
		}
	}
	set, err := scenario.New(scenario.Grid{Step: 4 * time.Hour, Steps: steps}, []float64{0.5, 0.3, 0.2})
	require.NoError(t, err)
	for _, name := range []string{"sun", "breeze", "homes", "works"} {
		require.NoError(t, set.Add(name, "MW", series[name]))
	}
	var (
		buy      = market.Series{470, 900, 893, 1000, 1243, 470}
		calendar = market.Calendar{Steps: steps, StepHours: 4}
		one      = func(u der.DER) der.Fleet { return der.Fleet{Unit: u, Count: r} }
	)
	return fleet.Problem{
		Rule: rule,
		VPPs: []vpp.VPP{
			{Name: "homes_vpp", Demand: "homes", RiskAversion: 0.1, PassThrough: 1},
			{Name: "works_vpp", Demand: "works", RiskAversion: 1, PassThrough: 1},
		},
		Fleets: []der.Fleet{
			one(&der.PV{ID: "pv", Available: "sun", Maintenance: 16}),
			one(&der.Wind{ID: "wind", Available: "breeze", Maintenance: 18}),
			one(&der.Storage{
				ID: "battery", Charge: 3 / n, Discharge: 3 / n, Energy: 14 / n, Initial: optional.Of(7 / n),
				ChargeEfficiency: 0.94, DischargeEfficiency: 0.94, Wear: 18,
			}),
			one(&engine{id: "engine", most: 6 / n, price: 610, emission: 0.5}),
		},
		Setting: vpp.Setting{
			Set: set, Weights: weights.Vector{Economic: 0.4, Risk: 0.2, Environment: 0.4}, Risk: vpp.CVaR{Confidence: 0.8},
			Markets: vpp.Markets{
				Electricity: &market.Tariff{Calendar: calendar, Buy: buy, Sell: buy.Times(0.35)},
				Imbalance:   &market.Imbalance{Calendar: calendar, Price: buy, Short: buy.Times(0.3), Long: buy.Times(0.5)},
				Carbon:      market.Flat(market.Carbon, calendar, 70),
			},
		},
	}
}

// states calls use for each split of r DERs of every class between the first
// and the second VPP.
func states(classes, r int, use func(first, second []int)) {
	first, second := make([]int, classes), make([]int, classes)
	var next func(k int)
	next = func(k int) {
		if k == classes {
			use(first, second)
			return
		}
		for first[k] = 0; first[k] <= r; first[k]++ {
			second[k] = r - first[k]
			next(k + 1)
		}
	}
	next(0)
}

// values has J_v(n) of all states of a town, computed by vpp.Problem with one
// der.Fleet per class: a session of fixed shares is what package fleet itself
// uses.
type values struct {
	r, classes int
	of         [2]map[int]float64
}

func (x *values) key(n []int) int {
	key := 0
	for _, m := range n {
		key = key*(x.r+1) + m
	}
	return key
}

func (x *values) at(v int, n []int) float64 { return x.of[v][x.key(n)] }

// enumerate solves the program of each VPP with each number of members.
func enumerate(t testing.TB, solver milp.Solver, p fleet.Problem, r int) *values {
	t.Helper()
	x := &values{r: r, classes: len(p.Fleets), of: [2]map[int]float64{{}, {}}}
	for v := range p.VPPs {
		states(x.classes, r, func(n, _ []int) {
			var members []der.DER
			for k, count := range n {
				if count > 0 {
					members = append(members, &der.Fleet{Unit: p.Fleets[k].Unit, Count: count})
				}
			}
			program, err := vpp.Problem{VPP: p.VPPs[v], Members: members, Setting: p.Setting}.Formulate()
			require.NoError(t, err)
			s, err := solver.Solve(t.Context(), program.Model)
			require.NoError(t, err)
			require.Equal(t, milp.Optimal, s.Status)
			x.of[v][x.key(n)] = s.Objective
		})
	}
	return x
}

// counted is a DER whose number in a VPP is a column, so that one session
// solves all states.
type counted struct {
	der.DER
	most  float64
	count milp.Var
}

func (u *counted) Model(m *milp.Model, _ milp.Expr, c der.Context) []der.Terms {
	u.count = m.Var(milp.At(u.Name(), "count"), 0, u.most)
	return u.DER.Model(m, u.count.Expr(), c)
}

// counts opens a session of a VPP whose numbers of DERs, up to r, are columns,
// with integers relaxed. Copies of a model have its columns.
func counts(t testing.TB, solver milp.Opener, p fleet.Problem, v, r int) ([]*counted, *milp.Model, milp.Session) {
	t.Helper()
	var (
		classes []*counted
		members []der.DER
	)
	for _, f := range p.Fleets {
		classes = append(classes, &counted{DER: f.Unit, most: float64(r)})
		members = append(members, classes[len(classes)-1])
	}
	program, err := vpp.Problem{VPP: p.VPPs[v], Members: members, Setting: p.Setting}.Formulate()
	require.NoError(t, err)
	program.Model.Maximize(program.Objective())
	m := program.Model.Relaxed()
	for _, u := range classes {
		u.count = m.VarAt(u.count.Index())
	}
	session, err := solver.Open(m)
	require.NoError(t, err)
	return classes, m, session
}

// enumerateRelaxed is enumerate with continuous columns only: stores may charge
// and discharge at once. Each VPP has one session, in which one number at a
// time changes from state to state.
func enumerateRelaxed(t testing.TB, solver milp.Opener, p fleet.Problem, r int) *values {
	t.Helper()
	x := &values{r: r, classes: len(p.Fleets), of: [2]map[int]float64{{}, {}}}
	for v := range p.VPPs {
		classes, m, session := counts(t, solver, p, v, r)
		n := make([]int, len(classes))
		var visit func(k int)
		visit = func(k int) {
			if k == len(classes) {
				for c, u := range classes {
					m.Fix(u.count, float64(n[c]))
				}
				s, err := session.Solve(t.Context())
				require.NoError(t, err)
				require.Equal(t, milp.Optimal, s.Status)
				x.of[v][x.key(n)] = s.Objective
				return
			}
			// Up and down in turn: a basis of the last state is close.
			step := 1
			if n[k] == r {
				step = -1
			}
			for range r {
				visit(k + 1)
				n[k] += step
			}
			visit(k + 1)
		}
		visit(0)
		require.NoError(t, session.Close())
		require.Len(t, x.of[v], int(math.Pow(float64(r+1), float64(len(classes)))))
	}
	return x
}

// regret returns the largest gain of a DER that moves to the other VPP, under
// marginal payoffs.
func (x *values) regret(first, second []int) float64 {
	worst := math.Inf(-1)
	side := [2][]int{append([]int(nil), first...), append([]int(nil), second...)}
	for k := range first {
		for from := range 2 {
			if side[from][k] == 0 {
				continue
			}
			here, there := x.at(from, side[from]), x.at(1-from, side[1-from])
			side[from][k]--
			side[1-from][k]++
			worst = max(worst, x.at(1-from, side[1-from])-there-(here-x.at(from, side[from])))
			side[from][k]++
			side[1-from][k]--
		}
	}
	return worst
}
