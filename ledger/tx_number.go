package ledger

import (
	"encoding/hex"
	"slices"

	"github.com/trigrid/trigrid/codec"
	"github.com/trigrid/trigrid/pbft"
)

// NumberWindow is the largest distance of a transaction number from the oldest
// unused one of the same key. It equals the default of
// pbft.Genesis.ClientWindow. The state machine checks it too, because other
// engines have no such rule.
const NumberWindow = 128

// numbers records the used transaction numbers of a key: all up to floor, and
// those in above. For example, after 1, 2 and 5 floor is 2 and above is [5].
type numbers struct {
	floor uint64
	above []uint64 // ascending
}

// NumbersKey is the state key of the used transaction numbers of a signing key;
// see [NextNumber].
func NumbersKey(k pbft.PublicKey) string { return "tx/" + hex.EncodeToString(k[:]) }

func (n *numbers) Layout(c *codec.Coder) {
	c.Uint64(&n.floor)
	codec.List(c, &n.above, NumberWindow, (*codec.Coder).Uint64)
}

func (n *numbers) fresh(number uint64) bool {
	_, used := slices.BinarySearch(n.above, number)
	return number > n.floor && !used
}

func (n *numbers) ahead(number uint64) bool { return number > n.floor && number-n.floor > NumberWindow }

func (n *numbers) use(number uint64) {
	i, _ := slices.BinarySearch(n.above, number)
	n.above = slices.Insert(n.above, i, number)
	// Numbers that have become contiguous are absorbed into floor, so that the
	// list stays short.
	for len(n.above) > 0 && n.above[0] == n.floor+1 {
		n.floor++
		n.above = n.above[1:]
	}
}

// NextNumber returns the number after the highest used one. value is the state
// under [NumbersKey].
func NextNumber(value []byte) (uint64, error) {
	var n numbers
	if err := Decode("numbers", value, &n); err != nil {
		return 0, err
	}
	if len(n.above) > 0 {
		return n.above[len(n.above)-1] + 1, nil
	}
	return n.floor + 1, nil
}
