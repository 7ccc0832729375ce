package client_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/trigrid/trigrid/ledger"
	"github.com/trigrid/trigrid/ledger/client"
	"github.com/trigrid/trigrid/ledger/contracts"
)

func Example() {
	ctx := context.Background()
	n, err := client.NewNetwork(ctx, client.NetworkConfig{Members: []client.PartyConfig{
		{ID: "grid", Role: ledger.RoleGrid}, {ID: "north", Role: ledger.RoleVPP}, {ID: "battery", Role: ledger.RoleDER},
	}})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer n.Close()
	scheme := contracts.Scheme{Columns: []string{"capacity, MW"}, Rows: []contracts.Row{{DER: "battery", Values: []ledger.Micro{4 * ledger.One}}}}
	err = errors.Join(n.PublishWeights(ctx, 1, [3]float64{0.4, 0.2, 0.4}), n.SubmitScheme(ctx, 1, "north", scheme))
	decisions, err2 := n.Decide(ctx, 1, nil)
	rows, err3 := n.Deliveries(ctx, 1, "battery")
	round, err4 := n.Choose(ctx, 1, map[string]string{"battery": "north"})
	err5 := n.Settle(ctx, 1, []client.Payment{{Party: "grid", Amount: -1250}, {Party: "battery", Amount: 1250}})
	proof, err6 := n.ProvePayment(ctx, 1, "battery")
	fmt.Println(errors.Join(err, err2, err3, err4, err5, err6))
	fmt.Println(decisions[0].Accepted, rows[0].Row.Values, round.Choices, proof.Line.Amount, proof.Verify(n.Engine().Trust()))
	// Output:
	// <nil>
	// true [4.000000] [{battery north revealed}] 12.50 <nil>
}

// region returns a network of a grid, a regulator, two VPPs and a battery.
func region() *client.Network {
	n, err := client.NewNetwork(context.Background(), client.NetworkConfig{Members: []client.PartyConfig{
		{ID: "grid", Role: ledger.RoleGrid},
		{ID: "regulator", Role: ledger.RoleRegulator},
		{ID: "north", Role: ledger.RoleVPP},
		{ID: "south", Role: ledger.RoleVPP},
		{ID: "battery", Role: ledger.RoleDER},
	}})
	if err != nil {
		panic(err)
	}
	return n
}

// A contract refuses a message of a sender without the required role.
func ExampleClient_Send() {
	n := region()
	defer n.Close()
	battery, err := n.Client("battery")
	if err != nil {
		panic(err)
	}
	_, err = battery.Send(context.Background(), &contracts.PublishWeights{})
	fmt.Println(err)
	fmt.Println(errors.Is(err, &ledger.Refusal{Code: "weights.role"}))
	// Output:
	// ledger: "battery" sends weights.publish: refused: weights.role: der "battery" may not send this message
	// true
}

// A certified value is proved by the validators; a typed read decodes it.
func ExampleClient_Load() {
	ctx := context.Background()
	n := region()
	defer n.Close()
	battery, err := n.Client("battery")
	err2 := n.PublishWeights(ctx, 1, [3]float64{0.4, 0.2, 0.4})
	var w contracts.Weights
	has, err3 := battery.Load(ctx, contracts.WeightsKey(1), &w)
	fmt.Println(has, w.Fractions(), errors.Join(err, err2, err3))
	// Output: true [0.4 0.2 0.4] <nil>
}

// The grid rejects a scheme with a reason; the VPP may submit another version.
func ExampleNetwork_Decide() {
	ctx := context.Background()
	n := region()
	defer n.Close()
	scheme := contracts.Scheme{Columns: []string{"capacity, MW"}, Rows: []contracts.Row{
		{DER: "battery", Values: []ledger.Micro{4 * ledger.One}},
	}}
	err := errors.Join(n.PublishWeights(ctx, 1, [3]float64{1, 0, 0}), n.SubmitScheme(ctx, 1, "north", scheme))
	decisions, err2 := n.Decide(ctx, 1, func(vpp string, s *contracts.Scheme) error {
		if s.Rows[0].Values[0] > 3*ledger.One {
			return errors.New("the feeder carries 3 MW")
		}
		return nil
	})
	fmt.Println(decisions[0].Accepted, decisions[0].Reason, errors.Join(err, err2))
	// Output: false the feeder carries 3 MW <nil>
}

// VPPs trade a part of their quotas; the regulator approves.
func ExampleNetwork_Trade() {
	ctx := context.Background()
	n := region()
	defer n.Close()
	err := errors.Join(n.Quota(ctx, 1, "carbon", "north", 80, 90), n.Quota(ctx, 1, "carbon", "south", 120, 100))
	offer := contracts.ProposeTrade{Period: 1, Commodity: "carbon", Buyer: "south", Amount: 10 * ledger.One, Price: 700_00}
	trade, err2 := n.Trade(ctx, "regulator", "north", offer, nil)
	holding, err3 := n.Holding(ctx, 1, "carbon", "south")
	fmt.Println(trade.Status == contracts.TradeExecuted, holding.Held, errors.Join(err, err2, err3))
	// Output: true 110.000000 <nil>
}

// A regulator resolves the pseudonyms of a settlement.
func ExampleNetwork_AuditSettlement() {
	ctx := context.Background()
	n := region()
	defer n.Close()
	err := n.PublishWeights(ctx, 1, [3]float64{1, 0, 0})
	err2 := n.Settle(ctx, 1, []client.Payment{{Party: "grid", Amount: -1250}, {Party: "battery", Amount: 1250}})
	payments, err3 := n.AuditSettlement(ctx, 1, "regulator")
	fmt.Println(payments, errors.Join(err, err2, err3))
	// Output: [{grid -12.50} {battery 12.50}] <nil>
}
