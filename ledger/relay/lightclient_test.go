package relay

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/ledger"
	"github.com/trigrid/trigrid/ledger/client"
	"github.com/trigrid/trigrid/ledger/engine"
)

// contradiction is a chain whose validators certify two histories: two engines
// with the same keys that are given different transactions. It returns the
// trust in its genesis and the certified headers of height 1 of both.
func contradiction(t *testing.T) (trust ledger.TrustState, first, second ledger.CertifiedHeader) {
	t.Helper()
	var headers []ledger.CertifiedHeader
	for i := range 2 {
		random := rand.NewChaCha8([32]byte{7})
		p, err := client.NewParty(random, "grid", ledger.RoleGrid)
		require.NoError(t, err)
		e, err := engine.NewChain(engine.ChainConfig{Genesis: ledger.Genesis{Name: "carbon", Identities: []ledger.Identity{p.Identity()}}, Random: random, Replicas: 4})
		require.NoError(t, err)
		c, err := client.Connect(t.Context(), e, p)
		require.NoError(t, err)
		_, err = c.Send(t.Context(), &ledger.ReadState{Key: string(rune('a' + i))})
		require.NoError(t, err)
		h, err := e.Certified(t.Context(), 1)
		require.NoError(t, err)
		headers = append(headers, h)
		_, trust = e.Trust()
		require.NoError(t, e.Close())
	}
	return trust, headers[0], headers[1]
}

// observer is a chain with a light client of "carbon".
func observer(t *testing.T, trust ledger.TrustState) *client.Client {
	t.Helper()
	top := Topology{Relays: []string{"relay"}, Chains: []string{"carbon"}, Links: []Link{{"relay", "carbon"}}}
	p, err := client.NewParty(nil, "regulator", ledger.RoleRegulator)
	require.NoError(t, err)
	e, err := engine.NewChain(engine.ChainConfig{
		Genesis: ledger.Genesis{Name: "relay", Identities: []ledger.Identity{p.Identity()}}, Contracts: []ledger.Contract{Contract{Self: "relay", Topology: top}},
	})
	require.NoError(t, err)
	t.Cleanup(func() { _ = e.Close() })
	c, err := client.Connect(t.Context(), e, p)
	require.NoError(t, err)
	b, err := trust.MarshalBinary()
	require.NoError(t, err)
	_, err = c.Send(t.Context(), &connect{"nobody", b})
	require.True(t, Refused(err, "neighbour"), "%v", err)
	_, err = c.Send(t.Context(), &connect{"carbon", b})
	require.NoError(t, err)
	_, err = c.Send(t.Context(), &connect{"carbon", b})
	require.True(t, Refused(err, "connected"), "%v", err)
	return c
}

func TestChainThatContradictsItselfIsFrozen(t *testing.T) {
	trust, a, b := contradiction(t)
	hand := func(c *client.Client, h ledger.CertifiedHeader) (ledger.Receipt, error) {
		raw, err := h.MarshalBinary()
		require.NoError(t, err)
		return c.Send(t.Context(), &receive{from: "carbon", header: raw})
	}
	c := observer(t, trust)
	_, err := hand(c, a)
	require.NoError(t, err)
	_, err = hand(c, a)
	require.NoError(t, err, "the same header again says nothing new")
	r, err := hand(c, b)
	require.NoError(t, err)
	require.Equal(t, "frozen", string(r.Data))
	_, err = hand(c, a)
	require.True(t, Refused(err, "frozen"), "%v", err)

	// Whoever holds both headers can accuse a chain whatever the light client
	// has seen.
	c = observer(t, trust)
	first, err := a.MarshalBinary()
	require.NoError(t, err)
	second, err := b.MarshalBinary()
	require.NoError(t, err)
	forged := b
	forged.Header.Time++
	third, err := forged.MarshalBinary()
	require.NoError(t, err)
	_, err = c.Send(t.Context(), &accuse{"carbon", first, first})
	require.True(t, Refused(err, "accusation"), "%v", err)
	_, err = c.Send(t.Context(), &accuse{"carbon", first, third})
	require.True(t, Refused(err, "accusation"), "%v", err)
	_, err = c.Send(t.Context(), &accuse{"carbon", first, second})
	require.NoError(t, err)
	_, err = hand(c, a)
	require.True(t, Refused(err, "frozen"), "%v", err)
}

func TestHeaderOfAnotherChainOrWithTooFewSignersIsRefused(t *testing.T) {
	trust, a, _ := contradiction(t)
	foreign := trust
	foreign.Chain[0] ^= 1
	raw, err := a.MarshalBinary()
	require.NoError(t, err)
	_, err = observer(t, foreign).Send(t.Context(), &receive{from: "carbon", header: raw})
	require.True(t, Refused(err, "header"), "%v", err)

	c := observer(t, trust)
	for name, spoil := range map[string]func(*ledger.CertifiedHeader){
		"height": func(h *ledger.CertifiedHeader) { h.Header.Height++ },
		"outbox": func(h *ledger.CertifiedHeader) { h.Header.OutboxRoot[0] ^= 1 },
		"sent":   func(h *ledger.CertifiedHeader) { h.Header.Sent++ },
		"proof":  func(h *ledger.CertifiedHeader) { h.Proof.Data = h.Proof.Data[:len(h.Proof.Data)-68] },
		"kind":   func(h *ledger.CertifiedHeader) { h.Proof.Kind = "other" },
	} {
		h := a
		spoil(&h)
		raw, err := h.MarshalBinary()
		require.NoError(t, err)
		_, err = c.Send(t.Context(), &receive{from: "carbon", header: raw})
		require.True(t, Refused(err, "header"), "%s: %v", name, err)
	}
}

// FuzzRecords feeds every decoder of the package.
func FuzzRecords(f *testing.F) {
	records := func() []ledger.Coded {
		return []ledger.Coded{
			&connect{}, &accuse{}, &receive{}, &issue{}, &retire{}, &transfer{}, &begin{}, &consent{}, &expire{}, &order{}, &verdict{},
			&Trade{}, &Totals{}, &lock{}, new(balance),
		}
	}
	for i, x := range records() {
		f.Add(byte(i), ledger.Encode(x))
	}
	f.Fuzz(func(t *testing.T, which byte, b []byte) {
		all := records()
		x := all[int(which)%len(all)]
		if ledger.Decode("fuzz", b, x) == nil {
			require.Equal(t, b, append([]byte{}, ledger.Encode(x)...), "%T has two encodings", x)
		}
	})
}
