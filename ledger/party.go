package ledger

import (
	"io"

	"github.com/trigrid/trigrid/pbft"
)

// Party is a participant with its private keys. It exists once, with the participant; what others know of it is its
// [Identity].
type Party struct {
	identity Identity
	signer   pbft.Signer
	open     *OpenKey
}

// NewParty makes a participant with fresh keys. random is nil for the operating system's source; any other reader makes
// everything the party does repeatable, which is for simulations only: whoever knows the seed knows the keys.
func NewParty(random io.Reader, id string, role Role) (*Party, error) {
	var seed [32]byte
	if err := fill(random, seed[:]); err != nil {
		return nil, err
	}
	open, err := NewOpenKey(random, SuiteX25519())
	if err != nil {
		return nil, err
	}
	p := &Party{signer: pbft.NewSigner(seed), open: open}
	p.identity = Identity{ID: id, Role: role, Key: p.signer.Public(), Seal: open.Public()}
	return p, p.identity.check()
}

// ID is the party's name.
func (p *Party) ID() string { return p.identity.ID }

// Identity is what is registered.
func (p *Party) Identity() Identity { return p.identity }

// Sign makes a transaction by hand, for whoever numbers transactions without a [Client].
func (p *Party) Sign(chain Hash, number uint64, m Message) Tx {
	return NewTx(chain, p.signer, number, m)
}
