package parallel_test

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/trigrid/trigrid/internal/parallel"
)

func TestParallelRunsEveryJobAndReturnsAnError(t *testing.T) {
	broken := errors.New("broken")
	for _, workers := range []int{-1, 1, 3} {
		done := make([]bool, 10)
		var jobs []func() error
		for i := range done {
			jobs = append(jobs, func() error {
				done[i] = true
				if i == 4 {
					return broken
				}
				return nil
			})
		}
		assert.ErrorIs(t, parallel.Run(workers, jobs), broken)
		assert.NotContains(t, done, false)
		assert.NoError(t, parallel.Run(workers, jobs[:4]))
	}
}
