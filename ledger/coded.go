package ledger

import (
	"fmt"

	"github.com/trigrid/trigrid/codec"
)

// Coded is a value with exactly one binary form: a message, a record of the
// state, a proof.
type Coded interface {
	// Layout lists the fields in their binary order. One function describes
	// both directions: c writes the fields in [Encode] and fills them in
	// [Decode].
	//
	//	func (b *Bid) Layout(c *codec.Coder) {
	//		c.Uint64(&b.Period)
	//		codec.Int64(c, &b.Price)
	//	}
	Layout(c *codec.Coder)
}

// Encode returns the binary form of x.
func Encode(x Coded) []byte { return codec.Encode(x.Layout) }

// Decode reads x from b. It rejects every input that Encode does not write.
// name stands for x in the error, for example "message".
func Decode(name string, b []byte, x Coded) error {
	if err := codec.Decode(b, x.Layout); err != nil {
		return fmt.Errorf("ledger: %s: %w", name, err)
	}
	return nil
}

// EncodeAll encodes every element of a list, for [MerkleRoot] and [MerklePath].
func EncodeAll[T any, P interface {
	*T
	Coded
}](list []T,
) [][]byte {
	out := make([][]byte, len(list))
	for i := range list {
		out[i] = Encode(P(&list[i]))
	}
	return out
}
