package ledger

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"
)

// decodable returns one value of every type that is read from bytes of another
// party.
func decodable() []Coded {
	out := []Coded{
		&Header{}, &CommittedBlock{}, &CertifiedHeader{}, &TrustState{}, &snapshot{}, &pbftProof{}, &pbftSet{},
		&Packet{}, &Genesis{}, &Sealed{}, &Path{}, &StateProof{}, &numbers{}, &Names{}, &Receipt{},
	}
	for _, x := range builtIn() {
		t := x.(*TypedContract)
		for _, verb := range t.Verbs() {
			out = append(out, t.NewMessage(verb))
		}
	}
	return out
}

// FuzzDecoders feeds every decoder: none may panic, and an accepted input has
// no second encoding.
func FuzzDecoders(f *testing.F) {
	for i, x := range decodable() {
		f.Add(byte(i), Encode(x))
	}
	f.Add(byte(0), []byte{0xff, 0xff, 0xff, 0xff})
	f.Fuzz(func(t *testing.T, which byte, b []byte) {
		all := decodable()
		x := all[int(which)%len(all)]
		if Decode("fuzz", b, x) == nil {
			require.True(t, bytes.Equal(b, Encode(x)), "%T has two encodings", x)
		}
		if tx, err := DecodeTx(b); err == nil {
			require.True(t, bytes.Equal(b, EncodeTx(tx)))
		}
	})
}
