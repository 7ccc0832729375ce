package client

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/trigrid/trigrid/internal/faults"
	"github.com/trigrid/trigrid/ledger"
	"github.com/trigrid/trigrid/ledger/contracts"
)

// SubmitScheme has a VPP seal its scheme for the grid and submit it.
func (n *Network) SubmitScheme(ctx context.Context, period uint64, vpp string, s contracts.Scheme) error {
	c, err := n.member(vpp, ledger.RoleVPP)
	if err != nil {
		return err
	}
	var old contracts.SchemeRecord
	if _, err := c.Load(ctx, contracts.SchemeKey(period, vpp), &old); err != nil {
		return err
	}
	var grid ledger.Identity
	switch _, err := c.Load(ctx, ledger.IdentityKey(n.grid.party.ID()), &grid); {
	case errors.Is(err, errAtGenesis):
		grid = n.grid.party.Identity()
	case err != nil:
		return err
	}
	m, opened, err := contracts.SealScheme(n.random, contracts.SchemeHeader{
		Chain: n.engine.Chain(), Period: period, VPP: vpp, Version: old.Header.Version + 1,
		GridKey: grid.ID, GridSerial: grid.Serial,
	}, grid.Seal, s)
	if err != nil {
		return err
	}
	if _, err := c.Send(ctx, m); err != nil {
		return err
	}
	n.submitted[contracts.SchemeKey(period, vpp)] = opened
	return nil
}

// Contest has a VPP publish the scheme it submitted last in a period. Everybody can then check the grid's verdict; the
// ledger vouches that it is the scheme that was sealed. What it costs is the scheme's secrecy.
func (n *Network) Contest(ctx context.Context, period uint64, vpp string) error {
	c, err := n.member(vpp, ledger.RoleVPP)
	if err != nil {
		return err
	}
	o := n.submitted[contracts.SchemeKey(period, vpp)]
	if o == nil {
		return fmt.Errorf("ledger: %q has submitted nothing in period %d", vpp, period)
	}
	_, err = c.Send(ctx, o.Disclose(period, vpp))
	return err
}

// Decision is the grid's verdict on one scheme, and what it saw.
type Decision struct {
	VPP       string
	Accepted  bool
	Reason    string
	Scheme    *contracts.OpenedScheme // nil where the scheme did not open
	Published []contracts.Release
}

// Decide has the grid open every scheme submitted for the period and judge it. A scheme that does not open to its
// commitment, or has rows for anybody but registered DERs, is rejected; so is one for which check, which may be nil,
// returns an error, whose text becomes the reason. Of an accepted scheme each DER is sent its own row, and the totals
// that the network's [Policy] allows are published.
func (n *Network) Decide(ctx context.Context, period uint64, check func(vpp string, s *contracts.Scheme) error) ([]Decision, error) {
	var vpps ledger.Names
	if _, err := n.grid.Load(ctx, contracts.SchemesKey(period), &vpps); err != nil {
		return nil, err
	}
	var out []Decision
	for _, vpp := range vpps.List {
		var r contracts.SchemeRecord
		if _, err := n.grid.Load(ctx, contracts.SchemeKey(period, vpp), &r); err != nil {
			return nil, err
		}
		if r.Status != contracts.SchemeSubmitted {
			continue
		}
		d, err := n.decide(ctx, vpp, &r, check)
		if err != nil {
			return nil, err
		}
		out = append(out, *d)
	}
	return out, nil
}

func (n *Network) decide(ctx context.Context, vpp string, r *contracts.SchemeRecord, check func(string, *contracts.Scheme) error) (*Decision, error) {
	var m contracts.SubmitScheme
	if err := n.grid.message(ctx, ledger.Location{Height: r.Height, Index: r.Index}, &m); err != nil {
		return nil, err
	}
	d := &Decision{VPP: vpp}
	verdict := contracts.SchemeVerdict{Period: r.Header.Period, VPP: vpp, Version: r.Header.Version}
	opened, err := contracts.OpenScheme(n.grid.party.now().open, m)
	switch {
	case err != nil:
		verdict.Reason = "BAD_OPENING"
	default:
		d.Scheme = opened
		verdict.Totals = contracts.TotalsHash(opened)
		err = n.unknownDERs(&opened.Scheme)
		if err == nil && check != nil {
			err = check(vpp, &opened.Scheme)
		}
		if err != nil {
			verdict.Reason = ledger.CutReason(err.Error())
		}
	}
	var envelopes []ledger.Sealed
	if verdict.Reason == "" {
		if envelopes, err = contracts.SealDeliveries(n.random, &r.Header, opened, n.sealKey); errors.Is(err, contracts.ErrDeliveryTooLong) {
			verdict.Reason = ledger.CutReason(err.Error())
		} else if err != nil {
			return nil, err
		}
	}
	if verdict.Reason == "" {
		verdict.Accepted = true
		verdict.Published, n.past = n.policy.Release(&opened.Scheme, n.past)
	}
	d.Accepted, d.Reason, d.Published = verdict.Accepted, verdict.Reason, verdict.Published
	if _, err := n.grid.Send(ctx, &verdict); err != nil {
		return nil, err
	}
	if !d.Accepted {
		return d, nil
	}
	// A transaction has a limit; envelopes are all of one length.
	per := max(1, deliveryBytes/len(envelopes[0].Ciphertext))
	for part := range slices.Chunk(envelopes, per) {
		m := &contracts.DeliverRows{Period: r.Header.Period, VPP: vpp, Version: r.Header.Version, Envelopes: part}
		if _, err := n.grid.Send(ctx, m); err != nil {
			return nil, err
		}
	}
	return d, nil
}

// deliveryBytes is about how much of deliveries goes into one transaction.
const deliveryBytes = 1 << 18

func (n *Network) sealKey(id string) (ledger.SealKey, error) {
	c, err := n.Client(id)
	if err != nil {
		return ledger.SealKey{}, err
	}
	return c.party.Identity().Seal, nil
}

func (n *Network) unknownDERs(s *contracts.Scheme) error {
	var bad faults.List
	for _, r := range s.Rows {
		if _, err := n.member(r.DER, ledger.RoleDER); err != nil {
			bad.Add(err)
		}
	}
	return bad.Err()
}

// Deliveries has a DER look for its row in every accepted scheme of the period, opened with its own key and verified
// against what the VPP has signed and the ledger has certified. Schemes without a row for it are left out.
func (n *Network) Deliveries(ctx context.Context, period uint64, der string) ([]contracts.Delivery, error) {
	c, err := n.member(der, ledger.RoleDER)
	if err != nil {
		return nil, err
	}
	var vpps ledger.Names
	if _, err := c.Load(ctx, contracts.SchemesKey(period), &vpps); err != nil {
		return nil, err
	}
	var out []contracts.Delivery
	for _, vpp := range vpps.List {
		var r contracts.SchemeRecord
		if _, err := c.Load(ctx, contracts.SchemeKey(period, vpp), &r); err != nil {
			return nil, err
		}
		for _, at := range r.Deliveries {
			var m contracts.DeliverRows
			if err := c.message(ctx, at, &m); err != nil {
				return nil, err
			}
			d, err := contracts.OpenDelivery(c.party.now().open, &r.Header, m.Envelopes)
			if errors.Is(err, contracts.ErrNotForMe) {
				continue
			}
			if err != nil {
				return nil, fmt.Errorf("ledger: delivery of %q to %q: %w", vpp, der, err)
			}
			if d.Row.DER != der {
				return nil, fmt.Errorf("ledger: %q was sent the row of %q in the scheme of %q", der, d.Row.DER, vpp)
			}
			out = append(out, *d)
		}
	}
	return out, nil
}

// Scheme reads how far a VPP's scheme has come.
func (n *Network) Scheme(ctx context.Context, period uint64, vpp string) (contracts.SchemeRecord, error) {
	var r contracts.SchemeRecord
	has, err := n.grid.Load(ctx, contracts.SchemeKey(period, vpp), &r)
	if err == nil && !has {
		err = fmt.Errorf("ledger: %q has no scheme in period %d", vpp, period)
	}
	return r, err
}

// Disclose has the grid publish the plaintext of a scheme it has decided on, for audit.
func (n *Network) Disclose(ctx context.Context, period uint64, d Decision) error {
	if d.Scheme == nil {
		return fmt.Errorf("ledger: the scheme of %q did not open; there is nothing to disclose", d.VPP)
	}
	_, err := n.grid.Send(ctx, d.Scheme.Disclose(period, d.VPP))
	return err
}
