package vpp_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/internal/testsolver"
	"github.com/trigrid/trigrid/market"
	"github.com/trigrid/trigrid/milp"
	"github.com/trigrid/trigrid/optional"
	"github.com/trigrid/trigrid/vpp"
)

// bench is a VPP with a wind farm and two engines without a memory over steps
// of an hour, so that each step is a problem of three outputs. All numbers are
// integers, and many costs and prices are equal.
type bench struct {
	wind, demand, buy, sell, tariff []float64 // by step
	exports                         float64   // limit, MW
	engines                         [2]struct{ least, most, cost, noLoad float64 }
}

func randomBench(seed uint64, steps int) bench {
	var (
		x      bench
		random = rand.New(rand.NewPCG(seed, 3))
		one    = func(of ...float64) float64 { return of[random.IntN(len(of))] }
	)
	for range steps {
		x.wind, x.demand = append(x.wind, one(0, 4, 9)), append(x.demand, one(12, 15, 20))
		price := one(50, 60, 70)
		x.buy, x.sell = append(x.buy, price), append(x.sell, price-one(10, 20))
		x.tariff = append(x.tariff, one(30, 55))
	}
	x.exports = one(2, 5, 100)
	for k := range x.engines {
		e := &x.engines[k]
		e.least, e.most = one(2, 3), one(6, 10)
		e.cost, e.noLoad = one(40, 45, 50, 55, 60), one(0, 0, 15)
	}
	return x
}

func (x bench) problem(t *testing.T) vpp.Problem {
	set := hourly(t, len(x.wind), []float64{1}, map[string][][]float64{"wind": {x.wind}, "load": {x.demand}})
	setting := priced(set, 0, 0)
	setting.Markets.Electricity = &market.Tariff{Calendar: market.Calendar{Steps: set.Steps()}, Buy: x.buy, Sell: x.sell}
	ders := []der.DER{&der.Wind{ID: "wind", Available: "wind"}}
	for k, e := range x.engines {
		ders = append(ders, &der.Thermal{
			ID: fmt.Sprint("engine", k), MinOutput: e.least, MaxOutput: e.most, Linear: e.cost, NoLoad: e.noLoad,
		})
	}
	v := vpp.VPP{Name: "bench", Demand: "load", ExportLimit: optional.Of(x.exports), PassThrough: 0.5, Tariff: der.Tariff{Injection: x.tariff}}
	return vpp.Problem{VPP: v, Members: ders, Setting: setting}
}

// amounts are those of a schedule: its objective and integrated value, and the
// revenues of wind farm and engines.
type amounts struct {
	objective, value float64
	revenue          [3]float64
}

func (a amounts) plus(b amounts) amounts {
	a.objective, a.value = a.objective+b.objective, a.value+b.value
	for i := range a.revenue {
		a.revenue[i] += b.revenue[i]
	}
	return a
}

// corners returns the amounts of all corners of step t, by commitment of the
// engines (bits 0 and 1). A corner has all outputs at a limit, or all but one
// and the net export at a limit or at zero, where the price changes. On each
// side of zero all amounts are linear, so that their extremes over the optimal
// face are at corners.
func (x bench) corners(t int) (out [4][]amounts) {
	for on := range out {
		low, high := [3]float64{}, [3]float64{x.wind[t], 0, 0}
		for k, e := range x.engines {
			if on>>k&1 == 1 {
				low[k+1], high[k+1] = e.least, e.most
			}
		}
		add := func(output [3]float64) {
			net := output[0] + output[1] + output[2] - x.demand[t]
			if net > x.exports {
				return
			}
			for i := range output {
				if output[i] < low[i] || output[i] > high[i] {
					return
				}
			}
			trade, costs, paid := x.sell[t]*max(net, 0)-x.buy[t]*max(-net, 0), 0.0, 0.0
			a := amounts{}
			for i, p := range output {
				own := 0.0
				if i > 0 && on>>(i-1)&1 == 1 {
					own = x.engines[i-1].cost*p + x.engines[i-1].noLoad
				}
				a.revenue[i] = x.tariff[t]*p - own
				costs, paid = costs+own, paid+x.tariff[t]*p
			}
			a.objective, a.value = trade-costs, trade-paid
			out[on] = append(out[on], a)
		}
		for bits := range 8 {
			output := low
			for i := range output {
				if bits>>i&1 == 1 {
					output[i] = high[i]
				}
			}
			add(output)
			for i := range output {
				for _, net := range []float64{0, x.exports} {
					inner := output
					inner[i] += net - (output[0] + output[1] + output[2] - x.demand[t])
					add(inner)
				}
			}
		}
	}
	return out
}

// schedules returns the amounts of all combinations of corners, by commitment
// of all steps.
func (x bench) schedules() map[string][]amounts {
	out := map[string][]amounts{"": {{}}}
	for t := range x.wind {
		next, corners := map[string][]amounts{}, x.corners(t)
		for before, list := range out {
			for on, more := range corners {
				name := before + fmt.Sprint(on)
				for _, a := range list {
					for _, b := range more {
						next[name] = append(next[name], a.plus(b))
					}
				}
			}
		}
		out = next
	}
	return out
}

// quantity is one amount with its stated range.
type quantity struct {
	name   string
	of     func(a amounts) float64
	stated vpp.Range
}

func quantities(r *vpp.Ranges) []quantity {
	out := []quantity{{"integrated value", func(a amounts) float64 { return a.value }, r.Integrated}}
	for i := range 3 {
		out = append(out, quantity{fmt.Sprint("revenue ", i), func(a amounts) float64 { return a.revenue[i] }, r.Revenue[i]})
	}
	return out
}

// All schedules of random small VPPs are enumerated, without a program and a
// solver, and compared with the stated ranges:
//
//   - A range over all schedules near the optimum contains the amounts of each
//     corner there.
//   - A range from a list of commitments has as many as the enumeration. It has
//     a part in common with the optimal face of each of them, and ends where
//     the faces end.
//
// Different objectives differ by at least 1, and the gap is less or about 1 %
// of them.
func TestRangesContainTheEnumeratedOptimalFaces(t *testing.T) {
	const tolerance = 0.05 // assumed, for rounding of amounts of up to 3000
	listed, tied, bounded := 0, 0, 0
	for seed := range uint64(30) {
		for _, gap := range []float64{5e-6, 1e-2} {
			t.Run(fmt.Sprintf("%d, gap %g", seed, gap), func(t *testing.T) {
				x, solver := randomBench(seed, 2), testsolver.New(t)
				solver.Gap, solver.AbsoluteGap = gap, 0
				p := x.problem(t)
				plan, err := p.Solve(t.Context(), solver)
				require.NoError(t, err)
				r, err := p.Ranges(t.Context(), solver, plan)
				require.NoError(t, err)

				faces, best := x.schedules(), math.Inf(-1)
				of := map[string]float64{} // the best objective of each commitment
				for name, list := range faces {
					of[name] = math.Inf(-1)
					for _, a := range list {
						of[name] = max(of[name], a.objective)
					}
					best = max(best, of[name])
				}
				allowed := milp.Limited(solver).AllowedGap(plan.Value.Objective)
				require.GreaterOrEqual(t, plan.Value.Objective, best-allowed-1e-3)
				require.LessOrEqual(t, plan.Value.Objective, best+1e-3)

				if r.Schedules == 0 {
					bounded++
					for name, list := range faces {
						for _, a := range list {
							if a.objective < plan.Value.Objective-allowed {
								continue
							}
							for _, q := range quantities(r) {
								assert.True(t, q.stated.Contains(q.of(a)), "%s of %s: %v is outside %v", q.name, name, q.of(a), q.stated)
							}
						}
					}
					return
				}
				listed++
				all := make([]vpp.Range, 4) // over the faces of all gap-optimal commitments
				members := 0
				for name, list := range faces {
					if of[name] < best-allowed {
						continue
					}
					members++
					for k, q := range quantities(r) {
						face := vpp.Range{Low: math.Inf(1), High: math.Inf(-1)}
						for _, a := range list {
							if a.objective >= of[name]-1e-6 {
								face = face.Join(vpp.Range{Low: q.of(a), High: q.of(a)})
							}
						}
						assert.True(t, q.stated.Low <= face.High && face.Low <= q.stated.High,
							"%s of %s: the face %v is apart from %v", q.name, name, face, q.stated)
						if members == 1 {
							all[k] = face
						}
						all[k] = all[k].Join(face)
						if face.Half() > 0 {
							tied++
						}
					}
				}
				assert.Equal(t, members, r.Schedules)
				for k, q := range quantities(r) {
					assert.GreaterOrEqual(t, q.stated.Low, all[k].Low-tolerance, "%s", q.name)
					assert.LessOrEqual(t, q.stated.High, all[k].High+tolerance, "%s", q.name)
				}
			})
		}
	}
	t.Logf("%d lists, %d quantities that differ on a face; %d bounds", listed, tied, bounded)
	assert.GreaterOrEqual(t, listed, 15)
	assert.GreaterOrEqual(t, bounded, 30)
	assert.Positive(t, tied)
}
