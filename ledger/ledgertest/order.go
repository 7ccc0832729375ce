package ledgertest

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/ledger"
	"github.com/trigrid/trigrid/ledger/client"
)

// oneChain checks that an early and a late subscriber receive the same blocks,
// linked by hashes.
//
// It compares headers, receipts and the state after all transactions.
func oneChain(t *testing.T, factory Factory) {
	s := start(t, factory)
	// One subscriber is there before the first block, one comes after the last.
	early, err := s.engine.Subscribe(s.ctx, 1)
	require.NoError(t, err)
	// Three clients send five pairs of transactions each.
	s.load(t, 3, 5)
	height := s.engine.Status().Height
	require.Positive(t, height)
	late, err := s.engine.Subscribe(s.ctx, 1)
	require.NoError(t, err)
	// The first header's parent is the genesis hash.
	parent := s.genesis.Hash()
	executed := 0
	for h := uint64(1); h <= height; h++ {
		a, _ := next(t, early)
		b, _ := next(t, late)
		require.Equal(t, h, a.Header.Height)
		require.Equal(t, a, b)
		require.Equal(t, parent, a.Header.Parent)
		require.Equal(t, s.engine.Chain(), a.Header.Chain)
		require.Len(t, a.Receipts, len(a.Txs))
		parent = a.Header.Hash()
		executed += len(a.Txs)
	}
	require.Equal(t, 3*5*2, executed)
	// One transaction of each pair increases the shared counter.
	v, err := s.client(t, 1).Read(s.ctx, client.Linearizable, "test/shared")
	require.NoError(t, err)
	require.Equal(t, uint64(15), count(t, v.Value))
}

// registerCall is a swap, or a read if value is empty.
//
// For example, registerCall{"r0", "2.7"} is a swap, and registerCall{name:
// "r0"} is a read.
type registerCall struct{ name, value string }

// registerModel is a set of registers. A swap returns the old value and stores
// its own; a read returns the value.
//
// For example, a swap of "b" into a register with "a" returns "a" and leaves
// "b".
func registerModel() porcupine.Model {
	return porcupine.Model{
		// Registers are independent, so each has its own history. Smaller
		// histories are faster to check.
		Partition: func(history []porcupine.Operation) [][]porcupine.Operation {
			by := map[string][]porcupine.Operation{}
			var order []string
			for _, o := range history {
				name := o.Input.(registerCall).name
				if by[name] == nil {
					order = append(order, name)
				}
				by[name] = append(by[name], o)
			}
			var parts [][]porcupine.Operation
			for _, name := range order {
				parts = append(parts, by[name])
			}
			return parts
		},
		Init: func() any { return "" },
		Step: func(state, input, output any) (bool, any) {
			// Swap and read both return the value before the call.
			in := input.(registerCall)
			if in.value == "" {
				return output == state, state
			}
			return output == state, in.value
		},
	}
}

// linearizable checks a history of concurrent swaps and reads for an order that
// explains all results and that respects real time: a call that ended before
// another one began comes first.
//
// For example, two concurrent swaps of "a" and "b" that both return "" have no
// such order.
func linearizable(t *testing.T, factory Factory) {
	s := start(t, factory)
	// The number of operations is small, because checking is exponential in the
	// worst case.
	const clients, times = 5, 8
	var mu sync.Mutex
	var history []porcupine.Operation
	var wg sync.WaitGroup
	// Times are used for the order of calls only.
	began := time.Now()
	for i := 1; i <= clients; i++ {
		c := s.client(t, i)
		// Each client has a source of its own, so that its calls do not depend
		// on the others.
		random := rand.New(rand.NewPCG(uint64(i), 7))
		wg.Go(func() {
			for k := range times {
				call := registerCall{name: fmt.Sprintf("r%d", random.IntN(2))}
				o := porcupine.Operation{ClientId: i, Call: time.Since(began).Nanoseconds()}
				var err error
				// A third of the calls are reads.
				if random.IntN(3) == 0 {
					var v ledger.StateValue
					v, err = c.Read(s.ctx, client.Linearizable, "test/"+call.name)
					o.Output = string(v.Value)
				} else {
					// All values differ, so that a result shows the swap that
					// stored it.
					call.value = fmt.Sprintf("%d.%d", i, k)
					var r ledger.Receipt
					r, err = c.Send(s.ctx, message("swap", call.name, []byte(call.value)))
					o.Output = string(r.Data)
				}
				if err != nil {
					t.Error(err)
					return
				}
				o.Input, o.Return = call, time.Since(began).Nanoseconds()
				mu.Lock()
				history = append(history, o)
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	require.Len(t, history, clients*times)
	require.Equal(t, porcupine.Ok, porcupine.CheckOperationsTimeout(registerModel(), history, patience()))
}
