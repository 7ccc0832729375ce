package main

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/internal/command"
	"github.com/trigrid/trigrid/internal/testsolver"
	"github.com/trigrid/trigrid/ledger/node"
)

// startNodes starts four nodes with a regulator, and returns the files of the
// genesis and of the regulator's key.
func startNodes(t *testing.T) (genesis, authority string) {
	t.Helper()
	folder := t.TempDir()
	regulator, err := node.NewPartyKey("authority", "regulator")
	require.NoError(t, err)
	card, err := regulator.Card()
	require.NoError(t, err)
	g := node.Genesis{Name: "feeder-7", Participants: []node.PartyCard{card}}
	var keys []node.ReplicaKey
	var held []net.Listener
	for i := range 4 {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		require.NoError(t, err)
		held = append(held, l)
		k, err := node.NewReplicaKey(fmt.Sprintf("machine-%d", i), l.Addr().String())
		require.NoError(t, err)
		keys = append(keys, k)
		c := k.Card()
		c.ID = uint32(i)
		g.Replicas = append(g.Replicas, c)
	}
	for _, l := range held {
		require.NoError(t, l.Close())
	}
	for _, k := range keys {
		n, err := node.Start(node.Config{Genesis: g, Signer: k.Signer(), Tick: 2 * time.Millisecond})
		require.NoError(t, err)
		t.Cleanup(func() { _ = n.Close() })
	}
	write := func(name string, v any) string {
		path := filepath.Join(folder, name)
		file, err := os.Create(path)
		require.NoError(t, err)
		defer file.Close()
		require.NoError(t, node.WriteJSON(file, v))
		return path
	}
	return write("genesis.json", g), write("participant.key", regulator)
}

// A run on four nodes has the result of a run in the process, and a second run
// is another period of the same participants on the same chain.
func TestRunOnNodes(t *testing.T) {
	testsolver.New(t) // skips without a solver
	genesis, authority := startNodes(t)
	var plain, first, second bytes.Buffer
	args := []string{"-case", "testdata/small.json"}
	require.NoError(t, run(t.Context(), args, &plain, &plain))
	args = append(args, "-ledger", genesis, "-authority", authority)
	require.NoError(t, run(t.Context(), args, &first, &first), "%s", &first)
	require.ErrorContains(t, run(t.Context(), args, &second, &second), "weights.period", "period 1 is closed")
	second.Reset()
	require.NoError(t, run(t.Context(), append(args, "-period", "2"), &second, &second), "%s", &second)
	for _, out := range []*bytes.Buffer{&first, &second} {
		require.Equal(t, settlement(plain.String()), settlement(out.String()))
	}
}

// settlement returns the line of the summary with the payments.
func settlement(summary string) string {
	return regexp.MustCompile("(?m)^settlement, .*$").FindString(summary)
}

func TestFlagsOfTheLedgerBelongTogether(t *testing.T) {
	for _, args := range [][]string{
		{"-ledger", "genesis.json"},
		{"-authority", "participant.key"},
		{"-period", "2"},
		{"-ledger", "genesis.json", "-authority", "participant.key", "-season"},
	} {
		var misuse *command.UsageError
		require.ErrorAs(t, run(t.Context(), args, io.Discard, io.Discard), &misuse, "%q", args)
	}
}
