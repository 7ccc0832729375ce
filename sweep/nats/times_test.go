package nats

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

// By hand: 8 jobs of 10 ms, 7 of 30 ms and one of 5 s have the median 30 ms, so
// that the long one counts 120 ms: (80 + 210 + 120)/16 ms. Jobs of no time do
// not pull the mean down to theirs.
func TestTheMeanOfTimes(t *testing.T) {
	var x times
	add := func(n int, d time.Duration) {
		for range n {
			x.add(d)
		}
	}
	add(8, 10*time.Millisecond)
	_, ok := x.mean()
	assert.False(t, ok)
	add(1, 5*time.Second)
	add(7, 30*time.Millisecond)
	mean, ok := x.mean()
	assert.True(t, ok)
	assert.Equal(t, 410*time.Millisecond/16, mean)

	add(14, 50*time.Millisecond)
	add(2, 0)
	mean, _ = x.mean()
	assert.Equal(t, 700*time.Millisecond/16, mean)
}
