//go:build !js

package main

import (
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/ledger/node/disk"
)

// Errors of the first commands of an operator name the next step.
func TestErrorsNameTheFix(t *testing.T) {
	t.Chdir(t.TempDir())
	try := func(args ...string) error { return run(t.Context(), args, io.Discard, io.Discard) }
	require.NoError(t, try("keys", "-folder", "alpha", "-name", "alpha", "-address", "127.0.0.1:7001"))
	require.NoError(t, try("keys", "-folder", "grid", "-name", "grid", "-role", "grid"))
	cards := []string{filepath.Join("alpha", replicaCardFile), filepath.Join("grid", partyCardFile)}
	require.NoError(t, try(append([]string{"genesis", "-name", "feeder", "-out", "genesis.json"}, cards...)...))

	require.ErrorContains(t, try("start", "-folder", "beta", "-new"), "trigrid-node keys -folder FOLDER -name NAME -address HOST:PORT")
	require.ErrorContains(t, try("status", "-as", "w1"), "trigrid-node keys -folder FOLDER -name NAME -role ROLE")
	require.ErrorContains(t, try("start", "-folder", "alpha"), "add -new")
	data, err := disk.Create("alpha")
	require.NoError(t, err)
	require.NoError(t, data.Close())
	require.ErrorContains(t, try("start", "-folder", "alpha", "-new"), "-new is for the first start only, leave it out")

	require.NoError(t, os.WriteFile("bad.csv", []byte("party,amount\nw1,120.50\nes1,-20.25\nvpp1,-100.20\n"), 0o600))
	require.ErrorContains(t, try("settle", "-as", "grid", "-period", "1", "bad.csv"), "payments sum to 0.05, want 0")
}
