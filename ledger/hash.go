package ledger

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"

	"github.com/trigrid/trigrid/codec"
)

// Hash is a SHA-256 hash. Every hashed value begins with a domain, so values of
// different kinds never have the same input.
type Hash [sha256.Size]byte

// String returns the hash in hexadecimal.
func (h Hash) String() string { return hex.EncodeToString(h[:]) }

// IsZero reports whether h is the zero hash. No known input has it.
func (h Hash) IsZero() bool { return h == Hash{} }

// ParseHash reads the hexadecimal form of [Hash.String].
func ParseHash(s string) (Hash, error) {
	var h Hash
	b, err := hex.DecodeString(s)
	if err != nil || len(b) != len(h) {
		return h, fmt.Errorf("ledger: %q is not a hash; want %d hexadecimal digits", s, 2*len(h))
	}
	copy(h[:], b)
	return h, nil
}

// The domains of this package. A changed encoding needs a new version, because
// existing chains contain the old one.
const (
	domainGenesis    = "vpp/ledger/genesis/v3"
	domainHeader     = "vpp/ledger/header/v1"
	domainTx         = "vpp/ledger/tx/v1"
	domainCiphertext = "vpp/scheme/ciphertext/v1"
	domainRotation   = "vpp/ledger/rotation/v1"
	domainValidator  = "vpp/ledger/validator/v1"
)

// HashOf hashes a domain and the parts. Each is preceded by its length, so that
// two different lists of parts never have the same input. A domain names the
// kind of value and its version, for example "meter/reading/v1".
func HashOf(domain string, parts ...[]byte) Hash {
	size := 4 + len(domain)
	for _, p := range parts {
		size += 4 + len(p)
	}
	// Short inputs, which are almost all, need no allocation.
	var room [512]byte
	b := room[:0]
	if size > len(room) {
		b = make([]byte, 0, size)
	}
	// This is the form of codec.String and codec.Bytes.
	b = append(binary.BigEndian.AppendUint32(b, uint32(len(domain))), domain...)
	for _, p := range parts {
		b = append(binary.BigEndian.AppendUint32(b, uint32(len(p))), p...)
	}
	return sha256.Sum256(b)
}

func codeHashes(c *codec.Coder, v *[]Hash, limit int) {
	codec.List(c, v, limit, func(c *codec.Coder, h *Hash) { c.Fixed(h[:]) })
}
