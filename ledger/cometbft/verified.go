package cometbft

import (
	"crypto/sha256"
	"sync"

	"github.com/trigrid/trigrid/ledger"
	"github.com/trigrid/trigrid/pbft"
)

// verified caches transactions with a valid signature, so that each is verified
// once although it passes through mempool, proposal and block. The key is a
// hash that covers the signature. When the cache is full it drops the older
// half; a dropped transaction is verified again.
type verified struct {
	chain    ledger.Hash
	verifier pbft.Verifier

	mu           sync.Mutex
	young, old   map[[sha256.Size]byte]bool
	checked, hit uint64
}

// verifiedLimit is the number of transactions in each half.
const verifiedLimit = 1 << 14

// newVerified returns an empty cache for a chain.
func newVerified(chain ledger.Hash) *verified {
	return &verified{chain: chain, verifier: pbft.StandardRule.Verifier(), young: map[[sha256.Size]byte]bool{}}
}

// decode returns a transaction with a valid signature, or nil.
func (v *verified) decode(raw []byte) *ledger.Tx {
	tx, err := ledger.DecodeTx(raw)
	if err != nil || !v.good(raw, &tx) {
		return nil
	}
	return &tx
}

// good reports whether the signature is valid.
func (v *verified) good(raw []byte, tx *ledger.Tx) bool {
	hash := sha256.Sum256(raw)
	v.mu.Lock()
	known := v.young[hash] || v.old[hash]
	if known {
		v.hit++
	} else {
		v.checked++
	}
	v.mu.Unlock()
	if known {
		return true
	}
	if !pbft.VerifyRequest(v.verifier, pbft.Digest(v.chain), tx) {
		return false
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	// Both halves together bound the memory; a hit in the older half is not
	// moved.
	if len(v.young) >= verifiedLimit {
		v.old, v.young = v.young, map[[sha256.Size]byte]bool{}
	}
	v.young[hash] = true
	return true
}
