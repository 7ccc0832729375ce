package node

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/ledger"
)

// Queries come from clients, and answers from nodes that may be faulty. A
// decoded value has the bytes from which it was decoded, so that no two byte
// strings mean the same.
func FuzzQueriesAndAnswers(f *testing.F) {
	for kind := forStatus; kind <= forPacket; kind++ {
		f.Add(ledger.Encode(&query{kind: kind, wait: 5, height: 3, key: "identity/grid"}))
		f.Add(ledger.Encode(&answer{kind: kind, has: true}))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		var q query
		if ledger.Decode("query", b, &q) == nil {
			require.True(t, bytes.Equal(b, ledger.Encode(&q)))
		}
		var a answer
		if ledger.Decode("answer", b, &a) == nil {
			require.True(t, bytes.Equal(b, ledger.Encode(&a)))
		}
	})
}
