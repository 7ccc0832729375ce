package ledger

import (
	"errors"
	"fmt"
	"unicode/utf8"

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
	return TxID(hashOf(domainTx, chain[:], tx.Client[:], number, tx.Operation))
}

// Message is what a transaction asks a contract to do. Kind is "contract.verb", for example "weights.publish".
type Message interface {
	Kind() string
	coder
}

// RawMessage is a message to a contract outside this package.
type RawMessage struct {
	Name string // "contract.verb"
	Body []byte
}

// Kind implements [Message].
func (m *RawMessage) Kind() string { return m.Name }

func (m *RawMessage) code(c *codec.Coder) {
	if c.Reading() {
		c.Fail(errors.New("ledger: a raw message is not decoded"))
		return
	}
	c.Fixed(m.Body)
}

// Limits that decoders hold on to before they know anything about the sender.
const (
	maxName      = 64
	maxOperation = 1 << 20
	maxBlockTxs  = 1 << 16
)

// envelope is the Operation of a transaction.
type envelope struct {
	kind string
	body []byte
}

func (e *envelope) code(c *codec.Coder) {
	c.String(&e.kind, maxName)
	c.Bytes(&e.body, maxOperation)
}

// NewTx signs m as the given number of the signer's transactions on chain.
func NewTx(chain Hash, signer pbft.Signer, number uint64, m Message) Tx {
	return pbft.NewRequest(pbft.Digest(chain), signer, number, encode(&envelope{m.Kind(), encode(m)}))
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
	c.Bytes(&tx.Operation, maxOperation)
	c.Fixed(tx.Signature[:])
}

// checkName accepts the names of identities, chains and contracts: 1 to 64 bytes of UTF-8 without control characters
// and without a slash, which separates the parts of a state key.
func checkName(what, name string) error {
	bad := len(name) == 0 || len(name) > maxName || !utf8.ValidString(name)
	for _, r := range name {
		bad = bad || r < ' ' || r == '/' || r == 0x7f
	}
	if bad {
		return fmt.Errorf("ledger: %s %q: want 1 to %d bytes without slash or control character", what, name, maxName)
	}
	return nil
}
