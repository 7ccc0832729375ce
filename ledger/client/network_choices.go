package client

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/trigrid/trigrid/ledger"
	"github.com/trigrid/trigrid/ledger/contracts"
	"github.com/trigrid/trigrid/ledger/internal/entropy"
)

// PendingChoice is a DER's private note of its commitment. It reveals the
// choice with it.
type PendingChoice struct {
	DER, VPP      string
	Period, Round uint64
	Salt          [contracts.SaltSize]byte
}

// OpenRound opens the next choice round of a period and returns its number. The
// grid sends it.
//
// Refusals: "choice.period" without published weights, "choice.open" if the
// previous round is still open, "choice.settled" for a settled period.
func (n *Network) OpenRound(ctx context.Context, period uint64) (uint64, error) {
	var last ledger.Counter
	if _, err := n.grid.Load(ctx, contracts.RoundsKey(period), &last); err != nil {
		return 0, err
	}
	_, err := n.grid.Send(ctx, &contracts.OpenRound{
		Period: period, Round: last.N + 1,
		CommitBlocks: n.windows.Commits, CommitMillis: n.windows.CommitTime.Milliseconds(),
		RevealBlocks: n.windows.Reveals, RevealMillis: n.windows.RevealTime.Milliseconds(),
		Penalty: n.windows.Penalty,
	})
	return last.N + 1, err
}

// CommitChoice commits a DER to a VPP, or to the outside option if vpp is
// empty. The salt is new for every commitment; keep the result for
// [Network.RevealChoice].
//
// Refusals: "choice.twice" for a second commitment, "choice.late" after the
// commit phase, "choice.party" for a DER that registered after the round was
// opened.
func (n *Network) CommitChoice(ctx context.Context, period, round uint64, der, vpp string) (PendingChoice, error) {
	p, m, err := n.commitment(period, round, der, vpp)
	if err != nil {
		return p, err
	}
	_, err = m.client.Send(ctx, m.message)
	return p, err
}

// commitment returns the commitment of a DER to a VPP with the note for its
// reveal.
func (n *Network) commitment(period, round uint64, der, vpp string) (PendingChoice, outgoing, error) {
	p := PendingChoice{DER: der, VPP: vpp, Period: period, Round: round}
	c, err := n.member(der, ledger.RoleDER)
	if err != nil {
		return p, outgoing{}, err
	}
	if err := entropy.Fill(n.random, p.Salt[:]); err != nil {
		return p, outgoing{}, err
	}
	commitment := contracts.ChoiceCommitment(n.engine.Chain(), period, round, der, vpp, p.Salt)
	return p, outgoing{c, &contracts.CommitChoice{Period: period, Round: round, Commitment: commitment}}, nil
}

// RevealChoice reveals a DER's choice. A VPP without an accepted scheme, or one
// that has refused the DER, counts as the outside option, without penalty.
//
// Refusals: "choice.early" during the commit phase, "choice.late" after the
// reveal phase, "choice.commitment" for another choice than the committed one.
func (n *Network) RevealChoice(ctx context.Context, p PendingChoice) error {
	m, err := n.reveal(p)
	if err != nil {
		return err
	}
	_, err = m.client.Send(ctx, m.message)
	return err
}

// reveal returns the reveal of a commitment.
func (n *Network) reveal(p PendingChoice) (outgoing, error) {
	c, err := n.member(p.DER, ledger.RoleDER)
	return outgoing{c, &contracts.RevealChoice{Period: p.Period, Round: p.Round, VPP: p.VPP, Salt: p.Salt}}, err
}

// CloseRound records the result of a round after its phases. It is needed only
// if a DER has not revealed. If no DER has revealed after the commit phase, it
// begins the reveal phase, and a second call closes the round.
//
// Refusals: "choice.early" during the phases, "choice.closed" for a closed
// round.
func (n *Network) CloseRound(ctx context.Context, period, round uint64) error {
	_, err := n.grid.Send(ctx, &contracts.CloseRound{Period: period, Round: round})
	return err
}

// Round is the certified state of a choice round with the choices of its DERs.
type Round struct {
	contracts.Round
	Choices  []contracts.Choice // revealed ones in order of DER
	Forfeits []string           // DERs that owe the penalty, in order of name
}

// Round returns the certified state of a choice round. It reads two keys per
// DER that committed.
func (n *Network) Round(ctx context.Context, period, round uint64) (Round, error) {
	var r Round
	has, err := n.grid.Load(ctx, contracts.RoundKey(period, round), &r.Round)
	if err == nil && !has {
		err = fmt.Errorf("ledger: round %d of period %d was never opened", round, period)
	}
	if err != nil {
		return r, err
	}
	for i := range r.Committed {
		v, err := n.grid.Read(ctx, Certified, contracts.CommitterKey(period, round, i))
		if err != nil {
			return r, err
		}
		var x contracts.Choice
		known, err := n.grid.Load(ctx, contracts.ChoiceKey(period, round, string(v.Value)), &x)
		switch {
		case err != nil:
			return r, err
		case !known: // the DER has not revealed yet
		case x.Outcome == contracts.OutcomeRevealed || x.Outcome == contracts.OutcomeVoid:
			r.Choices = append(r.Choices, x)
		case x.Outcome == contracts.OutcomeForfeited:
			r.Forfeits = append(r.Forfeits, x.DER)
		}
	}
	slices.SortFunc(r.Choices, func(a, b contracts.Choice) int { return strings.Compare(a.DER, b.DER) })
	slices.Sort(r.Forfeits)
	return r, nil
}

// Choose runs a whole round. Commitments share blocks, and so do reveals. Every
// registered DER commits to choices[d] of its name d, or to the outside option
// if it is not listed, and then reveals. Choose returns the recorded result.
//
// For example, Choose(ctx, 7, map[string]string{"W1": "vpp-1"}) lets W1 join
// vpp-1 and all other DERs stay outside.
func (n *Network) Choose(ctx context.Context, period uint64, choices map[string]string) (Round, error) {
	// Unknown names are rejected before any DER commits. Sorted keys make the
	// error repeatable.
	for _, der := range slices.Sorted(maps.Keys(choices)) {
		if _, err := n.member(der, ledger.RoleDER); err != nil {
			return Round{}, err
		}
	}
	round, err := n.OpenRound(ctx, period)
	if err != nil {
		return Round{}, err
	}
	var commitments, reveals []outgoing
	for _, m := range n.members {
		if m.Role != ledger.RoleDER {
			continue
		}
		p, commitment, err := n.commitment(period, round, m.ID, choices[m.ID])
		if err != nil {
			return Round{}, err
		}
		reveal, err := n.reveal(p)
		if err != nil {
			return Round{}, err
		}
		commitments, reveals = append(commitments, commitment), append(reveals, reveal)
	}
	if err := sendAll(ctx, n.engine, commitments); err != nil {
		return Round{}, err
	}
	// Reveals start after the last commitment, when no choice can depend on
	// another one.
	if err := sendAll(ctx, n.engine, reveals); err != nil {
		return Round{}, err
	}
	return n.Round(ctx, period, round)
}
