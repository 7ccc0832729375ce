package pbft

import (
	"crypto/ed25519"
	"encoding/binary"
	"fmt"
)

// PublicKey is an Ed25519 public key.
type PublicKey [ed25519.PublicKeySize]byte

// Signature is an Ed25519 signature.
type Signature [ed25519.SignatureSize]byte

// Signer signs as one replica or client. [NewSigner] makes one from an Ed25519
// seed; a driver of a hardware module may implement the interface as well. Sign
// must be deterministic, as Ed25519 is, if runs are to be repeatable.
type Signer interface {
	Public() PublicKey
	Sign(message []byte) Signature
}

// NewSigner returns the signer of a 32-byte Ed25519 seed.
func NewSigner(seed [ed25519.SeedSize]byte) Signer {
	key := ed25519.NewKeyFromSeed(seed[:])
	return keySigner{key: key, public: PublicKey(key.Public().(ed25519.PublicKey))}
}

type keySigner struct {
	key    ed25519.PrivateKey
	public PublicKey
}

func (s keySigner) Public() PublicKey             { return s.public }
func (s keySigner) Sign(message []byte) Signature { return Signature(ed25519.Sign(s.key, message)) }

// Kind is the type of a signed statement and of a message. It is part of the
// signed bytes, so a PREPARE cannot be replayed as a COMMIT.
type Kind byte

// Kinds of signed statements and of unsigned messages. KindHello attaches a
// client to a connection.
const (
	KindRequest Kind = iota + 1
	KindPrePrepare
	KindPrepare
	KindCommit
	KindExecuted
	KindViewChange
	KindNewView
	KindReply
	KindStatus
	KindFetch
	KindBodies
	KindBlocks
	KindSnapshot
	KindEvidence
	KindHello
)

var kindNames = [...]string{
	KindRequest: "Request", KindPrePrepare: "PrePrepare", KindPrepare: "Prepare", KindCommit: "Commit",
	KindExecuted: "Executed", KindViewChange: "ViewChange", KindNewView: "NewView", KindReply: "Reply",
	KindStatus: "Status", KindFetch: "Fetch", KindBodies: "Bodies", KindBlocks: "Blocks", KindSnapshot: "Snapshot",
	KindEvidence: "Evidence", KindHello: "Hello",
}

// String returns the name of the type, for example "PrePrepare".
func (k Kind) String() string {
	if k == 0 || int(k) >= len(kindNames) {
		return fmt.Sprintf("Kind(%d)", byte(k))
	}
	return kindNames[k]
}

// statementPrefix separates this protocol from other uses of the same key.
const statementPrefix = "vpp/pbft/v2"

// statement is the content of a signature: fields of fixed width, all of them
// always present. Unused fields are zero.
type statement struct {
	kind    Kind
	chain   Digest
	epoch   uint64
	view    uint64
	seq     uint64
	digest  Digest
	replica ReplicaID
}

// statementSize is the length of a statement in bytes: 104.
const statementSize = len(statementPrefix) + 1 + 32 + 3*8 + 32 + 4

// bytes is written out, because each signature and each check of one needs it.
func (s statement) bytes() []byte {
	b := append(make([]byte, 0, statementSize), statementPrefix...)
	b = append(b, byte(s.kind))
	b = append(b, s.chain[:]...)
	b = binary.BigEndian.AppendUint64(b, s.epoch)
	b = binary.BigEndian.AppendUint64(b, s.view)
	b = binary.BigEndian.AppendUint64(b, s.seq)
	b = append(b, s.digest[:]...)
	return binary.BigEndian.AppendUint32(b, uint32(s.replica))
}
