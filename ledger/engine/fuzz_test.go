package engine

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/ledger"
)

// decodable returns one value of every type that is read from an export.
func decodable() []ledger.Coded {
	return []ledger.Coded{&exportHead{}, &exportBlock{}, &exportEnd{}, &savedRecord{}, &savedMemory{}}
}

// FuzzExport feeds every decoder of exports: none may panic, and an accepted
// input has no second encoding.
func FuzzExport(f *testing.F) {
	for i, x := range decodable() {
		f.Add(byte(i), ledger.Encode(x))
	}
	f.Add(byte(0), []byte{0xff, 0xff, 0xff, 0xff})
	f.Fuzz(func(t *testing.T, which byte, b []byte) {
		all := decodable()
		x := all[int(which)%len(all)]
		if ledger.Decode("fuzz", b, x) == nil {
			require.True(t, bytes.Equal(b, ledger.Encode(x)), "%T has two encodings", x)
		}
		_, _ = Replay(bytes.NewReader(append([]byte(exportMagic), b...)), ReplayOptions{})
	})
}
