package ledger

import (
	"fmt"
	"slices"

	"github.com/trigrid/trigrid/codec"
	"github.com/trigrid/trigrid/pbft"
)

// numberWindow is how far a key's transaction numbers may run ahead of the oldest one not used. It equals the default
// of pbft.Genesis.ClientWindow, whose rule this repeats for engines that have none.
const numberWindow = 128

// numbers is which transaction numbers of a key are used: all up to floor, and those above it that are listed.
type numbers struct {
	floor uint64
	above []uint64 // ascending
}

func numbersKey(k pbft.PublicKey) string { return fmt.Sprintf("tx/%x", k[:]) }

func (n *numbers) code(c *codec.Coder) {
	c.Uint64(&n.floor)
	codec.List(c, &n.above, numberWindow, (*codec.Coder).Uint64)
}

func (n *numbers) fresh(number uint64) bool {
	_, used := slices.BinarySearch(n.above, number)
	return number > n.floor && !used
}

func (n *numbers) ahead(number uint64) bool { return number > n.floor && number-n.floor > numberWindow }

func (n *numbers) use(number uint64) {
	i, _ := slices.BinarySearch(n.above, number)
	n.above = slices.Insert(n.above, i, number)
	for len(n.above) > 0 && n.above[0] == n.floor+1 {
		n.floor++
		n.above = n.above[1:]
	}
}
