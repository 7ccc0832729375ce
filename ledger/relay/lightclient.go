package relay

import (
	"errors"

	"github.com/trigrid/trigrid/codec"
	"github.com/trigrid/trigrid/ledger"
)

// Each chain keeps what it trusts about every neighbour, starting from the neighbour's genesis, as part of its own
// state. A neighbour that certifies two headers of one height is frozen: nothing from it is taken any more.

// connect is sent once per neighbour by an authority of the chain, which vouches for the neighbour's genesis.
type connect struct {
	chain string
	trust []byte
}

// Kind implements [ledger.Message].
func (*connect) Kind() string { return "relay.connect" }

// Layout implements [ledger.Coded].
func (m *connect) Layout(c *codec.Coder) {
	c.String(&m.chain, maxName)
	c.Bytes(&m.trust, maxBytes)
}

// accuse shows two certified headers of one height.
type accuse struct {
	chain         string
	first, second []byte
}

// Kind implements [ledger.Message].
func (*accuse) Kind() string { return "relay.accuse" }

// Layout implements [ledger.Coded].
func (m *accuse) Layout(c *codec.Coder) {
	c.String(&m.chain, maxName)
	c.Bytes(&m.first, maxBytes)
	c.Bytes(&m.second, maxBytes)
}

// ClientKey is the state key of what a chain trusts about a neighbour, a [ledger.TrustState].
func ClientKey(neighbour string) string { return key("client", neighbour) }

func (x Contract) connect(c *ledger.Context, m *connect) error {
	var t ledger.TrustState
	if _, has := c.Get(ClientKey(m.chain)); has {
		return refuse("connected", "%q is known already", m.chain)
	}
	if _, _, onRoute := x.Topology.hops(x.Self, m.chain, x.Self); !onRoute || len(x.Topology.Route(x.Self, m.chain)) != 2 {
		return refuse("neighbour", "%q is no neighbour of %q", m.chain, x.Self)
	}
	if err := t.UnmarshalBinary(m.trust); err != nil {
		return refuse("malformed", "%v", err)
	}
	c.Put(ClientKey(m.chain), m.trust)
	return nil
}

func putTrust(c *ledger.Context, chain string, t ledger.TrustState) {
	b, _ := t.MarshalBinary()
	c.Put(ClientKey(chain), b)
}

func trustOf(c *ledger.Context, chain string) (ledger.TrustState, error) {
	var t ledger.TrustState
	b, has := c.Get(ClientKey(chain))
	if !has {
		return t, refuse("unknown", "%q is not connected", chain)
	}
	if err := t.UnmarshalBinary(b); err != nil {
		return t, refuse("malformed", "%v", err)
	}
	if t.Frozen {
		return t, refuse("frozen", "%q has contradicted itself", chain)
	}
	return t, nil
}

// header verifies a neighbour's header and moves the light client. frozen tells that the header contradicts the last
// one; the light client is then frozen, and nothing else must be done with the header.
func (x Contract) header(c *ledger.Context, chain string, b []byte) (h ledger.CertifiedHeader, frozen bool, err error) {
	t, err := trustOf(c, chain)
	if err != nil {
		return h, false, err
	}
	if err := h.UnmarshalBinary(b); err != nil {
		return h, false, refuse("malformed", "%v", err)
	}
	after, err := x.Verifier.Verify(t, h)
	switch {
	case errors.Is(err, ledger.ErrConflict):
		putTrust(c, chain, after)
		return h, true, nil
	case err != nil:
		return h, false, refuse("header", "of %q: not certified by its validators", chain)
	}
	putTrust(c, chain, after)
	return h, false, nil
}

func (x Contract) accuse(c *ledger.Context, m *accuse) error {
	t, err := trustOf(c, m.chain)
	if err != nil {
		return err
	}
	var a, b ledger.CertifiedHeader
	if a.UnmarshalBinary(m.first) != nil || b.UnmarshalBinary(m.second) != nil {
		return refuse("malformed", "not two headers")
	}
	if a.Header.Height != b.Header.Height || a.Header.Hash() == b.Header.Hash() {
		return refuse("accusation", "the headers do not contradict each other")
	}
	for _, h := range []ledger.CertifiedHeader{a, b} {
		// Each is judged against the trust as it stands, so that neither is refused for coming second.
		if _, err := x.Verifier.Verify(t, h); err != nil && !errors.Is(err, ledger.ErrConflict) {
			return refuse("accusation", "header of %q: not certified by its validators", m.chain)
		}
	}
	t.Frozen = true
	putTrust(c, m.chain, t)
	return nil
}
