package sweeping

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/trigrid/trigrid/sweep"
)

// By hand: 2 cases were run in 10 s, and 6 of 10 are left: 30 s. The 2 of the
// journal took no time.
func TestTheLineOfProgress(t *testing.T) {
	p := sweep.Progress{Done: 4, Total: 10, Reused: 2, Failed: 1, Case: "seed=4", Elapsed: 10 * time.Second}
	assert.Equal(t, "4 of 10 cases, 2 from the journal, 1 failed, 30s left: seed=4", progress(p))
	p.Done = 2
	assert.Equal(t, "2 of 10 cases, 2 from the journal, 1 failed, ? left: seed=4", progress(p))
}
