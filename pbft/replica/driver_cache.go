package replica

import (
	"crypto/sha256"
	"runtime"
	"sync"

	"github.com/trigrid/trigrid/pbft"
)

// verifiedCache remembers valid signatures, so that each is verified once per
// replica, although a request is checked on admission and again in a proposed
// batch. Invalid ones are not remembered: forging them costs nothing, and they
// would evict the others.
type verifiedCache struct {
	verifier   pbft.Verifier
	generation int // entries

	mu           sync.Mutex
	young, older map[pbft.Digest]struct{} // two generations of keys
}

// cacheGeneration is the size of one of the two generations. An entry stays for
// at least cacheGeneration further entries.
const cacheGeneration = 1 << 15

// newVerifiedCache returns an empty cache in front of v. It is safe for
// concurrent use if v is.
func newVerifiedCache(v pbft.Verifier) *verifiedCache {
	return &verifiedCache{verifier: v, generation: cacheGeneration, young: map[pbft.Digest]struct{}{}}
}

// cacheKey covers all fields. Key and signature have fixed lengths, so the
// message may come last without its length.
func cacheKey(s *pbft.Signed) pbft.Digest {
	var room [256]byte                 // for the statements of pbft, which have 104 bytes
	b := append(room[:0], s.Key[:]...) // not the domains of pbft: keys never leave the cache
	b = append(b, s.Signature[:]...)
	return sha256.Sum256(append(b, s.Message...))
}

// has reports whether the signature with key k was valid before.
func (c *verifiedCache) has(k pbft.Digest) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.holds(k)
}

// holds is has with the lock held.
func (c *verifiedCache) holds(k pbft.Digest) bool {
	if _, ok := c.young[k]; ok {
		return true
	}
	_, ok := c.older[k]
	return ok
}

// put remembers a valid signature.
func (c *verifiedCache) put(k pbft.Digest) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.keep(k)
}

// keep is put with the lock held.
func (c *verifiedCache) keep(k pbft.Digest) {
	// The older generation is dropped as a whole, without bookkeeping per
	// entry.
	if len(c.young) >= c.generation {
		c.young, c.older = make(map[pbft.Digest]struct{}, c.generation), c.young
	}
	c.young[k] = struct{}{}
}

// VerifyOnce returns a verifier that remembers at least the last 32,768 valid
// signatures that it got from v. Replicas of one process that share it check
// each signature once. It is safe for concurrent use if v is.
func VerifyOnce(v pbft.Verifier) pbft.Verifier { return newVerifiedCache(v) }

// Verify implements [pbft.Verifier].
func (c *verifiedCache) Verify(s pbft.Signed) bool {
	k := cacheKey(&s)
	if c.has(k) {
		return true
	}
	if !c.verifier.Verify(s) {
		return false
	}
	c.put(k)
	return true
}

// VerifyAll implements [pbft.Verifier].
func (c *verifiedCache) VerifyAll(s []pbft.Signed) []bool { return c.check(s).valid }

// checked is the answer of [verifiedCache.check].
type checked struct {
	valid []bool
	fresh []int // places of the signatures that were not in the cache
}

// check passes only unknown signatures to the underlying verifier, in parallel
// if there are many.
func (c *verifiedCache) check(s []pbft.Signed) checked {
	out := make([]bool, len(s))
	keys := make([]pbft.Digest, len(s))
	for i := range s {
		keys[i] = cacheKey(&s[i])
	}
	unknown := make([]int, 0, len(s))
	c.mu.Lock()
	for i, k := range keys {
		if out[i] = c.holds(k); !out[i] {
			unknown = append(unknown, i)
		}
	}
	c.mu.Unlock()
	fresh := unknown
	var wg sync.WaitGroup
	part := max(minPart, (len(unknown)+runtime.GOMAXPROCS(0)-1)/runtime.GOMAXPROCS(0))
	for len(unknown) > 0 {
		mine := unknown[:min(part, len(unknown))]
		unknown = unknown[len(mine):]
		check := func() {
			todo := make([]pbft.Signed, len(mine))
			for j, i := range mine {
				todo[j] = s[i]
			}
			valid := c.verifier.VerifyAll(todo)
			c.mu.Lock()
			defer c.mu.Unlock()
			// Parts are disjoint, so the goroutines write distinct elements of
			// out.
			for j, ok := range valid {
				if ok {
					out[mine[j]] = true
					c.keep(keys[mine[j]])
				}
			}
		}
		// The last part runs here, so a short list starts no goroutine.
		if len(unknown) == 0 {
			check()
			break
		}
		wg.Go(check)
	}
	wg.Wait()
	return checked{out, fresh}
}

// minPart is the smallest number of signatures for a goroutine of its own. At
// this size a batch equation has reached most of its gain.
const minPart = 64
