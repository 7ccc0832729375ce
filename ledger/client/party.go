package client

import (
	"io"
	"sync"

	"github.com/trigrid/trigrid/ledger"
	"github.com/trigrid/trigrid/ledger/internal/entropy"
	"github.com/trigrid/trigrid/pbft"
)

// Party is a participant with its private keys. Other participants see its
// [ledger.Identity] only. The keys are those of one chain; a participant of
// several chains has one Party for each. It is safe for concurrent use.
type Party struct {
	mu   sync.RWMutex
	keys partyKeys
}

// partyKeys are the keys that a party has at one time.
type partyKeys struct {
	identity ledger.Identity
	signer   pbft.Signer
	open     *ledger.OpenKey
}

// NewParty makes a participant with new keys. A nil reader is the operating
// system's source of random numbers. Any other reader makes the keys
// repeatable, which is for simulations only: the seed reveals the keys.
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
	// The identity is active from the genesis and without end; a registration
	// may restrict it.
	k.identity = ledger.Identity{ID: id, Role: role, Key: k.signer.Public(), Seal: open.Public()}
	return k, k.identity.Validate()
}

// now returns the current keys.
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

// ID returns the party's name.
func (p *Party) ID() string { return p.now().identity.ID }

// Identity returns the public data to register.
func (p *Party) Identity() ledger.Identity { return p.now().identity }

// ProveRotation returns the proof of a [ledger.RotateKeys] to the party's
// current keys, for programs that rotate keys without [Client.RotateKeys].
// serial is the serial number after the rotation.
func (p *Party) ProveRotation(chain ledger.Hash, serial uint64) pbft.Signature {
	k := p.now()
	return k.proveRotation(chain, serial)
}

// proveRotation returns the signature of the keys over the statement of their
// rotation.
func (k *partyKeys) proveRotation(chain ledger.Hash, serial uint64) pbft.Signature {
	return k.signer.Sign(ledger.RotationStatement(chain, k.identity.ID, serial, k.identity.Seal))
}

// Sign returns a signed transaction, for programs that number transactions
// without a [Client].
func (p *Party) Sign(chain ledger.Hash, number uint64, m ledger.Message) ledger.Tx {
	return ledger.NewTx(chain, p.now().signer, number, m)
}
