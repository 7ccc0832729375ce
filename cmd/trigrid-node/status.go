//go:build !js

package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/trigrid/trigrid/internal/command"
	"github.com/trigrid/trigrid/internal/files"
	"github.com/trigrid/trigrid/ledger/client"
	"github.com/trigrid/trigrid/ledger/node"
)

// dialTimeout limits the time in which f+1 nodes must answer.
const dialTimeout = 15 * time.Second

// access has the flags of a participant's commands.
type access struct{ genesis, as, known string }

// add adds the flags.
func (a *access) add(flags *flag.FlagSet) {
	flags.StringVar(&a.genesis, "genesis", "genesis.json", "`file` of the genesis")
	flags.StringVar(&a.as, "as", "", "`folder` of the participant, with participant.key")
	flags.StringVar(&a.known, "known", "", "applications of replicas that joined later, `files` separated by commas; needed if too few of the genesis are left")
}

// dial connects to the nodes as the participant. All commands of participants
// begin with it.
func (a *access) dial(ctx context.Context) (*node.Engine, *client.Party, error) {
	g, err := files.Read(a.genesis, node.ReadGenesis)
	if err != nil {
		return nil, nil, err
	}
	// The nodes accept connections of known keys only, so that even a question
	// needs a key.
	k, err := partyOf(a.as)
	if err != nil {
		return nil, nil, err
	}
	p, err := k.Party()
	if err != nil {
		return nil, nil, err
	}
	var known []node.ReplicaCard
	for _, path := range strings.FieldsFunc(a.known, func(r rune) bool { return r == ',' }) {
		one, err := files.Read(path, node.ReadApplication)
		if err != nil {
			return nil, nil, err
		}
		known = append(known, one.ReplicaCard)
	}
	// The limit is for the connection alone. The command itself ends with ctx,
	// because a settlement of many parties takes longer.
	limited, cancel := context.WithTimeout(ctx, dialTimeout)
	defer cancel()
	e, err := node.Dial(limited, node.DialConfig{Genesis: g, Signer: k.Signer(), Known: known})
	return e, p, err
}

// status prints the state of the own node, or with -as that of all nodes.
func status(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	flags := flag.NewFlagSet("status", flag.ContinueOnError)
	folder := flags.String("folder", "", "`folder` of a replica of this machine whose node.json has the key http")
	var a access
	a.add(flags)
	if _, err := parse(flags, args, stderr, 0, ""); err != nil {
		return err
	}
	switch {
	case (*folder == "") == (a.as == ""):
		return command.Misused("trigrid-node status: want -folder for the own replica, or -as for all replicas")
	case *folder != "":
		return own(ctx, *folder, stdout)
	}
	e, _, err := a.dial(ctx)
	if err != nil {
		return err
	}
	defer e.Close()
	w := tabwriter.NewWriter(stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "replica\tname\taddress\theight\tcertified\tmissing blocks")
	for _, n := range e.Nodes(ctx) {
		// A node that is down is a row and no error: the others are the reason
		// to ask.
		if n.Err != nil {
			fmt.Fprintf(w, "%d\t%s\t%s\tno answer\t\t\n", n.ID, n.Name, n.Address)
			continue
		}
		fmt.Fprintf(w, "%d\t%s\t%s\t%d\t%d\t%d\n", n.ID, n.Name, n.Address, n.Head, n.Certified, n.Head-n.Complete)
	}
	return w.Flush()
}

// own prints the page /status of the own node. It needs no key, because the
// page is local.
func own(ctx context.Context, folder string, stdout io.Writer) error {
	s, err := readSettings(folder)
	if err != nil {
		return err
	}
	if s.HTTP == "" {
		return fmt.Errorf("%s/%s has no key http; add one, such as \"127.0.0.1:9100\", and start the node again", folder, settingsFile)
	}
	ctx, cancel := context.WithTimeout(ctx, dialTimeout)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+s.HTTP+"/status", nil)
	if err != nil {
		return err
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return fmt.Errorf("the node does not answer: %w", err)
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return errors.New("the node answers " + answer.Status)
	}
	// Another program may have the port, so that the length of its answer is
	// limited.
	_, err = io.Copy(stdout, io.LimitReader(answer.Body, 1<<20))
	return err
}
