package client

import (
	"io"
	"sync"

	"github.com/trigrid/trigrid/ledger"
	"github.com/trigrid/trigrid/ledger/internal/entropy"
	"github.com/trigrid/trigrid/pbft"
)

// Party is a participant with its private keys. It exists once, with the participant; what others know of it is its
// [Identity]. Its keys are those of one chain: whoever takes part in several has a Party for each. It is safe for use by
// many goroutines.
type Party struct {
	mu   sync.RWMutex
	keys partyKeys
}

type partyKeys struct {
	identity ledger.Identity
	signer   pbft.Signer
	open     *ledger.OpenKey
}

// NewParty makes a participant with fresh keys. random is nil for the operating system's source; any other reader makes
// everything the party does repeatable, which is for simulations only: whoever knows the seed knows the keys.
func NewParty(random io.Reader, id string, role ledger.Role) (*Party, error) {
	k, err := newPartyKeys(random, id, role)
	if err != nil {
		return nil, err
	}
	return &Party{keys: k}, nil
}

func newPartyKeys(random io.Reader, id string, role ledger.Role) (partyKeys, error) {
	var seed [32]byte
	if err := entropy.Fill(random, seed[:]); err != nil {
		return partyKeys{}, err
	}
	open, err := ledger.NewOpenKey(random, ledger.SuiteX25519())
	if err != nil {
		return partyKeys{}, err
	}
	k := partyKeys{signer: pbft.NewSigner(seed), open: open}
	k.identity = ledger.Identity{ID: id, Role: role, Key: k.signer.Public(), Seal: open.Public()}
	return k, k.identity.Validate()
}

// now are the party's present keys.
func (p *Party) now() partyKeys {
	p.mu.RLock()
	defer p.mu.RUnlock()
	return p.keys
}

func (p *Party) replace(k partyKeys) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.keys = k
}

// ID is the party's name.
func (p *Party) ID() string { return p.now().identity.ID }

// Identity is what is registered.
func (p *Party) Identity() ledger.Identity { return p.now().identity }

// Sign makes a transaction by hand, for whoever numbers transactions without a [Client].
func (p *Party) Sign(chain ledger.Hash, number uint64, m ledger.Message) ledger.Tx {
	return ledger.NewTx(chain, p.now().signer, number, m)
}
