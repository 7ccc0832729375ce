package pbft

import (
	"crypto/rand"
	"fmt"

	voi "github.com/oasisprotocol/curve25519-voi/primitives/ed25519"
	"github.com/oasisprotocol/curve25519-voi/primitives/ed25519/extra/cache"
)

// Rule says which Ed25519 signatures are valid. It is fixed at genesis because the two rules differ: a key or an R with
// a component of small order can make a signature that the cofactored equation accepts and the cofactorless one
// refuses. Replicas that mixed them could be split by any client.
type Rule byte

const (
	// StandardRule is the cofactorless equation of crypto/ed25519, which accepts exactly the same signatures.
	// Signatures are checked one by one.
	StandardRule Rule = iota
	// BatchRule is ZIP-215's cofactored equation, the only one under which checking many signatures at once gives
	// the same answer as checking each. It costs less than half per signature in batches of a few hundred.
	BatchRule
)

// String names the rule.
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

// Verifier decides whether signatures are valid. Every answer is a function of its arguments alone: caching is allowed,
// opinions are not. [Rule.Verifier] is the one to use; a simulator may bring cheaper signatures of its own, and a
// [Driver] wraps whatever it is given in a cache.
type Verifier interface {
	Verify(s Signed) bool
	// VerifyAll reports for each signature what Verify would say of it.
	VerifyAll(s []Signed) []bool
}

// Verifier returns the one function by which every replica, client and light client of a chain under rule r judges
// every signature. It keeps the keys it saw last in a form that is quicker to check against, and may be used by many
// goroutines.
func (r Rule) Verifier() Verifier {
	expanded := cache.NewVerifier(cache.NewLRUCache(expandedKeys))
	if r == BatchRule {
		return cofactored{expanded, &voi.Options{Verify: voi.VerifyOptionsZIP_215}}
	}
	return cofactorless{expanded, &voi.Options{Verify: voi.VerifyOptionsStdLib}}
}

// expandedKeys is how many keys one verifier keeps expanded, at 1.5 KiB each. Expanding a key costs a fifth of a check.
const expandedKeys = 1024

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

type cofactored struct {
	expanded *cache.Verifier
	options  *voi.Options
}

// batchThreshold is the number of signatures from which a batch equation is cheaper than single ones.
const batchThreshold = 4

func (c cofactored) Verify(s Signed) bool {
	return c.expanded.VerifyWithOptions(s.Key[:], s.Message, s.Signature[:], c.options)
}

// VerifyAll uses one equation for all, with coefficients from the operating system's random source: a forger who
// could predict them could make two bad signatures cancel. Where the equation fails, each signature is checked alone,
// so the answer does not depend on the coefficients.
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
