package relay

import (
	"context"
	"slices"

	"github.com/trigrid/trigrid/internal/faults"
	"github.com/trigrid/trigrid/ledger"
)

// Escrow returns the amount of an asset that a chain accepts from a neighbour;
// see [Asset]. It is 0 for a neighbour that lies towards the asset's home,
// which has no escrow.
func (n *Network) Escrow(ctx context.Context, chain, neighbour, asset string) (ledger.Micro, error) {
	v, err := n.read(ctx, chain, EscrowKey(neighbour, asset))
	if err != nil || !v.Present {
		return 0, err
	}
	return DecodeBalance(v.Value)
}

// Check compares the books of all chains with each other and returns every
// violation. The books of faulty chains are not judged, but the records of
// other chains about them are. The rules hold between any two blocks, for each
// asset:
//
//	only the home has Issued > 0
//	at home               Sent − Received = the sum of its escrows
//	elsewhere, at chain c  Received − Sent + the sum of its escrows ≤ escrow for c at the next
//	                       chain towards the home
//
// The difference of the last rule is in transit. So all other chains together
// hold at most what their neighbours towards the home have sent them.
func (n *Network) Check(ctx context.Context, faulty ...string) error {
	bad := faults.List{Prefix: "relay: check: "}
	for _, a := range n.topology.Assets {
		for _, chain := range n.topology.All() {
			if slices.Contains(faulty, chain) {
				continue
			}
			if err := n.checkBooks(ctx, &bad, a, chain); err != nil {
				return err
			}
		}
	}
	return bad.Err()
}

// checkBooks adds the violations of one chain's books on one asset.
func (n *Network) checkBooks(ctx context.Context, bad *faults.List, a Asset, chain string) error {
	t, err := n.Totals(ctx, chain, a.Name)
	if err != nil {
		return err
	}
	escrows := ledger.Micro(0)
	for _, neighbour := range n.topology.Neighbours(chain) {
		e, err := n.Escrow(ctx, chain, neighbour, a.Name)
		if err != nil {
			return err
		}
		bad.Require(e >= 0, "%q has an escrow of %s of %q for %q, want at least 0", chain, e, a.Name, neighbour)
		escrows += e
	}
	if chain == a.Home {
		bad.Require(t.Sent-t.Received == escrows, "%q has sent %s of %q and received %s, with escrows of %s; want the difference",
			chain, t.Sent, a.Name, t.Received, escrows)
		return nil
	}
	bad.Require(t.Issued == 0, "%q has issued %s of %q, whose home is %q", chain, t.Issued, a.Name, a.Home)
	next := n.topology.towards(a.Home, chain)
	limit, err := n.Escrow(ctx, next, chain, a.Name)
	if err != nil {
		return err
	}
	held := t.Received - t.Sent + escrows
	bad.Require(held <= limit, "%q has received %s of %q, and %q has sent it %s", chain, held, a.Name, next, limit)
	return nil
}
