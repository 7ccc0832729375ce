//go:build !planted

package pbft

import "github.com/trigrid/trigrid/internal/planted"

// selectChoices returns the choices of [SelectProposals]. Its twin under the
// build tag planted makes mistakes.
func selectChoices(asked []*ViewChange, _ planted.Switch) []Choice {
	_, choices := SelectProposals(asked)
	return choices
}
