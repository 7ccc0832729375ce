//go:build !js

package main

import (
	"bytes"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A private key that other accounts can read is not used, and the error has the
// repair.
func TestKeysThatOthersCanReadAreRefused(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("files have no modes")
	}
	folder := t.TempDir()
	var out bytes.Buffer
	require.NoError(t, run(t.Context(), []string{"keys", "-folder", folder, "-name", "alpha", "-address", "127.0.0.1:7000"}, &out, &out))
	require.NoError(t, run(t.Context(), []string{"keys", "-folder", folder, "-name", "grid", "-role", "grid"}, &out, &out))
	_, err := replicaOf(folder)
	require.NoError(t, err)
	_, err = partyOf(folder)
	require.NoError(t, err)
	for _, mode := range []os.FileMode{0o640, 0o604, 0o620, 0o644} {
		require.NoError(t, os.Chmod(filepath.Join(folder, replicaKeyFile), mode))
		require.NoError(t, os.Chmod(filepath.Join(folder, partyKeyFile), mode))
		_, err = replicaOf(folder)
		require.ErrorContains(t, err, "chmod 600")
		_, err = partyOf(folder)
		require.ErrorContains(t, err, "chmod 600")
	}
	// keys never replaces a key.
	err = run(t.Context(), []string{"keys", "-folder", folder, "-name", "alpha", "-address", "127.0.0.1:7000"}, &out, &out)
	require.ErrorContains(t, err, "exists already")
}

func TestSettingsRefuseUnknownKeysAndFurtherText(t *testing.T) {
	folder := t.TempDir()
	for text, want := range map[string]string{
		`{"htpp": "127.0.0.1:1"}`: "htpp", `{} {"http": "x"}`: "text after", `{"http": "x"}`: "host and port",
		`{"log_format": "xml"}`: "text or json", `{"clients": ["ab"]}`: "want 32",
	} {
		require.NoError(t, os.WriteFile(filepath.Join(folder, settingsFile), []byte(text), 0o600))
		_, err := readSettings(folder)
		require.Error(t, err, text)
		assert.Contains(t, err.Error(), want, text)
	}
}
