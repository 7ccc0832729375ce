package pbft

import (
	"crypto/sha256"
	"encoding/hex"
)

// Digest is a SHA-256 hash. The first hashed byte is a domain, which identifies
// the kind of the input.
type Digest [sha256.Size]byte

// String returns the first eight hex digits, enough to distinguish digests in a
// trace.
func (d Digest) String() string { return hex.EncodeToString(d[:4]) }

// IsZero reports whether d is the zero digest. A hash equals it with negligible
// probability.
func (d Digest) IsZero() bool { return d == Digest{} }

// hashDomain separates the kinds of hashed values: values of two kinds never
// have the same digest.
type hashDomain byte

const (
	hashGenesis hashDomain = iota + 1
	hashMembers
	hashRequest
	hashBatch
	hashNull
	hashHeader
	hashViewChange
	hashNewView
	hashLeaf
	hashInner
	hashTree
	hashStatus
	hashItem
)

// hash returns SHA-256(domain ‖ parts[0] ‖ parts[1] ‖ …). All parts but one
// have fixed lengths, so that concatenation is unambiguous.
//
// Short inputs, which are almost all, are joined on the stack: a hash object
// would take several allocations for each.
func hash(domain hashDomain, parts ...[]byte) Digest {
	size := 1
	for _, p := range parts {
		size += len(p)
	}
	var room [hashRoom]byte
	if size > len(room) {
		return hashLong(domain, parts)
	}
	b := append(room[:0], byte(domain))
	for _, p := range parts {
		b = append(b, p...)
	}
	return sha256.Sum256(b)
}

// hashRoom is the longest input that is joined, in bytes. A request of 256
// bytes fits.
const hashRoom = 512

// hashLong is hash without a copy of the input.
func hashLong(domain hashDomain, parts [][]byte) Digest {
	h := sha256.New()
	h.Write([]byte{byte(domain)})
	for _, p := range parts {
		h.Write(p)
	}
	var d Digest
	h.Sum(d[:0])
	return d
}

// nullDigest identifies the null batch, which fills a gap after a view change.
// No batch with a body has this digest, not even one without requests, because
// the null batch has its own domain.
var nullDigest = hash(hashNull)

// NullDigest returns the digest of the null batch.
func NullDigest() Digest { return nullDigest }
