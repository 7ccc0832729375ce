package microgrid

import (
	"cmp"
	"math"
	"slices"
	"sort"
)

// Learned hours end in summer, and the counted hours are autumn and winter. Two
// days of the year with the same declination of the sun have the same length
// and height of the sun, one in spring and one in autumn. Learned days
// therefore count by the difference of their declinations.

const year = 365 // days

// declination returns the declination of the sun, as a fraction of its largest
// value, by a cosine over the year. It is −1 at noon of 21 December, the winter
// solstice: day 354.5 from 0.
func declination(day int) float64 {
	return -math.Cos(2 * math.Pi * (float64(day) + 10.5) / year)
}

// seasonWeights returns the weight of each of n learned days for a day of the
// year:
//
//	w = 0.1 + exp(−(difference of declinations / width)²)
//
// The form and the share of 0.1 of days of any season are assumed; back-tests
// compare widths.
func seasonWeights(day, n int, width float64) []float64 {
	out := make([]float64, n)
	for i := range out {
		x := (declination(i) - declination(day)) / width
		out[i] = 0.1 + math.Exp(-x*x)
	}
	return out
}

// distribution is a set of learned values with the days on which they occurred.
//
// For example, the values 1, 2, 3 with weights 1, 1, 2 have the quantile 2 at
// 0.4 and 3 at 0.6.
type distribution struct {
	values     []float64 // ascending after finish
	days       []int
	cumulative []float64 // weight of the values up to each one
}

// observe adds a value.
func (d *distribution) observe(value float64, day int) {
	d.values, d.days = append(d.values, value), append(d.days, day)
}

// finish sorts the values. They have no weights before the first call of
// reweigh.
func (d *distribution) finish() { sort.Stable(d) }

// Len implements [sort.Interface].
func (d *distribution) Len() int { return len(d.values) }

// Less implements [sort.Interface].
func (d *distribution) Less(i, j int) bool { return d.values[i] < d.values[j] }

// Swap implements [sort.Interface].
func (d *distribution) Swap(i, j int) {
	d.values[i], d.values[j] = d.values[j], d.values[i]
	d.days[i], d.days[j] = d.days[j], d.days[i]
}

// reweigh sets the weights of all values by their days.
func (d *distribution) reweigh(weights []float64) {
	d.cumulative = d.cumulative[:0]
	sum := 0.0
	for _, day := range d.days {
		sum += weights[day]
		d.cumulative = append(d.cumulative, sum)
	}
}

// quantile returns the value below which a fraction u of the weight lies, or
// otherwise if there are no values.
func (d *distribution) quantile(u, otherwise float64) float64 {
	n := len(d.values)
	if n == 0 {
		return otherwise
	}
	i, _ := slices.BinarySearch(d.cumulative, u*d.cumulative[n-1])
	return d.values[min(i, n-1)]
}

// clearSky returns the largest PV of each hour of the day for each day of the
// year, kW: that of the clearDays learned days of the nearest declination.
func clearSky(hours []Hour) (out [year][24]float64) {
	n := len(hours) / 24
	days := make([]int, n)
	for i := range days {
		days[i] = i
	}
	for d := range out {
		distance := func(i int) float64 { return math.Abs(declination(i) - declination(d)) }
		slices.SortFunc(days, func(a, b int) int {
			return cmp.Or(cmp.Compare(distance(a), distance(b)), cmp.Compare(a, b))
		})
		for _, day := range days[:min(clearDays, n)] {
			for h := range 24 {
				out[d][h] = max(out[d][h], hours[24*day+h].PV)
			}
		}
	}
	return out
}

// clearDays is assumed.
const clearDays = 30
