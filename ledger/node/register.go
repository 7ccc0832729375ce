package node

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/trigrid/trigrid/internal/faults"
	"github.com/trigrid/trigrid/ledger"
	"github.com/trigrid/trigrid/ledger/client"
)

// Register registers identities on the chain by transactions of an authority,
// and waits for their receipts. Identities that are registered with the same
// keys have no transaction. The error lists the others that are refused.
//
// An authority of role regulator can register every role, one of role grid all
// but grid and regulator.
func Register(ctx context.Context, e ledger.Engine, authority *client.Party, identities []ledger.Identity) error {
	c, err := client.Connect(ctx, e, authority)
	if err != nil {
		return err
	}
	bad := faults.List{Max: 20}
	sent := map[string]ledger.TxID{}
	for _, id := range identities {
		v, err := c.Read(ctx, client.Stale, ledger.IdentityKey(id.ID))
		if err != nil {
			return err
		}
		// A participant of an earlier run is no error if its keys are the same,
		// so that runs can follow each other on one chain.
		if v.Present {
			var old ledger.Identity
			if err := ledger.Decode("identity", v.Value, &old); err != nil {
				return err
			}
			if old.Key != id.Key {
				bad.Addf("node: %q is registered with other keys; use another chain, or the keys and the seed of then", id.ID)
			}
			continue
		}
		for {
			tx, err := c.Submit(ctx, &ledger.RegisterIdentity{Identity: id})
			if errors.Is(err, ledger.ErrBusy) && len(sent) > 0 { // the window of numbers is full
				bad.Add(committed(ctx, e, sent))
				clear(sent)
				continue
			}
			if err != nil {
				return err
			}
			sent[id.ID] = tx
			break
		}
	}
	bad.Add(committed(ctx, e, sent))
	return bad.Err()
}

// committed waits for the receipts of registrations, by name.
func committed(ctx context.Context, e ledger.Engine, sent map[string]ledger.TxID) error {
	var errs []error
	// Sorted, so that equal failures give equal errors.
	for _, name := range slices.Sorted(maps.Keys(sent)) {
		r, err := e.WaitCommitted(ctx, sent[name])
		if err == nil {
			err = r.Err()
		}
		if err != nil {
			errs = append(errs, fmt.Errorf("node: registration of %q: %w", name, err))
		}
	}
	return errors.Join(errs...)
}

// Ledger returns a function for the field Ledger of trigrid.Options: a run then
// has its transactions ordered by the nodes of cfg. The authority, a regulator,
// registers the run's grid, VPPs and DERs with their keys.
//
// The chain can have other participants and earlier runs. A run needs a period
// that is not open yet, see the field Period of trigrid.Options, and the keys
// of an earlier run with equal names; for example, the same Seed gives the same
// keys. The engine ends with the run; the nodes do not. Options.Export is not
// possible, because the run has not made the chain's genesis.
func Ledger(ctx context.Context, cfg DialConfig, authority *client.Party) func(ledger.Genesis, []ledger.Contract) (ledger.Engine, error) {
	return func(g ledger.Genesis, _ []ledger.Contract) (ledger.Engine, error) {
		e, err := Dial(ctx, cfg)
		if err != nil {
			return nil, err
		}
		if err := Register(ctx, e, authority, g.Identities); err != nil {
			return nil, errors.Join(err, e.Close())
		}
		return e, nil
	}
}
