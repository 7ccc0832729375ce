package replica

import (
	"crypto/sha256"
	"runtime"
	"sync"

	"github.com/trigrid/trigrid/pbft"
)

// verifiedCache remembers which signatures were found valid, so that each is checked once per replica although it is
// asked for on admission and again inside a proposed batch. Invalid ones are not remembered: forging them is free, and
// they would push out the others.
type verifiedCache struct {
	verifier pbft.Verifier

	mu           sync.Mutex
	young, older map[pbft.Digest]struct{}
}

// cacheGeneration is half of what the cache holds. Two generations take turns, so that something used recently is
// never forgotten before cacheGeneration other things have been checked.
const cacheGeneration = 1 << 15

func newVerifiedCache(v pbft.Verifier) *verifiedCache {
	return &verifiedCache{verifier: v, young: map[pbft.Digest]struct{}{}}
}

func cacheKey(s *pbft.Signed) pbft.Digest {
	h := sha256.New()
	h.Write(s.Key[:])
	h.Write(s.Signature[:])
	h.Write(s.Message)
	var d pbft.Digest
	h.Sum(d[:0])
	return d
}

func (c *verifiedCache) has(k pbft.Digest) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, ok := c.young[k]; ok {
		return true
	}
	_, ok := c.older[k]
	return ok
}

func (c *verifiedCache) put(k pbft.Digest) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.young) >= cacheGeneration {
		c.young, c.older = make(map[pbft.Digest]struct{}, cacheGeneration), c.young
	}
	c.young[k] = struct{}{}
}

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

// VerifyAll implements [pbft.Verifier], asking the underlying one only about what is unknown, and on as many cores as there
// are when that is much.
func (c *verifiedCache) VerifyAll(s []pbft.Signed) []bool {
	out := make([]bool, len(s))
	keys := make([]pbft.Digest, len(s))
	var unknown []int
	for i := range s {
		keys[i] = cacheKey(&s[i])
		if out[i] = c.has(keys[i]); !out[i] {
			unknown = append(unknown, i)
		}
	}
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
			for j, ok := range c.verifier.VerifyAll(todo) {
				if ok {
					out[mine[j]] = true
					c.put(keys[mine[j]])
				}
			}
		}
		if len(unknown) == 0 {
			check()
			break
		}
		wg.Go(check)
	}
	wg.Wait()
	return out
}

// minPart is the least number of signatures worth a goroutine of their own; it is also where a batch equation has
// reached most of its gain.
const minPart = 64
