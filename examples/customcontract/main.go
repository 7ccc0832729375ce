// Command customcontract runs a contract that the library does not have: the
// reserve auction of package reserve, on a chain of four replicas.
//
//	go run ./examples/customcontract
package main

import (
	"context"
	"fmt"
	"io"
	"os"

	"github.com/trigrid/trigrid/examples/customcontract/reserve"
	"github.com/trigrid/trigrid/ledger"
	"github.com/trigrid/trigrid/ledger/client"
	"github.com/trigrid/trigrid/ledger/engine"
)

func main() {
	if err := run(context.Background(), os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// run starts a chain, sends the messages of one auction, and prints the verdict
// on each message and the result. Refusals of the contract are part of the
// demonstration.
func run(ctx context.Context, out io.Writer) error {
	// The genesis block lists all identities with their keys and roles.
	genesis := ledger.Genesis{Name: "reserve market"}
	// A party has a private key; the genesis block has the public one.
	parties := map[string]*client.Party{}
	for id, role := range map[string]ledger.Role{
		"grid": ledger.RoleGrid, "north": ledger.RoleVPP, "south": ledger.RoleVPP, "west": ledger.RoleVPP,
	} {
		p, err := client.NewParty(nil, id, role)
		if err != nil {
			return err
		}
		parties[id] = p
		genesis.Identities = append(genesis.Identities, p.Identity())
	}
	// The chain has this contract only. Four replicas tolerate one that fails.
	chain, err := engine.NewChain(engine.ChainConfig{
		Genesis: genesis, Contracts: []ledger.Contract{reserve.Contract()}, Replicas: 4,
	})
	if err != nil {
		return err
	}
	defer chain.Close()

	// Each message is a block of its own, so that the deadline of the tender, 6
	// blocks later, comes before the last message.
	const period = 1
	// Capacities are in millionths of a MW, and prices in cents: 8_50 is 8.50
	// per MW.
	for _, step := range []struct {
		party string
		send  ledger.Message
	}{
		{"grid", &reserve.Tender{Period: period, Demand: 50 * ledger.One, Cap: 20_00, Blocks: 6}},
		{"north", &reserve.Bid{Period: period, Amount: 30 * ledger.One, Price: 8_50}},
		{"south", &reserve.Bid{Period: period, Amount: 40 * ledger.One, Price: 12_00}},
		// This price is above the limit of the tender.
		{"west", &reserve.Bid{Period: period, Amount: 10 * ledger.One, Price: 25_00}},
		{"west", &reserve.Bid{Period: period, Amount: 10 * ledger.One, Price: 19_00}},
		// The grid has no role in bidding.
		{"grid", &reserve.Bid{Period: period, Amount: 10 * ledger.One, Price: 1_00}},
		// The first of these comes before the deadline, the second one after
		// it.
		{"south", &reserve.Clear{Period: period}},
		{"south", &reserve.Clear{Period: period}},
	} {
		c, err := client.Connect(ctx, chain, parties[step.party])
		if err != nil {
			return err
		}
		// A refusal is an outcome here, and does not end the program.
		outcome := "accepted"
		if _, err = c.Send(ctx, step.send); err != nil {
			outcome = err.Error() // names the sender and the rule
		}
		fmt.Fprintf(out, "%-5s %-14s %s\n", step.party, step.send.Kind(), outcome)
	}

	// Each party can read the state: the client checks it against a certified
	// header.
	c, err := client.Connect(ctx, chain, parties["west"])
	if err != nil {
		return err
	}
	var a reserve.Auction
	// Proved under a certified header.
	if _, err := c.Load(ctx, reserve.Key(period), &a); err != nil {
		return err
	}
	fmt.Fprintf(out, "price %s per MW\n", a.Price)
	for _, o := range a.Offers {
		fmt.Fprintf(out, "%-5s offers %s MW at %s, awarded %s MW\n", o.VPP, o.Amount, o.Price, o.Awarded)
	}
	return nil
}
