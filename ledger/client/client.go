package client

import (
	"context"
	"fmt"
	"sync"

	"github.com/trigrid/trigrid/ledger"
)

// Client is one party's access to one chain: it signs and numbers transactions, waits for receipts, and reads the state
// as carefully as it is asked to. It is safe for use by many goroutines.
type Client struct {
	party  *Party
	engine ledger.Engine

	mu       sync.Mutex
	next     uint64
	verifier ledger.FinalityVerifier
	trust    ledger.TrustState
	rotation *rotation // under way
}

// Connect starts a client whose party has sent nothing on this chain yet, or continues after what the engine knows it
// has sent. It trusts what Engine.Trust says; see [ConnectTrusting] for a client that got its trust elsewhere.
func Connect(ctx context.Context, e ledger.Engine, p *Party) (*Client, error) {
	v, t := e.Trust()
	return ConnectTrusting(ctx, e, p, v, t)
}

// ConnectTrusting is [Connect] with a trust that does not come from the engine.
func ConnectTrusting(ctx context.Context, e ledger.Engine, p *Party, v ledger.FinalityVerifier, t ledger.TrustState) (*Client, error) {
	c := &Client{party: p, engine: e, verifier: v, trust: t, next: 1}
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

// Party is who signs.
func (c *Client) Party() *Party { return c.party }

// Submit signs m and hands it over without waiting for its execution.
func (c *Client) Submit(ctx context.Context, m ledger.Message) (ledger.TxID, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	tx := ledger.NewTx(c.engine.Chain(), c.party.now().signer, c.next, m)
	id, err := c.engine.Submit(ctx, tx)
	if err != nil {
		return id, fmt.Errorf("ledger: %q sends %s: %w", c.party.ID(), m.Kind(), err)
	}
	c.next++
	return id, nil
}

// Send signs m, hands it over and waits for its receipt. A refusal by the contract is returned as an error that wraps
// a *[Refusal].
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
		return r, fmt.Errorf("ledger: %q sends %s: %w", c.party.ID(), m.Kind(), err)
	}
	return r, nil
}
