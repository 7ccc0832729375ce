// Command audit replays a ledger from its genesis block and proves the payment
// of one DER to it.
//
//	go run ./examples/audit                       # makes a period, audits it, and tries three frauds
//	go run ./examples/audit -chain FILE           # audits an exported chain
//	go run ./examples/audit -chain FILE -id HASH  # audits it and checks the id of the chain
//
// Exported chains are written by trigrid.Options.Export or by
// ledger/engine.Export.
//
// The audit trusts only the validators of the genesis block. It checks every
// signature, executes every transaction again and compares every root. An id
// that is known from elsewhere also excludes a complete chain with another
// genesis block.
package main

import (
	"bufio"
	"bytes"
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"text/tabwriter"

	"github.com/trigrid/trigrid/internal/command"
	"github.com/trigrid/trigrid/ledger"
	"github.com/trigrid/trigrid/ledger/contracts"
	"github.com/trigrid/trigrid/ledger/engine"
)

func main() { command.Main(run) }

// run audits the chain of -chain. Without the flag it makes a chain first. An
// error names the first check that fails.
func run(ctx context.Context, args []string, out, stderr io.Writer) error {
	flags := flag.NewFlagSet("audit", flag.ContinueOnError)
	chain := flags.String("chain", "", "exported chain `file` to audit")
	id := flags.String("id", "", "id of the chain, 64 hexadecimal digits, as known from elsewhere")
	if err := command.Parse(flags, args, stderr); err != nil {
		return err
	}
	switch {
	case *chain == "" && *id != "":
		return command.Misused("-id names the chain of a file; give it with -chain")
	case *chain == "":
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
	// The genesis block in the file defines its own validators, so a forged
	// chain can pass the replay. Only the id ties it to the chain that the
	// caller means.
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

// demonstrate makes a period with two VPPs and three DERs, replays its chain,
// proves the payment of the battery, and shows that three frauds are detected:
// a higher amount, the proof of another DER, and one changed bit in the file.
func demonstrate(ctx context.Context, out io.Writer) error {
	network, err := period(ctx)
	if err != nil {
		return err
	}
	defer network.Close()
	verifier, trust := network.Engine().Trust() // derived from the genesis block only
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

	// The proof is a Merkle path from one line of the settlement to a certified
	// block header. Its size grows with the logarithm of the number of lines,
	// and it shows no other line.
	proof, err := network.ProvePayment(ctx, 1, "battery")
	if err != nil {
		return err
	}
	// The proof needs the trust of the genesis block, but no replica.
	if err := proof.Verify(verifier, trust); err != nil {
		return err
	}
	size, err := proof.MarshalBinary()
	if err != nil {
		return err
	}
	fmt.Fprintf(out,
		"\nThe battery was paid %s in period %d: line %d of %d, proved in %d bytes against the genesis.\n",
		proof.Line.Amount, proof.Period, proof.Path.Index+1, proof.Path.Size, len(size))

	fmt.Fprintln(out, "\nFrauds:")
	// Verify finds both changes: another amount breaks the Merkle path, and
	// another name does not match the pseudonym of the line.
	raised := *proof
	raised.Line.Amount += 100 // cents
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

// list prints every transaction of a replayed chain with its height, sender,
// message kind, size and result.
func list(out io.Writer, audit *engine.Audit) error {
	// Transactions carry public keys; the genesis block has the names of its
	// identities.
	names := map[[32]byte]string{}
	for _, id := range audit.Genesis.Identities {
		names[id.Key] = id.ID
	}
	fmt.Fprintf(out, "chain %s (%s)\n", audit.Genesis.Name, audit.Trust.Chain)
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "height\tsender\tmessage\tbytes\tresult")
	for _, b := range audit.Blocks {
		for i := range b.Txs {
			// A chain can contain messages of contracts that this program does
			// not include.
			kind, _, err := ledger.DecodeMessage(&b.Txs[i], contracts.Coordination()...)
			if err != nil {
				kind = "unreadable"
			}
			// A refused message stays in its block, with the code of the
			// refusal.
			result := "accepted"
			if !b.Receipts[i].OK() {
				result = b.Receipts[i].Code
			}
			// A sender without an identity is shown by the start of its key.
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
	_, err := fmt.Fprintf(out,
		"replayed %d blocks, head %s: every signature, receipt, root and certificate is right\n",
		len(audit.Blocks), head.Hash())
	return err
}
