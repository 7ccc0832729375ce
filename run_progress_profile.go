package trigrid

import (
	"maps"
	"math"
	"slices"
	"time"

	"github.com/trigrid/trigrid/vpp"
)

// frontier finds the profile of the highest welfare that follows from the programs solved so far,
// for [Progress]. It has no influence on the run.
type frontier struct {
	region  Region
	profile Profile // nil: none is known
	welfare float64 // of profile; -Inf without one

	objectives []map[vpp.Coalition]float64 // of the solved programs, by VPP
	stale      bool                        // a program was solved since the last search
	searched   time.Time
	took       time.Duration
}

// combineShare bounds the time of searches to this share of the time of the run.
const combineShare = 0.02

// start begins with no solved program of a region.
func (f *frontier) start(r Region) {
	*f = frontier{region: r, welfare: math.Inf(-1), objectives: make([]map[vpp.Coalition]float64, len(r.VPPs))}
	for v := range f.objectives {
		f.objectives[v] = map[vpp.Coalition]float64{}
	}
}

// solved adds the objective of a program.
func (f *frontier) solved(j job, objective float64) {
	f.objectives[j.vpp][j.s] = objective
	f.stale = true
}

// met keeps a feasible profile if its welfare is higher than that of the kept one.
func (f *frontier) met(profile []int, welfare float64) {
	if welfare > f.welfare {
		f.profile, f.welfare = newChoice(f.region, nil, nil).profile(profile), welfare
	}
}

// refresh searches the profiles again if programs were solved since the last time. A region of more
// than [MaxEnumerated] DERs has too many profiles; there, met gets those of the search.
func (f *frontier) refresh(now time.Time) {
	if !f.stale || len(f.region.DERs) > MaxEnumerated || float64(f.took) > combineShare*float64(now.Sub(f.searched)) {
		return
	}
	if profile, welfare := f.combine(); profile != nil {
		f.met(profile, welfare)
	}
	f.stale, f.searched, f.took = false, now, time.Since(now)
}

// combine returns the best of all profiles whose programs are solved, nil if there is none. With
// B_v(U) the highest sum of objectives of the first v VPPs whose coalitions have the union U,
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
		for _, s := range slices.Sorted(maps.Keys(objectives)) { // of equal profiles always the same one
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
