//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/ledger"
	"github.com/trigrid/trigrid/ledger/client"
	"github.com/trigrid/trigrid/ledger/contracts"
	"github.com/trigrid/trigrid/ledger/node"
)

// crashTime is the length of the load. TRIGRID_SLOW=1 makes it ten minutes, and
// TRIGRID_CRASH_TIME sets any other one, such as 2m.
func crashTime() time.Duration {
	if d, err := time.ParseDuration(os.Getenv("TRIGRID_CRASH_TIME")); err == nil {
		return d
	}
	if os.Getenv("TRIGRID_SLOW") != "" {
		return 10 * time.Minute
	}
	return 10 * time.Second
}

// source returns the random numbers of a test. TRIGRID_CRASH_SEED repeats the
// faults of a run; the scheduler of the machine is not repeated.
func source(t *testing.T) *rand.Rand {
	t.Helper()
	seed := uint64(time.Now().UnixNano())
	if s, err := strconv.ParseUint(os.Getenv("TRIGRID_CRASH_SEED"), 10, 64); err == nil {
		seed = s
	}
	t.Logf("TRIGRID_CRASH_SEED=%d", seed)
	return rand.New(rand.NewPCG(seed, 15))
}

// load is a steady stream of transactions of several VPPs. Each states a need
// that no other one states.
type load struct {
	mu        sync.Mutex
	receipts  map[ledger.TxID]ledger.Receipt // of transactions that a client has seen committed
	submitted int
	busy      int // pauses because too many transactions had no receipt
	last      time.Time
	gap       time.Duration // longest time without a receipt
}

// loaders is the number of VPPs that send the load, perSecond that of all their
// transactions per second, and inFlight that of transactions of one VPP without
// a receipt. A later restart of a VPP would continue after the last number, so
// that no loader may leave one out.
const (
	loaders   = 8
	perSecond = 500
	inFlight  = 100
)

// commodity is the subject of the needs.
const commodity = "carbon"

// run sends the load until the end of ctx and waits for all receipts.
func (l *load) run(t *testing.T, ctx context.Context, c *cluster) {
	l.receipts, l.last = map[ledger.TxID]ledger.Receipt{}, time.Now()
	var wg sync.WaitGroup
	for i := range loaders {
		name := fmt.Sprintf("vpp%d", i)
		e := c.dial(name)
		vpp := c.client(e, name)
		wg.Go(func() { l.loader(t, ctx, e, vpp) })
	}
	wg.Wait()
}

// loader sends the transactions of one VPP at a constant pace.
func (l *load) loader(t *testing.T, ctx context.Context, e *node.Engine, vpp *client.Client) {
	pace := time.NewTicker(time.Second * loaders / perSecond)
	defer pace.Stop()
	places := make(chan struct{}, inFlight)
	var wg sync.WaitGroup
	defer wg.Wait()
	for need := int64(1); ; need++ {
		select {
		case <-ctx.Done():
			return
		case <-pace.C:
		}
		select {
		case places <- struct{}{}:
		default:
			l.mu.Lock()
			l.busy++
			l.mu.Unlock()
			select {
			case places <- struct{}{}:
			case <-ctx.Done():
				return
			}
		}
		id, err := vpp.Submit(t.Context(), &contracts.Forecast{Period: 1, Commodity: commodity, Need: ledger.Micro(need)})
		if errors.Is(err, ledger.ErrBusy) { // the client uses the number again
			<-places
			continue
		}
		if err != nil {
			t.Errorf("a transaction is refused: %v", err)
			return
		}
		l.mu.Lock()
		l.submitted++
		l.mu.Unlock()
		wg.Go(func() {
			defer func() { <-places }()
			wait, cancel := context.WithTimeout(t.Context(), patience)
			defer cancel()
			r, err := e.WaitCommitted(wait, id)
			if err != nil || !r.OK() {
				t.Errorf("transaction %s: %v %v", id, err, r.Err())
				return
			}
			l.mu.Lock()
			defer l.mu.Unlock()
			l.receipts[id] = r
			l.gap, l.last = max(l.gap, time.Since(l.last)), time.Now()
		})
	}
}

// account compares the receipts with the chain: it returns the number of
// transactions that a client has seen committed and the chain lacks, and of
// those that the chain has executed twice.
func (l *load) account(chain []ledger.CommittedBlock) (lost, duplicated, executed int) {
	times := map[ledger.TxID]int{}
	for _, b := range chain {
		for _, r := range b.Receipts {
			if r.OK() {
				times[r.ID]++
			}
		}
	}
	for id, r := range l.receipts {
		at := chain[min(r.Height-1, uint64(len(chain)-1))]
		if times[id] == 0 || at.Header.Height != r.Height || at.Receipts[r.Index].ID != id {
			lost++
		}
	}
	for _, n := range times {
		if n > 1 {
			duplicated++
		}
	}
	return lost, duplicated, len(times)
}

// Four processes under load lose nothing, execute nothing twice and keep equal
// chains, while one of them after the other is killed or paused, and while all
// are killed at once.
func TestCrash(t *testing.T) {
	random := source(t)
	c := newCluster(t, freeAddresses(t, 4), loaders+2)
	c.startAll()
	e := c.dial("grid")
	ctx, stop := context.WithTimeout(t.Context(), crashTime())
	defer stop()
	var l load
	var faults, history sync.WaitGroup
	counts := map[string]int{}
	faults.Go(func() { c.disturb(ctx, random, counts) })
	calls := &calls{began: time.Now()}
	history.Go(func() { calls.run(t, ctx, c) })
	began := time.Now()
	l.run(t, ctx, c)
	took := time.Since(began)
	faults.Wait()
	history.Wait()
	height := c.settleDown(e)
	calls.check(t)
	_ = e.Close()
	c.stopAll()
	lost, duplicated, executed := l.account(c.chains(height))
	t.Logf("%d transactions submitted and %d executed in %.0f s, %d blocks; faults %v; longest gap between two receipts %s, %d pauses of clients; %d calls linearizable",
		l.submitted, executed, took.Seconds(), height, counts, l.gap.Round(time.Millisecond), l.busy, len(calls.history))
	t.Logf("lost %d, duplicated %d, chains equal", lost, duplicated)
	require.Zero(t, lost)
	require.Zero(t, duplicated)
	require.Len(t, l.receipts, l.submitted)
	require.Positive(t, counts["kill"])
}

// disturb kills and pauses replicas until the end of ctx. Mostly one replica is
// disturbed, as many as four replicas tolerate; twice all are killed at once,
// after which the logs have the votes.
func (c *cluster) disturb(ctx context.Context, random *rand.Rand, counts map[string]int) {
	pause := func(low, high time.Duration) bool {
		select {
		case <-ctx.Done():
			return false
		case <-time.After(low + time.Duration(random.Int64N(int64(high-low)))):
			return true
		}
	}
	for round := 1; pause(500*time.Millisecond, 1500*time.Millisecond); round++ {
		i := random.IntN(len(c.names))
		switch {
		case round%5 == 3:
			counts["kill all"]++
			for k := range c.names {
				c.kill(k)
			}
			for k := range c.names {
				c.start(k)
			}
		case round%3 == 2:
			counts["pause"]++
			c.signal(i, syscall.SIGSTOP)
			pause(200*time.Millisecond, 2*time.Second)
			c.signal(i, syscall.SIGCONT)
		default:
			counts["kill"]++
			c.kill(i)
			pause(100*time.Millisecond, time.Second)
			c.start(i)
		}
	}
}
