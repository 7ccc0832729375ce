package ledger

import (
	"fmt"
	"strings"

	"github.com/trigrid/trigrid/codec"
)

// Receipt is the result of one transaction. A refused transaction stays in its
// block: its number is used, its receipt has the code of the rule, and its
// writes are dropped.
type Receipt struct {
	ID     TxID
	Height uint64
	Index  uint64 // among the transactions of its block, from 0
	Code   string // empty if accepted, else the rule that refused it, for example "weights.sum"
	Reason string // explanation for operators; part of the chain like the code
	Data   []byte // the contract's answer
}

// Layout implements [Coded].
func (r *Receipt) Layout(c *codec.Coder) {
	c.Fixed(r.ID[:])
	c.Uint64(&r.Height)
	c.Uint64(&r.Index)
	c.String(&r.Code, MaxName)
	c.String(&r.Reason, MaxReason)
	c.Bytes(&r.Data, MaxOperation)
}

// MaxReason is the longest reason in a receipt, in bytes.
const MaxReason = 512

// CutReason shortens a reason to [MaxReason] bytes. It removes a character that
// the cut would split.
func CutReason(reason string) string {
	if len(reason) > MaxReason {
		return strings.ToValidUTF8(reason[:MaxReason], "")
	}
	return reason
}

// OK reports whether the contract accepted the transaction.
func (r *Receipt) OK() bool { return r.Code == "" }

// Err returns nil for an accepted transaction and a *[Refusal] for a refused
// one.
func (r *Receipt) Err() error {
	if r.OK() {
		return nil
	}
	return &Refusal{Code: r.Code, Reason: r.Reason}
}

// Refusal is the error with which a contract rejects a message. Code is part of
// the protocol and equal on all replicas, for example "scheme.deadline". Reason
// explains it to operators; it is stored in the receipt, so it must be equal on
// all replicas too.
type Refusal struct{ Code, Reason string }

// Error implements error.
func (r *Refusal) Error() string { return "ledger: refused: " + r.Code + ": " + r.Reason }

// Is reports whether target is a refusal with the same code. A target without a
// reason matches every reason, so errors.Is(err, &Refusal{Code:
// "scheme.deadline"}) finds a refusal by its code.
func (r *Refusal) Is(target error) bool {
	t, ok := target.(*Refusal)
	return ok && t.Code == r.Code && (t.Reason == "" || t.Reason == r.Reason)
}

// Refuse returns a [Refusal]. By convention the code begins with the contract's
// name and a dot.
func Refuse(code, format string, args ...any) error {
	return &Refusal{Code: code, Reason: fmt.Sprintf(format, args...)}
}
