package contracts

import (
	"github.com/trigrid/trigrid/codec"
	"github.com/trigrid/trigrid/ledger"
)

// Refused is a DER that a VPP does not admit in a period, with the loss that
// the DER would cause to the VPP. For example, {"T1", 2000} states a loss of
// 20.00.
type Refused struct {
	DER  string
	Loss ledger.Money
}

// Layout implements [ledger.Coded].
func (x *Refused) Layout(c *codec.Coder) {
	c.String(&x.DER, ledger.MaxName)
	codec.Int64(c, &x.Loss)
}

// Refusals is the state of the refusals of one VPP in one period, in order of
// DER.
//
// Each refused DER has a key of its own as well, so that a reveal does not read
// the whole list.
type Refusals struct{ List []Refused }

// Layout implements [ledger.Coded].
func (r *Refusals) Layout(c *codec.Coder) {
	codec.List(c, &r.List, 1<<20, func(c *codec.Coder, x *Refused) { x.Layout(c) })
}

// RefuseDERs states the DERs that a VPP does not admit. The VPP sends it once
// per period, after the grid has accepted its scheme and before the first
// choice round is opened. A choice of the VPP by one of these DERs counts as
// none.
type RefuseDERs struct {
	Period uint64
	List   []Refused // in ascending order of DER, each once
}

// Kind implements [ledger.Message].
func (*RefuseDERs) Kind() string { return "choice.refuse" }

// Layout implements [ledger.Coded].
func (m *RefuseDERs) Layout(c *codec.Coder) {
	c.Uint64(&m.Period)
	codec.List(c, &m.List, 1<<20, func(c *codec.Coder, x *Refused) { x.Layout(c) })
}

// RefusalsKey is the state key of the [Refusals] of a VPP in a period.
func RefusalsKey(period uint64, vpp string) string {
	return ledger.Key("choice", period, "refusals", vpp)
}

// refusedKey is the state key of a mark for a DER that a VPP does not admit.
func refusedKey(period uint64, vpp, der string) string {
	return ledger.Key("choice", period, "refused", vpp, der)
}

// refuseDERs rejects late statements: a refusal after a commitment would take a
// choice back.
func refuseDERs(c *ledger.Context, m *RefuseDERs) error {
	var (
		scheme SchemeRecord
		rounds ledger.Counter
		before Refusals
		key    = RefusalsKey(m.Period, c.Sender.ID)
	)
	switch {
	case !c.Load(SchemeKey(m.Period, c.Sender.ID), &scheme) || scheme.Status != SchemeAccepted:
		return ledger.Refuse("choice.vpp", "%q has no accepted scheme in period %d", c.Sender.ID, m.Period)
	case c.Load(RoundsKey(m.Period), &rounds):
		return ledger.Refuse("choice.round", "round %d of period %d is opened already", rounds.N, m.Period)
	case c.Load(key, &before):
		return ledger.Refuse("choice.twice", "%q has stated its refusals already", c.Sender.ID)
	case len(m.List) == 0:
		return ledger.Refuse("choice.refusals", "the list has no DER")
	}
	for i, x := range m.List {
		if i > 0 && x.DER <= m.List[i-1].DER {
			return ledger.Refuse("choice.refusals", "%q is not in ascending order of DER", x.DER)
		}
		// One state key per DER; a list of all DERs would be read for each
		// check.
		if id, known := c.Identity(x.DER); !known || id.Role != ledger.RoleDER || !id.Active(c.Height) {
			return ledger.Refuse("choice.refusals", "%q is no active DER", x.DER)
		}
		c.Put(refusedKey(m.Period, c.Sender.ID, x.DER), []byte{1})
	}
	c.Store(key, &Refusals{m.List})
	return nil
}
