package microgrid

import (
	"math/rand/v2"
	"slices"
)

// pvForecast is a Markov chain of classes of clearness.
//
// The envelope of an hour is the largest PV at the same hour of the last envelopeDays days. The
// clearness is PV divided by its envelope. Its rank among the learned values of the same hour of the
// day gives the class, 0 for the darkest. The chain has one matrix from hour to hour within a day
// and one from the last hour with light to the first one of the next day.
type pvForecast struct {
	classes int
	rated   float64         // largest PV of the learned hours, kW
	values  [24][][]float64 // learned clearness by hour of the day and class, ascending
	limits  [24][]float64   // upper ends of the classes except the last one
	within  [24][][]float64 // within[h][i][j]: probability of class j at hour h after class i
	night   [][]float64     // the same for the first hour with light
}

const (
	envelopeDays = 14
	dark         = 0.01 // hours with an envelope below this fraction of the rated PV have no class
)

// envelope returns the envelope of hour t from the hours before min(t, len(past)).
func envelope(past []Hour, t int) float64 {
	out := 0.0
	days := 0
	for d := 1; days < envelopeDays && t-24*d >= 0; d++ {
		if t-24*d < len(past) {
			out = max(out, past[t-24*d].PV)
			days++
		}
	}
	return out
}

// learnPV takes the chain from hours.
func learnPV(hours []Hour, classes int) *pvForecast {
	f := &pvForecast{classes: classes}
	for _, h := range hours {
		f.rated = max(f.rated, h.PV)
	}
	clearness := make([]float64, len(hours)) // −1 without light
	var all [24][]float64
	for t := range hours {
		clearness[t] = -1
		if e := envelope(hours[:t], t); t >= 24*envelopeDays && e > dark*f.rated {
			clearness[t] = hours[t].PV / e
			all[t%24] = append(all[t%24], clearness[t])
		}
	}
	for h, v := range all {
		slices.Sort(v)
		f.values[h] = make([][]float64, classes)
		for c := range classes {
			lo, hi := len(v)*c/classes, len(v)*(c+1)/classes
			f.values[h][c] = v[lo:hi]
			if c > 0 {
				limit := 1.0
				if lo < len(v) {
					limit = v[lo]
				}
				f.limits[h] = append(f.limits[h], limit)
			}
		}
	}
	// Transitions of an hour are counted with those of all hours as a prior of a few observations.
	overall := square(classes)
	var counts [24][][]float64
	for h := range counts {
		counts[h] = square(classes)
	}
	f.night = square(classes)
	last, lastHour := -1, -1
	for t, k := range clearness {
		if k < 0 {
			continue
		}
		c := f.class(t%24, k)
		switch {
		case last < 0:
		case lastHour == t-1:
			counts[t%24][last][c]++
			overall[last][c]++
		default:
			f.night[last][c]++
		}
		last, lastHour = c, t
	}
	normalise(overall, nil, 1)
	for h := range counts {
		normalise(counts[h], overall, 5)
		f.within[h] = counts[h]
	}
	normalise(f.night, nil, 1)
	return f
}

// square returns an n by n matrix of zeros.
func square(n int) [][]float64 {
	m := make([][]float64, n)
	for i := range m {
		m[i] = make([]float64, n)
	}
	return m
}

// normalise turns counts into probabilities, with weight observations from prior, or from equal
// probabilities if prior is nil.
func normalise(m, prior [][]float64, weight float64) {
	for i, row := range m {
		sum := weight
		for _, x := range row {
			sum += x
		}
		for j := range row {
			p := 1 / float64(len(row))
			if prior != nil {
				p = prior[i][j]
			}
			row[j] = (row[j] + weight*p) / sum
		}
	}
}

// class returns the class of a clearness at an hour of the day.
func (f *pvForecast) class(hour int, clearness float64) int {
	c := 0
	for c < len(f.limits[hour]) && clearness >= f.limits[hour][c] {
		c++
	}
	return c
}

// light reports whether an hour with this envelope has a class.
func (f *pvForecast) light(envelope float64) bool { return envelope > dark*f.rated }

// present returns the class of the last hour with light.
func (f *pvForecast) present(past []Hour) int {
	for t := len(past) - 1; t >= max(0, len(past)-48); t-- {
		if e := envelope(past[:t], t); f.light(e) {
			return f.class(t%24, past[t].PV/e)
		}
	}
	return f.classes / 2
}

// draw returns n values of the clearness of a class, one of each part of equal probability.
func (f *pvForecast) draw(hour, class, n int, random *rand.Rand) []float64 {
	v := f.values[hour][class]
	out := make([]float64, n)
	for i := range out {
		if len(v) == 0 {
			out[i] = 0.5
			continue
		}
		u := (float64(i) + random.Float64()) / float64(n)
		out[i] = v[min(int(u*float64(len(v))), len(v)-1)]
	}
	return out
}
