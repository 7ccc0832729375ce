package relay

import (
	"slices"

	"github.com/trigrid/trigrid/codec"
	"github.com/trigrid/trigrid/ledger"
)

// lock is what a chain keeps of a leg between the coordinator's orders.
type lock struct {
	asset, from, to string
	amount          ledger.Micro
}

func (l *lock) Layout(c *codec.Coder) {
	c.String(&l.asset, maxName)
	c.String(&l.from, maxName)
	c.String(&l.to, maxName)
	codec.Int64(c, &l.amount)
}

// LockKey is the state key of what a chain has locked for a leg of a trade.
func LockKey(coordinator, trade string, leg uint64) string {
	return key("lock", coordinator, trade, leg)
}

// DecodeLock reads the amount and the asset locked under a [LockKey].
func DecodeLock(value []byte) (asset string, amount ledger.Micro, err error) {
	var l lock
	err = ledger.Decode("lock", value, &l)
	return l.asset, l.amount, err
}

// obeyCoordinator is the participant's side. What is locked under a coordinator's name only that coordinator can move.
func (x Contract) obeyCoordinator(c *ledger.Context, coordinator string, o *order) error {
	if !slices.Contains(x.Topology.Relays, coordinator) {
		return refuse("coordinator", "%q is not a relay and coordinates nothing", coordinator)
	}
	var l lock
	k := LockKey(coordinator, o.trade, o.leg)
	locked := c.Load(k, &l)
	switch o.verb {
	case "lock":
		if locked {
			return refuse("twice", "leg %d of trade %q is locked", o.leg, o.trade)
		}
		if err := goodName(o.asset, o.from, o.to, o.trade); err != nil {
			return err
		}
		if err := goodAmount(o.amount); err != nil {
			return err
		}
		if err := add(c, o.asset, o.from, -o.amount); err != nil {
			return err
		}
		c.Store(k, &lock{o.asset, o.from, o.to, o.amount})
		return nil
	case "commit":
		if !locked {
			return refuse("unlocked", "leg %d of trade %q is not locked", o.leg, o.trade)
		}
		c.Delete(k)
		return add(c, l.asset, l.to, l.amount)
	}
	if locked { // abort; a leg that never was locked has nothing to undo
		c.Delete(k)
		return add(c, l.asset, l.from, l.amount)
	}
	return nil
}
