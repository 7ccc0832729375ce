package trigrid_test

import (
	"context"
	"math"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid"
	"github.com/trigrid/trigrid/evogame"
	"github.com/trigrid/trigrid/milp"
)

// watcher checks that reports come one at a time, and measures the time between
// them.
type watcher struct {
	t       *testing.T
	busy    atomic.Bool
	over    atomic.Bool
	began   time.Time
	last    time.Time
	longest time.Duration
	all     []trigrid.Progress
}

func (w *watcher) observe(p trigrid.Progress) {
	assert.False(w.t, w.busy.Swap(true), "one report at a time")
	assert.False(w.t, w.over.Load(), "no report after the run")
	now := time.Now()
	w.longest = max(w.longest, now.Sub(w.last))
	w.last = now
	w.all = append(w.all, p)
	w.busy.Store(false)
}

func (w *watcher) run(r trigrid.Region, o trigrid.Options) *trigrid.Result {
	w.began = time.Now()
	w.last, o.Observe = w.began, w.observe
	res := coordinate(w.t, r, o)
	w.over.Store(true)
	time.Sleep(1200 * time.Millisecond)
	require.NotEmpty(w.t, w.all)
	assert.Less(w.t, w.all[0].Elapsed, onTime(time.Second))
	assert.Less(w.t, w.longest, onTime(2*time.Second))
	return res
}

// One program takes three seconds: its VPP and members are named all the while,
// with the time that is left.
func TestProgressOfOneLongProgram(t *testing.T) {
	var once atomic.Bool
	solver := newStub(t, func(ctx context.Context, _ *milp.Model, _ *milp.Limits) (*milp.Solution, error) {
		if once.Swap(true) {
			return nil, nil
		}
		return nil, sleep(ctx, 3*time.Second)
	})
	w := &watcher{t: t}
	w.run(small(t), trigrid.Options{Solver: solver, Workers: 1})
	named := 0
	for _, p := range w.all {
		if p.Stage == trigrid.Coalitions && p.VPP == "VPP1" && len(p.Members) == 0 && p.Working > time.Second {
			named++
			assert.Equal(t, 16, p.Total)
			assert.Zero(t, p.Done)
			assert.Greater(t, p.Remaining, time.Minute)
			assert.LessOrEqual(t, p.Remaining, trigrid.DefaultBudget)
		}
	}
	assert.GreaterOrEqual(t, named, 2, "within the program")
}

// Reports have the best profile of the solved programs: its welfare rises, is
// that of the programs in the result, and ends at the best welfare.
func TestProgressHasTheBestProfileSoFar(t *testing.T) {
	for _, search := range []bool{false, true} {
		w := &watcher{t: t}
		r := small(t)
		r.Outside = map[string]float64{r.DERs[0].Name(): 500}
		res := w.run(r, trigrid.Options{Workers: 1, Search: search, Budget: -1})
		last, changes := math.Inf(-1), 0
		for _, p := range w.all {
			if p.Profile == nil {
				assert.True(t, math.IsNaN(p.Welfare))
				continue
			}
			require.GreaterOrEqual(t, p.Welfare, last)
			if p.Welfare > last {
				changes++
				last = p.Welfare
				sum := 0.0
				for v := range r.VPPs {
					var members []string
					for _, d := range r.DERs {
						if p.Profile[d.Name()] == r.VPPs[v].Name {
							members = append(members, d.Name())
						}
					}
					sum += objective(t, res, r.VPPs[v].Name, members)
				}
				for _, d := range r.DERs {
					if p.Profile[d.Name()] == trigrid.Outside {
						sum += res.Weights.Economic * r.Outside[d.Name()]
					}
				}
				assert.InDelta(t, sum, p.Welfare, 1e-6)
			}
		}
		assert.GreaterOrEqual(t, changes, 2)
		end := w.all[len(w.all)-1]
		assert.InDelta(t, res.Game.BestWelfare, end.Welfare, 1e-6)
		assert.Contains(t, res.Game.Best, end.Profile)
		assert.GreaterOrEqual(t, end.WelfareBound, end.Welfare)
	}
}

// sloth is the replicator with a slow computer.
type sloth struct{ evogame.Replicator }

func (s sloth) Growth(g, x, f []float64) {
	time.Sleep(500 * time.Microsecond)
	s.Replicator.Growth(g, x, f)
}

// A choice of some seconds reports the best known welfare and its bound.
func TestProgressOfALongChoice(t *testing.T) {
	w := &watcher{t: t}
	res := w.run(small(t), trigrid.Options{Dynamic: sloth{}, Budget: 8 * time.Second, Starts: 20})
	within := 0
	for _, p := range w.all {
		if p.Stage == trigrid.Choice && !math.IsNaN(p.Best) {
			within++
			assert.InDelta(t, res.Game.BestWelfare, p.Best, 1e-9)
			assert.GreaterOrEqual(t, p.Bound, p.Best)
		}
	}
	assert.GreaterOrEqual(t, within, 2)
	require.NotEmpty(t, res.Settlement)
	// The time for the random starts may have ended before all of them did.
	assert.Equal(t, res.Game.Starts < 20, res.Cut)
}

// The choice keeps the budget: a dynamic that does not end in time has the
// verdict of the state reached, and the recommendation follows from the
// equilibria.
func TestTheChoiceKeepsTheBudget(t *testing.T) {
	r := small(t)
	r.VPPs[0].PassThrough, r.VPPs[1].PassThrough = 1, 1
	began := time.Now()
	res := coordinate(t, r, trigrid.Options{Dynamic: stopped{}, Budget: 2 * time.Second})
	assert.Less(t, time.Since(began), onTime(2500*time.Millisecond))
	assert.True(t, res.Cut)
	assert.Contains(t, res.Game.Reason, "stopped")
	assert.Zero(t, res.Game.Starts)
	assert.Equal(t, trigrid.BestEquilibrium, res.Recommendation.Reason)
	checkSettled(t, res)
}

// stopped takes milliseconds for each evaluation.
type stopped struct{ evogame.Replicator }

func (s stopped) Growth(g, x, f []float64) {
	time.Sleep(2 * time.Millisecond)
	s.Replicator.Growth(g, x, f)
}
