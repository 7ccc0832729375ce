package relay

import (
	"errors"

	"github.com/trigrid/trigrid/codec"
	"github.com/trigrid/trigrid/ledger"
)

// Each chain stores a light client of every neighbour in its own state,
// starting from the neighbour's genesis. If a neighbour certifies two headers
// of one height, its light client is frozen and no packet of it is accepted any
// more.

// connect adds a neighbour. An authority of the chain sends it once per
// neighbour and vouches for the neighbour's genesis.
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

// accuse freezes a neighbour's light client. Its evidence is two certified
// headers of one height. Every identity may send it.
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

// advance hands over changes of a neighbour's validators that are too many for
// one header's proof. Every identity may send it.
type advance struct {
	chain string
	part  ledger.FinalityProof // see ledger.ChangesVerifier
}

// Kind implements [ledger.Message].
func (*advance) Kind() string { return "relay.advance" }

// Layout implements [ledger.Coded].
func (m *advance) Layout(c *codec.Coder) {
	c.String(&m.chain, maxName)
	c.String(&m.part.Kind, ledger.MaxName)
	c.Bytes(&m.part.Data, maxBytes)
}

// ClientKey is the state key of a neighbour's light client, a
// [ledger.TrustState].
func ClientKey(neighbour string) string { return key("client", neighbour) }

// connect stores the first trusted state of a neighbour. Refusals:
// "relay.connected" if there is one already, "relay.neighbour" if the two
// chains have no link.
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

// putTrust stores a neighbour's light client.
func putTrust(c *ledger.Context, chain string, t ledger.TrustState) {
	b, _ := t.MarshalBinary()
	c.Put(ClientKey(chain), b)
}

// trustOf returns a neighbour's light client, or a refusal if there is none or
// it is frozen.
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

// header verifies a neighbour's header and advances its light client. frozen
// reports that the header contradicts an earlier one. The light client is then
// frozen, and the caller must not use the header.
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

// advance moves a neighbour's light client to a later set of validators.
// Changes that it has passed already have no effect, because several gateways
// may hand over the same ones.
func (x Contract) advance(c *ledger.Context, m *advance) error {
	t, err := trustOf(c, m.chain)
	if err != nil {
		return err
	}
	v, changes := x.Verifier.(ledger.ChangesVerifier)
	if !changes {
		return refuse("header", "of %q: its verifier accepts no changes of validators without a header", m.chain)
	}
	after, err := v.AdvanceChanges(t, m.part)
	if err != nil {
		return refuse("header", "of %q: its validators have not certified the changes", m.chain)
	}
	putTrust(c, m.chain, after)
	return nil
}

// accuse freezes a neighbour if both headers are certified and differ at one
// height. Otherwise it refuses with "relay.accusation".
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
		// Both are verified against the stored state, so that the second is not
		// refused because of the first.
		if _, err := x.Verifier.Verify(t, h); err != nil && !errors.Is(err, ledger.ErrConflict) {
			return refuse("accusation", "header of %q: not certified by its validators", m.chain)
		}
	}
	t.Frozen = true
	putTrust(c, m.chain, t)
	return nil
}
