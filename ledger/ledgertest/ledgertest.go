// Package ledgertest is the conformance suite of [ledger.Engine]. An engine
// runs it in a test:
//
//	func TestConformance(t *testing.T) {
//		ledgertest.Run(t, func(t *testing.T, g ledger.Genesis, contracts []ledger.Contract) ledger.Engine {
//			e, err := myengine.Start(g, contracts)
//			require.NoError(t, err)
//			return e
//		})
//	}
//
// The suite checks order, linearizability (by package porcupine), proofs,
// replay, back pressure and shutdown. Every wait has a guard of five minutes,
// so a busy machine does not fail the suite.
package ledgertest

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/ledger"
	"github.com/trigrid/trigrid/ledger/client"
)

// Factory starts an engine with a genesis and contracts. The suite closes the
// engine.
type Factory func(t *testing.T, g ledger.Genesis, contracts []ledger.Contract) ledger.Engine

// patience bounds every wait. The environment variable LEDGERTEST_PATIENCE
// shortens it, for engines with a planted fault.
func patience() time.Duration {
	if d, err := time.ParseDuration(os.Getenv("LEDGERTEST_PATIENCE")); err == nil {
		return d
	}
	return 5 * time.Minute
}

// suite is one engine with its parties. The first party is the grid, the others
// are DERs.
type suite struct {
	engine  ledger.Engine
	genesis ledger.Genesis
	parties []*client.Party // party 0 is the grid
	ctx     context.Context // ends after patience
}

// one grid and five DERs, enough for concurrent clients
const partyCount = 6

// start makes the parties and starts an engine with [Registers].
func start(t *testing.T, factory Factory) *suite {
	t.Helper()
	s := &suite{genesis: ledger.Genesis{Name: "ledgertest"}}
	// Seeded keys make failures repeatable.
	random := rand.NewChaCha8([32]byte{'l', 't'})
	for i := range partyCount {
		role := ledger.RoleDER
		if i == 0 {
			role = ledger.RoleGrid
		}
		p, err := client.NewParty(random, fmt.Sprintf("party-%d", i), role)
		require.NoError(t, err)
		s.parties = append(s.parties, p)
		s.genesis.Identities = append(s.genesis.Identities, p.Identity())
	}
	// Every wait of the suite uses this context, so a lost transaction ends as
	// a failure.
	var cancel context.CancelFunc
	s.ctx, cancel = context.WithTimeout(context.Background(), patience())
	t.Cleanup(cancel)
	s.engine = factory(t, s.genesis, []ledger.Contract{Registers{}})
	t.Cleanup(func() { _ = s.engine.Close() })
	return s
}

// client connects party number i.
//
// The test fails if the party cannot connect.
func (s *suite) client(t *testing.T, i int) *client.Client {
	t.Helper()
	c, err := client.Connect(s.ctx, s.engine, s.parties[i])
	require.NoError(t, err)
	return c
}

// Run runs the whole suite, each test on its own engine. A subtest's name is
// the tested statement, for example "packets are proved under the header", so
// that -run selects one of them.
func Run(t *testing.T, factory Factory) {
	for _, test := range []struct {
		name string
		run  func(t *testing.T, factory Factory)
	}{
		{"a transaction is executed once however often it is submitted", executedOnce},
		{"all see one gapless hash chain", oneChain},
		{"histories are linearizable", linearizable},
		{"a refused transaction leaves nothing but its receipt", refusedLeavesNothing},
		{"transactions that are not valid are not taken", invalidNotTaken},
		{"certified reads verify and altered ones do not", certifiedReads},
		{"receipts and transactions are proved under the header", blockProofs},
		{"packets are proved under the header", packetProofs},
		{"an export replays to the same state", replays},
		{"a flood is slowed down, not lost", backPressure},
		{"waiting ends with its context", waitingEnds},
		{"Close ends everything", closeEnds},
	} {
		t.Run(test.name, func(t *testing.T) { test.run(t, factory) })
	}
}

// load lets n clients increase a counter and swap registers, times each, at the
// same time.
//
// For example, load(t, 3, 5) makes 30 transactions and a shared counter of 15.
func (s *suite) load(t *testing.T, n, times int) {
	t.Helper()
	var wg sync.WaitGroup
	for i := 1; i <= n; i++ {
		c := s.client(t, i)
		wg.Go(func() {
			// The counter is shared by all clients; the registers conflict on
			// purpose.
			for k := range times {
				if _, err := c.Send(s.ctx, message("increase", "shared", nil)); err != nil {
					t.Error(err)
					return
				}
				if _, err := c.Send(s.ctx, message("swap", fmt.Sprintf("r%d", k%3), []byte{byte(i), byte(k)})); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
}

// next returns the next block of a subscription, and false if the subscription
// has ended.
func next(t *testing.T, blocks <-chan ledger.CommittedBlock) (b ledger.CommittedBlock, open bool) {
	t.Helper()
	select {
	case b, open = <-blocks:
		return b, open
	case <-time.After(patience()):
		require.Fail(t, "a subscription neither delivers nor ends")
		return b, false
	}
}

// count decodes the answer to an increase.
func count(t *testing.T, data []byte) uint64 {
	t.Helper()
	var n ledger.Counter
	require.NoError(t, ledger.Decode("count", data, &n))
	return n.N
}
