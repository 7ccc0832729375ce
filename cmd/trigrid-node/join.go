//go:build !js

package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/trigrid/trigrid/internal/command"
	"github.com/trigrid/trigrid/internal/faults"
	"github.com/trigrid/trigrid/internal/files"
	"github.com/trigrid/trigrid/ledger/client"
	"github.com/trigrid/trigrid/ledger/node"
)

// apply writes the application of a replica that the genesis does not have. Its
// signature shows that the applicant has the key.
func apply(_ context.Context, args []string, stdout, stderr io.Writer) error {
	flags := flag.NewFlagSet("apply", flag.ContinueOnError)
	folder := flags.String("folder", "", "`folder` of the replica, with replica.key")
	genesis := flags.String("genesis", "genesis.json", "`file` of the genesis")
	id := flags.Uint("id", 0, "`number` of the replica, which no replica of the chain has had")
	// The signature covers the serial, so that an application cannot be used
	// again for a later set.
	serial := flags.Uint64("serial", 1, "`number` of the set of replicas to join: one more than the last requested one")
	out := flags.String("out", "", "`file` to write, for the regulator")
	if _, err := parse(flags, args, stderr, 0, ""); err != nil {
		return err
	}
	if err := needed(flags, "folder", "out"); err != nil {
		return err
	}
	k, err := replicaOf(*folder)
	if err != nil {
		return err
	}
	g, err := files.Read(*genesis, node.ReadGenesis)
	if err != nil {
		return err
	}
	a, err := node.Apply(&g, &k, uint32(*id), *serial)
	if err != nil {
		return err
	}
	if err := writeNew(*out, 0o644, a); err != nil {
		return err
	}
	fmt.Fprintf(stdout, "%s is for the regulator, who sends it with trigrid-node change\n", *out)
	return nil
}

// change requests another set of replicas, as a regulator. The contract refuses
// a set that the members that stay could not run alone.
func change(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	flags := flag.NewFlagSet("change", flag.ContinueOnError)
	var a access
	a.add(flags)
	remove := flags.String("remove", "", "`numbers` of replicas to remove, separated by commas")
	paths, err := parse(flags, args, stderr, 0, "applications")
	if err != nil {
		return err
	}
	if err := needed(flags, "as"); err != nil {
		return err
	}
	// All files are read before the first connection, so that a typing error
	// changes nothing.
	var bad faults.List
	var gone []uint32
	if *remove != "" {
		for _, text := range strings.Split(*remove, ",") {
			// For example, "0,3" removes two replicas. The contract decides
			// whether the others are a quorum.
			n, err := strconv.ParseUint(text, 10, 32)
			if err != nil {
				bad.Add(command.Misused("trigrid-node change: -remove has %q, want the number of a replica", text))
			}
			gone = append(gone, uint32(n))
		}
	}
	var add []node.Application
	for _, path := range paths {
		one, err := files.Read(path, node.ReadApplication)
		bad.Add(err)
		add = append(add, one)
	}
	if err := bad.Err(); err != nil {
		return err
	}
	e, p, err := a.dial(ctx)
	if err != nil {
		return err
	}
	defer e.Close()
	c, err := client.Connect(ctx, e, p)
	if err != nil {
		return err
	}
	// One transaction has all additions and removals, because a set between
	// them could have no quorum.
	r, err := node.Change(ctx, c, gone, add)
	if err != nil {
		return err
	}
	fmt.Fprintf(stdout, "requested at height %d: %d added, %d removed; in force at the first checkpoint a window later\n", r.Height, len(add), len(gone))
	return nil
}

// join runs a replica that the genesis does not have. It follows the chain as
// soon as a regulator has requested a set with it.
func join(ctx context.Context, args []string, _, stderr io.Writer) error {
	flags := flag.NewFlagSet("join", flag.ContinueOnError)
	var l launch
	l.add(flags)
	id := flags.Uint("id", 0, "`number` of the replica in its application")
	cfg, k, err := l.config(flags, args, stderr)
	if err != nil {
		return err
	}
	// The id is that of the application; the key alone does not have one.
	card := k.Card()
	card.ID = uint32(*id)
	cfg.Join = &card
	return serve(ctx, l.folder, cfg, l.fresh, stderr)
}
