package client

import (
	"context"
	"fmt"
	"strings"
	"sync"

	"github.com/trigrid/trigrid/ledger"
)

// Client is one party's access to one chain. It signs and numbers transactions,
// waits for receipts, and reads the state. It is safe for concurrent use. A
// party must have only one Client per chain at a time, because the client
// counts the transaction numbers.
type Client struct {
	party  *Party
	engine ledger.Engine

	mu       sync.Mutex
	next     uint64 // number of the next transaction
	verifier ledger.FinalityVerifier
	first    ledger.TrustState // at the connection
	trust    ledger.TrustState // advances with every verified header
	rotation *rotation         // replacement of keys without a known receipt
}

// Connect returns a client that continues after the party's last transaction on
// this chain. It trusts Engine.Trust; use [ConnectTrusting] if the trust has
// another source.
func Connect(ctx context.Context, e ledger.Engine, p *Party) (*Client, error) {
	v, t := e.Trust()
	return ConnectTrusting(ctx, e, p, v, t)
}

// ConnectTrusting is [Connect] with a light client and a trusted state from
// another source than the engine.
func ConnectTrusting(ctx context.Context, e ledger.Engine, p *Party, v ledger.FinalityVerifier, t ledger.TrustState) (*Client, error) {
	c := &Client{party: p, engine: e, verifier: v, first: t, trust: t, next: 1}
	// The next number comes from one replica without proof: a wrong number
	// delays the client, but forges nothing.
	used, err := e.Read(ctx, ledger.NumbersKey(p.Identity().Key))
	if err != nil {
		return nil, err
	}
	if used.Present {
		if c.next, err = ledger.NextNumber(used.Value); err != nil {
			return nil, err
		}
	}
	return c, nil
}

// Party returns the party that signs.
func (c *Client) Party() *Party { return c.party }

// Submit signs m and submits it without waiting for its execution. The number
// of a rejected transaction is used again.
func (c *Client) Submit(ctx context.Context, m ledger.Message) (ledger.TxID, error) {
	// The lock covers submission, so that transactions reach the engine in the
	// order of their numbers.
	c.mu.Lock()
	defer c.mu.Unlock()
	tx := ledger.NewTx(c.engine.Chain(), c.party.now().signer, c.next, m)
	id, err := c.engine.Submit(ctx, tx)
	if err != nil {
		return id, c.failed("sends "+m.Kind(), err)
	}
	c.next++
	return id, nil
}

// Send signs m, submits it and waits for its receipt. If the contract refuses
// m, the error wraps a *[ledger.Refusal] and the receipt is returned as well.
func (c *Client) Send(ctx context.Context, m ledger.Message) (ledger.Receipt, error) {
	id, err := c.Submit(ctx, m)
	if err != nil {
		return ledger.Receipt{}, err
	}
	r, err := c.engine.WaitCommitted(ctx, id)
	if err == nil {
		err = r.Err()
	}
	if err != nil {
		return r, c.failed("sends "+m.Kind(), err)
	}
	return r, nil
}

// failed returns an error that names the party and its action and wraps err.
func (c *Client) failed(action string, err error) error {
	return &actionError{fmt.Sprintf("ledger: %q %s: ", c.party.ID(), action), err}
}

// actionError puts the failed action before an error. The prefix "ledger: " of
// the error is left out, because the text of the action has it.
type actionError struct {
	action string
	err    error
}

func (e *actionError) Error() string {
	return e.action + strings.TrimPrefix(e.err.Error(), "ledger: ")
}

func (e *actionError) Unwrap() error { return e.err }
