package engine_test

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/ledger"
	"github.com/trigrid/trigrid/ledger/client"
	"github.com/trigrid/trigrid/ledger/engine"
	"github.com/trigrid/trigrid/ledger/ledgertest"
	"github.com/trigrid/trigrid/pbft"
)

// benchParties is enough clients to keep batches full: each may have 128
// transactions in flight.
const benchParties = 32

// BenchmarkTransactions measures committed transactions per second: pre-signed,
// 256 bytes each, one state key written by each, every replica verifying every
// client's signature, all replicas in this process.
func BenchmarkTransactions(b *testing.B) {
	for _, c := range []struct {
		name  string
		start func(g ledger.Genesis, contracts []ledger.Contract) (ledger.Engine, error)
	}{
		{"chain/1 replica", func(g ledger.Genesis, cs []ledger.Contract) (ledger.Engine, error) {
			return engine.NewChain(engine.ChainConfig{Genesis: g, Contracts: cs})
		}},
		{"chain/4 replicas", func(g ledger.Genesis, cs []ledger.Contract) (ledger.Engine, error) {
			return engine.NewChain(engine.ChainConfig{Genesis: g, Contracts: cs, Replicas: 4})
		}},
		{"cluster/standard rule", func(g ledger.Genesis, cs []ledger.Contract) (ledger.Engine, error) {
			return engine.NewCluster(engine.ClusterConfig{Genesis: g, Contracts: cs})
		}},
		{"cluster/batch rule", func(g ledger.Genesis, cs []ledger.Contract) (ledger.Engine, error) {
			return engine.NewCluster(engine.ClusterConfig{Genesis: g, Contracts: cs, Rule: pbft.BatchRule})
		}},
	} {
		b.Run(c.name, func(b *testing.B) { benchmarkEngine(b, c.start) })
	}
}

// signedLoad starts an engine and signs b.N transactions for it.
func signedLoad(b *testing.B, start func(ledger.Genesis, []ledger.Contract) (ledger.Engine, error)) (ledger.Engine, []ledger.Tx) {
	g := ledger.Genesis{Name: "bench"}
	var parties []*client.Party
	for i := range benchParties {
		role := ledger.RoleDER
		if i == 0 {
			role = ledger.RoleGrid
		}
		p, err := client.NewParty(nil, fmt.Sprint(i), role)
		require.NoError(b, err)
		parties = append(parties, p)
		g.Identities = append(g.Identities, p.Identity())
	}
	e, err := start(g, []ledger.Contract{ledgertest.Registers{}})
	require.NoError(b, err)

	// The operation of 256 bytes: kind and lengths take 19, the register's name
	// 9.
	txs := make([]ledger.Tx, b.N)
	for i := range txs {
		body := append([]byte{8}, fmt.Sprintf("%08d", i%10_000)...)
		body = append(body, make([]byte, 256-19-len(body))...)
		txs[i] = parties[i%benchParties].Sign(e.Chain(), uint64(i/benchParties+1), &ledger.RawMessage{Name: "test.swap", Body: body})
	}
	return e, txs
}

// reportCost reports wall and CPU time per transaction. On a shared machine
// only the CPU time counts.
func reportCost(b *testing.B, e ledger.Engine, used time.Duration) {
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "tx/s")
	b.ReportMetric(float64(used.Microseconds())/float64(b.N), "cpu-µs/tx")
	b.ReportMetric(float64(b.N)/float64(e.Status().Height), "tx/block")
}

func benchmarkEngine(b *testing.B, start func(ledger.Genesis, []ledger.Contract) (ledger.Engine, error)) {
	e, txs := signedLoad(b, start)
	defer e.Close()
	ids := make([]ledger.TxID, b.N)
	var err error
	b.ResetTimer()
	used := processTime()
	for i, tx := range txs {
		for {
			if ids[i], err = e.Submit(b.Context(), tx); err == nil {
				break
			}
			require.ErrorIs(b, err, ledger.ErrBusy)
			time.Sleep(200 * time.Microsecond)
		}
	}
	for _, id := range ids {
		r, err := e.WaitCommitted(b.Context(), id)
		require.NoError(b, err)
		require.True(b, r.OK(), r.Reason)
	}
	b.StopTimer()
	reportCost(b, e, processTime()-used)
}

// BenchmarkConcurrentSubmissions measures the chain that a run uses with 512
// callers at a time, each of which waits for its transaction. The transactions
// are those of [BenchmarkTransactions].
func BenchmarkConcurrentSubmissions(b *testing.B) {
	for _, replicas := range []int{1, 4} {
		b.Run(fmt.Sprintf("replicas=%d", replicas), func(b *testing.B) {
			c, txs := signedLoad(b, func(g ledger.Genesis, cs []ledger.Contract) (ledger.Engine, error) {
				return engine.NewChain(engine.ChainConfig{Genesis: g, Contracts: cs, Replicas: replicas})
			})
			defer c.Close()
			// A party's numbers must be close to each other, so callers take
			// transactions in order.
			var next atomic.Int64
			var wg sync.WaitGroup
			b.ResetTimer()
			used := processTime()
			for range min(512, b.N) {
				wg.Go(func() {
					for i := next.Add(1) - 1; i < int64(len(txs)); i = next.Add(1) - 1 {
						if _, err := c.Submit(b.Context(), txs[i]); err != nil {
							b.Error(err)
						}
					}
				})
			}
			wg.Wait()
			b.StopTimer()
			reportCost(b, c, processTime()-used)
		})
	}
}

// BenchmarkBatchedSubmissions measures the chain that a run uses with batches
// of 4096 transactions, which one caller submits at once. The transactions are
// those of [BenchmarkTransactions]. One check of each signature is the least
// that a transaction can cost here, because the replicas of a chain share the
// results of their checks.
func BenchmarkBatchedSubmissions(b *testing.B) {
	for _, replicas := range []int{1, 4} {
		b.Run(fmt.Sprintf("replicas=%d", replicas), func(b *testing.B) {
			c, txs := signedLoad(b, func(g ledger.Genesis, cs []ledger.Contract) (ledger.Engine, error) {
				return engine.NewChain(engine.ChainConfig{Genesis: g, Contracts: cs, Replicas: replicas})
			})
			defer c.Close()
			b.ResetTimer()
			used := processTime()
			for part := range slices.Chunk(txs, 128*benchParties) { // the numbers that parties may have in flight
				_, errs := ledger.SubmitAll(b.Context(), c, part)
				require.NoError(b, errors.Join(errs...))
			}
			b.StopTimer()
			reportCost(b, c, processTime()-used)
		})
	}
}
