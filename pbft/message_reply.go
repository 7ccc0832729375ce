package pbft

import (
	"errors"
	"fmt"
	"slices"

	"github.com/trigrid/trigrid/codec"
	"github.com/trigrid/trigrid/internal/planted"
)

// Reply is one replica's signed statement that a request was executed with a
// result. One signature covers a whole batch: it signs the Merkle root over the
// batch's results, and Path leads from this result to the root. A batch of 512
// requests costs one signature and paths of 9 digests.
type Reply struct {
	Replica   ReplicaID
	Client    PublicKey
	Number    uint64
	Content   Digest // of the executed request, see Request.Content
	Result    []byte
	Seq       uint64 // batch in which the request was executed; 0 if the reply is repeated later
	Index     uint32 // leaf of the result
	Count     uint32 // number of leaves
	Path      []Digest
	Signature Signature // under the root, Seq and Replica
}

// ErrReply is wrapped by every error about an invalid reply.
var ErrReply = errors.New("pbft: reply not valid")

// ErrNumberUsed is wrapped by errors about a number that its client has used
// for another request. The other request was executed and this one was not.
var ErrNumberUsed = errors.New("pbft: the number is used by another request of the client")

// root recomputes the batch's result root. It returns false if the path has the
// wrong length.
func (r *Reply) root() (Digest, bool) {
	root, ok := merkleVerify(resultLeaf(r.Client, r.Number, r.Content, r.Result), int(r.Index), int(r.Count), r.Path)
	return sizedRoot(root, int(r.Count)), ok
}

// replyStatement returns the signed bytes. They include no epoch: a client
// accepts replies across a change of members.
func replyStatement(chain, root Digest, seq uint64, replica ReplicaID) []byte {
	return statement{kind: KindReply, chain: chain, seq: seq, digest: root, replica: replica}.bytes()
}

// Verify checks the path and the replica's signature. A valid reply of one
// replica proves nothing yet, see [Tally].
func (r *Reply) Verify(v Verifier, chain Digest, m Membership) error {
	key, member := m.Key(r.Replica)
	root, ok := r.root()
	switch {
	case !member:
		return fmt.Errorf("%w: replica %d is not a member of epoch %d", ErrReply, r.Replica, m.Epoch)
	case !ok:
		return fmt.Errorf("%w: path does not fit leaf %d of %d", ErrReply, r.Index, r.Count)
	case !v.Verify(Signed{Key: key, Message: replyStatement(chain, root, r.Seq, r.Replica), Signature: r.Signature}):
		return fmt.Errorf("%w: signature of replica %d", ErrReply, r.Replica)
	}
	return nil
}

// Replies returns the replies of one replica to all requests that a block
// executed, in the block's order.
func Replies(chain Digest, replica ReplicaID, signer Signer, b *Block) []Reply {
	if len(b.Executed) == 0 {
		return nil
	}
	t := b.tree
	if !t.isOf(b) {
		t = newResultTree(b.Executed, b.Results)
	}
	signature := signer.Sign(replyStatement(chain, t.root(), b.Header.Seq, replica))
	out := make([]Reply, len(b.Executed))
	paths := make([]Digest, 0, len(out)*len(t.merkle.levels)) // one array for all of them
	for i := range out {
		r := &b.Executed[i]
		first := len(paths)
		paths = t.merkle.path(paths, i)
		out[i] = Reply{
			Replica: replica, Client: r.Client, Number: r.Number, Content: t.contents[i], Result: b.Results[i], Seq: b.Header.Seq,
			Index: uint32(i), Count: uint32(len(out)), Path: slices.Clip(paths[first:]), Signature: signature,
		}
	}
	return out
}

// RepeatedReply returns the reply of one replica from a kept result. The other
// results of the batch may be gone, so the result is the only leaf.
func RepeatedReply(chain Digest, replica ReplicaID, signer Signer, old Repeated) Reply {
	root := sizedRoot(resultLeaf(old.Client, old.Number, old.Content, old.Result), 1)
	return Reply{
		Replica: replica, Client: old.Client, Number: old.Number, Content: old.Content, Result: old.Result, Count: 1,
		Signature: signer.Sign(replyStatement(chain, root, 0, replica)),
	}
}

// Tally accepts a result if f+1 distinct replicas have signed it, so that a
// correct one is among them. It counts the replies to one client and is not
// safe for concurrent use.
//
// For example, with n = 4 the second equal reply decides.
type Tally struct {
	client   PublicKey
	chain    Digest
	members  Membership
	verifier Verifier
	open     map[uint64]*count // per expected number
	roots    map[rootKey]bool  // valid signatures of roots, one per replica and batch
	mistake  planted.Switch    // none in a build without the tag planted
}

// count has the answers to one request.
type count struct {
	content Digest               // of the request
	votes   map[ReplicaID]Digest // hash of each replica's content and result
}

// rootKey identifies a checked signature. All results of a batch share it, so
// it is verified once.
type rootKey struct {
	replica ReplicaID
	seq     uint64
	root    Digest
	sig     Signature
}

// NewTally returns a tally of replies to client from the members of m.
func NewTally(v Verifier, chain Digest, m Membership, client PublicKey) *Tally {
	return &Tally{
		client: client, chain: chain, members: m, verifier: v,
		open: map[uint64]*count{}, roots: map[rootKey]bool{},
	}
}

// Expect opens the count for a request. Add ignores replies to other numbers.
func (t *Tally) Expect(r *Request) {
	if t.open[r.Number] == nil {
		t.open[r.Number] = &count{content: r.Content(), votes: map[ReplicaID]Digest{}}
	}
}

// Forget closes the count for a request whose result is no longer needed.
func (t *Tally) Forget(number uint64) { delete(t.open, number) }

// SetMembers replaces the set of replicas, after a change of epoch.
func (t *Tally) SetMembers(m Membership) { t.members = m }

// maxRoots bounds the cache of verified roots.
const maxRoots = 1024

// Add counts a reply. It returns true exactly once per expected number: for the
// reply that completes f+1 equal results. Replies to other clients and numbers
// are ignored.
//
// If the f+1 replies answer another request under the same number, Add returns
// true and an error that wraps [ErrNumberUsed]. For example, a client that was
// restarted with an old counter sends "pay B" under the number of "pay A"; the
// replicas repeat the result of "pay A".
func (t *Tally) Add(r *Reply) (bool, error) {
	open := t.open[r.Number]
	if r.Client != t.client || open == nil {
		return false, nil
	}
	votes := open.votes
	if _, twice := votes[r.Replica]; twice {
		return false, fmt.Errorf("%w: second reply of replica %d", ErrReply, r.Replica)
	}
	root, ok := r.root()
	if !ok {
		return false, fmt.Errorf("%w: path does not fit leaf %d of %d", ErrReply, r.Index, r.Count)
	}
	k := rootKey{replica: r.Replica, seq: r.Seq, root: root, sig: r.Signature}
	if !t.roots[k] {
		if err := r.Verify(t.verifier, t.chain, t.members); err != nil {
			return false, err
		}
		// Clearing is enough: a root that is still needed is verified once
		// more.
		if len(t.roots) >= maxRoots {
			clear(t.roots)
		}
		t.roots[k] = true
	}
	result := hash(hashLeaf, r.Content[:], r.Result)
	votes[r.Replica] = result
	alike := 0
	for _, other := range votes {
		if other == result {
			alike++
		}
	}
	if alike < t.members.Weak() {
		return false, nil
	}
	delete(t.open, r.Number)
	if r.Content != open.content && !t.mistake.On(planted.ContentNotBound) {
		return true, fmt.Errorf("%w: request %d", ErrNumberUsed, r.Number)
	}
	return true, nil
}

// EncodeReply returns the canonical encoding of r.
func EncodeReply(r *Reply) []byte {
	room := replySize + len(r.Result) + len(r.Path)*len(Digest{})
	return codec.Append(make([]byte, 0, room), r.code)
}

// replySize is the encoded size of a reply without result and path, in bytes.
const replySize = 4 + 32 + 8 + 32 + 4 + 8 + 4 + 4 + 4 + 64

// DecodeReply decodes the output of [EncodeReply] and rejects every other
// input. Byte strings in the result alias b, which must not change afterwards.
// It verifies no signature.
func DecodeReply(b []byte) (Reply, error) {
	var r Reply
	err := codec.DecodeShared(b, r.code)
	return r, err
}

func (r *Reply) code(c *codec.Coder) {
	c.Uint32((*uint32)(&r.Replica))
	c.Fixed(r.Client[:])
	c.Uint64(&r.Number)
	c.Fixed(r.Content[:])
	c.Bytes(&r.Result, maxOperation)
	c.Uint64(&r.Seq)
	c.Uint32(&r.Index)
	c.Uint32(&r.Count)
	codec.SizedList(c, &r.Path, maxPath, len(Digest{}), codeDigest)
	c.Fixed(r.Signature[:])
}
