package ledger_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/ledger"
	"github.com/trigrid/trigrid/ledger/client"
	"github.com/trigrid/trigrid/ledger/engine"
)

// careless is a contract that does what the verb says and checks nothing.
type careless struct{ name string }

func (x careless) Name() string { return x.name }

func (careless) Execute(c *ledger.Context, verb string, _ []byte) ([]byte, error) {
	c.Put("careless/"+verb, []byte("written"))
	long := strings.Repeat("x", 600)
	switch verb {
	case "refuses-without-code":
		return nil, &ledger.Refusal{}
	case "refuses-with-a-long-code":
		return nil, &ledger.Refusal{Code: long}
	case "fails":
		return nil, errors.New("of its own")
	case "writes-a-long-key":
		c.Put("careless/"+long, nil)
	case "answers-too-much":
		return make([]byte, 1<<20+1), nil
	case "sends-a-long-name":
		c.Send(ledger.Packet{Destination: long})
	case "sends-too-much":
		c.Send(ledger.Packet{Destination: "there", Payload: make([]byte, 1<<20+1)})
	case "tries":
		_ = c.Try(func() error { c.Send(ledger.Packet{Destination: long}); return nil })
	}
	return nil, nil
}

func startCareless(t *testing.T) (*engine.Chain, ledger.Genesis, *client.Client) {
	t.Helper()
	p, err := client.NewParty(nil, "grid", ledger.RoleGrid)
	require.NoError(t, err)
	g := ledger.Genesis{Name: "careless", Identities: []ledger.Identity{p.Identity()}}
	e, err := engine.NewChain(engine.ChainConfig{Genesis: g, Contracts: []ledger.Contract{careless{"careless"}}})
	require.NoError(t, err)
	c, err := client.Connect(t.Context(), e, p)
	require.NoError(t, err)
	return e, g, c
}

// Whatever a contract returns, writes or sends, either it can be read again by
// everybody or it is refused.
func TestWhatNobodyCouldReadIsRefused(t *testing.T) {
	e, g, c := startCareless(t)
	for verb, code := range map[string]string{
		"refuses-without-code":     "careless.error", // it would read as consent
		"refuses-with-a-long-code": "careless.error",
		"fails":                    "careless.error",
		"writes-a-long-key":        "careless.key",
		"answers-too-much":         "careless.answer",
		"sends-a-long-name":        "careless.packet",
		"sends-too-much":           "careless.packet",
		"tries":                    "careless.packet",
	} {
		_, err := c.Send(t.Context(), &ledger.RawMessage{Name: "careless." + verb})
		require.ErrorIs(t, err, &ledger.Refusal{Code: code}, verb)
		v, err := e.Read(t.Context(), "careless/"+verb)
		require.NoError(t, err)
		require.False(t, v.Present, "%s: a refused message has written", verb)
	}
	b, err := e.Block(t.Context(), e.Status().Height)
	require.NoError(t, err)
	require.Zero(t, b.Header.Sent)
	_, err = c.Send(t.Context(), &ledger.RawMessage{Name: "careless.nothing"})
	require.NoError(t, err)

	var export bytes.Buffer
	require.NoError(t, engine.Export(t.Context(), &export, g, e))
	a, err := engine.Replay(&export, engine.ReplayOptions{Contracts: []ledger.Contract{careless{"careless"}}})
	require.NoError(t, err)
	var snapshot bytes.Buffer
	require.NoError(t, a.Machine.Snapshot(&snapshot))
	fresh, err := ledger.NewMachine(e.Chain(), g, careless{"careless"})
	require.NoError(t, err)
	head := a.Machine.Head()
	require.NoError(t, fresh.Restore(&snapshot, head.Hash()))
}

func TestNamesOfContractsThatWouldClashAreRefused(t *testing.T) {
	p, err := client.NewParty(nil, "grid", ledger.RoleGrid)
	require.NoError(t, err)
	g := ledger.Genesis{Name: "names", Identities: []ledger.Identity{p.Identity()}}
	for _, name := range []string{"", "a.b", "a-b", "a/b", "identity", "tx", "outbox", strings.Repeat("x", 33)} {
		_, err := ledger.NewMachine(ledger.Hash{}, g, careless{name})
		require.Error(t, err, name)
	}
	_, err = ledger.NewMachine(ledger.Hash{}, g, careless{strings.Repeat("x", 32)})
	require.NoError(t, err)
}
