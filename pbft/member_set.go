package pbft

import (
	"cmp"
	"errors"
	"slices"

	"github.com/trigrid/trigrid/codec"
	"github.com/trigrid/trigrid/internal/faults"
)

// ReplicaID identifies a replica for the life of the chain. It is not an index:
// a removed member's id is not reused.
type ReplicaID uint32

// Member is one replica of an epoch, with the key that verifies its signatures.
type Member struct {
	ID  ReplicaID
	Key PublicKey
}

// Membership is the set of replicas of one epoch, in ascending order of id. A
// certificate of the epoch counts distinct members of this set only.
type Membership struct {
	Epoch   uint64
	Members []Member
}

// maxMembers bounds the size of a set, and so the size of every certificate.
const maxMembers = 256

// NewMembership returns the set with members sorted by id. It reports all
// violations: the set has 1 to 256 members, with distinct ids and distinct
// keys.
func NewMembership(epoch uint64, members []Member) (Membership, error) {
	m := Membership{Epoch: epoch, Members: slices.Clone(members)}
	slices.SortFunc(m.Members, func(a, b Member) int { return cmp.Compare(a.ID, b.ID) })
	bad := faults.List{Prefix: "pbft: membership: "}
	bad.Require(len(members) > 0 && len(members) <= maxMembers, "%d replicas, want 1 to %d", len(members), maxMembers)
	keys := make(map[PublicKey]ReplicaID, len(members))
	for i, x := range m.Members {
		bad.Require(i == 0 || m.Members[i-1].ID != x.ID, "replica %d is listed twice", x.ID)
		other, shared := keys[x.Key]
		bad.Require(!shared, "replicas %d and %d share a key, want one key for each", other, x.ID)
		bad.Require(x.Key != PublicKey{}, "replica %d has no public key", x.ID)
		keys[x.Key] = x.ID
	}
	return m, bad.Err()
}

// Size returns n.
func (m Membership) Size() int { return len(m.Members) }

// IDs returns the ids of the members in ascending order.
func (m Membership) IDs() []ReplicaID {
	out := make([]ReplicaID, len(m.Members))
	for i, x := range m.Members {
		out[i] = x.ID
	}
	return out
}

// Faulty returns f of this set, see [Faulty].
func (m Membership) Faulty() int { return Faulty(m.Size()) }

// Strong returns Q of this set, see [StrongQuorum].
func (m Membership) Strong() int { return StrongQuorum(m.Size()) }

// Weak returns W of this set, see [WeakQuorum].
func (m Membership) Weak() int { return WeakQuorum(m.Size()) }

// Primary returns the leader of a view: member number view mod n in ascending
// order of id.
func (m Membership) Primary(view uint64) ReplicaID {
	return m.Members[view%uint64(len(m.Members))].ID
}

// Key returns the key of replica id, or false if it is not a member.
func (m Membership) Key(id ReplicaID) (PublicKey, bool) {
	i, ok := slices.BinarySearchFunc(m.Members, id, func(x Member, id ReplicaID) int {
		return cmp.Compare(x.ID, id)
	})
	if !ok {
		return PublicKey{}, false
	}
	return m.Members[i].Key, true
}

// Contains reports whether id is a member.
func (m Membership) Contains(id ReplicaID) bool {
	_, ok := m.Key(id)
	return ok
}

// hasKey reports whether a replica of the epoch has the key. Such a key is
// refused as a client's: its owner could use one signature in both roles.
func (m Membership) hasKey(key PublicKey) bool {
	return slices.ContainsFunc(m.Members, func(x Member) bool { return x.Key == key })
}

// Digest returns the hash of the epoch's number and of all members, ids and
// keys.
func (m Membership) Digest() Digest { return hash(hashMembers, codec.Encode(m.code)) }

// code rejects a set that is not in the order of [NewMembership], so that every
// set has one encoding.
func (m *Membership) code(c *codec.Coder) {
	c.Uint64(&m.Epoch)
	codec.SizedList(c, &m.Members, maxMembers, 4+32, func(c *codec.Coder, x *Member) {
		c.Uint32((*uint32)(&x.ID))
		c.Fixed(x.Key[:])
	})
	if !c.Decoding() || c.Err() != nil {
		return
	}
	checked, err := NewMembership(m.Epoch, m.Members)
	if err == nil && !slices.Equal(checked.Members, m.Members) {
		err = errors.New("pbft: members are not in order of id")
	}
	if err != nil {
		c.Fail(err)
	}
	*m = checked
}
