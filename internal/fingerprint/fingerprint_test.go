package fingerprint_test

import (
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/internal/fingerprint"
	"github.com/trigrid/trigrid/optional"
)

type cached struct {
	Number float64
	Limit  optional.Float
	memo   map[string]float64
	lock   sync.Mutex
}

func TestEachDatumCounts(t *testing.T) {
	of := fingerprint.Of(&cached{Number: 2})
	assert.Equal(t, of, fingerprint.Of(&cached{Number: 2}), "data count, not their place in memory")
	assert.NotEqual(t, of, fingerprint.Of(&cached{Number: 3}))
	assert.NotEqual(t, of, fingerprint.Of(&cached{Number: 2, Limit: optional.Of(0)}), "a limit of 0 is no absent limit")
	assert.Equal(t, of, fingerprint.Of(&cached{Number: 2, memo: map[string]float64{"a": 1}}), "a cache is no datum")
	held := &cached{Number: 2}
	held.lock.Lock()
	assert.Equal(t, of, fingerprint.Of(held), "a lock is no datum")
	assert.NotEqual(t, fingerprint.Of(&der.Wind{ID: "W"}), fingerprint.Of(&der.PV{ID: "W"}), "a wind farm is no PV array")
	assert.NotEqual(t, fingerprint.Of("ab", "c"), fingerprint.Of("a", "bc"))
	assert.Equal(t, fingerprint.Of(map[string]int{"a": 1, "b": 2}), fingerprint.Of(map[string]int{"b": 2, "a": 1}))
}
