package client

import (
	"context"
	"fmt"
	"io"

	"github.com/trigrid/trigrid/ledger"
)

// rotation is a replacement of keys that was sent and whose receipt is not known.
type rotation struct {
	id   ledger.TxID
	keys partyKeys
}

// RotateKeys replaces both keys of the party. The old ones are forgotten. random is nil for the operating system's
// source. Where the wait for the receipt is cut short, nobody knows which keys hold; the new ones are then kept aside, and
// the next call waits on.
func (c *Client) RotateKeys(ctx context.Context, random io.Reader) error {
	c.mu.Lock()
	under := c.rotation
	c.mu.Unlock()
	if under == nil {
		old := c.party.Identity()
		keys, err := newPartyKeys(random, old.ID, old.Role)
		if err != nil {
			return err
		}
		keys.identity.Serial = old.Serial + 1
		id, err := c.Submit(ctx, &ledger.RotateKeys{Key: keys.identity.Key, Seal: keys.identity.Seal})
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
		return fmt.Errorf("ledger: %q replaces its keys: %w", c.party.ID(), err)
	case !r.OK():
		c.rotation = nil
		return fmt.Errorf("ledger: %q replaces its keys: %w", c.party.ID(), r.Err())
	}
	c.party.replace(under.keys)
	c.rotation, c.next = nil, 1
	return nil
}
