package contracts

import (
	"crypto/sha256"
	"encoding/binary"
	"math/bits"

	"github.com/trigrid/trigrid/ledger"
)

// Draw places the DERs of a class. DER i of n has the place P(i), where P is a
// permutation of 0 to n − 1 that follows from the seed. Places fill the VPPs of
// a split in their order:
//
//	place 0 … n_1 − 1 in the first VPP, n_1 … n_1 + n_2 − 1 in the second, the rest outside
//
// P is a Feistel network of ten rounds on the numbers of 2 b bits, the least
// even number of bits for n, with rounds F_r(x) from SHA-256 of seed, class, r
// and x. A number outside 0 to n − 1 is permuted again until it is inside,
// which keeps P a permutation. Each place needs the seed and the number only,
// so that a DER checks its own place without the others.
//
// Sources: Luby, Rackoff, "How to construct pseudorandom permutations from
// pseudorandom functions", SIAM J. Comput. 17 (1988) 373; Black, Rogaway,
// "Ciphers with arbitrary finite domains", CT-RSA 2002, for numbers outside;
// NIST SP 800-38G for ten rounds.
type Draw struct {
	count uint64
	half  int // b
	key   ledger.Hash
	table [drawRounds][]uint64 // F_r by x, filled at the first use; 0: not yet
}

const drawRounds = 10

// NewDraw returns the draw of a class of count DERs in a round. sum is the
// value of [SeedKey] after the round was closed.
func NewDraw(chain ledger.Hash, period, round uint64, class string, count uint64, sum ledger.Hash) *Draw {
	d := &Draw{count: count, half: (bits.Len64(count-1) + 1) / 2}
	d.key = ledger.HashOf(domainDraw, chain[:], ledger.Encode(&CloseRound{period, round}), []byte(class), sum[:])
	for r := range d.table {
		d.table[r] = make([]uint64, 1<<d.half)
	}
	return d
}

// Place returns P(i). It panics if i is not below the number of DERs. The
// method keeps intermediate values, so that one goroutine at a time uses a
// draw.
func (d *Draw) Place(i uint64) uint64 {
	if i >= d.count {
		panic("ledger: draw: the DER has no number below the size of its class")
	}
	for {
		if i = d.permute(i); i < d.count {
			return i
		}
	}
}

// permute is one pass of the network.
func (d *Draw) permute(x uint64) uint64 {
	mask := uint64(1)<<d.half - 1
	left, right := x>>d.half, x&mask
	for r := range drawRounds {
		left, right = right, left^d.function(r, right)&mask
	}
	return left<<d.half | right
}

// function returns F_r(x).
func (d *Draw) function(r int, x uint64) uint64 {
	if y := d.table[r][x]; y != 0 {
		return y
	}
	var b [sha256.Size + 9]byte
	copy(b[:], d.key[:])
	b[sha256.Size] = byte(r)
	binary.BigEndian.PutUint64(b[sha256.Size+1:], x)
	h := sha256.Sum256(b[:])
	y := binary.BigEndian.Uint64(h[:8]) | 1<<63 // not 0, and above the mask
	d.table[r][x] = y
	return y
}

// VPPAt returns the VPP of a place under a split, "" for outside, and the place
// among the DERs of that VPP.
func VPPAt(parts []SplitPart, place uint64) (vpp string, within uint64) {
	for _, p := range parts {
		if place < p.Count {
			return p.VPP, place
		}
		place -= p.Count
	}
	return "", place
}
