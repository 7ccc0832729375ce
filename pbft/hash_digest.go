package pbft

import (
	"crypto/sha256"
	"encoding/hex"
)

// Digest is a SHA-256 hash. The first hashed byte is a domain, which identifies the kind of the
// input.
type Digest [sha256.Size]byte

// String returns the first eight hex digits, enough to distinguish digests in a trace.
func (d Digest) String() string { return hex.EncodeToString(d[:4]) }

// IsZero reports whether d is the zero digest. A hash equals it with negligible probability.
func (d Digest) IsZero() bool { return d == Digest{} }

// hashDomain separates the kinds of hashed values: values of two kinds never have the same digest.
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
)

// hash returns SHA-256(domain ‖ parts[0] ‖ parts[1] ‖ …). All parts but one have fixed lengths, so
// that concatenation is unambiguous.
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

// nullDigest identifies the null batch, which fills a gap after a view change. No batch with a body
// has this digest, not even one without requests, because the null batch has its own domain.
var nullDigest = hash(hashNull)

// NullDigest returns the digest of the null batch.
func NullDigest() Digest { return nullDigest }
