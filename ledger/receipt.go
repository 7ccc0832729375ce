package ledger

import (
	"fmt"
	"strings"

	"github.com/trigrid/trigrid/codec"
)

// Receipt says what became of a transaction. A transaction that was refused is in the block all the same: its number is
// used up and its receipt says why.
type Receipt struct {
	ID     TxID
	Height uint64
	Index  uint64 // among the transactions of its block
	Code   string // empty where the transaction was accepted, else what rule refused it, for example "weights.sum"
	Reason string // for people
	Data   []byte // what the contract answered
}

func (r *Receipt) Layout(c *codec.Coder) {
	c.Fixed(r.ID[:])
	c.Uint64(&r.Height)
	c.Uint64(&r.Index)
	c.String(&r.Code, MaxName)
	c.String(&r.Reason, MaxReason)
	c.Bytes(&r.Data, MaxOperation)
}

const MaxReason = 512

// cut shortens a reason to what a receipt holds.
func CutReason(reason string) string {
	if len(reason) > MaxReason {
		return strings.ToValidUTF8(reason[:MaxReason], "")
	}
	return reason
}

// OK reports whether the transaction was accepted.
func (r *Receipt) OK() bool { return r.Code == "" }

// Err is nil for an accepted transaction and a *[Refusal] for a refused one.
func (r *Receipt) Err() error {
	if r.OK() {
		return nil
	}
	return &Refusal{Code: r.Code, Reason: r.Reason}
}

// Refusal is a contract's no. Codes are part of the protocol and compare equal on all replicas; Reason is for people.
type Refusal struct{ Code, Reason string }

// Error implements error.
func (r *Refusal) Error() string { return "ledger: refused: " + r.Code + ": " + r.Reason }

// Is makes errors.Is(err, &Refusal{Code: c}) find a refusal by its code.
func (r *Refusal) Is(target error) bool {
	t, ok := target.(*Refusal)
	return ok && t.Code == r.Code && (t.Reason == "" || t.Reason == r.Reason)
}

func Refuse(code, format string, args ...any) error {
	return &Refusal{Code: code, Reason: fmt.Sprintf(format, args...)}
}
