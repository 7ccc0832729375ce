package client

import (
	"context"
	"io"

	"github.com/trigrid/trigrid/ledger"
)

// rotation is a replacement of keys that was sent and has no known receipt.
type rotation struct {
	id   ledger.TxID
	keys partyKeys
}

// RotateKeys replaces both keys of the party and drops the old ones. A nil
// reader is the operating system's source of random numbers. If ctx ends before
// the receipt arrives, the client keeps the new keys; the next call waits for
// the same receipt.
func (c *Client) RotateKeys(ctx context.Context, random io.Reader) error {
	c.mu.Lock()
	under := c.rotation
	c.mu.Unlock()
	// Without a pending rotation this call starts one.
	if under == nil {
		old := c.party.Identity()
		keys, err := newPartyKeys(random, old.ID, old.Role)
		if err != nil {
			return err
		}
		keys.identity.Serial = old.Serial + 1
		id, err := c.Submit(ctx, &ledger.RotateKeys{
			Key: keys.identity.Key, Seal: keys.identity.Seal, Proof: keys.proveRotation(c.engine.Chain(), keys.identity.Serial),
		})
		if err != nil {
			return err
		}
		under = &rotation{id, keys}
	}
	r, err := c.engine.WaitCommitted(ctx, under.id)
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case err != nil:
		c.rotation = under
		return c.failed("replaces its keys", err)
	// The old keys stay valid, so a refused rotation can be repeated.
	case !r.OK():
		c.rotation = nil
		return c.failed("replaces its keys", r.Err())
	}
	c.party.replace(under.keys)
	// Numbers count per key, so they start again at 1.
	c.rotation, c.next = nil, 1
	return nil
}
