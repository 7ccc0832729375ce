//go:build !js

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"text/tabwriter"

	"github.com/trigrid/trigrid/internal/faults"
	"github.com/trigrid/trigrid/ledger/node"
)

// makeGenesis joins the cards of replicas and participants into a genesis.
// Replicas have the ids 0, 1, … in the order of their cards.
func makeGenesis(_ context.Context, args []string, stdout, stderr io.Writer) error {
	flags := flag.NewFlagSet("genesis", flag.ContinueOnError)
	name := flags.String("name", "", "`name` of the chain")
	out := flags.String("out", "genesis.json", "`file` to write")
	var protocol node.Protocol
	// Zero is the default of package node for each of these values, so that a
	// genesis has the keys only that an operator set.
	flags.Uint64Var(&protocol.Checkpoint, "checkpoint", 0, "batches between two checkpoints (default 128)")
	flags.Uint64Var(&protocol.Window, "window", 0, "batches beyond the last checkpoint, at least twice -checkpoint (default that)")
	flags.Uint64Var(&protocol.DriftMs, "drift", 0, "lead of a block's time over a clock in `ms` (default 10000)")
	flags.StringVar(&protocol.Rule, "rule", "", "`rule` of signatures: standard or batch (default standard)")
	cards, err := parse(flags, args, stderr, 1, "the cards of replicas and participants as arguments, such as alpha/replica.json grid/participant.json")
	if err != nil {
		return err
	}
	if err := needed(flags, "name"); err != nil {
		return err
	}
	g := node.Genesis{Name: *name, Protocol: protocol}
	var bad faults.List
	for _, path := range cards {
		bad.Add(addCard(&g, path))
	}
	// A missing card would cause further violations that have no other reason.
	if bad.Len() == 0 {
		bad.Add(g.Validate())
	}
	if err := bad.Err(); err != nil {
		return err
	}
	// All operators need the same file and it has no secrets, so that others
	// may read it.
	if err := writeNew(*out, 0o644, g); err != nil {
		return err
	}
	return describe(stdout, *out, &g)
}

// addCard adds the card of a file to a genesis. The card of a participant has a
// role.
func addCard(g *node.Genesis, path string) error {
	b, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	// The kinds of cards have no common key that distinguishes them. Unknown
	// keys are refused, so that a private file, which has the key secret, is
	// never part of a genesis.
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	var party node.PartyCard
	if err := d.Decode(&party); err == nil && party.Role != "" {
		g.Participants = append(g.Participants, party)
		return nil
	}
	d = json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	var replica node.ReplicaCard
	if err := d.Decode(&replica); err != nil {
		return fmt.Errorf("%s: neither the card of a replica nor that of a participant: %w; trigrid-node keys makes both", path, errors.Unwrap(err))
	}
	replica.ID = uint32(len(g.Replicas))
	g.Replicas = append(g.Replicas, replica)
	return nil
}

// describe prints the parts of a genesis that operators compare.
func describe(stdout io.Writer, path string, g *node.Genesis) error {
	chain, err := g.Chain()
	if err != nil {
		return err
	}
	// The id is the hash of the whole genesis. Operators whose ids differ would
	// run two chains.
	fmt.Fprintf(stdout, "%s of chain %s\nid %s, which all operators compare\n\n", path, g.Name, chain)
	w := tabwriter.NewWriter(stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "replica\tname\taddress\tkey")
	for _, r := range g.Replicas {
		// Four bytes are enough to see two cards in a wrong order; the id
		// covers the whole keys.
		fmt.Fprintf(w, "%d\t%s\t%s\t%.4x…\n", r.ID, r.Name, r.Address, []byte(r.Key))
	}
	if err := w.Flush(); err != nil {
		return err
	}
	fmt.Fprintf(stdout, "\n%d participants. Of %d replicas, %d may be faulty.\n", len(g.Participants), len(g.Replicas), (len(g.Replicas)-1)/3)
	return nil
}
