package contracts

import (
	"slices"

	"github.com/trigrid/trigrid/codec"
	"github.com/trigrid/trigrid/ledger"
)

// The scheme contract has one live version per period and VPP. The grid accepts
// or rejects it. A rejected version can be replaced by the next one until the
// deadline; an accepted one is delivered to the DERs.

// SchemeStatus is the state of a scheme.
type SchemeStatus byte

// The states of a scheme.
const (
	SchemeSubmitted SchemeStatus = iota + 1 // waits for the grid's verdict
	SchemeAccepted                          // DERs may choose the VPP
	SchemeRejected                          // the VPP may submit the next version
)

// SchemeRecord is the ledger's record of a VPP's scheme in a period.
type SchemeRecord struct {
	Header     SchemeHeader
	Body       ledger.Hash // hash of the sealed scheme
	Height     uint64      // place of the transaction with the sealed scheme
	Index      uint64
	Status     SchemeStatus
	Reason     string            // of a rejection
	Totals     ledger.Hash       // commitment of the grid to the totals, see TotalsHash
	Published  []Release         // totals that the policy permits
	Deliveries []ledger.Location // transactions with sealed rows
	Disclosed  bool              // the plaintext is public and matches the commitment
}

// Release is one published total of a scheme; see [Policy].
type Release struct {
	Column     string
	Total      ledger.Micro // rounded by the policy; 0 if suppressed
	Suppressed bool
}

// Layout implements [ledger.Coded].
func (r *Release) Layout(c *codec.Coder) {
	c.String(&r.Column, maxColumn)
	codec.Int64(c, &r.Total)
	c.Bool(&r.Suppressed)
}

// codeReleases codes a list of releases.
func codeReleases(c *codec.Coder, v *[]Release) {
	codec.List(c, v, maxColumns, func(c *codec.Coder, r *Release) { r.Layout(c) })
}

// Layout implements [ledger.Coded].
func (r *SchemeRecord) Layout(c *codec.Coder) {
	r.Header.Layout(c)
	c.Fixed(r.Body[:])
	c.Uint64(&r.Height)
	c.Uint64(&r.Index)
	c.Byte((*byte)(&r.Status))
	c.String(&r.Reason, ledger.MaxReason)
	c.Fixed(r.Totals[:])
	codeReleases(c, &r.Published)
	codec.List(c, &r.Deliveries, maxRows, func(c *codec.Coder, l *ledger.Location) { l.Layout(c) })
	c.Bool(&r.Disclosed)
}

// TotalsHash commits to a scheme's totals without revealing them. Salt0
// prevents others from finding the totals by trial.
func TotalsHash(o *OpenedScheme) ledger.Hash {
	totals, _ := o.Totals()
	return ledger.HashOf(domainTotals, o.Salt0[:], codec.Encode(func(c *codec.Coder) { codeMicros(c, &totals, maxColumns) }))
}

// SubmitScheme submits a sealed scheme. A VPP sends it; see [SealScheme].
type SubmitScheme struct {
	Header SchemeHeader
	Body   ledger.Sealed
}

// Kind implements [ledger.Message].
func (*SubmitScheme) Kind() string { return "scheme.submit" }

// Layout implements [ledger.Coded].
func (m *SubmitScheme) Layout(c *codec.Coder) {
	m.Header.Layout(c)
	m.Body.Layout(c)
}

// SchemeVerdict accepts or rejects a scheme. The grid sends it.
type SchemeVerdict struct {
	Period    uint64
	VPP       string
	Version   uint64
	Accepted  bool
	Reason    string // of a rejection
	Totals    ledger.Hash
	Published []Release
}

// Kind implements [ledger.Message].
func (*SchemeVerdict) Kind() string { return "scheme.verdict" }

// Layout implements [ledger.Coded].
func (m *SchemeVerdict) Layout(c *codec.Coder) {
	c.Uint64(&m.Period)
	c.String(&m.VPP, ledger.MaxName)
	c.Uint64(&m.Version)
	c.Bool(&m.Accepted)
	c.String(&m.Reason, ledger.MaxReason)
	c.Fixed(m.Totals[:])
	codeReleases(c, &m.Published)
}

// DeliverRows contains sealed rows of an accepted scheme. The grid sends it.
// The envelopes name no recipient: each DER tries to open all of them, and only
// its own opens. All have the same length, and dummies hide the number of DERs.
type DeliverRows struct {
	Period    uint64
	VPP       string
	Version   uint64
	Envelopes []ledger.Sealed
}

// Kind implements [ledger.Message].
func (*DeliverRows) Kind() string { return "scheme.deliver" }

// Layout implements [ledger.Coded].
func (m *DeliverRows) Layout(c *codec.Coder) {
	c.Uint64(&m.Period)
	c.String(&m.VPP, ledger.MaxName)
	c.Uint64(&m.Version)
	codec.List(c, &m.Envelopes, maxRows, func(c *codec.Coder, s *ledger.Sealed) { s.Layout(c) })
}

// DiscloseScheme publishes the plaintext of a scheme. The VPP sends it to
// contest a verdict, the grid for an audit. The contract checks it against the
// commitment.
type DiscloseScheme struct {
	Period    uint64
	VPP       string
	Salt0     [SaltSize]byte
	Plaintext []byte
}

// Kind implements [ledger.Message].
func (*DiscloseScheme) Kind() string { return "scheme.disclose" }

// Layout implements [ledger.Coded].
func (m *DiscloseScheme) Layout(c *codec.Coder) {
	c.Uint64(&m.Period)
	c.String(&m.VPP, ledger.MaxName)
	c.Fixed(m.Salt0[:])
	c.Bytes(&m.Plaintext, ledger.MaxSealed)
}

// SchemesKey is the state key of the VPPs that have submitted in a period,
// [ledger.Names].
func SchemesKey(period uint64) string { return ledger.Key("scheme", period) }

// SchemeKey is the state key of a VPP's [SchemeRecord].
func SchemeKey(period uint64, vpp string) string { return ledger.Key("scheme", period, vpp) }

// SchemeContract returns the contract "scheme", which accepts [SubmitScheme],
// [SchemeVerdict], [DeliverRows] and [DiscloseScheme].
func SchemeContract() *ledger.TypedContract {
	return ledger.NewContract("scheme",
		ledger.Handle(submitScheme, ledger.RoleVPP),
		ledger.Handle(judgeScheme, ledger.RoleGrid),
		ledger.Handle(deliverRows, ledger.RoleGrid),
		ledger.Handle(discloseScheme, ledger.RoleGrid, ledger.RoleVPP),
	)
}

// submitScheme checks everything that is public: sender, deadline, version, the
// grid's current key and the length.
func submitScheme(c *ledger.Context, m *SubmitScheme) error {
	h := &m.Header
	var w Weights
	var old SchemeRecord
	known := c.Load(SchemeKey(h.Period, h.VPP), &old)
	grid, registered := c.Identity(h.GridKey)
	switch {
	case h.Chain != c.Chain:
		return ledger.Refuse("scheme.chain", "header is for another chain")
	case h.VPP != c.Sender.ID:
		return ledger.Refuse("scheme.owner", "%q submits a scheme in the name of %q", c.Sender.ID, h.VPP)
	case !c.Load(WeightsKey(h.Period), &w):
		return ledger.Refuse("scheme.period", "no weights are published for period %d", h.Period)
	case c.Height < w.Effective:
		return ledger.Refuse("scheme.deadline", "height %d is before the effective height %d", c.Height, w.Effective)
	case !w.open(c):
		return ledger.Refuse("scheme.deadline", "schemes were taken until height %d and block time %d", w.Deadline, w.Until)
	case known && old.Status != SchemeRejected:
		return ledger.Refuse("scheme.live", "version %d of %q is still live", old.Header.Version, h.VPP)
	case h.Version != old.Header.Version+1:
		return ledger.Refuse("scheme.version", "version %d, want %d", h.Version, old.Header.Version+1)
	case !registered || grid.Role != ledger.RoleGrid || grid.Serial != h.GridSerial:
		return ledger.Refuse("scheme.key", "%q has no grid key %d", h.GridKey, h.GridSerial)
	case uint64(len(m.Body.Ciphertext)) != h.Length:
		return ledger.Refuse("scheme.length", "ciphertext has %d bytes, the header says %d", len(m.Body.Ciphertext), h.Length)
	}
	var all ledger.Names
	c.Load(SchemesKey(h.Period), &all)
	all.Add(h.VPP)
	c.Store(SchemesKey(h.Period), &all)
	c.Store(SchemeKey(h.Period, h.VPP), &SchemeRecord{
		Header: *h, Body: m.Body.Hash(), Height: c.Height, Index: c.Index, Status: SchemeSubmitted,
	})
	return nil
}

// liveScheme returns the record of a scheme if it has the expected version and
// status.
func liveScheme(c *ledger.Context, period uint64, vpp string, version uint64, want SchemeStatus) (*SchemeRecord, error) {
	var r SchemeRecord
	switch {
	case !c.Load(SchemeKey(period, vpp), &r):
		return nil, ledger.Refuse("scheme.unknown", "%q has no scheme in period %d", vpp, period)
	case r.Header.Version != version:
		return nil, ledger.Refuse("scheme.version", "version %d is not the live one, %d", version, r.Header.Version)
	case r.Status != want:
		return nil, ledger.Refuse("scheme.status", "scheme of %q in period %d is in another state", vpp, period)
	}
	return &r, nil
}

// judgeScheme records the grid's verdict on the submitted version.
func judgeScheme(c *ledger.Context, m *SchemeVerdict) error {
	r, err := liveScheme(c, m.Period, m.VPP, m.Version, SchemeSubmitted)
	if err != nil {
		return err
	}
	if !m.Accepted && m.Reason == "" {
		return ledger.Refuse("scheme.reason", "a rejection needs a reason")
	}
	r.Status, r.Reason, r.Totals, r.Published = SchemeAccepted, m.Reason, m.Totals, m.Published
	if !m.Accepted {
		r.Status = SchemeRejected
	}
	c.Store(SchemeKey(m.Period, m.VPP), r)
	return nil
}

// deliverRows records the place of a transaction with sealed rows.
func deliverRows(c *ledger.Context, m *DeliverRows) error {
	r, err := liveScheme(c, m.Period, m.VPP, m.Version, SchemeAccepted)
	if err != nil {
		return err
	}
	for i := range m.Envelopes {
		// Lengths would reveal which envelope belongs to which DER.
		if len(m.Envelopes[i].Ciphertext) != len(m.Envelopes[0].Ciphertext) {
			return ledger.Refuse("scheme.envelope", "envelopes differ in length, which tells them apart")
		}
	}
	if len(r.Deliveries) == maxRows {
		return ledger.Refuse("scheme.deliveries", "%d deliveries are the most", maxRows)
	}
	r.Deliveries = append(slices.Clip(r.Deliveries), ledger.Location{Height: c.Height, Index: c.Index})
	c.Store(SchemeKey(m.Period, m.VPP), r)
	return nil
}

// discloseScheme checks a plaintext against the commitment. It leaves the
// verdict unchanged; participants can now check it.
func discloseScheme(c *ledger.Context, m *DiscloseScheme) error {
	var r SchemeRecord
	switch {
	case !c.Load(SchemeKey(m.Period, m.VPP), &r):
		return ledger.Refuse("scheme.unknown", "%q has no scheme in period %d", m.VPP, m.Period)
	case c.Sender.Role == ledger.RoleVPP && c.Sender.ID != m.VPP:
		return ledger.Refuse("scheme.owner", "%q discloses the scheme of %q", c.Sender.ID, m.VPP)
	case r.Header.commit(m.Salt0, m.Plaintext) != r.Header.Commitment:
		return ledger.Refuse("scheme.commitment", "the plaintext is not the one committed to")
	}
	r.Disclosed = true
	c.Store(SchemeKey(m.Period, m.VPP), &r)
	return nil
}
