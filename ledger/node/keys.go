package node

import (
	"bytes"
	"crypto/rand"
	"fmt"
	"io"

	"github.com/trigrid/trigrid/internal/faults"
	"github.com/trigrid/trigrid/ledger"
	"github.com/trigrid/trigrid/ledger/client"
	"github.com/trigrid/trigrid/pbft"
)

// ReplicaKey is the private file of a replica. It never leaves the machine.
type ReplicaKey struct {
	Name    string `json:"name"`
	Address string `json:"address"`
	Secret  Hex    `json:"secret"` // 32 bytes
}

// NewReplicaKey makes the key of a replica from the operating system's
// randomness.
func NewReplicaKey(name, address string) (ReplicaKey, error) {
	k := ReplicaKey{Name: name, Address: address, Secret: make(Hex, 32)}
	_, _ = rand.Read(k.Secret) // never fails
	return k, k.Validate()
}

// ReadReplicaKey reads the JSON of a [ReplicaKey]. Its error lists all
// violations, and never contains the secret.
func ReadReplicaKey(r io.Reader) (ReplicaKey, error) {
	var k ReplicaKey
	if err := readJSON("replica key", r, &k); err != nil {
		return k, err
	}
	return k, k.Validate()
}

// Validate returns all violations.
func (k *ReplicaKey) Validate() error {
	bad := faults.List{Prefix: "node: replica key: "}
	bad.Add(ledger.CheckName("replica", k.Name))
	bad.Add(checkAddress(k.Address))
	bad.Require(len(k.Secret) == 32, "secret has %d bytes, want 32", len(k.Secret))
	return bad.Err()
}

// Signer returns the signer of the key, for votes and for connections.
func (k *ReplicaKey) Signer() pbft.Signer { return pbft.NewSigner([32]byte(k.Secret)) }

// Card returns the public part. The genesis sets the id.
func (k *ReplicaKey) Card() ReplicaCard {
	key := k.Signer().Public()
	return ReplicaCard{Name: k.Name, Key: key[:], Address: k.Address}
}

// PartySecret is the number of bytes from which the keys of a party are made: a
// seed for signatures and one for decryption, see [client.NewParty].
const PartySecret = 32 + 64

// PartyKey is the private file of a participant.
type PartyKey struct {
	Name   string `json:"name"`
	Role   string `json:"role"`
	Secret Hex    `json:"secret"` // 96 bytes
}

// NewPartyKey makes the keys of a participant from the operating system's
// randomness.
func NewPartyKey(name, role string) (PartyKey, error) {
	k := PartyKey{Name: name, Role: role, Secret: make(Hex, PartySecret)}
	_, _ = rand.Read(k.Secret) // never fails
	return k, k.Validate()
}

// ReadPartyKey reads the JSON of a [PartyKey].
func ReadPartyKey(r io.Reader) (PartyKey, error) {
	var k PartyKey
	if err := readJSON("participant key", r, &k); err != nil {
		return k, err
	}
	return k, k.Validate()
}

// Validate returns all violations.
func (k *PartyKey) Validate() error {
	bad := faults.List{Prefix: "node: participant key: "}
	bad.Add(ledger.CheckName("identity", k.Name))
	if _, err := RoleByName(k.Role); err != nil {
		bad.Add(err)
	}
	bad.Require(len(k.Secret) == PartySecret, "secret has %d bytes, want %d", len(k.Secret), PartySecret)
	return bad.Err()
}

// Party returns the participant with its keys. Each call returns the same keys.
func (k *PartyKey) Party() (*client.Party, error) {
	role, err := RoleByName(k.Role)
	if err != nil {
		return nil, err
	}
	return client.NewParty(bytes.NewReader(k.Secret), k.Name, role)
}

// Signer returns the signer of the participant's transactions, which also
// identifies its connections.
func (k *PartyKey) Signer() pbft.Signer { return pbft.NewSigner([32]byte(k.Secret[:32])) }

// Card returns the public part.
func (k *PartyKey) Card() (PartyCard, error) {
	p, err := k.Party()
	if err != nil {
		return PartyCard{}, fmt.Errorf("node: participant key: %w", err)
	}
	id := p.Identity()
	return PartyCard{Name: k.Name, Role: k.Role, Key: id.Key[:], Seal: id.Seal.Public}, nil
}
