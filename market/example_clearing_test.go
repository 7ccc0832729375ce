package market_test

import (
	"fmt"

	"github.com/trigrid/trigrid/market"
)

// One buyer and two sellers clear at the price of the last accepted sale.
func ExampleClear() {
	cleared, err := market.Clear([]market.Bid{
		{Participant: "vpp1", Quantity: 10, Price: 600},
		{Participant: "vpp2", Quantity: -6, Price: 0},
		{Participant: "vpp3", Quantity: -8, Price: 450},
	})
	check(err)
	payments, err := cleared.Payments(market.Fen)
	fmt.Println(cleared.Price, cleared.Accepted, payments, err)
	// Output:
	// 450 [10 -6 -4] [450000 -270000 -180000] <nil>
}

// A participant saves 50 per MWh for the first 4 MWh that it buys, and can sell
// 2 MWh that cost it 80.
func ExampleBids() {
	own := market.Curve{Breaks: []float64{-2, 0, 4}, Slopes: []float64{-80, -50}}
	bids, err := market.Bids("vpp1", own)
	check(err)
	fmt.Println(bids)
	// Output:
	// [{vpp1 4 50} {vpp1 -2 80}]
}

// Two members share 3 MWh at the middle of the grid's prices. The fourth MWh
// comes from the grid.
func ExampleMidMarket() {
	shared, err := market.MidMarket{Buy: 600, Sell: 200}.Share([]float64{4, -3})
	check(err)
	fmt.Println("buy at", shared.BuyPrice, "sell at", shared.SellPrice)
	members, grid, err := shared.Settle(market.Fen)
	fmt.Println(members, grid, err)
	// Output:
	// buy at 450 sell at 400
	// [180000 -120000] -60000 <nil>
}

// Thirds of a unit do not add up after rounding; Settle keeps the sum at zero.
func ExampleSettle() {
	units, err := market.Settle([]float64{0.1 / 3, 0.1 / 3, 0.1 / 3, -0.1}, market.Fen)
	fmt.Println(units, err)
	_, err = market.Settle([]float64{5, -4}, market.Fen)
	fmt.Println(err)
	parties, grid, err := market.SettleWith([]float64{1.234, -0.555}, market.Fen)
	fmt.Println(parties, grid, err)
	// Output:
	// [4 3 3 -10] <nil>
	// settlement: amounts add up to 1, not to 0; add the missing party or use SettleWith
	// [123 -56] -67 <nil>
}
