package microgrid

import (
	"math"
	"math/rand/v2"
)

// loadForecast predicts loads from the same hours of earlier days.
//
// The forecast of hour τ is a weighted mean of the loads at τ − 24 d for d = 1
// … maxLag days, as far as they are known. The weight of lag d is s^−4 with
//
//	s = E_d(hour of the week of τ) · ρ_d,    ρ_d = recent error of lag d / its expected error
//
// E_d is the mean absolute error of lag d over the learned hours. ρ_d covers
// the last recentHours and applies to the rest of the same day only: it finds
// the earlier day that today resembles, for example a Sunday on a public
// holiday.
//
// The power −4, the lags, the hours and the floor of 0.5 % of the mean load are
// assumed: no back-test compares them with others.
type loadForecast struct {
	expected [week][maxLag]float64 // E_d, kW
	floor    float64               // added to all errors, kW

	// Errors of the forecast itself, load − forecast, by hour of the day and
	// hours ahead less one.
	errors [24][]distribution
	days   int     // learned days
	width  float64 // of seasonWeights
	day    int     // of the year, for the weights of errors
}

const (
	week        = 168
	maxLag      = 14    // days
	recentHours = 6     // before the present one, with it
	floorShare  = 0.005 // of the mean load
)

// learnLoad takes the errors of all lags from hours, and those of the forecast
// up to horizon hours ahead. Width is that of seasonWeights.
func learnLoad(hours []Hour, horizon int, width float64) *loadForecast {
	f := &loadForecast{days: len(hours)/24 + 1, width: width, day: -1}
	var sum [week][maxLag]float64
	var count [week][maxLag]int
	mean := 0.0
	for t, h := range hours {
		mean += h.Load / float64(len(hours))
		for d := 1; d <= maxLag && t-24*d >= 0; d++ {
			sum[t%week][d-1] += math.Abs(h.Load - hours[t-24*d].Load)
			count[t%week][d-1]++
		}
	}
	f.floor = floorShare * mean
	for w := range week {
		for d := range maxLag {
			f.expected[w][d] = mean
			if n := count[w][d]; n > 0 {
				f.expected[w][d] = sum[w][d] / float64(n)
			}
		}
	}
	for h := range f.errors {
		f.errors[h] = make([]distribution, horizon)
	}
	for t := maxLag * 24; t < len(hours)-1; t++ {
		for k, x := range f.predict(hours[:t+1], min(horizon, len(hours)-1-t)) {
			at := t + 1 + k
			f.errors[at%24][k].observe(hours[at].Load-x, at/24)
		}
	}
	for h := range f.errors {
		for k := range f.errors[h] {
			f.errors[h][k].finish()
		}
	}
	f.season(0)
	return f
}

// season sets the weights of errors for a day of the year.
func (f *loadForecast) season(day int) {
	if f.day == day {
		return
	}
	f.day = day
	weights := seasonWeights(day, f.days, f.width)
	for h := range f.errors {
		for k := range f.errors[h] {
			f.errors[h][k].reweigh(weights)
		}
	}
}

// draw returns n errors of the forecast k hours ahead, kW, one of each part of
// equal probability, in random order.
func (f *loadForecast) draw(hour, k, n int, random *rand.Rand) []float64 {
	out := make([]float64, n)
	for i, j := range random.Perm(n) {
		u := (float64(i) + random.Float64()) / float64(n)
		out[j] = f.errors[hour][k-1].quantile(u, 0)
	}
	return out
}

// predict returns the loads of the n hours after the last hour of past, kW.
func (f *loadForecast) predict(past []Hour, n int) []float64 {
	now := len(past) - 1
	var ratio [maxLag]float64
	for d := range maxLag {
		ratio[d] = 1
		lag := 24 * (d + 1)
		realised, expected := f.floor, f.floor
		for j := range recentHours {
			if t := now - j; t-lag >= 0 {
				realised += math.Abs(past[t].Load-past[t-lag].Load) / recentHours
				expected += f.expected[t%week][d] / recentHours
			}
		}
		ratio[d] = realised / expected
	}
	out := make([]float64, n)
	for k := 1; k <= n; k++ {
		t := now + k
		sameDay := t/24 == now/24
		sum, weights := 0.0, 0.0
		for d := range maxLag {
			at := t - 24*(d+1)
			if at < 0 || at > now {
				continue
			}
			s := f.expected[t%week][d] + f.floor
			if sameDay {
				s *= ratio[d]
			}
			w := 1 / (s * s * s * s)
			sum += w * past[at].Load
			weights += w
		}
		out[k-1] = past[now].Load
		if weights > 0 {
			out[k-1] = sum / weights
		}
	}
	return out
}
