package microgrid

import "math/rand/v2"

// pvForecast is a Markov chain of classes of clearness.
//
// The envelope of an hour is the largest PV at the same hour of the last
// envelopeDays days, each scaled by the ratio of clear skies on the two days if
// Envelope is Scaled. The clearness is PV divided by its envelope. Its rank
// among the learned values of the same hour of the day gives the class, 0 for
// the darkest; classes are equally likely. The chain has one matrix for each
// hour of the day and one for the first hour with light, from the last one of
// the day before.
//
// Learned values and transitions count by season; see seasonWeights.
type pvForecast struct {
	classes int
	width   float64
	scaled  bool    // the envelope scales earlier days to the present one
	rated   float64 // largest PV of the learned hours, kW
	clear   [year][24]float64
	learned []float64 // clearness of the learned hours, −1 without light

	// The tables of one day of the year.
	day    int
	values [24]distribution
	within [24][][]float64 // within[h][i][j]: probability of class j at hour h after class i
	night  [][]float64     // the same for the first hour with light
}

// Assumed, without a comparison by back-tests. [Envelope] compares scaling with
// none.
const (
	envelopeDays = 14
	dark         = 0.01 // hours with an envelope below this fraction of the rated PV have no class
	maxScale     = 1.5  // of a PV to another day

	hourPrior  = 5 // observations of all hours that count for each hour of the day
	equalPrior = 1 // observations with equal probabilities that count for all hours
)

// envelope returns the envelope of hour t from the hours of past before it.
func (f *pvForecast) envelope(past []Hour, t int) float64 {
	out := 0.0
	top := f.clear[t/24%year][t%24]
	for days, at := 0, t-24; days < envelopeDays && at >= 0; at -= 24 {
		if at >= len(past) {
			continue // not known yet
		}
		days++
		x := past[at].PV
		if s := f.clear[at/24%year][at%24]; f.scaled && s > dark*f.rated {
			x *= min(maxScale, max(1/maxScale, top/s))
		}
		out = max(out, x)
	}
	return out
}

// learnPV takes the chain from hours. Width is that of seasonWeights.
func learnPV(hours []Hour, classes int, width float64, e Envelope) *pvForecast {
	f := &pvForecast{classes: classes, width: width, scaled: e == Scaled, clear: clearSky(hours), day: -1}
	for _, h := range hours {
		f.rated = max(f.rated, h.PV)
	}
	for t := range hours {
		k := -1.0
		if e := f.envelope(hours[:t], t); t >= 24*envelopeDays && f.light(e) {
			k = hours[t].PV / e
			f.values[t%24].observe(k, t/24)
		}
		f.learned = append(f.learned, k)
	}
	for h := range f.values {
		f.values[h].finish()
	}
	f.season(0)
	return f
}

// season sets the tables for a day of the year.
func (f *pvForecast) season(day int) {
	if f.day == day {
		return
	}
	f.day = day
	weights := seasonWeights(day, len(f.learned)/24+1, f.width)
	for h := range f.values {
		f.values[h].reweigh(weights)
	}
	overall := square(f.classes)
	for h := range f.within {
		f.within[h] = square(f.classes)
	}
	f.night = square(f.classes)
	last, lastHour := -1, -1
	for t, k := range f.learned {
		if k < 0 {
			continue
		}
		c, w := f.class(t%24, k), weights[t/24]
		switch {
		case last < 0:
		case lastHour == t-1:
			f.within[t%24][last][c] += w
			overall[last][c] += w
		default:
			f.night[last][c] += w
		}
		last, lastHour = c, t
	}
	// Rare transitions of an hour lean on those of all hours, by a prior of a
	// few observations.
	normalise(overall, nil, equalPrior)
	for h := range f.within {
		normalise(f.within[h], overall, hourPrior)
	}
	normalise(f.night, nil, equalPrior)
}

// square returns an n by n matrix of zeros.
func square(n int) [][]float64 {
	m := make([][]float64, n)
	for i := range m {
		m[i] = make([]float64, n)
	}
	return m
}

// normalise turns counts into probabilities, with weight observations from
// prior, or from equal probabilities if prior is nil.
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
	for c < f.classes-1 && clearness >= f.values[hour].quantile(float64(c+1)/float64(f.classes), 1) {
		c++
	}
	return c
}

// light reports whether an hour with this envelope has a class.
func (f *pvForecast) light(envelope float64) bool { return envelope > dark*f.rated }

// present returns the class of the last hour with light.
func (f *pvForecast) present(past []Hour) int {
	for t := len(past) - 1; t >= max(0, len(past)-48); t-- {
		if e := f.envelope(past[:t], t); f.light(e) {
			return f.class(t%24, past[t].PV/e)
		}
	}
	return f.classes / 2
}

// sky returns the transitions into hour t, or nil if the class lasts.
func (f *pvForecast) sky(past []Hour, t int) [][]float64 {
	switch {
	case !f.light(f.envelope(past, t)):
		return nil
	case !f.light(f.envelope(past, t-1)):
		return f.night
	}
	return f.within[t%24]
}

// draw returns n values of the clearness of a class, one of each part of equal
// probability.
func (f *pvForecast) draw(hour, class, n int, random *rand.Rand) []float64 {
	out := make([]float64, n)
	for i := range out {
		u := (float64(i) + random.Float64()) / float64(n)
		out[i] = f.values[hour].quantile((float64(class)+u)/float64(f.classes), 0.5)
	}
	return out
}
