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

// SubmitScheme seals a VPP's scheme for the grid and submits it as the next
// version.
//
// Refusals: "scheme.period" without published weights, "scheme.deadline"
// outside the submission window, "scheme.live" if an earlier version is not
// rejected.
func (n *Network) SubmitScheme(ctx context.Context, period uint64, vpp string, s contracts.Scheme) error {
	c, err := n.member(vpp, ledger.RoleVPP)
	if err != nil {
		return err
	}
	var old contracts.SchemeRecord
	if _, err := c.Load(ctx, contracts.SchemeKey(period, vpp), &old); err != nil {
		return err
	}
	// Before the first block the grid's key comes from the genesis, which has
	// no certificate.
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
	// Only an accepted submission replaces the copy with which the VPP can
	// contest.
	n.submitted[contracts.SchemeKey(period, vpp)] = opened
	return nil
}

// Contest publishes the scheme that a VPP last submitted in a period. Every
// reader can then check the grid's verdict, because the contract compares the
// scheme with its commitment. The scheme is no longer secret. The verdict
// itself stays.
func (n *Network) Contest(ctx context.Context, period uint64, vpp string) error {
	c, err := n.member(vpp, ledger.RoleVPP)
	if err != nil {
		return err
	}
	o := n.submitted[contracts.SchemeKey(period, vpp)]
	if o == nil {
		return fmt.Errorf("ledger: %q has no submitted scheme in period %d", vpp, period)
	}
	_, err = c.Send(ctx, o.Disclose(period, vpp))
	return err
}

// Decision is the grid's verdict on one scheme with the opened scheme.
type Decision struct {
	VPP       string
	Accepted  bool
	Reason    string
	Scheme    *contracts.OpenedScheme // nil if the scheme did not open
	Published []contracts.Release
}

// Decide opens all submitted schemes of a period and decides on each. A scheme
// is rejected if it does not open to its commitment, if it has rows for
// unregistered DERs, or if check returns an error, whose text becomes the
// reason. check may be nil. For an accepted scheme Decide sends each DER its
// row and publishes the totals that the network's policy permits.
//
// For example, a check that returns errors.New("over capacity") for vpp-2
// rejects its scheme with that reason, and vpp-2 may submit the next version
// until the deadline.
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
		// Schemes of earlier calls keep their verdict.
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

// decide sends the verdict on one scheme, and the deliveries if the scheme is
// accepted.
func (n *Network) decide(ctx context.Context, vpp string, r *contracts.SchemeRecord, check func(string, *contracts.Scheme) error) (*Decision, error) {
	var m contracts.SubmitScheme
	if err := n.grid.message(ctx, ledger.Location{Height: r.Height, Index: r.Index}, &m); err != nil {
		return nil, err
	}
	d := &Decision{VPP: vpp}
	verdict := contracts.SchemeVerdict{Period: r.Header.Period, VPP: vpp, Version: r.Header.Version}
	// A scheme that does not open has a fixed reason: the cause may depend on
	// the grid's key, which is secret.
	opened, err := contracts.OpenScheme(n.grid.party.now().open, m)
	switch {
	case err != nil:
		verdict.Reason = "BAD_OPENING"
	default:
		d.Scheme = opened
		// The hash commits the grid to the totals it has seen, also for a
		// rejected scheme.
		verdict.Totals = contracts.TotalsHash(opened)
		err = n.unknownDERs(&opened.Scheme)
		if err == nil && check != nil {
			err = check(vpp, &opened.Scheme)
		}
		if err != nil {
			verdict.Reason = ledger.CutReason(err.Error())
		}
	}
	// Deliveries are sealed before the verdict, so that a scheme that cannot be
	// delivered is rejected.
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
	// The length of a transaction is limited, so the envelopes are sent in
	// parts. All have the same length.
	per := max(1, deliveryBytes/len(envelopes[0].Ciphertext))
	for part := range slices.Chunk(envelopes, per) {
		m := &contracts.DeliverRows{Period: r.Header.Period, VPP: vpp, Version: r.Header.Version, Envelopes: part}
		if _, err := n.grid.Send(ctx, m); err != nil {
			return nil, err
		}
	}
	return d, nil
}

// deliveryBytes is the approximate length of the envelopes in one transaction.
const deliveryBytes = 1 << 18

// sealKey returns the public sealing key of a member.
func (n *Network) sealKey(id string) (ledger.SealKey, error) {
	c, err := n.Client(id)
	if err != nil {
		return ledger.SealKey{}, err
	}
	return c.party.Identity().Seal, nil
}

// unknownDERs returns an error for each row of a party that is no registered
// DER.
func (n *Network) unknownDERs(s *contracts.Scheme) error {
	var bad faults.List
	for _, r := range s.Rows {
		if _, err := n.member(r.DER, ledger.RoleDER); err != nil {
			bad.Add(err)
		}
	}
	return bad.Err()
}

// Deliveries returns a DER's rows in all accepted schemes of a period. Each is
// opened with the DER's key and verified against the header that the VPP signed
// and the ledger certified. Schemes without a row for the DER are left out.
//
// An error means that the grid has sent a row that the VPP did not commit to,
// or the row of another DER.
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
				return nil, fmt.Errorf("ledger: %q received the row of %q in the scheme of %q", der, d.Row.DER, vpp)
			}
			out = append(out, *d)
		}
	}
	return out, nil
}

// Scheme returns the certified record of a VPP's scheme.
func (n *Network) Scheme(ctx context.Context, period uint64, vpp string) (contracts.SchemeRecord, error) {
	var r contracts.SchemeRecord
	has, err := n.grid.Load(ctx, contracts.SchemeKey(period, vpp), &r)
	if err == nil && !has {
		err = fmt.Errorf("ledger: %q has no scheme in period %d", vpp, period)
	}
	return r, err
}

// Disclose publishes the plaintext of a scheme that the grid has opened, for an
// audit.
func (n *Network) Disclose(ctx context.Context, period uint64, d Decision) error {
	if d.Scheme == nil {
		return fmt.Errorf("ledger: the scheme of %q did not open, so it has no plaintext to disclose", d.VPP)
	}
	_, err := n.grid.Send(ctx, d.Scheme.Disclose(period, d.VPP))
	return err
}
