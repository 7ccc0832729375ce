//go:build !js

// Command trigrid-node runs one replica of a ledger, and talks to the replicas
// as a participant.
//
// A consortium of four operators has four machines, one replica each. One
// replica may be faulty in any way. docs/node.md is the guide, from the keys to
// the proof of a payment.
//
// # Operators
//
//	trigrid-node keys -folder alpha -name alpha -address 10.0.0.1:7000
//	trigrid-node genesis -name feeder-7 -out genesis.json alpha.json beta.json … grid.json …
//	trigrid-node start -folder alpha -genesis genesis.json -new
//	trigrid-node apply -folder epsilon -genesis genesis.json -id 4 -out epsilon.json
//	trigrid-node join -folder epsilon -genesis genesis.json -id 4 -new
//	trigrid-node status -folder alpha
//
// keys makes the private file of a replica, and its card for the others.
// genesis joins the cards of replicas and participants. start runs the replica
// until SIGTERM or an interrupt; -new makes its log, which a later start finds.
// A replica that joins later applies, a regulator requests a set with it by
// change, and join runs it.
//
// # Participants
//
//	trigrid-node keys -folder grid -name grid -role grid
//	trigrid-node change -genesis genesis.json -as authority epsilon.json
//	trigrid-node register -genesis genesis.json -as authority w1.json
//	trigrid-node settle -genesis genesis.json -as grid -period 1 -weights 0.4,0.3,0.3 payments.csv
//	trigrid-node proof -genesis genesis.json -as w1 -period 1 -out w1.proof
//	trigrid-node verify -genesis genesis.json w1.proof
//	trigrid-node status -genesis genesis.json -as grid
//
// verify needs no replica: a proof contains the certificates that lead from the
// genesis to the payment.
//
// # Files
//
// A folder of a replica has replica.key (private), replica.json, node.json
// (optional, see [settings]), log and chain.db. A folder of a participant has
// participant.key (private) and participant.json.
//
// The exit status is 0 after a stop by SIGTERM, 1 after an error and 2 for
// wrong flags.
package main

import (
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/trigrid/trigrid/internal/command"
)

func main() { command.Main(run) }

// commands are the subcommands by name.
var commands = map[string]command.Program{
	"keys": keys, "genesis": makeGenesis, "start": start, "join": join, "status": status,
	"apply": apply, "change": change, "register": register, "settle": settle, "proof": prove, "verify": verify,
}

// run calls the subcommand that the first argument names.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	names := strings.Join(slices.Sorted(maps.Keys(commands)), ", ")
	if len(args) == 0 {
		return command.Misused("trigrid-node needs a command: %s", names)
	}
	if name := args[0]; name == "-h" || name == "-help" || name == "--help" || name == "help" {
		fmt.Fprintf(stdout, "Commands of trigrid-node: %s.\nEach lists its flags with -h; docs/node.md is the guide.\n", names)
		return nil
	}
	// Each subcommand parses its own flags, so that those of one are refused by
	// the others.
	program, has := commands[args[0]]
	if !has {
		return command.Misused("trigrid-node has no command %q, want one of %s", args[0], names)
	}
	return program(ctx, args[1:], stdout, stderr)
}
