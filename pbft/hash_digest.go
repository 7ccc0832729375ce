package pbft

import (
	"crypto/sha256"
	"encoding/hex"
)

// Digest is a SHA-256 hash. What was hashed is told by the one-byte domain in front of every input.
type Digest [sha256.Size]byte

// String returns the first eight hex digits, enough to tell digests apart in a trace.
func (d Digest) String() string { return hex.EncodeToString(d[:4]) }

// IsZero reports whether d is the zero digest, which no hash yields in practice.
func (d Digest) IsZero() bool { return d == Digest{} }

// hashDomain separates the kinds of things that are hashed; two values of different kinds never share a digest.
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
	hashHello
)

func hash(domain hashDomain, parts ...[]byte) Digest {
	h := sha256.New()
	h.Write([]byte{byte(domain)})
	for _, p := range parts {
		h.Write(p)
	}
	var d Digest
	h.Sum(d[:0])
	return d
}

// nullDigest names the null batch, which fills a gap after a view change. No batch with a body hashes to it, not even
// an empty one, because its domain is its own.
var nullDigest = hash(hashNull)

// NullDigest is the digest under which a null batch is agreed on.
func NullDigest() Digest { return nullDigest }
