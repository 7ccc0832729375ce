//go:build !js

package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/trigrid/trigrid/internal/command"
	"github.com/trigrid/trigrid/ledger/node"
)

// keys makes the files of a replica, or with -role those of a participant.
func keys(_ context.Context, args []string, stdout, stderr io.Writer) error {
	flags := flag.NewFlagSet("keys", flag.ContinueOnError)
	folder := flags.String("folder", "", "`folder` for the files; it is made if necessary")
	name := flags.String("name", "", "`name` of the replica or participant, unique on the chain")
	address := flags.String("address", "", "`host:port` under which others reach the replica")
	role := flags.String("role", "", "`role` of a participant: grid, vpp, der or regulator; none for a replica")
	if _, err := parse(flags, args, stderr, 0, ""); err != nil {
		return err
	}
	if err := needed(flags, "folder", "name"); err != nil {
		return err
	}
	// The two kinds of keys differ by exactly one flag: a replica has an
	// address and no role.
	if (*role == "") == (*address == "") {
		return command.Misused("trigrid-node keys: want -address for a replica, or -role for a participant")
	}
	// The log and the store come into this folder, too, and concern the
	// operator only.
	if err := os.MkdirAll(*folder, 0o700); err != nil {
		return err
	}
	if *role != "" {
		return partyKeys(*folder, *name, *role, stdout)
	}
	// The key comes from the random numbers of the operating system. It cannot
	// be derived from the name, and nothing else can make it again.
	k, err := node.NewReplicaKey(*name, *address)
	if err != nil {
		return err
	}
	return written(stdout, filepath.Join(*folder, replicaKeyFile), k, filepath.Join(*folder, replicaCardFile), k.Card())
}

// partyKeys makes the files of a participant. One secret gives the keys for
// signatures and for decryption.
func partyKeys(folder, name, role string, stdout io.Writer) error {
	k, err := node.NewPartyKey(name, role)
	if err != nil {
		return err
	}
	card, err := k.Card()
	if err != nil {
		return err
	}
	return written(stdout, filepath.Join(folder, partyKeyFile), k, filepath.Join(folder, partyCardFile), card)
}

// written writes a private file, which only its owner can read, and a card for
// others.
func written(stdout io.Writer, keyFile string, key any, cardFile string, card any) error {
	if err := errors.Join(writeNew(keyFile, 0o600, key), writeNew(cardFile, 0o644, card)); err != nil {
		return err
	}
	fmt.Fprintf(stdout, "%s is private; keep a copy in a safe place\n%s is for the genesis\n", keyFile, cardFile)
	return nil
}
