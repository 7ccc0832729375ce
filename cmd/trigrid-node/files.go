//go:build !js

package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"

	"github.com/trigrid/trigrid/internal/command"
	"github.com/trigrid/trigrid/internal/faults"
	"github.com/trigrid/trigrid/internal/files"
	"github.com/trigrid/trigrid/ledger/node"
)

// Names of files in a folder.
const (
	// Keys are private to one operator, and cards go to the others. A folder
	// has the files of a replica or of a participant, seldom both.
	replicaKeyFile  = "replica.key"
	replicaCardFile = "replica.json"
	partyKeyFile    = "participant.key"
	partyCardFile   = "participant.json"
	settingsFile    = "node.json"
)

// parse reads the flags of a subcommand and returns its further arguments, at
// least min of them.
func parse(flags *flag.FlagSet, args []string, stderr io.Writer, min int, what string) ([]string, error) {
	flags.Init("trigrid-node "+flags.Name(), flag.ContinueOnError)
	// Package flag ends at the first argument that is no flag.
	var rest []string
	for {
		// The package would print the error and all flags. The caller prints
		// the error alone, with the exit status 2.
		flags.SetOutput(io.Discard)
		err := flags.Parse(args)
		if errors.Is(err, flag.ErrHelp) {
			fmt.Fprintf(stderr, "Flags of %s:\n", flags.Name())
			flags.SetOutput(stderr)
			flags.PrintDefaults()
			return nil, err
		}
		if err != nil {
			return nil, command.Misused("%s: %w", flags.Name(), err)
		}
		if flags.NArg() == 0 {
			break
		}
		rest, args = append(rest, flags.Arg(0)), flags.Args()[1:]
	}
	switch {
	// A command without arguments refuses them, because a forgotten dash would
	// otherwise have no effect: "trigrid-node start new" is not "start -new".
	case len(rest) < min:
		return nil, command.Misused("%s: want %s", flags.Name(), what)
	case len(rest) > 0 && what == "":
		return nil, command.Misused("%s: unexpected arguments %q; every input is a flag", flags.Name(), rest)
	}
	return rest, nil
}

// needed returns a misuse error that lists all empty flags.
func needed(flags *flag.FlagSet, names ...string) error {
	var bad faults.List
	for _, name := range names {
		// A flag that is set to the empty string, as by an unset variable of a
		// shell, is missing as well.
		if f := flags.Lookup(name); f.Value.String() == "" {
			bad.Add(command.Misused("%s: -%s is missing: %s", flags.Name(), name, f.Usage))
		}
	}
	return bad.Err()
}

// writeNew writes a value as JSON to a file that does not exist yet. A private
// key is never replaced, because a replica with two keys has lost the first
// one.
func writeNew(path string, mode fs.FileMode, v any) error {
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("%s exists already and is not replaced; name another folder, or move the file away", path)
	}
	if err != nil {
		return err
	}
	// A key that a loss of power takes away cannot be made again, so that the
	// file is synced.
	return errors.Join(node.WriteJSON(file, v), file.Sync(), file.Close())
}

// replicaOf reads the private file of a replica. The folder is the operator's
// only argument.
func replicaOf(folder string) (node.ReplicaKey, error) {
	path := filepath.Join(folder, replicaKeyFile)
	if err := private(path); err != nil {
		return node.ReplicaKey{}, keyless(err, "-address HOST:PORT")
	}
	return files.Read(path, node.ReadReplicaKey)
}

// partyOf reads the private file of a participant.
func partyOf(folder string) (node.PartyKey, error) {
	path := filepath.Join(folder, partyKeyFile)
	if err := private(path); err != nil {
		return node.PartyKey{}, keyless(err, "-role ROLE")
	}
	return files.Read(path, node.ReadPartyKey)
}

// private returns an error if accounts other than the owner can read or change
// a file. A copy of a key on another machine often has the mode of other files,
// and a second reader of the key can vote or pay in the owner's name. Windows
// has lists of access instead of a mode; they are not checked.
func private(path string) error {
	info, err := os.Stat(path)
	if err != nil || runtime.GOOS == "windows" {
		return err
	}
	if mode := info.Mode().Perm(); mode&0o077 != 0 {
		return fmt.Errorf("%s has mode %04o, so that other accounts can use the key; run chmod 600 %s", path, mode, path)
	}
	return nil
}

// keyless adds the command that makes a key to the error of a missing one.
func keyless(err error, flag string) error {
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%w; name the folder of the key, or make one with trigrid-node keys -folder FOLDER -name NAME %s", err, flag)
	}
	return err
}
