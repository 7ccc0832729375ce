package pbft

import (
	"crypto/rand"
	"fmt"

	voi "github.com/oasisprotocol/curve25519-voi/primitives/ed25519"
	"github.com/oasisprotocol/curve25519-voi/primitives/ed25519/extra/cache"
)

// Rule decides which Ed25519 signatures are valid. It is part of the genesis,
// because the two rules differ on some inputs: for a key or an R with a
// component of small order, the cofactored equation can hold without the
// cofactorless one. A client could split replicas with different rules.
//
// Sources: RFC 8032, section 5.1.7; ZIP 215; Chalkias, Garillot and Nikolaenko,
// "Taming the many EdDSAs", SSR 2020.
type Rule byte

const (
	// StandardRule is the cofactorless equation of crypto/ed25519 and accepts
	// the same signatures. Signatures are checked one by one.
	StandardRule Rule = iota
	// BatchRule is the cofactored equation of ZIP 215. Only under this equation
	// does one check of many signatures give the same answer as separate
	// checks. In batches of a few hundred it costs less than half per
	// signature.
	BatchRule
)

// String returns "standard" or "batch".
func (r Rule) String() string {
	switch r {
	case StandardRule:
		return "standard"
	case BatchRule:
		return "batch"
	}
	return fmt.Sprintf("Rule(%d)", byte(r))
}

// Signed is one signature to check.
type Signed struct {
	Key       PublicKey
	Message   []byte
	Signature Signature
}

// Verifier decides whether signatures are valid. Every answer is a function of
// the arguments only; an implementation may cache answers. [Rule.Verifier]
// returns the one for real keys. A simulator may supply cheaper signatures.
type Verifier interface {
	Verify(s Signed) bool
	// VerifyAll returns the answer of Verify for each signature, in order.
	VerifyAll(s []Signed) []bool
}

// Verifier returns the verifier of the rule, which every replica, client and
// light client of the chain uses. It keeps recently used keys in a form that is
// faster to check against, and is safe for concurrent use.
func (r Rule) Verifier() Verifier {
	expanded := cache.NewVerifier(cache.NewLRUCache(expandedKeys))
	if r == BatchRule {
		return cofactored{expanded, &voi.Options{Verify: voi.VerifyOptionsZIP_215}}
	}
	return cofactorless{expanded, &voi.Options{Verify: voi.VerifyOptionsStdLib}}
}

// expandedKeys is the number of keys that one verifier keeps expanded, at 1.5
// KiB each. Expanding a key costs a fifth of a check.
const expandedKeys = 1024

// cofactorless checks sB = R + kA for the base point B and the hash k of R, A
// and the message.
type cofactorless struct {
	expanded *cache.Verifier
	options  *voi.Options
}

func (c cofactorless) Verify(s Signed) bool {
	return c.expanded.VerifyWithOptions(s.Key[:], s.Message, s.Signature[:], c.options)
}

func (c cofactorless) VerifyAll(s []Signed) []bool { return verifyEach(c, s) }

func verifyEach(v Verifier, s []Signed) []bool {
	ok := make([]bool, len(s))
	for i := range s {
		ok[i] = v.Verify(s[i])
	}
	return ok
}

// cofactored checks 8sB = 8R + 8kA, which is linear, so that random
// combinations of valid equations are valid.
type cofactored struct {
	expanded *cache.Verifier
	options  *voi.Options
}

// batchThreshold is the number of signatures at which one equation becomes
// cheaper than separate ones.
const batchThreshold = 4

func (c cofactored) Verify(s Signed) bool {
	return c.expanded.VerifyWithOptions(s.Key[:], s.Message, s.Signature[:], c.options)
}

// VerifyAll checks one random combination of all equations. The coefficients
// come from the operating system: a forger who could predict them could make
// two invalid signatures cancel. If the combination fails, each signature is
// checked alone, so the answers do not depend on the coefficients.
func (c cofactored) VerifyAll(s []Signed) []bool {
	if len(s) < batchThreshold {
		return verifyEach(c, s)
	}
	v := voi.NewBatchVerifierWithCapacity(len(s))
	for i := range s {
		c.expanded.AddWithOptions(v, s[i].Key[:], s[i].Message, s[i].Signature[:], c.options)
	}
	_, ok := v.Verify(rand.Reader)
	return ok
}
