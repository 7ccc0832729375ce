// Package ledgertest holds an implementation of [ledger.Engine] to its contract.
//
//	func TestConformance(t *testing.T) {
//		ledgertest.Run(t, func(t *testing.T, g ledger.Genesis, contracts []ledger.Contract) ledger.Engine {
//			e, err := myengine.Start(g, contracts)
//			require.NoError(t, err)
//			return e
//		})
//	}
package ledgertest

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/ledger"
)

// Factory starts an engine with a genesis and contracts. The suite closes it.
type Factory func(t *testing.T, g ledger.Genesis, contracts []ledger.Contract) ledger.Engine

// patience bounds every wait; no correct engine comes near it. LEDGERTEST_PATIENCE in the environment shortens it, for
// engines that are known to be broken.
func patience() time.Duration {
	if d, err := time.ParseDuration(os.Getenv("LEDGERTEST_PATIENCE")); err == nil {
		return d
	}
	return time.Minute
}

// suite is one engine with its parties, all of role DER but the first.
type suite struct {
	engine  ledger.Engine
	genesis ledger.Genesis
	parties []*ledger.Party
	ctx     context.Context
}

const partyCount = 6

func start(t *testing.T, factory Factory) *suite {
	t.Helper()
	s := &suite{genesis: ledger.Genesis{Name: "ledgertest"}}
	random := rand.NewChaCha8([32]byte{'l', 't'})
	for i := range partyCount {
		role := ledger.RoleDER
		if i == 0 {
			role = ledger.RoleGrid
		}
		p, err := ledger.NewParty(random, fmt.Sprintf("party-%d", i), role)
		require.NoError(t, err)
		s.parties = append(s.parties, p)
		s.genesis.Identities = append(s.genesis.Identities, p.Identity())
	}
	var cancel context.CancelFunc
	s.ctx, cancel = context.WithTimeout(context.Background(), patience())
	t.Cleanup(cancel)
	s.engine = factory(t, s.genesis, []ledger.Contract{Registers{}})
	t.Cleanup(func() { _ = s.engine.Close() })
	return s
}

func (s *suite) client(t *testing.T, i int) *ledger.Client {
	t.Helper()
	c, err := ledger.Connect(s.ctx, s.engine, s.parties[i])
	require.NoError(t, err)
	return c
}

// Run runs the whole suite, each test on an engine of its own.
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

func executedOnce(t *testing.T, factory Factory) {
	s := start(t, factory)
	c := s.client(t, 1)
	id, err := c.Submit(s.ctx, message("increase", "n", nil))
	require.NoError(t, err)
	first, err := s.engine.WaitCommitted(s.ctx, id)
	require.NoError(t, err)
	b, err := s.engine.Block(s.ctx, first.Height)
	require.NoError(t, err)
	tx := b.Txs[first.Index]

	resubmit := func(tx ledger.Tx, id ledger.TxID) {
		var wg sync.WaitGroup
		for range 8 {
			wg.Go(func() {
				switch again, err := s.engine.Submit(s.ctx, tx); {
				case err != nil:
					t.Errorf("a transaction is not taken again: %v", err)
				case again != id:
					t.Error("one transaction has two ids")
				}
			})
		}
		wg.Wait()
	}
	resubmit(tx, id)
	r, err := c.Send(s.ctx, message("increase", "n", nil))
	require.NoError(t, err)
	require.Equal(t, uint64(2), binary.BigEndian.Uint64(r.Data), "the repetitions were executed")
	same, err := s.engine.WaitCommitted(s.ctx, id)
	require.NoError(t, err)
	require.Equal(t, first, same)

	// Nor does it matter whether it is under way, just executed or known for long.
	for k := range uint64(20) {
		next := s.parties[2].Sign(s.engine.Chain(), k+1, message("increase", "again", nil))
		resubmit(next, ledger.IDOf(s.engine.Chain(), &next))
	}
	r, err = s.client(t, 1).Send(s.ctx, message("increase", "again", nil))
	require.NoError(t, err)
	require.Equal(t, uint64(21), binary.BigEndian.Uint64(r.Data), "the repetitions were executed")

	// Another transaction under the used number is refused or at least never executed.
	other := tx
	other.Operation = append([]byte(nil), tx.Operation...)
	_, err = s.engine.Submit(s.ctx, other)
	require.NoError(t, err)
	other.Operation[len(other.Operation)-1] ^= 1
	_, err = s.engine.Submit(s.ctx, other)
	require.ErrorIs(t, err, ledger.ErrInvalidTx)
}

// load has n clients increase one counter and swap registers, times each.
func (s *suite) load(t *testing.T, n, times int) {
	t.Helper()
	var wg sync.WaitGroup
	for i := 1; i <= n; i++ {
		c := s.client(t, i)
		wg.Go(func() {
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

// next takes a block from a subscription, or finds it closed.
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

func oneChain(t *testing.T, factory Factory) {
	s := start(t, factory)
	early, err := s.engine.Subscribe(s.ctx, 1)
	require.NoError(t, err)
	s.load(t, 3, 5)
	height := s.engine.Status().Height
	require.Positive(t, height)
	late, err := s.engine.Subscribe(s.ctx, 1)
	require.NoError(t, err)
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
	v, err := s.client(t, 1).Read(s.ctx, ledger.Linearizable, "test/shared")
	require.NoError(t, err)
	require.Equal(t, uint64(15), binary.BigEndian.Uint64(v.Value))
}

// registerCall is a swap, or a read where value is empty.
type registerCall struct{ name, value string }

// registerModel is a set of registers: a swap returns what was there and leaves its value, a read returns and leaves.
func registerModel() porcupine.Model {
	return porcupine.Model{
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
			in := input.(registerCall)
			if in.value == "" {
				return output == state, state
			}
			return output == state, in.value
		},
	}
}

func linearizable(t *testing.T, factory Factory) {
	s := start(t, factory)
	const clients, times = 5, 8
	var mu sync.Mutex
	var history []porcupine.Operation
	var wg sync.WaitGroup
	began := time.Now()
	for i := 1; i <= clients; i++ {
		c := s.client(t, i)
		random := rand.New(rand.NewPCG(uint64(i), 7))
		wg.Go(func() {
			for k := range times {
				call := registerCall{name: fmt.Sprintf("r%d", random.IntN(2))}
				o := porcupine.Operation{ClientId: i, Call: time.Since(began).Nanoseconds()}
				var err error
				if random.IntN(3) == 0 {
					var v ledger.StateValue
					v, err = c.Read(s.ctx, ledger.Linearizable, "test/"+call.name)
					o.Output = string(v.Value)
				} else {
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

func refusedLeavesNothing(t *testing.T, factory Factory) {
	s := start(t, factory)
	c := s.client(t, 1)
	_, err := c.Send(s.ctx, message("swap", "x", []byte("before")))
	require.NoError(t, err)
	r, err := c.Send(s.ctx, message("refuse", "x", []byte("after")))
	require.ErrorIs(t, err, &ledger.Refusal{Code: "test.refused"})
	require.Equal(t, "test.refused", r.Code)
	v, err := c.Read(s.ctx, ledger.Linearizable, "test/x")
	require.NoError(t, err)
	require.Equal(t, "before", string(v.Value))
	b, err := s.engine.Block(s.ctx, r.Height)
	require.NoError(t, err)
	require.Equal(t, r, b.Receipts[r.Index])
	require.Zero(t, b.Header.Sent)
}

func invalidNotTaken(t *testing.T, factory Factory) {
	s := start(t, factory)
	c := s.client(t, 1)
	id, err := c.Submit(s.ctx, message("increase", "n", nil))
	require.NoError(t, err)
	r, err := s.engine.WaitCommitted(s.ctx, id)
	require.NoError(t, err)
	b, err := s.engine.Block(s.ctx, r.Height)
	require.NoError(t, err)
	good := b.Txs[r.Index]
	for name, spoil := range map[string]func(*ledger.Tx){
		"signature": func(tx *ledger.Tx) { tx.Number++; tx.Signature[3] ^= 1 },
		"number":    func(tx *ledger.Tx) { tx.Number += 1 },
		"content":   func(tx *ledger.Tx) { tx.Number++; tx.Operation = append([]byte(nil), tx.Operation[1:]...) },
		"sender":    func(tx *ledger.Tx) { tx.Number++; tx.Client = s.parties[2].Identity().Key },
		"stranger":  func(tx *ledger.Tx) { tx.Client[5] ^= 1 },
	} {
		tx := good
		spoil(&tx)
		_, err := s.engine.Submit(s.ctx, tx)
		require.ErrorIs(t, err, ledger.ErrInvalidTx, name)
	}
	r, err = c.Send(s.ctx, message("increase", "n", nil))
	require.NoError(t, err)
	require.Equal(t, uint64(2), binary.BigEndian.Uint64(r.Data))
}

func certifiedReads(t *testing.T, factory Factory) {
	s := start(t, factory)
	s.load(t, 2, 3)
	c := s.client(t, 3)
	for _, key := range []string{"test/r0", "test/shared", "test/absent", "identity/party-0"} {
		v, err := c.Read(s.ctx, ledger.Certified, key)
		require.NoError(t, err, key)
		require.Equal(t, key != "test/absent", v.Present, key)
		h, err := s.engine.Certified(s.ctx, v.Height)
		require.NoError(t, err)
		root := h.Header.StateRoot
		require.NoError(t, ledger.VerifyState(root, key, v.Value, v.Present, v.Proof))

		require.ErrorIs(t, ledger.VerifyState(root, key+"x", v.Value, v.Present, v.Proof), ledger.ErrStateProof)
		require.ErrorIs(t, ledger.VerifyState(root, key, append([]byte("x"), v.Value...), v.Present, v.Proof), ledger.ErrStateProof)
		require.ErrorIs(t, ledger.VerifyState(root, key, v.Value, !v.Present, v.Proof), ledger.ErrStateProof)
		require.NotEmpty(t, v.Proof.Siblings)
		short := v.Proof
		short.Siblings = short.Siblings[1:]
		require.ErrorIs(t, ledger.VerifyState(root, key, v.Value, v.Present, short), ledger.ErrStateProof)
	}
	verifier, trust := s.engine.Trust()
	h, err := s.engine.Certified(s.ctx, 1)
	require.NoError(t, err)
	after, err := verifier.Verify(trust, h)
	require.NoError(t, err)
	require.Equal(t, uint64(1), after.Height)
	forged := h
	forged.Header.StateRoot[0] ^= 1
	_, err = verifier.Verify(trust, forged)
	require.ErrorIs(t, err, ledger.ErrFinality)
	foreign := trust
	foreign.Chain[0] ^= 1
	_, err = verifier.Verify(foreign, h)
	require.ErrorIs(t, err, ledger.ErrFinality)
}

func blockProofs(t *testing.T, factory Factory) {
	s := start(t, factory)
	r, err := s.client(t, 1).Send(s.ctx, message("swap", "x", []byte("y")))
	require.NoError(t, err)
	b, err := s.engine.Block(s.ctx, r.Height)
	require.NoError(t, err)
	h, err := s.engine.Certified(s.ctx, r.Height)
	require.NoError(t, err)
	require.Equal(t, b.Header, h.Header)
	require.NoError(t, ledger.VerifyReceipt(&h.Header, &r, b.ReceiptPath(int(r.Index))))
	require.NoError(t, ledger.VerifyTx(&h.Header, &b.Txs[r.Index], b.TxPath(int(r.Index))))
	r.Data = []byte("z")
	require.ErrorIs(t, ledger.VerifyReceipt(&h.Header, &r, b.ReceiptPath(int(r.Index))), ledger.ErrPath)
}

func packetProofs(t *testing.T, factory Factory) {
	s := start(t, factory)
	c := s.client(t, 1)
	var last ledger.Receipt
	for i := range 5 {
		var err error
		last, err = c.Send(s.ctx, message("send", "there", []byte{byte(i)}))
		require.NoError(t, err)
	}
	h, err := s.engine.Certified(s.ctx, last.Height)
	require.NoError(t, err)
	require.Equal(t, uint64(5), h.Header.Sent)
	for i := range uint64(5) {
		p, path, err := s.engine.Outbox(s.ctx, i, last.Height)
		require.NoError(t, err)
		require.Equal(t, []byte{byte(i)}, p.Payload)
		require.NoError(t, ledger.VerifyPacket(&h.Header, &p, path))
		p.Payload[0]++
		require.ErrorIs(t, ledger.VerifyPacket(&h.Header, &p, path), ledger.ErrPath)
	}
	_, _, err = s.engine.Outbox(s.ctx, 5, last.Height)
	require.Error(t, err)
}

func replays(t *testing.T, factory Factory) {
	s := start(t, factory)
	s.load(t, 3, 4)
	var b bytes.Buffer
	require.NoError(t, ledger.Export(s.ctx, &b, s.genesis, s.engine))
	verifier, trust := s.engine.Trust()
	audit, err := ledger.Replay(&b, ledger.ReplayOptions{Contracts: []ledger.Contract{Registers{}}, Verifier: verifier, Trust: trust})
	require.NoError(t, err)
	last, err := s.engine.Block(s.ctx, uint64(len(audit.Blocks)))
	require.NoError(t, err)
	require.Equal(t, last.Header, audit.Machine.Head())

	// A snapshot of the replayed state restores to the same state elsewhere, and to no other.
	var snapshot bytes.Buffer
	require.NoError(t, audit.Machine.Snapshot(&snapshot))
	fresh, err := ledger.NewMachine(s.engine.Chain(), s.genesis, Registers{})
	require.NoError(t, err)
	require.ErrorIs(t, fresh.Restore(bytes.NewReader(snapshot.Bytes()), last.Header.Parent), ledger.ErrSnapshot)
	require.NoError(t, fresh.Restore(bytes.NewReader(snapshot.Bytes()), last.Header.Hash()))
	var twice bytes.Buffer
	require.NoError(t, fresh.Snapshot(&twice))
	require.True(t, bytes.Equal(snapshot.Bytes(), twice.Bytes()))
}

func backPressure(t *testing.T, factory Factory) {
	s := start(t, factory)
	c := s.client(t, 1)
	var ids []ledger.TxID
	for len(ids) < 300 {
		id, err := c.Submit(s.ctx, message("increase", "n", nil))
		if err != nil {
			require.ErrorIs(t, err, ledger.ErrBusy)
			require.NoError(t, s.ctx.Err())
			_, err = s.engine.WaitCommitted(s.ctx, ids[len(ids)-1])
			require.NoError(t, err)
			continue
		}
		ids = append(ids, id)
	}
	for _, id := range ids {
		r, err := s.engine.WaitCommitted(s.ctx, id)
		require.NoError(t, err)
		require.True(t, r.OK())
	}
	v, err := c.Read(s.ctx, ledger.Linearizable, "test/n")
	require.NoError(t, err)
	require.Equal(t, uint64(300), binary.BigEndian.Uint64(v.Value))
}

func waitingEnds(t *testing.T, factory Factory) {
	s := start(t, factory)
	ctx, cancel := context.WithCancel(s.ctx)
	blocks, err := s.engine.Subscribe(ctx, 1)
	require.NoError(t, err)
	time.AfterFunc(10*time.Millisecond, cancel)
	_, err = s.engine.WaitCommitted(ctx, ledger.TxID{1})
	require.ErrorIs(t, err, context.Canceled)
	_, err = s.engine.Block(ctx, 1_000)
	require.ErrorIs(t, err, context.Canceled)
	_, err = s.engine.Certified(ctx, 1_000)
	require.ErrorIs(t, err, context.Canceled)
	_, open := next(t, blocks)
	require.False(t, open)
	_, err = s.client(t, 1).Submit(ctx, message("increase", "n", nil))
	require.ErrorIs(t, err, context.Canceled)
}

func closeEnds(t *testing.T, factory Factory) {
	before := runtime.NumGoroutine()
	s := start(t, factory)
	c := s.client(t, 1)
	_, err := c.Send(s.ctx, message("increase", "n", nil))
	require.NoError(t, err)
	blocks, err := s.engine.Subscribe(s.ctx, 2)
	require.NoError(t, err)
	var waiting sync.WaitGroup
	waiting.Go(func() {
		if _, err := s.engine.WaitCommitted(s.ctx, ledger.TxID{1}); err == nil {
			t.Error("a receipt for nothing")
		}
	})
	require.NoError(t, s.engine.Close())
	waiting.Wait()
	_, open := next(t, blocks)
	require.False(t, open)
	_, err = c.Submit(s.ctx, message("increase", "n", nil))
	require.ErrorIs(t, err, ledger.ErrClosed)
	require.NoError(t, s.engine.Close(), "a second Close")

	// Goroutines need a moment to be gone.
	for range 1000 {
		if runtime.NumGoroutine() <= before {
			return
		}
		time.Sleep(time.Millisecond)
	}
	var stacks bytes.Buffer
	buf := make([]byte, 1<<16)
	_, _ = io.Copy(&stacks, bytes.NewReader(buf[:runtime.Stack(buf, true)]))
	t.Fatalf("%d goroutines before, %d after Close:\n%s", before, runtime.NumGoroutine(), stacks.String())
}
