//go:build planted

package pbft

import (
	"slices"

	"github.com/trigrid/trigrid/internal/planted"
)

// Inject makes the replica commit one deliberate mistake, so that tests can
// show that they notice it. The method exists only in builds with the tag
// planted.
func (c *Config) Inject(mistake planted.Switch) { c.mistake = mistake }

// Inject makes a client's tally commit one deliberate mistake.
func (t *Tally) Inject(mistake planted.Switch) { t.mistake = mistake }

// selectChoices returns the choices of [SelectProposals], with the planted
// mistakes about them.
func selectChoices(asked []*ViewChange, mistake planted.Switch) []Choice {
	if mistake.On(planted.LowestViewWins) {
		asked = complementViews(asked)
	}
	_, choices := SelectProposals(asked)
	if mistake.On(planted.GapsNotFilled) {
		choices = slices.DeleteFunc(choices, func(c Choice) bool {
			_, prepared := highestView(asked, c.Seq)
			return !prepared
		})
	}
	if mistake.On(planted.LateNullOverridesBatch) {
		for i := range choices {
			if view, prepared := highestView(asked, choices[i].Seq); prepared && view+1 < asked[0].View {
				choices[i].Digest = nullDigest
			}
		}
	}
	return choices
}

// complementViews returns copies of the messages with complemented views in all
// certificates, so that the lowest view becomes the highest.
func complementViews(asked []*ViewChange) []*ViewChange {
	out := make([]*ViewChange, len(asked))
	for i, m := range asked {
		c := *m
		c.Prepared = slices.Clone(m.Prepared)
		for j := range c.Prepared {
			c.Prepared[j].Proposal.View = ^c.Prepared[j].Proposal.View
		}
		out[i] = &c
	}
	return out
}

// highestView returns the highest view in which a number has a prepared
// certificate.
func highestView(asked []*ViewChange, seq uint64) (view uint64, prepared bool) {
	for _, m := range asked {
		for i := range m.Prepared {
			if p := &m.Prepared[i].Proposal; p.Seq == seq {
				view, prepared = max(view, p.View), true
			}
		}
	}
	return view, prepared
}
