package engine_test

import (
	"bytes"
	"fmt"
	"io"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/ledger"
	"github.com/trigrid/trigrid/ledger/client"
	"github.com/trigrid/trigrid/ledger/engine"
	"github.com/trigrid/trigrid/ledger/ledgertest"
)

// continued is a party, and engines that can be stopped, written down and
// continued.
type continued struct {
	party *client.Party
	g     ledger.Genesis
}

func newContinued(t *testing.T) *continued {
	t.Helper()
	p, err := client.NewParty(nil, "grid", ledger.RoleGrid)
	require.NoError(t, err)
	return &continued{party: p, g: ledger.Genesis{Name: "continued", Identities: []ledger.Identity{p.Identity()}}}
}

// random yields distinct keys for the replicas, the same ones each time.
func (x *continued) random() io.Reader {
	var b []byte
	for i := range 4 {
		b = append(b, fmt.Sprintf("key of replica %d, 32 bytes long..", i)[:32]...)
	}
	return bytes.NewReader(b)
}

func (x *continued) chain(replicas int, from io.Reader) (ledger.Engine, error) {
	return engine.NewChain(engine.ChainConfig{
		Genesis: x.g, Contracts: []ledger.Contract{ledgertest.Registers{}}, Replicas: replicas, Random: x.random(), From: from,
	})
}

func (x *continued) cluster(from io.Reader) (ledger.Engine, error) {
	return engine.NewCluster(engine.ClusterConfig{
		Genesis: x.g, Contracts: []ledger.Contract{ledgertest.Registers{}}, Random: x.random(), From: from,
		Tick: 2 * time.Millisecond, Retry: 50 * time.Millisecond,
	})
}

// increase sends n transactions that each count one further and returns the
// receipts.
func (x *continued) increase(t *testing.T, e ledger.Engine, n int) []ledger.Receipt {
	t.Helper()
	c, err := client.Connect(t.Context(), e, x.party)
	require.NoError(t, err)
	var out []ledger.Receipt
	for range n {
		r, err := c.Send(t.Context(), &ledger.RawMessage{Name: "test.increase", Body: []byte("\x01n")})
		require.NoError(t, err)
		out = append(out, r)
	}
	if n > 0 { // a cluster's last certificate may not be complete when the receipt is there
		_, err = e.Certified(t.Context(), out[n-1].Height)
		require.NoError(t, err)
	}
	return out
}

// export closes the engine and writes it down.
func (x *continued) export(t *testing.T, e ledger.Engine) []byte {
	t.Helper()
	require.NoError(t, e.Close())
	var b bytes.Buffer
	require.NoError(t, engine.Export(t.Context(), &b, x.g, e))
	return b.Bytes()
}

func (x *continued) replay(t *testing.T, e ledger.Engine, export []byte) *engine.Audit {
	t.Helper()
	_, trust := e.Trust()
	a, err := engine.Replay(bytes.NewReader(export), engine.ReplayOptions{Contracts: []ledger.Contract{ledgertest.Registers{}}, Trust: trust})
	require.NoError(t, err)
	return a
}

func TestAnEngineGoesOnFromAnExport(t *testing.T) {
	chain := func(replicas int) func(*continued, io.Reader) (ledger.Engine, error) {
		return func(x *continued, from io.Reader) (ledger.Engine, error) { return x.chain(replicas, from) }
	}
	for name, kind := range map[string]struct {
		first, second func(*continued, io.Reader) (ledger.Engine, error)
		blocks        int
	}{
		"a chain of one":                          {chain(1), chain(1), 5},
		"a chain of four":                         {chain(4), chain(4), 5},
		"a chain of four past its checkpoints":    {chain(4), chain(4), 300}, // PBFT's are 128 batches apart
		"a cluster":                               {(*continued).cluster, (*continued).cluster, 5},
		"a cluster past a checkpoint":             {(*continued).cluster, (*continued).cluster, 140},
		"a cluster that was a chain":              {chain(4), (*continued).cluster, 5},
		"a chain that was a cluster":              {(*continued).cluster, chain(4), 5},
		"a chain of four that has done nothing":   {chain(4), chain(4), 0},
		"a cluster that has done nothing as well": {(*continued).cluster, (*continued).cluster, 0},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				x := newContinued(t)
				first, err := kind.first(x, nil)
				require.NoError(t, err)
				old := x.increase(t, first, kind.blocks)
				export := x.export(t, first)
				before := x.replay(t, first, export)
				head := before.Machine.Head()
				require.Equal(t, uint64(kind.blocks), head.Height)

				second, err := kind.second(x, bytes.NewReader(export))
				require.NoError(t, err)
				require.Equal(t, first.Chain(), second.Chain())
				require.Equal(t, uint64(kind.blocks), second.Status().Height)
				for i, b := range before.Blocks {
					again, err := second.Block(t.Context(), b.Header.Height)
					require.NoError(t, err)
					require.Equal(t, b, again)
					h, err := second.Certified(t.Context(), b.Header.Height)
					require.NoError(t, err)
					require.Equal(t, before.Headers[i], h)
					r, err := second.WaitCommitted(t.Context(), old[i].ID)
					require.NoError(t, err)
					require.Equal(t, old[i], r)
				}
				v, err := second.Read(t.Context(), "test/n")
				require.NoError(t, err)
				require.Equal(t, head.Height, v.Height)
				require.NoError(t, ledger.VerifyState(head.StateRoot, v.Key, v.Value, kind.blocks > 0, v.Proof))

				// What was executed before is not executed again, and what
				// comes next counts on from there.
				for _, b := range before.Blocks {
					_, err := second.Submit(t.Context(), b.Txs[0])
					require.NoError(t, err)
				}
				fresh := x.increase(t, second, 3)
				for i, r := range fresh {
					require.Equal(t, head.Height+uint64(i)+1, r.Height)
					require.Equal(t, byte(kind.blocks+i+1), r.Data[7], "%d increases before and %d since", kind.blocks, i+1)
					_, err := second.Certified(t.Context(), r.Height)
					require.NoError(t, err)
				}
				next, err := second.Block(t.Context(), head.Height+1)
				require.NoError(t, err)
				if kind.blocks > 0 {
					require.Equal(t, head.Hash(), next.Header.Parent)
				}
				require.GreaterOrEqual(t, next.Header.Time, head.Time)

				// The continued chain is one chain for whoever audits it, and
				// can be continued again.
				longer := x.export(t, second)
				after := x.replay(t, first, longer)
				require.Len(t, after.Blocks, kind.blocks+3)
				for i, b := range before.Blocks {
					require.Equal(t, b, after.Blocks[i])
				}
				third, err := kind.second(x, bytes.NewReader(longer))
				require.NoError(t, err)
				require.Equal(t, byte(kind.blocks+4), x.increase(t, third, 1)[0].Data[7])
				require.NoError(t, third.Close())
			})
		})
	}
}

// A chain is a function of its submissions, whether or not it was written down
// and continued in between.
func TestAContinuedChainIsTheOneThatWasNotInterrupted(t *testing.T) {
	x := newContinued(t)
	whole, err := x.chain(4, nil)
	require.NoError(t, err)
	x.increase(t, whole, 140)

	part, err := x.chain(4, nil)
	require.NoError(t, err)
	for _, n := range []int{3, 130, 7} {
		x.increase(t, part, n)
		part, err = x.chain(4, bytes.NewReader(x.export(t, part)))
		require.NoError(t, err)
	}
	for height := uint64(1); height <= 140; height++ {
		a, err := whole.Certified(t.Context(), height)
		require.NoError(t, err)
		b, err := part.Certified(t.Context(), height)
		require.NoError(t, err)
		require.Equal(t, a.Header, b.Header)
	}
}

// A cluster is stopped in the middle of its work and continued: whatever it had
// executed, and whatever its clients then send again, is executed once.
func TestAClusterStoppedInTheMiddleOfItsWorkGoesOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		x := newContinued(t)
		e, err := x.cluster(nil)
		require.NoError(t, err)
		var txs []ledger.Tx
		for i := range 100 {
			txs = append(txs, x.party.Sign(e.Chain(), uint64(i+1), &ledger.RawMessage{Name: "test.increase", Body: []byte("\x01n")}))
			_, err := e.Submit(t.Context(), txs[i])
			require.NoError(t, err)
			if i == 10 {
				_, err := e.Block(t.Context(), 1)
				require.NoError(t, err)
			}
		}
		export := x.export(t, e)
		before := x.replay(t, e, export)
		e, err = x.cluster(bytes.NewReader(export))
		require.NoError(t, err)
		for _, tx := range txs {
			_, err := e.Submit(t.Context(), tx)
			require.NoError(t, err)
		}
		for _, tx := range txs {
			r, err := e.WaitCommitted(t.Context(), ledger.IDOf(e.Chain(), &tx))
			require.NoError(t, err)
			require.True(t, r.OK(), r.Reason)
		}
		require.Equal(t, byte(101), x.increase(t, e, 1)[0].Data[7])
		after := x.replay(t, e, x.export(t, e))
		require.Equal(t, before.Headers, after.Headers[:len(before.Headers)])
	})
}

func TestAnEngineRefusesAnExportThatIsNotItsOwn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		x := newContinued(t)
		first, err := x.chain(4, nil)
		require.NoError(t, err)
		x.increase(t, first, 6)
		export := x.export(t, first)

		refused := func(export []byte, want error, says string) {
			t.Helper()
			for _, start := range []func(io.Reader) (ledger.Engine, error){
				func(r io.Reader) (ledger.Engine, error) { return x.chain(4, r) }, x.cluster,
			} {
				_, err := start(bytes.NewReader(export))
				require.ErrorIs(t, err, want)
				require.ErrorContains(t, err, says)
			}
		}
		for _, cut := range []int{1, 50, 200, len(export) / 2, len(export) - 100} {
			refused(export[:len(export)-cut], engine.ErrTruncated, "truncated")
		}
		refused(nil, engine.ErrReplay, "not an export")
		refused(append(bytes.Clone(export), 0), engine.ErrReplay, "follows the end")
		for _, at := range []int{len(export) / 5, len(export) / 2, len(export) * 4 / 5, len(export) - 10} {
			altered := bytes.Clone(export)
			altered[at] ^= 4
			_, err := x.chain(4, bytes.NewReader(altered))
			require.ErrorIs(t, err, engine.ErrReplay, "byte %d", at)
		}

		_, err = x.chain(1, bytes.NewReader(export))
		require.ErrorIs(t, err, engine.ErrContinue)
		require.ErrorContains(t, err, "other keys, number or rule")
		other := *x
		other.g.Name = "another"
		_, err = other.chain(4, bytes.NewReader(export))
		require.ErrorIs(t, err, engine.ErrContinue)
		require.ErrorContains(t, err, "another genesis")
	})
}
