package pbft

import (
	"errors"
	"slices"

	"github.com/trigrid/trigrid/codec"
	"github.com/trigrid/trigrid/internal/faults"
)

// ReplicaID names a replica for as long as the chain lives. It is not an index: members come and go, ids stay.
type ReplicaID uint32

// Member is one replica of an epoch and the key its signatures are checked with.
type Member struct {
	ID  ReplicaID
	Key PublicKey
}

// Membership is the set of replicas of one epoch, in ascending order of id. Certificates of an epoch count distinct
// members of exactly this set.
type Membership struct {
	Epoch   uint64
	Members []Member
}

// maxMembers bounds the size of a set, and with it the size of every certificate.
const maxMembers = 256

// NewMembership sorts members by id and checks them: at least one, at most 256, ids and keys distinct.
func NewMembership(epoch uint64, members []Member) (Membership, error) {
	m := Membership{Epoch: epoch, Members: slices.Clone(members)}
	slices.SortFunc(m.Members, func(a, b Member) int { return int(int64(a.ID) - int64(b.ID)) })
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

// Size is n.
func (m Membership) Size() int { return len(m.Members) }

// IDs lists the members in ascending order.
func (m Membership) IDs() []ReplicaID {
	out := make([]ReplicaID, len(m.Members))
	for i, x := range m.Members {
		out[i] = x.ID
	}
	return out
}

// Faulty is f of this set, see [Faulty].
func (m Membership) Faulty() int { return Faulty(m.Size()) }

// Strong is Q of this set, see [StrongQuorum].
func (m Membership) Strong() int { return StrongQuorum(m.Size()) }

// Weak is W of this set, see [WeakQuorum].
func (m Membership) Weak() int { return WeakQuorum(m.Size()) }

// Primary is the member that leads view v: number v mod n in order of id.
func (m Membership) Primary(view uint64) ReplicaID {
	return m.Members[view%uint64(len(m.Members))].ID
}

// Key returns the key of replica id and whether it is a member.
func (m Membership) Key(id ReplicaID) (PublicKey, bool) {
	i, ok := slices.BinarySearchFunc(m.Members, id, func(x Member, id ReplicaID) int { return int(int64(x.ID) - int64(id)) })
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

func (m Membership) hasKey(key PublicKey) bool {
	return slices.ContainsFunc(m.Members, func(x Member) bool { return x.Key == key })
}

// Digest commits to the epoch's number and its whole set.
func (m Membership) Digest() Digest { return hash(hashMembers, codec.Encode(m.code)) }

// code reads only a set in the order that [NewMembership] makes, so that a set has one encoding.
func (m *Membership) code(c *codec.Coder) {
	c.Uint64(&m.Epoch)
	codec.SizedList(c, &m.Members, maxMembers, 4+32, func(c *codec.Coder, x *Member) {
		c.Uint32((*uint32)(&x.ID))
		c.Fixed(x.Key[:])
	})
	if !c.Reading() || c.Err() != nil {
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
