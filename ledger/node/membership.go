package node

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/trigrid/trigrid/internal/faults"
	"github.com/trigrid/trigrid/ledger"
	"github.com/trigrid/trigrid/ledger/client"
	"github.com/trigrid/trigrid/pbft"
)

// Application is the request of a replica for a place in the set with a serial
// number. Its proof is the signature of the replica's key over
// [ledger.ValidatorStatement].
type Application struct {
	ReplicaCard
	Serial uint64 `json:"serial"` // one more than that of the last requested set
	Proof  Hex    `json:"proof"`
}

// Apply returns the application of a replica. id is one that no replica of the
// chain has had. The error lists ids, names and keys of the genesis; the
// contract refuses those of later replicas.
func Apply(g *Genesis, k *ReplicaKey, id uint32, serial uint64) (Application, error) {
	chain, err := g.Chain()
	if err != nil {
		return Application{}, err
	}
	card := k.Card()
	card.ID = id
	bad, next := faults.List{Prefix: "node: application: "}, uint32(0)
	for _, r := range g.Replicas {
		next = max(next, r.ID+1)
	}
	for _, r := range g.Replicas {
		bad.Require(r.ID != id, "id %d is that of replica %q of the genesis; ids are not used again, want %d or a higher one", id, r.Name, next)
		bad.Require(string(r.Key) != string(card.Key), "the key is that of replica %d, %q; make a new one with trigrid-node keys", r.ID, r.Name)
	}
	if err := bad.Err(); err != nil {
		return Application{}, err
	}
	v := ledger.ProveValidator(chain, serial, ledger.Validator{ID: pbft.ReplicaID(id), Address: k.Address}, k.Signer())
	return Application{ReplicaCard: card, Serial: serial, Proof: v.Proof[:]}, nil
}

// ReadApplication reads the JSON of an [Application].
func ReadApplication(r io.Reader) (Application, error) {
	var a Application
	if err := readJSON("application", r, &a); err != nil {
		return a, err
	}
	bad := faults.List{Prefix: "node: application: "}
	bad.Require(len(a.Key) == 32, "key has %d bytes, want 32", len(a.Key))
	bad.Require(len(a.Proof) == 64, "proof has %d bytes, want 64", len(a.Proof))
	bad.Require(a.Serial > 0, "serial is 0, want one more than that of the last requested set")
	bad.Add(checkAddress(a.Address))
	return a, bad.Err()
}

// LastSet returns the serial number of the set of replicas that was requested
// last, and its members if it is not that of the genesis.
func LastSet(ctx context.Context, c *client.Client) (set ledger.ValidatorSet, err error) {
	var serial ledger.Counter
	if _, err := c.Load(ctx, ledger.ValidatorSerialKey, &serial); err != nil || serial.N == 0 {
		return set, err
	}
	has, err := c.Load(ctx, ledger.ValidatorSetKey(serial.N), &set)
	if err == nil && !has {
		err = fmt.Errorf("node: the state has no set %d of replicas", serial.N)
	}
	return set, err
}

// Change requests a set of replicas: without the removed ones and with the
// applicants. The client is that of a regulator. The set is in force some
// blocks later, see [ledger.ChangeValidators].
func Change(ctx context.Context, c *client.Client, remove []uint32, add []Application) (ledger.Receipt, error) {
	// The serial is read now and checked by the contract, so that of two
	// regulators who change the set at the same time one is refused.
	last, err := LastSet(ctx, c)
	if err != nil {
		return ledger.Receipt{}, err
	}
	m := &ledger.ChangeValidators{Serial: last.Serial + 1}
	bad := faults.List{Prefix: "node: change: "}
	for _, a := range add {
		bad.Require(a.Serial == m.Serial, "replica %d has applied for set %d, the next one is %d; it has to apply again", a.ID, a.Serial, m.Serial)
		v := ledger.NewValidator{Validator: ledger.Validator{ID: pbft.ReplicaID(a.ID), Key: pbft.PublicKey(a.Key), Power: 1, Address: a.Address}}
		copy(v.Proof[:], a.Proof)
		m.Add = append(m.Add, v)
	}
	for _, id := range remove {
		m.Remove = append(m.Remove, pbft.ReplicaID(id))
	}
	if len(remove)+len(add) == 0 {
		bad.Add(errors.New("node: change: no replica is added or removed"))
	}
	if err := bad.Err(); err != nil {
		return ledger.Receipt{}, err
	}
	return c.Send(ctx, m)
}
