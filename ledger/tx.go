package ledger

import (
	"encoding/binary"
	"fmt"

	"github.com/trigrid/trigrid/codec"
	"github.com/trigrid/trigrid/pbft"
)

// Tx is one signed transaction. It is a [pbft.Request], so that consensus and
// contracts verify the same signature. Client is the public key of a registered
// identity. Number counts the transactions of that key from 1. Operation is an
// encoded [Message]. The signature covers the chain, the number and the
// operation.
type Tx = pbft.Request

// TxID identifies a transaction by its sender, number and content. It does not
// depend on the signature, which may have several valid forms.
type TxID Hash

// String returns the id in hexadecimal.
func (id TxID) String() string { return Hash(id).String() }

// IDOf returns the id of tx on the given chain.
func IDOf(chain Hash, tx *Tx) TxID {
	var number [8]byte
	binary.BigEndian.PutUint64(number[:], tx.Number)
	return TxID(HashOf(domainTx, chain[:], tx.Client[:], number[:], tx.Operation))
}

// Limits of every decoder, in bytes and in transactions per block.
const (
	MaxName      = 64
	MaxOperation = 1 << 20
	maxBlockTxs  = 1 << 16
)

// NewTx returns m signed as transaction number of the signer's key on chain.
func NewTx(chain Hash, signer pbft.Signer, number uint64, m Message) Tx {
	return pbft.NewRequest(pbft.Digest(chain), signer, number, Encode(&envelope{m.Kind(), Encode(m)}))
}

// EncodeTx returns the binary form of a transaction.
func EncodeTx(tx Tx) []byte { return codec.Encode(func(c *codec.Coder) { codeTx(c, &tx) }) }

// DecodeTx reads the output of [EncodeTx]. It does not verify the signature.
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
