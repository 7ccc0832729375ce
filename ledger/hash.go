package ledger

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"

	"github.com/trigrid/trigrid/codec"
)

// Hash is a SHA-256 hash of something named by a domain; values of different domains never share a hash.
type Hash [sha256.Size]byte

// String is the hash in hexadecimal.
func (h Hash) String() string { return hex.EncodeToString(h[:]) }

// IsZero reports whether h is the zero hash, which nothing hashes to in practice.
func (h Hash) IsZero() bool { return h == Hash{} }

// ParseHash reads what String wrote.
func ParseHash(s string) (Hash, error) {
	var h Hash
	b, err := hex.DecodeString(s)
	if err != nil || len(b) != len(h) {
		return h, fmt.Errorf("ledger: %q is not a hash; want %d hexadecimal digits", s, 2*len(h))
	}
	copy(h[:], b)
	return h, nil
}

// The domains of hashes and of signed or sealed context. Each is written in full in front of what is hashed.
const (
	domainGenesis    = "vpp/ledger/genesis/v1"
	domainHeader     = "vpp/ledger/header/v1"
	domainTx         = "vpp/ledger/tx/v1"
	domainCiphertext = "vpp/scheme/ciphertext/v1"
)

// HashOf hashes the domain and the parts, each with its length in front, so that no two lists of parts run together.
func HashOf(domain string, parts ...[]byte) Hash {
	return sha256.Sum256(codec.Encode(func(c *codec.Coder) {
		c.String(&domain, 0)
		for i := range parts {
			c.Bytes(&parts[i], 0)
		}
	}))
}

func codeHashes(c *codec.Coder, v *[]Hash, limit int) {
	codec.List(c, v, limit, func(c *codec.Coder, h *Hash) { c.Fixed(h[:]) })
}
