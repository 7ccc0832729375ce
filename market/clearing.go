package market

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"github.com/trigrid/trigrid/internal/faults"
)

// A Bid offers to buy up to Quantity at Price or less, or to sell up to
// −Quantity at Price or more. Several bids form the bid curve of a participant;
// [Bids] derives them from a cost curve.
type Bid struct {
	Participant string  // name of the market participant
	Quantity    float64 // units of the good; positive buys, negative sells
	Price       float64 // currency per unit
}

// Cleared is the result of a uniform-price auction.
type Cleared struct {
	Price        float64   // currency per unit, the same for all
	Lower, Upper float64   // every price in [Lower, Upper] clears the same bids
	Volume       float64   // units bought, equal to units sold
	Accepted     []float64 // units per bid, in the order and with the sign of the bids
}

// dust is the fraction of a rung below which nothing is left of it. Three bids
// of 0.1 match one bid of 0.3, although their sums differ in the last bit.
const dust = 1e-12

// Clear matches bids at one price by merit order: the highest purchase prices
// with the lowest sale prices, as long as the buyer's price is at least the
// seller's. This maximises the total surplus, the sum of accepted quantity
// times bid price over all bids. Bids better than the price are filled and
// worse ones are not.
//
// If several prices clear, the price is the middle of the interval (its finite
// end if only one side is left; 0 without bids). Bids at the same price on the
// longer side are filled in proportion to their quantities. The result
// therefore does not depend on the order of bids or on names, and a bid that is
// split into parts gains nothing.
//
// Clear returns an error if a quantity or a price is not finite.
func Clear(bids []Bid) (Cleared, error) {
	var bad faults.List
	for i, b := range bids {
		if !finite(b.Quantity) || !finite(b.Price) {
			bad.Addf("clearing: bid %d of %q for %v units at %v, want finite numbers",
				i, b.Participant, b.Quantity, b.Price)
		}
	}
	if bad.Len() > 0 {
		return Cleared{}, bad.Err()
	}
	demand, supply := ladders(bids)
	c := Cleared{Accepted: make([]float64, len(bids)), Lower: math.Inf(-1), Upper: math.Inf(1)}

	// d and s are the current rungs; takenD and takenS are their accepted
	// quantities.
	d, s, takenD, takenS := 0, 0, 0.0, 0.0
	for d < len(demand) && s < len(supply) && demand[d].price >= supply[s].price {
		leftD, leftS := demand[d].quantity-takenD, supply[s].quantity-takenS
		quantity := min(leftD, leftS)
		c.Volume += quantity
		// The last match bounds the price between the seller's and the buyer's
		// bid.
		c.Lower, c.Upper = supply[s].price, demand[d].price
		takenD, takenS = takenD+quantity, takenS+quantity
		if leftD-quantity <= dust*demand[d].quantity {
			accept(c.Accepted, bids, demand[d], 1)
			d, takenD = d+1, 0
		}
		if leftS-quantity <= dust*supply[s].quantity {
			accept(c.Accepted, bids, supply[s], 1)
			s, takenS = s+1, 0
		}
	}
	// The first rung that is not completely filled also bounds the price:
	// unfilled purchases must not bid above it, and unfilled sales not below
	// it.
	if d < len(demand) {
		c.Lower = max(c.Lower, demand[d].price)
		if takenD > 0 {
			accept(c.Accepted, bids, demand[d], takenD/demand[d].quantity)
		}
	}
	if s < len(supply) {
		c.Upper = min(c.Upper, supply[s].price)
		if takenS > 0 {
			accept(c.Accepted, bids, supply[s], takenS/supply[s].quantity)
		}
	}
	c.Price = middle(c.Lower, c.Upper)
	return c, nil
}

// Payments returns the payment of each bid (negative for receipts) in whole
// minor units with a sum of exactly zero, see [Settle]. unit is the value of
// one minor unit.
func (c Cleared) Payments(unit float64) ([]int64, error) {
	amounts := make([]float64, len(c.Accepted))
	for i, q := range c.Accepted {
		amounts[i] = q * c.Price
	}
	return Settle(amounts, unit)
}

// Bids returns the bid curve of a participant from a convex curve of its own
// costs, in currency, after the purchase of q more units. The curve decreases
// if purchases replace own production. The bid for each unit is the cost that
// the unit saves.
//
// Bids returns an error for a curve that is invalid, not convex or without
// finite limits.
func Bids(participant string, cost Curve) ([]Bid, error) {
	if err := cost.Validate(); err != nil {
		return nil, fmt.Errorf("bids of %q: %w", participant, err)
	}
	if !cost.Convex() {
		return nil, fmt.Errorf(
			"bids of %q: the cost curve is not convex, so it has no bid curve", participant)
	}
	if lower, upper := cost.Limits(); !finite(lower) || !finite(upper) {
		return nil, fmt.Errorf(
			"bids of %q: trade in [%v, %v]; a bid needs a finite quantity, narrow it with Within",
			participant, lower, upper)
	}
	buy, sell := cost.Blocks()
	var bids []Bid
	for _, b := range buy {
		bids = append(bids, Bid{participant, b.Quantity, -b.Price})
	}
	for _, b := range sell {
		bids = append(bids, Bid{participant, -b.Quantity, -b.Price})
	}
	return bids, nil
}

// A rung is the set of all bids of one side at one price.
type rung struct {
	price    float64
	quantity float64 // positive on both sides
	bids     []int   // indices of the bids
}

// ladders returns the rungs of both sides, best price first. The quantities of
// a rung are added in ascending order, so that the sum does not depend on the
// order of the bids in any bit.
func ladders(bids []Bid) (demand, supply []rung) {
	order := make([]int, len(bids))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(i, j int) int {
		return cmp.Or(cmp.Compare(bids[i].Price, bids[j].Price),
			cmp.Compare(math.Abs(bids[i].Quantity), math.Abs(bids[j].Quantity)))
	})
	push := func(side []rung, i int) []rung {
		if n := len(side); n == 0 || side[n-1].price != bids[i].Price {
			side = append(side, rung{price: bids[i].Price})
		}
		last := &side[len(side)-1]
		last.quantity += math.Abs(bids[i].Quantity)
		last.bids = append(last.bids, i)
		return side
	}
	for _, i := range order {
		switch {
		case bids[i].Quantity > 0:
			demand = push(demand, i)
		case bids[i].Quantity < 0:
			supply = push(supply, i)
		}
	}
	slices.Reverse(demand)
	return demand, supply
}

// accept fills every bid of a rung to the same fraction.
func accept(accepted []float64, bids []Bid, r rung, share float64) {
	for _, i := range r.bids {
		accepted[i] = bids[i].Quantity * share
	}
}

// middle returns the midpoint of two prices, the finite one if the other is
// infinite, or 0 if both are.
func middle(lower, upper float64) float64 {
	switch below, above := finite(lower), finite(upper); {
	case below && above:
		return lower + (upper-lower)/2
	case below:
		return lower
	case above:
		return upper
	}
	return 0
}
