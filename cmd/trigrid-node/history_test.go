//go:build linux

package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/ledger"
	"github.com/trigrid/trigrid/ledger/client"
	"github.com/trigrid/trigrid/ledger/contracts"
)

// calls is a history of concurrent calls of the contract "quota" for porcupine.
// Two VPPs state their needs, and two others read them. A need is a register: a
// read returns the last one that was stated.
type calls struct {
	began   time.Time
	mu      sync.Mutex
	history []porcupine.Operation
}

// call is one call on the register of a VPP: a write of a need, or a read if
// need is 0.
type call struct {
	vpp  string
	need int64
}

// maxCalls bounds the calls of one client, because the check is exponential in
// the worst case.
const maxCalls = 200

// callPause is the time between two calls of one client.
const callPause = 60 * time.Millisecond

// run makes calls until the end of ctx.
func (h *calls) run(t *testing.T, ctx context.Context, c *cluster) {
	var wg sync.WaitGroup
	writers := []string{fmt.Sprintf("vpp%d", loaders), fmt.Sprintf("vpp%d", loaders+1)}
	for i, name := range append(writers, "grid", "authority") {
		e := c.dial(name)
		x := c.client(e, name)
		random := rand.New(rand.NewPCG(uint64(i), 3))
		wg.Go(func() {
			for k := int64(1); k <= maxCalls && ctx.Err() == nil; k++ {
				what := call{vpp: writers[random.IntN(2)]}
				if i < 2 {
					what = call{vpp: name, need: k}
				}
				if !h.call(t, i, x, what) {
					return
				}
				time.Sleep(callPause)
			}
		})
	}
	wg.Wait()
}

// call makes one call and notes it with the times of its begin and end.
func (h *calls) call(t *testing.T, by int, x *client.Client, what call) bool {
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	o := porcupine.Operation{ClientId: by, Input: what, Call: time.Since(h.began).Nanoseconds(), Output: int64(0)}
	var err error
	if what.need > 0 {
		_, err = x.Send(ctx, &contracts.Forecast{Period: 2, Commodity: commodity, Need: ledger.Micro(what.need)})
	} else {
		var v ledger.StateValue
		var held contracts.Holding
		if v, err = x.Read(ctx, client.Linearizable, contracts.HoldingKey(2, commodity, what.vpp)); err == nil && v.Present {
			err = ledger.Decode("holding", v.Value, &held)
		}
		o.Output = int64(held.Forecast)
	}
	if err != nil {
		t.Errorf("%+v: %v", what, err)
		return false
	}
	o.Return = time.Since(h.began).Nanoseconds()
	h.mu.Lock()
	defer h.mu.Unlock()
	h.history = append(h.history, o)
	return true
}

// needs is the model of porcupine: one register per VPP.
func needs() porcupine.Model {
	return porcupine.Model{
		Partition: func(history []porcupine.Operation) [][]porcupine.Operation {
			by := map[string][]porcupine.Operation{}
			for _, o := range history {
				by[o.Input.(call).vpp] = append(by[o.Input.(call).vpp], o)
			}
			var out [][]porcupine.Operation
			for _, part := range by { // the order of parts has no meaning
				out = append(out, part)
			}
			return out
		},
		Init: func() any { return int64(0) },
		Step: func(state, input, output any) (bool, any) {
			if in := input.(call); in.need > 0 {
				return true, in.need
			}
			return output == state, state
		},
	}
}

// check requires an order of all calls that explains all results and respects
// real time.
func (h *calls) check(t *testing.T) {
	t.Helper()
	require.NotEmpty(t, h.history)
	require.Equal(t, porcupine.Ok, porcupine.CheckOperationsTimeout(needs(), h.history, patience))
}

// The model refuses a read of a need that another one has replaced before the
// read began.
func TestTheModelOfHistoriesRefusesAnOldValue(t *testing.T) {
	history := []porcupine.Operation{
		{ClientId: 0, Input: call{"a", 1}, Output: int64(0), Call: 0, Return: 10},
		{ClientId: 0, Input: call{"a", 2}, Output: int64(0), Call: 20, Return: 30},
		{ClientId: 1, Input: call{"a", 0}, Output: int64(1), Call: 25, Return: 40},
	}
	require.True(t, porcupine.CheckOperations(needs(), history))
	history[2].Call = 35
	require.False(t, porcupine.CheckOperations(needs(), history))
}
