package market

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"github.com/trigrid/trigrid/internal/faults"
)

// A Bid offers to buy up to Quantity at no more than Price, or to sell up to −Quantity at no less. A
// participant's bid curve is several bids; [Bids] makes them from a cost curve.
type Bid struct {
	Participant string
	Quantity    float64 // units of the good; positive buys, negative sells
	Price       float64 // currency per unit
}

// Cleared is the outcome of a uniform-price auction.
type Cleared struct {
	Price        float64   // currency per unit, the same for all
	Lower, Upper float64   // every price between them clears the bids alike
	Volume       float64   // units bought, which equals units sold
	Accepted     []float64 // units per bid, in the order of the bids and with their sign
}

// dust is the share of a rung that counts as nothing left: three bids of 0.1 and one of 0.3 match,
// although their sums differ in the last bit.
const dust = 1e-12

// Clear matches bids at one price by merit order: the dearest purchases with the cheapest sales, for
// as long as the buyer is willing to pay what the seller asks. That maximises what the accepted buyers
// would pay less what the accepted sellers ask, since every bid better than the price is filled and
// every bid worse is not.
//
// Where several prices clear, the price is the middle of them (the finite end, if only one side is
// left; 0 without bids). Bids at the same price on the side that is too long are filled in
// proportion to their quantities. So neither the price nor anybody's share depends on the order of
// the bids or on names, and splitting a bid into pieces gains nothing.
func Clear(bids []Bid) (Cleared, error) {
	var bad faults.List
	for i, b := range bids {
		if !finite(b.Quantity) || !finite(b.Price) {
			bad.Addf("clearing: bid %d of %q for %v units at %v; both must be finite", i, b.Participant, b.Quantity, b.Price)
		}
	}
	if bad.Len() > 0 {
		return Cleared{}, bad.Err()
	}
	demand, supply := ladders(bids)
	c := Cleared{Accepted: make([]float64, len(bids)), Lower: math.Inf(-1), Upper: math.Inf(1)}

	// d and s are the rungs being filled; taken is what has been used of each.
	d, s, takenD, takenS := 0, 0, 0.0, 0.0
	for d < len(demand) && s < len(supply) && demand[d].price >= supply[s].price {
		leftD, leftS := demand[d].quantity-takenD, supply[s].quantity-takenS
		quantity := min(leftD, leftS)
		c.Volume += quantity
		// The last trade bounds the price: buyers would have paid up to one price, sellers asked the other.
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
	// A rung that is not filled whole also bounds it: no buyer may be left who would have paid more than
	// the price, and no seller who would have asked less.
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

// Payments returns what each bid pays (positive) or receives, in whole minor units that add up to
// zero exactly; see [Settle].
func (c Cleared) Payments(unit float64) ([]int64, error) {
	amounts := make([]float64, len(c.Accepted))
	for i, q := range c.Accepted {
		amounts[i] = q * c.Price
	}
	return Settle(amounts, unit)
}

// Bids returns the bid curve of a participant from a convex curve that says what its own business
// costs it, in currency, once it has bought q more units (a falling curve: with more bought, less has
// to be made). It then bids, for every unit, what the unit saves or costs it.
func Bids(participant string, cost Curve) ([]Bid, error) {
	if err := cost.Validate(); err != nil {
		return nil, fmt.Errorf("bids of %q: %w", participant, err)
	}
	if !cost.Convex() {
		return nil, fmt.Errorf("bids of %q: the cost curve is not convex, so no bid curve stands for it", participant)
	}
	if lower, upper := cost.Limits(); !finite(lower) || !finite(upper) {
		return nil, fmt.Errorf("bids of %q: trade in [%v, %v]; a bid needs a finite quantity, narrow it with Within", participant, lower, upper)
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

// A rung is all bids of one side at one price.
type rung struct {
	price    float64
	quantity float64 // positive on both sides
	bids     []int
}

// ladders returns the rungs of both sides, best price first. Within a rung quantities are added in
// ascending order, so that the sum is the same to the last bit however the bids were ordered.
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

// accept fills every bid of a rung to the same share.
func accept(accepted []float64, bids []Bid, r rung, share float64) {
	for _, i := range r.bids {
		accepted[i] = bids[i].Quantity * share
	}
}

// middle returns the midpoint of two prices, the finite one if the other is not, and 0 if neither is.
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
