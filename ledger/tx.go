package ledger

import (
	"fmt"

	"github.com/trigrid/trigrid/codec"
	"github.com/trigrid/trigrid/pbft"
)

// Tx is one signed transaction: a [pbft.Request] whose Operation is an encoded message. Taking the request as it is
// means that one signature serves the consensus and the contracts alike. Client is the public key of a registered
// identity, Number counts that key's transactions from 1, and the signature covers the chain, the number and the
// operation.
type Tx = pbft.Request

// TxID names a transaction whatever its signature looks like.
type TxID Hash

// String is the id in hexadecimal.
func (id TxID) String() string { return Hash(id).String() }

// IDOf computes the id of tx on the given chain.
func IDOf(chain Hash, tx *Tx) TxID {
	number := codec.Encode(func(c *codec.Coder) { c.Uint64(&tx.Number) })
	return TxID(HashOf(domainTx, chain[:], tx.Client[:], number, tx.Operation))
}

// Limits that decoders hold on to before they know anything about the sender.
const (
	MaxName      = 64
	MaxOperation = 1 << 20
	maxBlockTxs  = 1 << 16
)

// NewTx signs m as the given number of the signer's transactions on chain.
func NewTx(chain Hash, signer pbft.Signer, number uint64, m Message) Tx {
	return pbft.NewRequest(pbft.Digest(chain), signer, number, Encode(&envelope{m.Kind(), Encode(m)}))
}

// EncodeTx is the canonical form of a transaction.
func EncodeTx(tx Tx) []byte { return codec.Encode(func(c *codec.Coder) { codeTx(c, &tx) }) }

// DecodeTx reads what EncodeTx wrote and refuses anything else. It checks no signature.
func DecodeTx(b []byte) (Tx, error) {
	var tx Tx
	err := codec.Decode(b, func(c *codec.Coder) { codeTx(c, &tx) })
	if err != nil {
		return Tx{}, fmt.Errorf("ledger: transaction: %w", err)
	}
	return tx, nil
}

func codeTx(c *codec.Coder, tx *Tx) {
	c.Fixed(tx.Client[:])
	c.Uint64(&tx.Number)
	c.Bytes(&tx.Operation, MaxOperation)
	c.Fixed(tx.Signature[:])
}
