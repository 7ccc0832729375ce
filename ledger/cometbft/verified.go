package cometbft

import (
	"crypto/sha256"
	"sync"

	"github.com/trigrid/trigrid/ledger"
	"github.com/trigrid/trigrid/pbft"
)

// verified remembers the transactions whose signatures were found good, so that each is checked once although it passes
// through the mempool, a proposal and a block. It forgets the older half when it is full. Only what was verified is
// remembered, by a hash that covers the signature: forgetting costs time, never safety.
type verified struct {
	chain    ledger.Hash
	verifier pbft.Verifier

	mu           sync.Mutex
	young, old   map[[sha256.Size]byte]bool
	checked, hit uint64
}

// verifiedLimit is how many transactions each half remembers.
const verifiedLimit = 1 << 14

func newVerified(chain ledger.Hash) *verified {
	return &verified{chain: chain, verifier: pbft.StandardRule.Verifier(), young: map[[sha256.Size]byte]bool{}}
}

// decode reads a transaction and reports whether its signature is good; nil means no.
func (v *verified) decode(raw []byte) *ledger.Tx {
	tx, err := ledger.DecodeTx(raw)
	if err != nil || !v.good(raw, &tx) {
		return nil
	}
	return &tx
}

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
	if len(v.young) >= verifiedLimit {
		v.old, v.young = v.young, map[[sha256.Size]byte]bool{}
	}
	v.young[hash] = true
	return true
}
