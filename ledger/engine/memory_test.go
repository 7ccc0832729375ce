package engine

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/ledger"
)

// element is one frame of an export.
type element struct {
	kind byte
	body []byte
}

func elements(t *testing.T, export []byte) []element {
	t.Helper()
	in := &exportReader{bufio.NewReader(bytes.NewReader(export[len(exportMagic):])), sha256.New()}
	var out []element
	for {
		kind, body, err := in.frame()
		require.NoError(t, err)
		if kind == frameEnd {
			return out
		}
		out = append(out, element{kind, body})
	}
}

// forge makes an export of elements with an end that fits them: the work of
// somebody who knows the format.
func forge(t *testing.T, of []element) []byte {
	t.Helper()
	var b bytes.Buffer
	b.WriteString(exportMagic)
	out := &exportWriter{bufio.NewWriter(&b), sha256.New()}
	var end exportEnd
	for _, e := range of {
		require.NoError(t, out.frame(e.kind, &ledger.RawMessage{Body: e.body}))
		if e.kind == frameBlock {
			var block exportBlock
			require.NoError(t, ledger.Decode("block", e.body, &block))
			end.blocks, end.head = block.block.Header.Height, block.block.Header.Hash()
		}
	}
	copy(end.sum[:], out.sum.Sum(nil))
	require.NoError(t, out.frame(frameEnd, &end))
	require.NoError(t, out.out.Flush())
	return b.Bytes()
}

// Whoever alters an export and knows its format can make a shorter chain of it,
// but cannot make the replicas forget: each has signed what it remembers and
// the block at which it did.
func TestNobodyElseCanMakeAReplicaForget(t *testing.T) {
	p := newParty(t, "grid", ledger.RoleGrid)
	start := func(from []byte) (*Chain, error) {
		cfg := ChainConfig{
			Genesis: ledger.Genesis{Name: "forgetful", Identities: []ledger.Identity{p.identity}}, Replicas: 4, Random: rand.NewChaCha8([32]byte{'f'}),
		}
		if from != nil {
			cfg.From = bytes.NewReader(from)
		}
		return NewChain(cfg)
	}
	e, err := start(nil)
	require.NoError(t, err)
	p.engine = e
	for range 3 {
		_, err := p.send(t.Context(), &ledger.Heartbeat{})
		require.NoError(t, err)
	}
	var b bytes.Buffer
	require.NoError(t, Export(t.Context(), &b, ledger.Genesis{Name: "forgetful", Identities: []ledger.Identity{p.identity}}, e))
	all := elements(t, b.Bytes())
	require.Equal(t, b.Bytes(), forge(t, all), "the forger knows the format")
	_, err = start(forge(t, all))
	require.NoError(t, err)

	without := func(drop func(i int, x element) bool) []byte {
		var kept []element
		for i, x := range all {
			if !drop(i, x) {
				kept = append(kept, x)
			}
		}
		return forge(t, kept)
	}
	shorter := without(func(i int, x element) bool { return x.kind == frameBlock && all[i+1].kind != frameBlock })
	a, err := Replay(bytes.NewReader(shorter), ReplayOptions{})
	require.NoError(t, err, "the beginning of a chain is a chain")
	require.Len(t, a.Blocks, 2)
	_, err = start(shorter)
	require.ErrorIs(t, err, ErrContinue)
	require.ErrorContains(t, err, "not signed")

	_, err = start(without(func(_ int, x element) bool { return x.kind == frameMemory || x.kind == frameRecord }))
	require.ErrorIs(t, err, ErrContinue)
	require.ErrorContains(t, err, "no replicas' memories")
	_, err = start(without(func(i int, x element) bool { return x.kind == frameMemory && i == len(all)-1 }))
	require.ErrorContains(t, err, "memories of 3 replicas")
	_, err = start(without(func(i int, x element) bool { return x.kind == frameRecord && all[i+1].kind == frameMemory }))
	require.ErrorContains(t, err, "is missing")

	for i, x := range all {
		if x.kind != frameMemory {
			continue
		}
		var m savedMemory
		require.NoError(t, ledger.Decode("memory", x.body, &m))
		m.records = m.records[:len(m.records)-1]
		all[i].body = ledger.Encode(&m)
		_, err = start(forge(t, all))
		require.ErrorIs(t, err, ErrContinue)
		require.ErrorContains(t, err, "not signed")
		all[i].body = x.body
	}
	blocks := without(func(_ int, x element) bool { return x.kind == frameHead })
	_, err = start(blocks)
	require.ErrorIs(t, err, ErrReplay)
	require.ErrorContains(t, err, "head is missing")
}
