package store_test

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/internal/store"
	"github.com/trigrid/trigrid/milp"
)

// Of 10 bytes, the records of 4, 4 and 3 bytes leave out the first one. A
// record of 11 bytes is not stored, and the first data of a key stay.
func TestMemoryForgetsItsOldestRecords(t *testing.T) {
	m := store.NewMemory(10)
	for i, size := range []int{4, 4, 3, 11} {
		require.NoError(t, m.Put(key(i), make([]byte, size)))
	}
	for i, want := range []bool{false, true, true, false} {
		_, ok := m.Get(key(i))
		assert.Equal(t, want, ok, "record %d", i)
	}
	require.NoError(t, m.Put(key(1), []byte("x")))
	data, _ := m.Get(key(1))
	assert.Len(t, data, 4)
	require.NoError(t, m.Put(key(5), make([]byte, 3)))
	_, ok := m.Get(key(2))
	assert.True(t, ok, "4 + 3 + 3 bytes fit")
}

// slow is a solver whose first solve lasts until all callers have begun.
type slow struct {
	begun  *sync.WaitGroup
	solved *atomic.Int64
}

func (s slow) Identity() (string, error) { return "slow", nil }

func (s slow) Solve(context.Context, *milp.Model) (*milp.Solution, error) {
	s.begun.Wait()
	s.solved.Add(1)
	return &milp.Solution{Status: milp.Optimal, Values: []float64{7}, Backend: "slow"}, nil
}

// Eight callers of one program at the same time have one solution, which is
// solved once. Another program is solved beside it.
func TestMemorySolvesAProgramOnceForAll(t *testing.T) {
	const callers = 8
	var (
		begun  sync.WaitGroup
		group  sync.WaitGroup
		solved atomic.Int64
		model  = milp.New()
	)
	model.Var(milp.Named("x"), 0, 9)
	begun.Add(callers)
	s, err := store.New(store.NewMemory(1<<20), slow{&begun, &solved})
	require.NoError(t, err)
	for i := range callers {
		group.Go(func() {
			begun.Done()
			digest := [32]byte{byte(i / (callers - 1))} // the last one is another program
			out, err := s.Stored(model, digest, func(inner milp.Solver) (*milp.Solution, error) { return inner.Solve(t.Context(), model) })
			if assert.NoError(t, err) {
				assert.Equal(t, []float64{7}, out.Values)
			}
		})
	}
	group.Wait()
	assert.EqualValues(t, 2, solved.Load())
	assert.Equal(t, callers-2, s.Read())
}
