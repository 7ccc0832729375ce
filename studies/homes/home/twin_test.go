package home

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/internal/testsolver"
	"github.com/trigrid/trigrid/optional"
)

// twin finds the best plan by trying every plan in whole Wh. It is written from
// the rules alone and calls nothing of the package but fields of the request.
//
// Whole Wh suffice if efficiencies are 1 and all data are whole: with the modes
// fixed, the program is a flow in a network over time, whose vertices are
// whole.
type twin struct {
	r     Request
	best  []float64 // money − penalties, late flows, priority; compared in this order
	plans int
}

func (x *twin) search(t int, states []int, value, late, favoured float64) {
	r := x.r
	if t == len(r.Seconds) {
		for i, b := range r.Batteries {
			value += b.Value * float64(states[i])
		}
		x.plans++
		score := []float64{value, late, favoured}
		for k := range score {
			if x.best != nil && score[k] < x.best[k]-1e-9 {
				return
			}
			if x.best == nil || score[k] > x.best[k]+1e-9 {
				x.best = score
				return
			}
		}
		return
	}
	x.step(t, 0, states, nil, value, late, favoured)
}

// step tries every change of battery i in step t, and settles the connection
// after the last one.
func (x *twin) step(t, i int, states, change []int, value, late, favoured float64) {
	r := x.r
	if i < len(r.Batteries) {
		b := r.Batteries[i]
		h := r.Seconds[t] / 3600
		top := max(b.Capacity.Or(b.Max), b.Initial)
		for a := -int(b.MaxDischarge * h); a <= int(b.MaxCharge*h); a++ {
			after := states[i] + a
			if after < 0 || float64(after) > top {
				continue
			}
			least := b.MinCharge * h
			if a > 0 && float64(a) < least && !(b.Demands != nil && float64(after) >= b.Max-least) {
				continue
			}
			x.step(t, i+1, states, append(append([]int{}, change...), a), value, late, favoured)
		}
		return
	}
	// The two directions, each as the rules state it.
	net := r.Load[t] - r.Solar[t]
	for _, a := range change {
		net += float64(a)
	}
	h, n := r.Seconds[t]/3600, float64(len(r.Seconds))
	base := 1e-4
	for k := range r.Seconds {
		base = math.Max(base, math.Max(r.ImportPrice[k], r.ExportPrice[k]))
	}
	for _, b := range r.Batteries {
		base = math.Max(base, b.Value)
	}
	after := append([]int{}, states...)
	penalty := 0.0
	gain := 0.0
	weight := (n - float64(t)) / n
	for i, b := range r.Batteries {
		after[i] += change[i]
		s := float64(after[i])
		penalty += 1000 * base * (math.Max(0, s-b.Max) + math.Max(0, b.Min-s))
		if b.Goals != nil && t > 0 {
			penalty += 100 * base * math.Max(0, b.Goals[t]-s)
		}
		if b.Demands != nil && s != b.Max {
			short := math.Min(b.Demands[t], b.MaxCharge*h) - math.Max(0, float64(change[i]))
			penalty += 100 * base * (1 + weight) * math.Max(0, short)
		}
		gain += b.Priority * weight * math.Abs(float64(change[i]))
	}
	for _, exporting := range []bool{false, true} {
		if exporting && net > 0 || !exporting && net < 0 {
			continue
		}
		allowed := true
		for i, b := range r.Batteries {
			allowed = allowed && (exporting || b.ChargeFromGrid || change[i] <= 0)
			allowed = allowed && (!exporting || b.DischargeToGrid || change[i] >= 0)
		}
		if !allowed {
			continue
		}
		v, p, l := value, penalty, late
		if exporting {
			sold := -net
			if limit, ok := r.MaxExport.Get(); ok && sold > limit*h {
				p += 100 * base * (1 - float64(t)*1e-5) * (sold - limit*h)
				sold = limit * h
			}
			v += sold * r.ExportPrice[t]
			if r.Preferences.LateExport {
				l -= weight * -net
			}
		} else {
			if limit, ok := r.MaxImport.Get(); ok && net > limit*h {
				p += 100 * base * (net - limit*h)
			}
			v -= net * r.ImportPrice[t]
			if r.Preferences.LateImport {
				l -= weight * net
			}
		}
		x.search(t+1, after, v-p, l, favoured+gain)
	}
}

// randomRequest returns a request of whole Wh in which ties, limits and every
// kind of miss are common.
func randomRequest(rng *rand.Rand) Request {
	steps, batteries := 3+rng.IntN(2), 1+rng.IntN(2)
	if batteries == 2 {
		steps = 3
	}
	prices := []float64{-0.001, 0, 0.001, 0.002, 0.003}
	pick := func(most int) float64 { return float64(rng.IntN(most + 1)) }
	limit := func() optional.Float {
		if rng.IntN(3) > 0 {
			return optional.Float{}
		}
		return optional.Of(2 * pick(3))
	}
	r := Request{ChargeEfficiency: 1, DischargeEfficiency: 1, MaxImport: limit(), MaxExport: limit()}
	r.Preferences = Preferences{LateExport: rng.IntN(2) == 0, LateImport: rng.IntN(2) == 0}
	for range steps {
		r.Seconds = append(r.Seconds, []float64{1800, 3600, 3600, 7200}[rng.IntN(4)])
		r.Load = append(r.Load, pick(4))
		r.Solar = append(r.Solar, pick(6))
		r.ImportPrice = append(r.ImportPrice, prices[rng.IntN(len(prices))])
		r.ExportPrice = append(r.ExportPrice, prices[rng.IntN(len(prices))])
	}
	list := func(most int) []float64 {
		if rng.IntN(3) > 0 {
			return nil
		}
		var out []float64
		for range steps {
			out = append(out, pick(most)*pick(1))
		}
		return out
	}
	for range batteries {
		b := Battery{
			Max: pick(5), MaxCharge: 2 * pick(2), MaxDischarge: 2 * pick(1),
			Value:          prices[rng.IntN(len(prices))],
			ChargeFromGrid: rng.IntN(2) == 0, DischargeToGrid: rng.IntN(2) == 0,
			Priority: pick(2),
			Goals:    list(6), Demands: list(4),
		}
		b.Min = min(b.Max, pick(2)*pick(1))
		b.Initial = pick(int(b.Max) + 1)
		if rng.IntN(2) == 0 {
			b.Capacity = optional.Of(b.Max + pick(2))
		}
		if rng.IntN(2) == 0 {
			b.MinCharge = 2 * pick(2)
		}
		r.Batteries = append(r.Batteries, b)
	}
	return r
}

// TestPlansAreThoseOfEnumeration compares money, penalties and preferences with
// the best of all plans in whole Wh.
func TestPlansAreThoseOfEnumeration(t *testing.T) {
	testsolver.New(t)
	requests := 150
	if testing.Short() {
		requests = 20
	}
	// In 1967 two misses are tied, in 3673 presolve fails, in 3866 idling is
	// best, and in 4965 an early loss is a little dearer than a late one.
	seeds := []int{1967, 3673, 3866, 4965}
	for seed := range requests {
		seeds = append(seeds, seed)
	}
	for _, seed := range seeds {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			r := randomRequest(rand.New(rand.NewPCG(7, uint64(seed))))
			x := twin{r: r}
			var initial []int
			for _, b := range r.Batteries {
				initial = append(initial, int(b.Initial))
			}
			x.search(0, initial, 0, 0, 0)
			require.Positive(t, x.plans)

			a, err := Plan(t.Context(), r, Options{})
			require.NoError(t, err, "%+v", r)
			assert.True(t, a.Proven && a.Preferred)
			assert.InDelta(t, x.best[0], a.Money-a.Penalty, 2e-6, "%+v", r)
			var late, favoured float64
			n := float64(r.Steps())
			for k := range r.Steps() {
				weight := (n - float64(k)) / n
				if r.Preferences.LateExport {
					late -= weight * (a.Export[k] + a.ExportLost[k])
				}
				if r.Preferences.LateImport {
					late -= weight * (a.Import[k] + a.ImportAbove[k])
				}
				for i, b := range r.Batteries {
					favoured += b.Priority * weight * (a.Batteries[i].Charge[k] + a.Batteries[i].Discharge[k])
				}
			}
			assert.InDelta(t, x.best[1], late, 0.05, "late flows of %+v", r)
			// Earlier preferences may lose a little, which this one can win:
			// 0.02 Wh lost in another step change penalties by 2e-7 of 100 b.
			assert.InDelta(t, x.best[2], favoured, 0.1, "priority of %+v", r)
		})
	}
}
