package unitcommitment_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/der/unitcommitment"
	"github.com/trigrid/trigrid/internal/testsolver"
	"github.com/trigrid/trigrid/milp"
)

// ucjlTwin states a random instance of UnitCommitment.jl a second time, from
// the problem definition of its documentation: power above the minimum, one
// start column per category, reserve per product. Everything is in steps, as in
// that program.
type ucjlTwin struct {
	m       *milp.Model
	steps   int
	perHour int
	cost    milp.Expr
	balance []milp.Expr
	held    map[string][]milp.Expr
	units   map[string]any
}

// thermal adds a random unit. Its times are whole hours.
func (w *ucjlTwin) thermal(random *rand.Rand, name string, reserves []string) {
	var (
		least    = float64(random.IntN(20))
		room     = float64(random.IntN(40))
		segments = random.IntN(3)
		mw       = []float64{least}
		money    = []float64{float64(random.IntN(300))}
		slopes   []float64
		delays   []int
		prices   []float64
		minUp    = 1 + random.IntN(3)
		minDown  = 1 + random.IntN(3)
		status   = (1 + random.IntN(4)) * (1 - 2*random.IntN(2))
		eligible []string
		limit    = func(from, to float64) (float64, bool) {
			return from + float64(random.IntN(int(to-from)+1)), random.IntN(3) > 0
		}
	)
	if least == 0 && segments == 0 {
		segments = 1
	}
	for k := range segments {
		slopes = append(slopes, float64(10*k+random.IntN(10)))
		width := 1 + room
		mw = append(mw, mw[k]+width)
		money = append(money, money[k]+slopes[k]*width)
	}
	most := mw[len(mw)-1]
	up, hasUp := limit(1, 40)
	down, hasDown := limit(1, 40)
	start, hasStart := limit(least, most)
	stop, hasStop := limit(least, most)
	for k := range 1 + random.IntN(3) {
		delay := minDown
		if k > 0 {
			delay = delays[k-1] + 1 + random.IntN(3)
		}
		delays, prices = append(delays, delay), append(prices, float64(100*k+random.IntN(100)))
	}
	for _, r := range reserves {
		if random.IntN(2) == 0 {
			eligible = append(eligible, r)
		}
	}
	initial := 0.0
	if status > 0 {
		initial = least + float64(random.IntN(int(most-least)+1))
	}
	g := map[string]any{
		"Bus": "b", "Production cost curve (MW)": mw, "Production cost curve ($)": money, "Startup delays (h)": delays, "Startup costs ($)": prices,
		"Minimum uptime (h)": minUp, "Minimum downtime (h)": minDown, "Initial status (h)": status, "Initial power (MW)": initial, "Type": "Thermal",
	}
	const none = 1e6
	for key, x := range map[string]struct {
		value *float64
		given bool
	}{
		"Ramp up limit (MW)": {&up, hasUp}, "Ramp down limit (MW)": {&down, hasDown}, "Startup limit (MW)": {&start, hasStart}, "Shutdown limit (MW)": {&stop, hasStop},
	} {
		if x.given {
			g[key] = *x.value
		} else {
			*x.value = none
		}
	}
	if eligible != nil {
		g["Reserve eligibility"] = eligible
	}
	w.units[name] = g

	var (
		m       = w.m
		n       = w.steps
		on      = 0.0
		u, v, x = make([]milp.Expr, n), make([]milp.Expr, n), make([]milp.Expr, n)
		above   = make([]milp.Expr, n)
		reserve = make([]milp.Expr, n)
		before  = status * w.perHour // steps
		row     = func(what string, index ...int) milp.Name { return milp.At(name, what, index...) }
	)
	if status > 0 {
		on = 1
	}
	for t := range n {
		u[t], v[t], x[t] = m.Bin(row("u", t)).Expr(), m.Bin(row("v", t)).Expr(), m.Bin(row("w", t)).Expr()
		above[t] = m.Var(row("above", t), 0, milp.Inf).Expr()
		var sum milp.Expr
		for k, slope := range slopes {
			segment := m.Var(row("segment", t, k), 0, mw[k+1]-mw[k]).Expr()
			w.cost.Add(segment.Times(slope))
			sum.Add(segment)
		}
		m.Equal(row("segments", t), above[t], sum)
		for k, r := range eligible {
			column := m.Var(row("reserve", t, k), 0, milp.Inf).Expr()
			w.held[r][t].Add(column)
			reserve[t].Add(column)
		}
	}
	for t := range n {
		w.balance[t].Add(u[t].Times(least), above[t])
		w.cost.Add(u[t].Times(money[0]))
		was := milp.Const(on)
		if t > 0 {
			was = u[t-1]
		}
		m.Equal(row("link", t), u[t].Minus(was), v[t].Minus(x[t]))
		m.AtMost(row("either", t), v[t].Plus(x[t]), milp.Const(1))
		m.AtMost(row("minup", t), milp.Sum(v[max(0, t-minUp*w.perHour+1):t+1]...), u[t])
		m.AtMost(row("mindown", t), milp.Sum(x[max(0, t-minDown*w.perHour+1):t+1]...), milp.Const(1).Minus(u[t]))
		if status > 0 && t < minUp*w.perHour-before {
			m.Equal(row("hold", t), x[t], milp.Const(0))
		}
		if status < 0 && t < minDown*w.perHour+before {
			m.Equal(row("hold", t), v[t], milp.Const(0))
		}
		full := u[t].Times(most - least)
		m.AtMost(row("limit", t), above[t].Plus(reserve[t]), full)
		m.AtMost(row("start", t), above[t].Plus(reserve[t]), full.Minus(v[t].Times(max(0, most-start))))
		if t+1 < n {
			m.AtMost(row("stop", t), above[t], full.Minus(x[t+1].Times(max(0, most-stop))))
		}
		if t > 0 {
			m.AtMost(row("up", t), above[t].Plus(reserve[t]), above[t-1].Plus(milp.Const(up)))
			m.AtLeast(row("down", t), above[t], above[t-1].Minus(milp.Const(down)))
		} else if status > 0 {
			m.AtMost(row("up", t), above[t].Plus(reserve[t]), milp.Const(initial-least+up))
			m.AtLeast(row("down", t), above[t], milp.Const(initial-least-down))
			if initial > stop {
				m.Equal(row("stop_before", t), x[0], milp.Const(0))
			}
		}
		var starts milp.Expr
		for k := range delays {
			category := m.Bin(row("category", t, k)).Expr()
			starts.Add(category)
			w.cost.Add(category.Times(prices[k]))
			if k+1 < len(delays) {
				var allowed milp.Expr
				for i := t - delays[k+1]*w.perHour + 1; i <= t-delays[k]*w.perHour; i++ {
					if i >= 0 {
						allowed.Add(x[i])
					} else if status < 0 && i == before {
						allowed.Add(milp.Const(1)) // the stop before the horizon
					}
				}
				m.AtMost(row("restrict", t, k), category, allowed)
			}
		}
		m.Equal(row("choose", t), v[t], starts)
	}
}

// Random instances have the same optimum as a second statement of the problem,
// in all formulations.
func TestUnitCommitmentJLEqualsItsTwin(t *testing.T) {
	infeasible, seeds := 0, uint64(25)
	if os.Getenv("TRIGRID_SLOW") == "1" {
		seeds = 400
	}
	for seed := range seeds {
		var (
			random  = rand.New(rand.NewPCG(seed, 3))
			perHour = 1 + random.IntN(2)
			n       = perHour * (2 + random.IntN(3))
			w       = &ucjlTwin{m: milp.New(), steps: n, perHour: perHour, balance: make([]milp.Expr, n), held: map[string][]milp.Expr{}, units: map[string]any{}}
			names   = []string{"r", "q"}[:random.IntN(3)]
			load    []float64
			amounts = map[string]any{}
		)
		for _, r := range names {
			w.held[r] = make([]milp.Expr, n)
		}
		for i := range 1 + random.IntN(3) {
			w.thermal(random, fmt.Sprint("g", i), names)
		}
		for k := range n {
			load = append(load, float64(random.IntN(60)))
			short := w.m.Var(milp.At("load", "short", k), 0, load[k]).Expr()
			w.cost.Add(short.Times(70))
			spill := w.m.Var(milp.At("load", "free", k), 0, 500).Expr() // a load without a price
			w.m.Equal(milp.At("bus", "balance", k), w.balance[k].Plus(short), milp.Const(load[k]).Plus(spill))
		}
		for _, r := range names {
			amount, penalty := float64(random.IntN(30)), float64(random.IntN(60))
			amounts[r] = map[string]any{"Type": "spinning", "Amount (MW)": amount, "Shortfall penalty ($/MW)": penalty}
			for k := range n {
				short := w.m.Var(milp.At(r, "short", k), 0, milp.Inf).Expr()
				w.cost.Add(short.Times(penalty))
				w.m.AtLeast(milp.At(r, "held", k), w.held[r][k].Plus(short), milp.Const(amount))
			}
		}
		w.m.Minimize(w.cost)
		text, err := json.Marshal(map[string]any{
			"Parameters":            map[string]any{"Version": "0.4", "Time horizon (min)": n * 60 / perHour, "Time step (min)": 60 / perHour, "Power balance penalty ($/MW)": 70},
			"Buses":                 map[string]any{"b": map[string]any{"Load (MW)": load}},
			"Generators":            w.units,
			"Reserves":              amounts,
			"Price-sensitive loads": map[string]any{"free": map[string]any{"Bus": "b", "Revenue ($/MW)": 0, "Demand (MW)": 500}},
		})
		require.NoError(t, err)
		want, err := exact.Solve(t.Context(), w.m)
		testsolver.Skip(t, err)
		require.NoError(t, err)
		for _, f := range []der.Formulation{der.Tight, der.Plain, der.PGLib, der.EgretTight} {
			s, err := unitcommitment.Read(strings.NewReader(string(text)), unitcommitment.Options{Formulation: f})
			require.NoError(t, err, "seed %d: %s", seed, text)
			found, feasible := optimum(t, s)
			require.Equal(t, want.Status != milp.Infeasible, feasible, "seed %d, %v: %s", seed, f, text)
			if !feasible {
				infeasible++
				continue
			}
			require.InDelta(t, want.Objective, found, 1e-5*max(1, found), "seed %d, %v: %s", seed, f, text)
		}
	}
	t.Logf("%d of %d programs are infeasible in both statements", infeasible, 4*seeds)
	assert.Less(t, infeasible, int(2*seeds))
}
