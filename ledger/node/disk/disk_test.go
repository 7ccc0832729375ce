//go:build !js

package disk_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/ledger/node"
	"github.com/trigrid/trigrid/ledger/node/disk"
)

// A damaged file gives errors or values, and ends no process: bbolt panics on
// pages that it cannot read.
func TestADamagedFileIsAnErrorAndNoPanic(t *testing.T) {
	path := filepath.Join(t.TempDir(), "chain.db")
	s, err := disk.Open(path)
	require.NoError(t, err)
	for i := range 40 {
		var entries []node.Entry
		for k := range 10 {
			entries = append(entries, node.Entry{Key: fmt.Sprintf("block/%04x", 10*i+k), Value: make([]byte, 200)})
		}
		require.NoError(t, s.Write(entries))
	}
	require.NoError(t, s.Close())
	whole, err := os.ReadFile(path)
	require.NoError(t, err)
	use := func(data []byte) (failed bool) {
		require.NoError(t, os.WriteFile(path, data, 0o600))
		s, err := disk.Open(path)
		if err != nil {
			return true
		}
		for i := range 400 {
			if _, err := s.Get(fmt.Sprintf("block/%04x", i)); err != nil {
				failed = true
			}
		}
		for i := range 5 {
			if err := s.Write([]node.Entry{{Key: fmt.Sprintf("new/%d", i), Value: make([]byte, 5000)}}); err != nil {
				failed = true
			}
		}
		return s.Close() != nil || failed
	}
	require.False(t, use(whole))
	random := rand.New(rand.NewPCG(1, 2))
	damaged := 0
	for range 60 {
		data := append([]byte{}, whole...)
		from := random.IntN(len(data) - 512)
		for i := range 512 {
			data[from+i] = byte(random.Uint32())
		}
		if use(data) {
			damaged++
		}
	}
	for _, size := range []int{1, 4096, 8192, len(whole) / 2, len(whole) - 4096} {
		if use(whole[:size]) {
			damaged++
		}
	}
	require.Positive(t, damaged)
}
