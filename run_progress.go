package trigrid

import (
	"cmp"
	"maps"
	"math"
	"slices"
	"sync"
	"time"

	"github.com/trigrid/trigrid/milp"
	"github.com/trigrid/trigrid/vpp"
)

// Progress reports how far a run is. [Options.Observe] receives one at the
// start, after every program, and at least every second, also during one long
// program and in the choice. The calls come from one goroutine at a time, and
// none after Run has returned.
//
// For example, Progress{Stage: Coalitions, Done: 32, Total: 64} is half of the
// programs.
type Progress struct {
	Stage Stage
	Done  int // of Total; the number of programs solved so far if Total is 0
	Total int // of this stage; 0 for the programs of a search, whose number is open

	// VPP and Members name the program that has been in work for the longest
	// time, Working. VPP is empty if none is. Others may be in work as well.
	VPP     string
	Members []string
	Working time.Duration

	// Best and Bound are the objective and the bound of that program so far;
	// without one, the highest known welfare and its bound. NaN: not known.
	Best, Bound float64

	// Profile is the best profile that follows from the programs solved so far,
	// with its welfare. nil and NaN: none is known. The map must not be
	// changed. WelfareBound is the highest welfare that any profile can have;
	// NaN: not known.
	Profile               Profile
	Welfare, WelfareBound float64

	Elapsed time.Duration // since the start of the run

	// Remaining estimates the rest of the stage from its progress, at most the
	// rest of the budget. Negative: not known.
	Remaining time.Duration
}

// Stage is a part of a run.
type Stage string

// The stages of a run, in their order. Coalitions and Sharpening alternate in a
// search, or if the search comes first.
const (
	Registration Stage = "registration" // identities and weights on the ledger
	Coalitions   Stage = "coalitions"   // one program per VPP and coalition
	Sharpening   Stage = "sharpening"   // programs whose gap could change a verdict, again
	Joint        Stage = "joint"        // the program of a region of fleets
	Certifying   Stage = "certificate"  // of its equilibrium, and the plans of the VPPs
	Schemes      Stage = "schemes"      // sealed, verified by the grid, delivered to the DERs
	Choice       Stage = "choice"       // the game of the DERs
	Settling     Stage = "settlement"   // payments between all parties
)

// reportEvery is the largest time between two reports.
const reportEvery = time.Second

// tracker follows a run and reports to its observer. Without an observer it
// does nothing.
type tracker struct {
	observe func(Progress)
	clock   *clock
	region  Region

	calls sync.Mutex // held during a call of observe

	mu      sync.Mutex
	state   Progress
	entered time.Time // into the stage
	last    time.Time // of the last report
	working map[job]*work
	best    frontier

	quit, gone chan struct{}
}

// work is a program in work.
type work struct {
	began       time.Time
	best, bound float64 // objective and upper bound; NaN: not known
}

// newTracker starts to report.
func newTracker(observe func(Progress), c *clock, r Region) *tracker {
	t := &tracker{
		observe: observe, clock: c, region: r, working: map[job]*work{},
		state: Progress{Best: math.NaN(), Bound: math.NaN(), WelfareBound: math.NaN()},
		quit:  make(chan struct{}), gone: make(chan struct{}),
	}
	t.best.start(r)
	if observe == nil {
		close(t.gone)
		return t
	}
	go func() {
		defer close(t.gone)
		ticker := time.NewTicker(reportEvery / 2)
		defer ticker.Stop()
		for {
			select {
			case <-ticker.C:
				t.mu.Lock()
				due := time.Since(t.last) >= reportEvery/2
				t.mu.Unlock()
				if due {
					t.report()
				}
			case <-t.quit:
				return
			}
		}
	}()
	return t
}

// stop ends the reports.
func (t *tracker) stop() {
	close(t.quit)
	<-t.gone
}

// planning states the region with the published weights, before its first
// program.
func (t *tracker) planning(r Region) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.region = r
	t.best.start(r)
}

// solved reports the objective of a program with a plan.
func (t *tracker) solved(j job, objective float64) {
	if t.observe == nil {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.best.solved(j, objective)
}

// met reports the welfare of a feasible profile.
func (t *tracker) met(profile []int, welfare float64) {
	if t.observe == nil {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.best.met(profile, welfare)
}

// stage begins a stage, or ends it if done is total.
func (t *tracker) stage(s Stage, done, total int) {
	t.mu.Lock()
	if t.state.Stage != s || done == 0 {
		t.entered = time.Now()
	}
	t.state.Stage, t.state.Done, t.state.Total = s, done, total
	t.mu.Unlock()
	t.report()
}

// programs reports that so many programs have been solved for the first time.
// Later stages plan coalitions, too.
func (t *tracker) programs(done, total int) {
	t.mu.Lock()
	if t.state.Stage == Sharpening {
		t.state.Stage, t.entered = Coalitions, time.Now()
	}
	t.state.Done, t.state.Total = done, total
	t.mu.Unlock()
	t.report()
}

// starts counts the random starts of the dynamic; the next regular report
// states them.
func (t *tracker) starts(done, total int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.state.Done, t.state.Total = done, total
}

// done reports that so many programs of a round are done.
func (t *tracker) done(n int) {
	t.mu.Lock()
	t.state.Done = n
	t.mu.Unlock()
	t.report()
}

// welfare sets the best known welfare and its bound.
func (t *tracker) welfare(best, bound float64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.state.Best, t.state.Bound, t.state.WelfareBound = math.NaN(), math.NaN(), math.NaN()
	if !math.IsInf(best, 0) {
		t.state.Best = best
	}
	if !math.IsInf(bound, 0) {
		t.state.Bound, t.state.WelfareBound = bound, bound
	}
}

// begin marks a program as in work and returns the solver that reports its
// state, and the end of the work.
func (t *tracker) begin(j job, solver milp.Solver) (milp.Solver, func()) {
	if t.observe == nil {
		return solver, func() {}
	}
	w := &work{time.Now(), math.NaN(), math.NaN()}
	t.mu.Lock()
	t.working[j] = w
	t.mu.Unlock()
	if o, ok := solver.(milp.Observed); ok {
		solver = o.Observe(func(p milp.Progress) {
			t.mu.Lock()
			defer t.mu.Unlock()
			w.best, w.bound = p.Incumbent, p.Bound
		})
	}
	return solver, func() {
		t.mu.Lock()
		defer t.mu.Unlock()
		delete(t.working, j)
	}
}

// report calls the observer with the present state.
func (t *tracker) report() {
	if t.observe == nil {
		return
	}
	t.calls.Lock()
	defer t.calls.Unlock()
	t.observe(t.snapshot())
}

// snapshot returns the present state with the program that is in work for the
// longest time.
func (t *tracker) snapshot() Progress {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := time.Now()
	t.last = now
	t.best.refresh(now)
	p := t.state
	p.Profile, p.Welfare = t.best.profile, t.best.welfare
	if p.Profile == nil {
		p.Welfare = math.NaN()
	}
	p.Elapsed, p.Remaining = now.Sub(t.clock.began), -1
	jobs := slices.SortedFunc(maps.Keys(t.working), func(a, b job) int {
		return cmp.Or(t.working[a].began.Compare(t.working[b].began), cmp.Compare(a.vpp, b.vpp), cmp.Compare(a.s, b.s))
	})
	if len(jobs) > 0 {
		j, w := jobs[0], t.working[jobs[0]]
		p.VPP, p.Members, p.Working = t.region.VPPs[j.vpp].Name, t.region.names(j.s), now.Sub(w.began)
		p.Best, p.Bound = w.best, w.bound
	}
	if p.Done > 0 && p.Total > 0 {
		p.Remaining = time.Duration(float64(now.Sub(t.entered)) / float64(p.Done) * float64(p.Total-p.Done))
	}
	if !t.clock.end.IsZero() {
		left := max(0, t.clock.end.Sub(now))
		if p.Remaining < 0 || left < p.Remaining {
			p.Remaining = left
		}
	}
	return p
}

// frontier finds the profile of the highest welfare that follows from the
// programs solved so far, for [Progress]. It has no influence on the run.
type frontier struct {
	region  Region
	profile Profile // nil: none is known
	welfare float64 // of profile; -Inf without one

	objectives []map[vpp.Coalition]float64 // of the solved programs, by VPP
	stale      bool                        // a program was solved since the last search
	searched   time.Time
	took       time.Duration
}

// combineShare bounds the time of searches to this share of the time of the
// run.
const combineShare = 0.02

// start begins with no solved program of a region.
func (f *frontier) start(r Region) {
	*f = frontier{region: r, welfare: math.Inf(-1), objectives: make([]map[vpp.Coalition]float64, len(r.VPPs))}
	for v := range f.objectives {
		f.objectives[v] = map[vpp.Coalition]float64{}
	}
}

// solved adds the objective of a program.
//
// A program that is solved again has its new objective.
func (f *frontier) solved(j job, objective float64) {
	f.objectives[j.vpp][j.s] = objective
	f.stale = true
}

// met keeps a feasible profile if its welfare is higher than that of the kept
// one.
func (f *frontier) met(profile []int, welfare float64) {
	if welfare > f.welfare {
		f.profile, f.welfare = newChoice(f.region, nil, nil).profile(profile), welfare
	}
}

// refresh searches the profiles again if programs were solved since the last
// time. A region of more than [MaxEnumerated] DERs has too many profiles;
// there, met gets those of the search.
func (f *frontier) refresh(now time.Time) {
	if !f.stale || len(f.region.DERs) > MaxEnumerated || float64(f.took) > combineShare*float64(now.Sub(f.searched)) {
		return
	}
	if profile, welfare := f.combine(); profile != nil {
		f.met(profile, welfare)
	}
	f.stale, f.searched, f.took = false, now, time.Since(now)
}

// combine returns the best of all profiles whose programs are solved, nil if
// there is none. With B_v(U) the highest sum of objectives of the first v VPPs
// whose coalitions have the union U,
//
//	B_v(U) = Max over S ⊆ U of B_{v−1}(U \ S) + Objective_v(S),   B_0(∅) = 0
//	W      = Max over U of B_M(U) + w_e Σ_{i not in U} Outside_i
//
// which takes M 3^n additions for n DERs instead of (M+1)^n sums.
func (f *frontier) combine() (profile []int, welfare float64) {
	n := len(f.region.DERs)
	best := slices.Repeat([]float64{math.Inf(-1)}, 1<<n)
	best[0] = 0
	var chosen [][]vpp.Coalition // S behind B_v(U), by v and U
	for _, objectives := range f.objectives {
		next, from := slices.Repeat([]float64{math.Inf(-1)}, 1<<n), make([]vpp.Coalition, 1<<n)
		// A fixed order gives the same one of several equal profiles.
		for _, s := range slices.Sorted(maps.Keys(objectives)) {
			objective := objectives[s]
			rest := vpp.Coalition(1<<n-1) &^ s
			for u := rest; ; u = (u - 1) & rest { // all subsets of the other DERs
				if sum := best[u] + objective; sum > next[u|s] {
					next[u|s], from[u|s] = sum, s
				}
				if u == 0 {
					break
				}
			}
		}
		best, chosen = next, append(chosen, from)
	}
	welfare = math.Inf(-1)
	var union vpp.Coalition
	for u, sum := range best {
		for i, d := range f.region.DERs {
			if !vpp.Coalition(u).Has(i) {
				sum += f.region.Setting.Weights.Economic * f.region.Outside[d.Name()]
			}
		}
		if sum > welfare {
			welfare, union = sum, vpp.Coalition(u)
		}
	}
	if math.IsInf(welfare, -1) {
		return nil, welfare
	}
	profile = slices.Repeat([]int{len(f.region.VPPs)}, n)
	for v := len(chosen) - 1; v >= 0; v-- {
		s := chosen[v][union]
		for _, i := range s.Members() {
			profile[i] = v
		}
		union &^= s
	}
	return profile, welfare
}
