package unitcommitment_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/der/dertest"
	"github.com/trigrid/trigrid/der/unitcommitment"
	"github.com/trigrid/trigrid/internal/testsolver"
	"github.com/trigrid/trigrid/milp"
	"github.com/trigrid/trigrid/scenario"
)

// twin is a network of PyPSA that is stated a second time, from the equations
// of its documentation and without the reader: one column per variable of
// PyPSA, one row per equation.
type twin struct {
	m       *milp.Model
	steps   int
	weights [3][]float64 // objective, stores, generators
	balance []milp.Expr
	cost    milp.Expr
	carbon  milp.Expr
	folder  map[string][]string // lines by file
}

func newTwin(random *rand.Rand, steps int) *twin {
	w := &twin{m: milp.New(), steps: steps, balance: make([]milp.Expr, steps), folder: map[string][]string{
		"buses": {"name", "b"}, "carriers": {"name,co2_emissions", "coal,0.4", "gas,0.2", "sun,0"},
		"snapshots":  {",snapshot,objective,stores,generators"},
		"generators": {"name,bus,carrier,p_nom,p_min_pu,marginal_cost,marginal_cost_quadratic,efficiency,e_sum_max,ramp_limit_up,ramp_limit_down,committable,min_up_time,min_down_time,up_time_before,down_time_before,start_up_cost,shut_down_cost,stand_by_cost,ramp_limit_start_up,ramp_limit_shut_down,p_init,sign"},
	}}
	for i := range w.weights {
		for range steps {
			w.weights[i] = append(w.weights[i], float64(1+random.IntN(3)))
		}
	}
	for t := range steps {
		w.folder["snapshots"] = append(w.folder["snapshots"], fmt.Sprintf("%d,s%d,%v,%v,%v", t, t, w.weights[0][t], w.weights[1][t], w.weights[2][t]))
	}
	return w
}

// series adds a column to a table per snapshot.
func (w *twin) series(file, name string, values []float64) {
	if w.folder[file] == nil {
		w.folder[file] = []string{"snapshot"}
		for t := range w.steps {
			w.folder[file] = append(w.folder[file], fmt.Sprint("s", t))
		}
	}
	w.folder[file][0] += "," + name
	for t, v := range values {
		w.folder[file][t+1] += fmt.Sprintf(",%v", v)
	}
}

func (w *twin) column(name string, i, t int, lower, upper float64) milp.Expr {
	return w.m.Var(milp.At(name, "x", i, t), lower, upper).Expr()
}

// pick returns a number of a few digits, so that the text of the table is the
// number itself.
func pick(random *rand.Rand, lower, upper float64) float64 {
	return math.Round(100*(lower+(upper-lower)*random.Float64())) / 100
}

// maybe returns a number, or no text and NaN in half of the cases.
func maybe(random *rand.Rand, lower, upper float64) (string, float64) {
	if random.IntN(2) == 0 {
		return "", math.NaN()
	}
	x := pick(random, lower, upper)
	return fmt.Sprint(x), x
}

func or(x, absent float64) float64 {
	if math.IsNaN(x) {
		return absent
	}
	return x
}

// generator adds a random generator, committable or not.
func (w *twin) generator(random *rand.Rand, i int) {
	var (
		name         = fmt.Sprint("g", i)
		carrier      = []string{"coal", "gas", "sun"}[random.IntN(3)]
		factor       = map[string]float64{"coal": 0.4, "gas": 0.2, "sun": 0}[carrier]
		nominal      = pick(random, 5, 40)
		least        = pick(random, 0, 0.5)
		price        = pick(random, -5, 50)
		efficiency   = pick(random, 0.2, 1)
		energy, most = maybe(random, 20, 200)
		upText, up   = maybe(random, 0.1, 0.6)
		downText, dn = maybe(random, 0.1, 0.6)
		committable  = random.IntN(2) == 0
		minUp        = random.IntN(4)
		minDown      = random.IntN(4)
		upBefore     = random.IntN(3)
		downBefore   = 0
		start, stop  = pick(random, 0, 200), pick(random, 0, 50)
		standby      = pick(random, 0, 9)
		suText, su   = maybe(random, least, 1)
		sdText, sd   = maybe(random, least, 1)
		initText, p0 = maybe(random, 0, nominal)
		sign         = 1.0
	)
	if upBefore == 0 {
		downBefore = random.IntN(3)
	}
	if !committable && random.IntN(3) == 0 {
		sign = -1
	}
	if !committable {
		upBefore, downBefore, least = 1, 0, pick(random, -0.2, 0)
	}
	w.folder["generators"] = append(w.folder["generators"], fmt.Sprintf("%s,b,%s,%v,%v,%v,0,%v,%s,%s,%s,%v,%d,%d,%d,%d,%v,%v,%v,%s,%s,%s,%v",
		name, carrier, nominal, least, price, efficiency, energy, upText, downText, committable, minUp, minDown, upBefore, downBefore,
		start, stop, standby, suText, sdText, initText, sign))
	available := make([]float64, w.steps)
	for t := range available {
		available[t] = pick(random, 0.5, 1)
	}
	w.series("generators-p_max_pu", name, available)

	var (
		p, u, v, x = make([]milp.Expr, w.steps), make([]milp.Expr, w.steps), make([]milp.Expr, w.steps), make([]milp.Expr, w.steps)
		total      milp.Expr
		noUp       = math.IsNaN(up) && math.IsNaN(su)
		noDown     = math.IsNaN(dn) && math.IsNaN(sd)
	)
	for t := range w.steps {
		p[t] = w.column(name+".p", 0, t, -milp.Inf, milp.Inf)
		u[t] = milp.Const(1)
		if committable {
			u[t] = w.m.Bin(milp.At(name, "u", t)).Expr()
			v[t], x[t] = w.column(name+".v", 0, t, 0, 1), w.column(name+".w", 0, t, 0, 1)
		}
	}
	for t := range w.steps {
		row := func(what string) milp.Name { return milp.At(name, what, t) }
		w.m.AtLeast(row("low"), p[t], u[t].Times(least*nominal))
		w.m.AtMost(row("high"), p[t], u[t].Times(available[t]*nominal))
		w.balance[t].Add(p[t].Times(sign))
		w.cost.Add(p[t].Times(price * w.weights[0][t]))
		w.carbon.Add(p[t].Times(factor / efficiency * w.weights[2][t]))
		total.Add(p[t].Times(w.weights[2][t]))
		was, before, first := milp.Const(1), milp.Const(p0), true
		if committable && upBefore == 0 {
			was, before, first = milp.Const(0), milp.Const(0), false
		}
		if t > 0 {
			was, before = u[t-1], p[t-1]
		}
		if t > 0 || !first || !math.IsNaN(p0) {
			// p_t − p_{t−1} ≤ [ru u_{t−1} + su (u_t − u_{t−1})] P and its
			// mirror image
			change := u[t].Minus(was)
			if !noUp {
				w.m.AtMost(row("up"), p[t].Minus(before), milp.Sum(was.Times(or(up, 1)*nominal), change.Times(or(su, 1)*nominal)))
			}
			if !noDown {
				w.m.AtLeast(row("down"), p[t].Minus(before), milp.Sum(u[t].Times(-or(dn, 1)*nominal), change.Times(or(sd, 1)*nominal)))
			}
		}
		if !committable {
			continue
		}
		w.cost.Add(u[t].Times(standby*w.weights[0][t]), v[t].Times(start), x[t].Times(stop))
		w.m.AtLeast(row("started"), v[t], u[t].Minus(was))
		w.m.AtLeast(row("stopped"), x[t], was.Minus(u[t]))
		for k := t; k < min(w.steps, t+minUp); k++ {
			w.m.AtLeast(milp.At(name, "stay_on", t, k), u[k], u[t].Minus(was))
		}
		for k := t; k < min(w.steps, t+minDown); k++ {
			w.m.AtMost(milp.At(name, "stay_off", t, k), u[k], milp.Const(1).Minus(was.Minus(u[t])))
		}
		if upBefore > 0 && t < minUp-upBefore {
			w.m.AtLeast(row("held_on"), u[t], milp.Const(1))
		}
		if upBefore == 0 && downBefore > 0 && t < minDown-downBefore {
			w.m.AtMost(row("held_off"), u[t], milp.Const(0))
		}
	}
	if !math.IsNaN(most) {
		w.m.AtMost(milp.At(name, "energy"), total, milp.Const(most))
	}
}

// storage adds a random storage unit.
func (w *twin) storage(random *rand.Rand, i int) {
	var (
		name    = fmt.Sprint("g", i) // names of two lists may be equal
		nominal = pick(random, 2, 20)
		hours   = pick(random, 1, 6)
		in, out = pick(random, 0.6, 1), pick(random, 0.6, 1)
		loss    = pick(random, 0, 0.1)
		price   = pick(random, 0, 9)
		holding = pick(random, 0, 1)
		initial = pick(random, 0, nominal)
		cyclic  = random.IntN(2) == 0
		inflow  = make([]float64, w.steps)
		e       = make([]milp.Expr, w.steps)
	)
	if w.folder["storage_units"] == nil {
		w.folder["storage_units"] = []string{"name,bus,p_nom,max_hours,efficiency_store,efficiency_dispatch,standing_loss,marginal_cost,marginal_cost_storage,state_of_charge_initial,cyclic_state_of_charge,spill_cost"}
	}
	w.folder["storage_units"] = append(w.folder["storage_units"], fmt.Sprintf("%s,b,%v,%v,%v,%v,%v,%v,%v,%v,%v,2.5", name, nominal, hours, in, out, loss, price, holding, initial, cyclic))
	for t := range inflow {
		inflow[t] = pick(random, 0, 3)
		e[t] = w.column("store"+name+".e", 0, t, 0, hours*nominal)
	}
	w.series("storage_units-inflow", name, inflow)
	for t := range w.steps {
		store := w.column("store"+name+".in", 0, t, 0, nominal)
		dispatch := w.column("store"+name+".out", 0, t, 0, nominal)
		spill := w.column("store"+name+".spill", 0, t, 0, inflow[t])
		before := milp.Const(initial)
		if t > 0 {
			before = e[t-1]
		} else if cyclic {
			before = e[w.steps-1]
		}
		h := w.weights[1][t]
		w.m.Equal(milp.At("store"+name, "balance", t), e[t], milp.Sum(before.Times(math.Pow(1-loss, h)), store.Times(in*h), dispatch.Times(-h/out),
			milp.Const(inflow[t]*h), spill.Times(-h)))
		w.balance[t].Add(dispatch, store.Times(-1))
		w.cost.Add(dispatch.Times(price*w.weights[0][t]), e[t].Times(holding*w.weights[0][t]), spill.Times(2.5*w.weights[0][t]))
	}
}

// Random networks have the same optimum as a second statement of PyPSA's
// equations.
func TestPyPSAEqualsItsTwin(t *testing.T) {
	infeasible := 0
	for seed := range uint64(120) {
		random := rand.New(rand.NewPCG(seed, 7))
		w := newTwin(random, 2+random.IntN(5))
		for i := range 1 + random.IntN(3) {
			w.generator(random, i)
		}
		for i := range random.IntN(3) {
			w.storage(random, i)
		}
		// A dear generator of any power keeps most networks feasible.
		w.folder["generators"] = append(w.folder["generators"], "slack,b,sun,500,-1,100,0,1,,,,False,0,0,1,0,0,0,0,,,,1")
		var load []float64
		for k := range w.steps {
			slack := w.column("slack", 0, k, -500, 500)
			w.balance[k].Add(slack)
			w.cost.Add(slack.Times(100 * w.weights[0][k]))
			load = append(load, pick(random, 0, 60))
			w.m.Equal(milp.At("bus", "balance", k), w.balance[k], milp.Const(load[k]))
		}
		w.folder["loads"] = []string{"name,bus", "l,b"}
		w.series("loads-p_set", "l", load)
		if random.IntN(2) == 0 {
			w.folder["global_constraints"] = []string{"name,type,carrier_attribute,sense,constant", "cap,primary_energy,co2_emissions,<=,60"}
			w.m.AtMost(milp.Named("carbon"), w.carbon, milp.Const(60))
		}
		w.m.Minimize(w.cost)
		folder := fstest.MapFS{}
		for name, lines := range w.folder {
			folder[name+".csv"] = &fstest.MapFile{Data: []byte(strings.Join(lines, "\n"))}
		}
		s, err := unitcommitment.ReadPyPSA(folder, unitcommitment.Options{})
		require.NoError(t, err)
		found, feasible := optimum(t, s)
		want, err := exact.Solve(t.Context(), w.m)
		testsolver.Skip(t, err)
		require.NoError(t, err)
		require.Equal(t, want.Status != milp.Infeasible, feasible, "seed %d", seed)
		if !feasible {
			infeasible++
			continue
		}
		require.InDelta(t, want.Objective, found, 1e-6*max(1, math.Abs(found)), "seed %d", seed)
	}
	t.Logf("%d of 120 networks are infeasible in both statements", infeasible)
	assert.Less(t, infeasible, 60)
}

// The units of the readers obey the rules of a DER: nothing is exchanged if
// they are left out, and the money of a schedule is that of the program.
func TestUnitsOfReadersConform(t *testing.T) {
	folder := with(loads(10, 10, 10, 10), "generators",
		"name,bus,p_nom,p_min_pu,marginal_cost,committable,start_up_cost,shut_down_cost,stand_by_cost,min_up_time,ramp_limit_up "+
			"farm,b,20,0,3,False,0,0,0,0, both,b,20,-0.5,3,False,0,0,0,0,0.5 unit,b,20,0.25,3,True,50,20,4,2,0.75",
		"storage_units", "name,bus,p_nom,max_hours,efficiency_store,efficiency_dispatch,marginal_cost,standing_loss,state_of_charge_initial s,b,5,4,0.9,0.8,2,0.01,3 d,b,5,4,0.9,0.8,2,0.01,3",
		"storage_units-inflow", ",d 0,1 1,2 2,0 3,1")
	s, err := unitcommitment.ReadPyPSA(folder, unitcommitment.Options{})
	require.NoError(t, err)
	units := s.Units
	more, err := unitcommitment.Read(strings.NewReader(ucjlOf(`"Time horizon (h)": 4`, "10", `"Storage units": {"m": {"Bus": "b", "Maximum level (MWh)": 5, "Initial level (MWh)": 2, "Charge cost ($/MW)": 1,
		"Discharge cost ($/MW)": 1, "Maximum charge rate (MW)": 5, "Maximum discharge rate (MW)": 5, "Minimum charge rate (MW)": 2, "Minimum discharge rate (MW)": 1, "Allow simultaneous charging and discharging": false}},
		"Price-sensitive loads": {"p": {"Bus": "b", "Revenue ($/MW)": 25, "Demand (MW)": 5}}`)), unitcommitment.Options{})
	require.NoError(t, err)
	units = append(units, more.Units...)
	curve, err := unitcommitment.Read(strings.NewReader(matpowerOf("10", []string{"50 0"}, []string{"1 0 0 3 0 5 20 100 50 400"})), unitcommitment.Options{Decommit: true})
	require.NoError(t, err)
	set, err := scenario.New(s.Set.Grid(), []float64{0.6, 0.4})
	require.NoError(t, err)
	require.NoError(t, set.Add("any", "MW", [][]float64{{1, 2, 3, 4}, {4, 3, 2, 1}}))
	for _, u := range units {
		t.Run(u.Name(), func(t *testing.T) { dertest.Run(t, testsolver.New(t), u, dertest.Config{Set: set}) })
	}
	one, err := scenario.New(curve.Set.Grid(), []float64{0.6, 0.4})
	require.NoError(t, err)
	require.NoError(t, one.Add("any", "MW", [][]float64{{1}, {4}}))
	for _, u := range curve.Units {
		t.Run(u.Name(), func(t *testing.T) { dertest.Run(t, testsolver.New(t), u, dertest.Config{Set: one}) })
	}
}

var _ der.DER

func FuzzReadPyPSA(f *testing.F) {
	files := []string{"generators", "generators-p_max_pu", "storage_units", "stores", "snapshots", "loads-p_set", "global_constraints", "carriers", "buses"}
	f.Add("name,bus,p_nom\ng,b,1\n", uint8(0), uint16(0), "")
	for i, token := range []string{"1e300", "-1", "inf", "nan", "True", ",", "\n", "\"", "b", "2030-01-01", "0x10", "<="} {
		f.Add("", uint8(i), uint16(7*i), token)
	}
	f.Fuzz(func(t *testing.T, arbitrary string, file uint8, position uint16, token string) {
		folder := with(loads(10, 20), "carriers", "name,co2_emissions coal,0.5",
			"generators", "name,bus,p_nom,marginal_cost,carrier,committable,ramp_limit_up,min_up_time,marginal_cost_quadratic,e_sum_max,sign g,b,20,7,coal,True,0.5,2,0,40,1 h,b,30,9,,False,,0,0.5,,-1",
			"generators-p_max_pu", ",h 0,1 1,0.5", "storage_units", "name,bus,p_nom,max_hours,standing_loss,cyclic_state_of_charge s,b,5,3,0.1,True",
			"stores", "name,bus,e_nom,e_initial r,b,5,1", "global_constraints", "name,type,carrier_attribute,sense,constant cap,primary_energy,co2_emissions,<=,50")
		name := files[int(file)%len(files)] + ".csv"
		if token != "" {
			if places := len(string(folder[name].Data)); places > 0 {
				arbitrary = spoiledCell(string(folder[name].Data), int(position), token)
			}
		}
		folder[name] = &fstest.MapFile{Data: []byte(arbitrary)}
		s, err := unitcommitment.ReadPyPSA(folder, unitcommitment.Options{})
		sound(t, s, err)
	})
}

// spoiledCell returns a table with one of its cells replaced.
func spoiledCell(text string, position int, token string) string {
	cells := strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == '\n' })
	return strings.Replace(text, cells[position%len(cells)], token, 1)
}
