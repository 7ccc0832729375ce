package nats

import (
	"slices"
	"time"
)

// times estimates the work of the next jobs from the last ones.
type times struct {
	last [16]time.Duration
	n    int // number of times so far
}

// add adds the time of a job.
func (x *times) add(d time.Duration) {
	x.last[x.n%len(x.last)] = d
	x.n++
}

// mean returns the mean of the last times, and false as long as there are few.
// A time counts at most four times the median: the first job of a worker also
// starts the solver.
func (x *times) mean() (time.Duration, bool) {
	if x.n < len(x.last) {
		return 0, false
	}
	sorted := x.last
	slices.Sort(sorted[:])
	limit := 4 * sorted[len(sorted)/2]
	var sum time.Duration
	for _, d := range sorted {
		sum += min(d, limit)
	}
	return sum / time.Duration(len(sorted)), true
}
