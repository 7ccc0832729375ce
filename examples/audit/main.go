// Command audit replays a ledger from its genesis and proves one resource's payment to it.
//
//	go run ./examples/audit                       # makes a period, exports it, audits it, and tries three frauds
//	go run ./examples/audit -chain FILE           # audits a chain written by trigrid.Options.Export or ledger.Export
//	go run ./examples/audit -chain FILE -id HASH  # and insists that it is the chain with this id
//
// The auditor believes nothing in the file but what the validators of the genesis have certified: every signature is
// checked, every transaction is executed again, and every root is compared. With an id known from elsewhere the file
// cannot even be another chain than it claims.
package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"text/tabwriter"

	"github.com/trigrid/trigrid/examples/internal/command"
	"github.com/trigrid/trigrid/ledger"
	"github.com/trigrid/trigrid/ledger/client"
	"github.com/trigrid/trigrid/ledger/contracts"
	"github.com/trigrid/trigrid/ledger/engine"
)

func main() { command.Main(run) }

func run(ctx context.Context, args []string, out, stderr io.Writer) error {
	flags := flag.NewFlagSet("audit", flag.ContinueOnError)
	chain := flags.String("chain", "", "exported chain `file` to audit")
	id := flags.String("id", "", "id of the chain, 64 hexadecimal digits, as known from elsewhere")
	if err := command.Parse(flags, args, stderr); err != nil {
		return err
	}
	if *chain == "" && *id != "" {
		return command.Misused("-id names the chain of a file; give it with -chain")
	}
	if *chain == "" {
		return demonstrate(ctx, out)
	}
	f, err := os.Open(*chain)
	if err != nil {
		return err
	}
	defer f.Close()
	audit, err := engine.Replay(bufio.NewReader(f), engine.ReplayOptions{Contracts: contracts.Coordination()})
	if err != nil {
		return err
	}
	if *id != "" {
		want, err := ledger.ParseHash(*id)
		if err != nil {
			return err
		}
		if audit.Trust.Chain != want {
			return fmt.Errorf("this is chain %s, not %s", audit.Trust.Chain, want)
		}
	}
	return list(out, audit)
}

// demonstrate makes a period with two VPPs and three resources, lets an auditor replay it, and has a battery prove what
// it was paid.
func demonstrate(ctx context.Context, out io.Writer) error {
	network, err := period(ctx)
	if err != nil {
		return err
	}
	defer network.Close()
	verifier, trust := network.Engine().Trust() // what the auditor knows from the genesis, and nothing else
	var chain bytes.Buffer
	if err := network.Export(ctx, &chain); err != nil {
		return err
	}
	audit, err := engine.Replay(bytes.NewReader(chain.Bytes()), engine.ReplayOptions{Contracts: contracts.Coordination(), Trust: trust})
	if err != nil {
		return err
	}
	if err := list(out, audit); err != nil {
		return err
	}

	proof, err := network.ProvePayment(ctx, 1, "battery")
	if err != nil {
		return err
	}
	if err := proof.Verify(verifier, trust); err != nil {
		return err
	}
	size, err := proof.MarshalBinary()
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "\nThe battery was paid %s in period %d: line %d of %d, proved in %d bytes against the genesis.\n",
		proof.Line.Amount, proof.Period, proof.Path.Index+1, proof.Path.Size, len(size))

	fmt.Fprintln(out, "\nFrauds:")
	raised := *proof
	raised.Line.Amount += 100
	fmt.Fprintf(out, "  a payment raised by 1.00            %v\n", raised.Verify(verifier, trust))
	other := *proof
	other.Party = "wind"
	fmt.Fprintf(out, "  the battery's line shown as wind's  %v\n", other.Verify(verifier, trust))
	rewritten := bytes.Clone(chain.Bytes())
	rewritten[len(rewritten)/4] ^= 1
	_, err = engine.Replay(bytes.NewReader(rewritten), engine.ReplayOptions{Contracts: contracts.Coordination(), Trust: trust})
	fmt.Fprintf(out, "  one bit of history changed          %v\n", err)
	return nil
}

// period is one period of the three-level loop on four replicas. The seed makes it repeatable, and its keys worthless.
func period(ctx context.Context) (*client.Network, error) {
	random := rand.NewChaCha8([32]byte{'a', 'u', 'd', 'i', 't'})
	n, err := client.NewNetwork(ctx, client.NetworkConfig{
		Name: "audit example", Random: random,
		Members: []client.PartyConfig{
			{ID: "grid", Role: ledger.RoleGrid},
			{ID: "regulator", Role: ledger.RoleRegulator},
			{ID: "north", Role: ledger.RoleVPP},
			{ID: "south", Role: ledger.RoleVPP},
			{ID: "battery", Role: ledger.RoleDER},
			{ID: "solar", Role: ledger.RoleDER},
			{ID: "wind", Role: ledger.RoleDER},
		},
		Engine: func(g ledger.Genesis, loop []ledger.Contract) (ledger.Engine, error) {
			return engine.NewChain(engine.ChainConfig{Genesis: g, Contracts: loop, Random: random, Replicas: 4})
		},
	})
	if err != nil {
		return nil, err
	}
	scheme := contracts.Scheme{
		Columns: []string{"capacity, MW"},
		Rows: []contracts.Row{
			{DER: "battery", Values: []ledger.Micro{4 * ledger.One}},
			{DER: "solar", Values: []ledger.Micro{6 * ledger.One}},
			{DER: "wind", Values: []ledger.Micro{9 * ledger.One}},
		},
	}
	steps := []func() error{
		func() error { return n.PublishWeights(ctx, 1, [3]float64{0.4, 0.2, 0.4}) },
		func() error { return n.SubmitScheme(ctx, 1, "north", scheme) },
		func() error { return n.SubmitScheme(ctx, 1, "south", scheme) },
		func() error { _, err := n.Decide(ctx, 1, nil); return err },
		func() error {
			_, err := n.Choose(ctx, 1, map[string]string{"battery": "north", "solar": "south", "wind": "north"})
			return err
		},
		func() error {
			return n.Settle(ctx, 1, []client.Payment{
				{Party: "grid", Amount: -48_250},
				{Party: "north", Amount: 2_000},
				{Party: "south", Amount: 1_250},
				{Party: "battery", Amount: 9_000},
				{Party: "solar", Amount: 14_000},
				{Party: "wind", Amount: 22_000},
			})
		},
	}
	for _, step := range steps {
		if err := step(); err != nil {
			return nil, errors.Join(err, n.Close())
		}
	}
	return n, nil
}

// list prints what the replay has executed.
func list(out io.Writer, audit *engine.Audit) error {
	names := map[[32]byte]string{}
	for _, id := range audit.Genesis.Identities {
		names[id.Key] = id.ID
	}
	fmt.Fprintf(out, "chain %s (%s)\n", audit.Genesis.Name, audit.Trust.Chain)
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "height\tsender\tmessage\tbytes\tresult")
	for _, b := range audit.Blocks {
		for i := range b.Txs {
			kind, _, err := ledger.DecodeMessage(&b.Txs[i], contracts.Coordination()...)
			if err != nil {
				kind = "unreadable"
			}
			result := "accepted"
			if !b.Receipts[i].OK() {
				result = b.Receipts[i].Code
			}
			sender, known := names[b.Txs[i].Client]
			if !known {
				sender = fmt.Sprintf("key %x", b.Txs[i].Client[:4])
			}
			fmt.Fprintf(w, "%d\t%s\t%s\t%d\t%s\n", b.Header.Height, sender, kind, len(b.Txs[i].Operation), result)
		}
	}
	if err := w.Flush(); err != nil {
		return err
	}
	head := audit.Machine.Head()
	fmt.Fprintf(out, "replayed %d blocks, head %s: every signature, receipt, root and certificate is right\n", len(audit.Blocks), head.Hash())
	return nil
}
