package relay

import (
	"slices"

	"github.com/trigrid/trigrid/codec"
	"github.com/trigrid/trigrid/ledger"
)

// lock is a leg's amount between the orders to lock and to commit or abort.
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

// LockKey is the state key of the amount that a chain has locked for a leg of a
// trade; see [DecodeLock].
func LockKey(coordinator, trade string, leg uint64) string {
	return key("lock", coordinator, trade, leg)
}

// DecodeLock returns asset and amount of the value under a [LockKey].
func DecodeLock(value []byte) (asset string, amount ledger.Micro, err error) {
	var l lock
	err = ledger.Decode("lock", value, &l)
	return l.asset, l.amount, err
}

// obeyCoordinator executes an order of a trade's coordinator on an asset chain.
// Only the coordinator under whose name an amount is locked can move it.
func (x Contract) obeyCoordinator(c *ledger.Context, coordinator string, o *order) error {
	// Otherwise every chain of the topology could order locks.
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
		if _, known := x.Topology.Asset(o.asset); !known {
			return refuse("asset", "the topology lists no asset %q", o.asset)
		}
		// A refusal for lack of funds becomes the verdict, and the coordinator
		// aborts the trade.
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
	if locked { // an abort of a leg that was not locked changes nothing
		c.Delete(k)
		return add(c, l.asset, l.from, l.amount)
	}
	return nil
}
