package ledgertest_test

import (
	"context"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/ledger"
	"github.com/trigrid/trigrid/ledger/engine"
	"github.com/trigrid/trigrid/ledger/ledgertest"
)

// broken is a correct engine but for one fault, by name.
type broken struct {
	ledger.Engine
	fault string

	mu    sync.Mutex
	count int
}

func (b *broken) is(fault string) bool { return b.fault == fault }

// every reports true at each n-th call.
func (b *broken) every(n int) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.count++
	return b.count%n == 0
}

func (b *broken) Submit(ctx context.Context, tx ledger.Tx) (ledger.TxID, error) {
	switch {
	case b.is("loses transactions") && b.every(50):
		return ledger.IDOf(b.Chain(), &tx), nil
	case b.is("ignores a cancelled context"):
		ctx = context.WithoutCancel(ctx)
	}
	id, err := b.Engine.Submit(ctx, tx)
	switch {
	case b.is("takes what is not valid") && err != nil:
		return id, nil
	case b.is("has no errors of its own") && err != nil:
		return id, context.DeadlineExceeded
	case b.is("gives repetitions another id") && b.every(2):
		id[0] ^= 1
	}
	return id, err
}

func (b *broken) WaitCommitted(ctx context.Context, id ledger.TxID) (ledger.Receipt, error) {
	r, err := b.Engine.WaitCommitted(ctx, id)
	switch {
	case b.is("answers with something old") && len(r.Data) > 0 && b.every(5):
		r.Data = []byte("old")
	case b.is("hides refusals"):
		r.Code = ""
	}
	return r, err
}

func (b *broken) Block(ctx context.Context, height uint64) (ledger.CommittedBlock, error) {
	x, err := b.Engine.Block(ctx, height)
	if b.is("tells another history") && err == nil {
		x.Header.Time++
	}
	return x, err
}

func (b *broken) Subscribe(ctx context.Context, from uint64) (<-chan ledger.CommittedBlock, error) {
	if b.is("skips a block") {
		from++
	}
	if b.is("leaves subscribers behind") {
		return make(chan ledger.CommittedBlock), nil
	}
	return b.Engine.Subscribe(ctx, from)
}

func (b *broken) Certified(ctx context.Context, height uint64) (ledger.CertifiedHeader, error) {
	h, err := b.Engine.Certified(ctx, height)
	if b.is("certifies nothing") && err == nil {
		h.Proof.Data = h.Proof.Data[:len(h.Proof.Data)-68]
	}
	return h, err
}

func (b *broken) Read(ctx context.Context, key string) (ledger.StateValue, error) {
	v, err := b.Engine.Read(ctx, key)
	if b.is("lies about the state") && v.Present && strings.HasPrefix(key, "test/") {
		v.Value = append([]byte("x"), v.Value...)
	}
	return v, err
}

func (b *broken) Outbox(ctx context.Context, index, height uint64) (ledger.Packet, ledger.Path, error) {
	if b.is("mixes up packets") {
		index /= 2
	}
	return b.Engine.Outbox(ctx, index, height)
}

func (b *broken) Close() error {
	if b.is("leaves goroutines behind") {
		go func() { select {} }()
	}
	if b.is("stays open") {
		return nil
	}
	return b.Engine.Close()
}

// faults are all faults and a test of the suite that must find each.
func faults() map[string]string {
	return map[string]string{
		"loses transactions":           "not lost",
		"ignores a cancelled context":  "its context",
		"takes what is not valid":      "not valid",
		"has no errors of its own":     "not valid",
		"gives repetitions another id": "executed once",
		"answers with something old":   "linearizable",
		"hides refusals":               "refused transaction",
		"tells another history":        "export replays",
		"skips a block":                "gapless",
		"leaves subscribers behind":    "its context",
		"certifies nothing":            "certified reads",
		"lies about the state":         "certified reads",
		"mixes up packets":             "packets are proved",
		"leaves goroutines behind":     "Close ends",
		"stays open":                   "Close ends",
	}
}

// TestSuiteOnFault runs the suite on the engine with the fault that the
// environment names. It is started by the test below, in a process of its own,
// where it is expected to fail.
func TestSuiteOnFault(t *testing.T) {
	fault, named := os.LookupEnv("LEDGERTEST_FAULT")
	if !named {
		t.Skip("is run by TestSuiteFindsEveryFault")
	}
	ledgertest.Run(t, func(t *testing.T, g ledger.Genesis, contracts []ledger.Contract) ledger.Engine {
		e, err := engine.NewChain(engine.ChainConfig{Genesis: g, Contracts: contracts})
		require.NoError(t, err)
		return &broken{Engine: e, fault: fault}
	})
}

func TestSuiteFindsEveryFault(t *testing.T) {
	suite := func(fault, only, patience string) (string, error) {
		run := "^TestSuiteOnFault$"
		if only != "" {
			run += "/" + strings.ReplaceAll(only, " ", "_")
		}
		c := exec.CommandContext(t.Context(), os.Args[0], "-test.run", run, "-test.v", "-test.timeout", "10m")
		c.Env = append(os.Environ(), "LEDGERTEST_FAULT="+fault, "LEDGERTEST_PATIENCE="+patience)
		out, err := c.CombinedOutput()
		return string(out), err
	}
	out, err := suite("none", "", "5m") // however busy the machine is
	require.NoError(t, err, out)
	for fault, finder := range faults() {
		out, err := suite(fault, finder, "2s")
		require.Error(t, err, "the suite passes an engine that %s", fault)
		require.Contains(t, out, "--- FAIL: TestSuiteOnFault/", "%s: %s", fault, out)
	}
}
