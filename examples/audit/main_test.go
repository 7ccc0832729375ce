package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestDemonstrationListsProvesAndRefuses(t *testing.T) {
	var out, again bytes.Buffer
	require.NoError(t, run(t.Context(), nil, &out, &out))
	text := out.String()
	// Weights, two schemes, a verdict and a delivery for each, a round, three
	// commitments and reveals, a settlement.
	require.Contains(t, text, "replayed 11 blocks")
	require.NotContains(t, text, "refused")
	require.Contains(t, text, "The battery was paid 90.00 in period 1")
	require.Contains(t, text, "Merkle path not valid")
	require.Contains(t, text, `pseudonym is not that of "wind"`)
	require.Contains(t, text, "replay failed")
	require.NotContains(t, text, "<nil>", "a fraud went through")

	require.NoError(t, run(t.Context(), nil, &again, &again))
	require.Equal(t, text, again.String(), "one seed, one run")
}

func TestExportedChainIsAuditedAndRecognised(t *testing.T) {
	n, err := period(t.Context())
	require.NoError(t, err)
	defer n.Close()
	var chain bytes.Buffer
	require.NoError(t, n.Export(t.Context(), &chain))
	file := filepath.Join(t.TempDir(), "chain")
	require.NoError(t, os.WriteFile(file, chain.Bytes(), 0o600))

	var out bytes.Buffer
	id := n.Engine().Chain().String()
	require.NoError(t, run(t.Context(), []string{"-chain", file, "-id", id}, &out, &out))
	require.Contains(t, out.String(), "settlement.settle")
	require.ErrorContains(t, run(t.Context(), []string{"-chain", file, "-id", strings.Repeat("0", 64)}, &out, &out), "not 0000")
	require.ErrorContains(t, run(t.Context(), []string{"-chain", file, "-id", "x"}, &out, &out), "not a hash")
	require.ErrorContains(t, run(t.Context(), []string{"-id", id}, &out, &out), "give it with -chain")
	require.ErrorContains(t, run(t.Context(), []string{file}, &out, &out), "unexpected arguments")
	require.Error(t, run(t.Context(), []string{"-chain", file + "x"}, &out, &out))
	require.NoError(t, os.WriteFile(file, chain.Bytes()[:chain.Len()-1], 0o600))
	require.ErrorContains(t, run(t.Context(), []string{"-chain", file}, &out, &out), "replay failed")
}
