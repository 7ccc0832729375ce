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
	domainScheme     = "vpp/scheme/v1"
	domainCommitment = "vpp/scheme/commit/v1"
	domainTotals     = "vpp/scheme/totals/v1"
	domainCiphertext = "vpp/scheme/ciphertext/v1"
	domainDelivery   = "vpp/delivery/v1"
	domainChoice     = "vpp/commit/v1"
	domainSettlement = "vpp/settlement/v1"
	domainPseudonym  = "vpp/pseudonym/v1"
	domainEscrow     = "vpp/escrow/v1"
	domainMemory     = "vpp/ledger/memory/v1"
)

// hashOf hashes the domain and the parts, each with its length in front, so that no two lists of parts run together.
func hashOf(domain string, parts ...[]byte) Hash {
	return sha256.Sum256(codec.Encode(func(c *codec.Coder) {
		c.String(&domain, 0)
		for i := range parts {
			c.Bytes(&parts[i], 0)
		}
	}))
}

// coder is a type with a canonical form.
type coder interface{ code(c *codec.Coder) }

func encode(x coder) []byte { return codec.Encode(x.code) }

// decode reads x from b; what names the thing in the error.
func decode(what string, b []byte, x coder) error {
	if err := codec.Decode(b, x.code); err != nil {
		return fmt.Errorf("ledger: %s: %w", what, err)
	}
	return nil
}

func codeHashes(c *codec.Coder, v *[]Hash, limit int) {
	codec.List(c, v, limit, func(c *codec.Coder, h *Hash) { c.Fixed(h[:]) })
}
