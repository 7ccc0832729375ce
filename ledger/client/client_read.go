package client

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/trigrid/trigrid/ledger"
)

// ReadLevel is how much a reader wants to be sure of.
type ReadLevel byte

const (
	// Stale takes one replica's word. It may lag behind, and a Byzantine replica may invent it.
	Stale ReadLevel = iota
	// Certified is a value, or its absence, proved under the state root of a header that the validators have certified.
	// It was true at that height, which is returned, and costs no round of consensus. It may lag behind.
	Certified
	// Linearizable goes through ordering as a transaction of its own: it sees everything that was committed before it
	// was asked.
	Linearizable
)

// Read reads one state key.
func (c *Client) Read(ctx context.Context, level ReadLevel, key string) (ledger.StateValue, error) {
	if level == Linearizable {
		r, err := c.Send(ctx, &ledger.ReadState{Key: key})
		if err != nil {
			return ledger.StateValue{}, err
		}
		var a ledger.ReadAnswer
		if err := ledger.Decode("answer", r.Data, &a); err != nil {
			return ledger.StateValue{}, err
		}
		return ledger.StateValue{Key: key, Value: a.Value, Present: a.Present, Height: r.Height}, nil
	}
	v, err := c.engine.Read(ctx, key)
	if err != nil || level == Stale {
		return v, err
	}
	if v.Key != key {
		return ledger.StateValue{}, fmt.Errorf("%w: asked for key %q, was answered %q", ledger.ErrStateProof, key, v.Key)
	}
	if v.Height == 0 {
		return v, atGenesis(&v)
	}
	h, err := c.certified(ctx, v.Height)
	if err != nil {
		return ledger.StateValue{}, err
	}
	return v, ledger.VerifyState(h.Header.StateRoot, key, v.Value, v.Present, v.Proof)
}

// errAtGenesis is why an identity cannot be read at level Certified before the first block.
var errAtGenesis = errors.New("ledger: nobody certifies the genesis; read its identities from the genesis itself, or after the first block")

// atGenesis judges an answer as of height 0, which has no certificate and needs none: the genesis holds identities and
// nothing else.
func atGenesis(v *ledger.StateValue) error {
	switch {
	case strings.HasPrefix(v.Key, "identity"):
		return errAtGenesis
	case v.Present:
		return fmt.Errorf("%w: key %q has no value in the genesis", ledger.ErrStateProof, v.Key)
	}
	return nil
}

// certified fetches the certified header of a height and has the light client judge it.
func (c *Client) certified(ctx context.Context, height uint64) (ledger.CertifiedHeader, error) {
	h, err := c.engine.Certified(ctx, height)
	if err != nil {
		return h, err
	}
	if h.Header.Height != height {
		return h, fmt.Errorf("%w: asked for height %d, was shown %d", ledger.ErrFinality, height, h.Header.Height)
	}
	return h, c.learn(h)
}

// learn has the light client judge a header.
func (c *Client) learn(h ledger.CertifiedHeader) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	t, err := c.verifier.Verify(c.trust, h)
	c.trust = t
	return err
}

// Load reads a key at level [Certified] into x and reports whether the key has a value.
func (c *Client) Load(ctx context.Context, key string, x ledger.Coded) (bool, error) {
	v, err := c.Read(ctx, Certified, key)
	if err != nil || !v.Present {
		return false, err
	}
	return true, ledger.Decode(key, v.Value, x)
}

// message fetches the message at a place on the chain, checks that it is in the certified block, and decodes it.
func (c *Client) message(ctx context.Context, at ledger.Location, m ledger.Message) error {
	b, err := c.engine.Block(ctx, at.Height)
	if err != nil {
		return err
	}
	h, err := c.certified(ctx, at.Height)
	if err != nil {
		return err
	}
	if at.Index >= uint64(len(b.Txs)) || ledger.TxRoot(b.Txs) != h.Header.TxRoot {
		return fmt.Errorf("ledger: block %d is not the one that is certified", at.Height)
	}
	raw, err := ledger.RawMessageOf(&b.Txs[at.Index])
	if err != nil {
		return err
	}
	if raw.Name != m.Kind() {
		return fmt.Errorf("ledger: transaction %d of block %d is %q, want %q", at.Index, at.Height, raw.Name, m.Kind())
	}
	return ledger.Decode(raw.Name, raw.Body, m)
}
