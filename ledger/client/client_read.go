package client

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/trigrid/trigrid/ledger"
)

// ReadLevel is the guarantee of a read.
type ReadLevel byte

const (
	// Stale is one replica's answer without proof. The replica may lag behind,
	// and a Byzantine replica may return any value.
	Stale ReadLevel = iota
	// Certified is a value, or its absence, that is proved under the state root
	// of a certified header. It was true at the returned height, which may be
	// behind the last one. It needs no round of consensus.
	Certified
	// Linearizable orders the read as a transaction, and reads a certified
	// value at its height or a later one. It reflects every transaction that
	// was committed before the call.
	Linearizable
)

// Read reads one state key at the given level. A key without a value is no
// error; see [ledger.StateValue]. The error wraps [ledger.ErrStateProof] or
// [ledger.ErrFinality] if the replica's answer is not proved.
//
// For example, Read(ctx, Certified, contracts.WeightsKey(1)) returns the
// weights of period 1 as the validators have certified them, with the height at
// which they held.
func (c *Client) Read(ctx context.Context, level ReadLevel, key string) (ledger.StateValue, error) {
	if level == Linearizable {
		r, err := c.Send(ctx, &ledger.ReadState{Key: key})
		if err != nil {
			return ledger.StateValue{}, err
		}
		return c.readFrom(ctx, key, r.Height)
	}
	v, err := c.engine.Read(ctx, key)
	if err != nil || level == Stale {
		return v, err
	}
	// A proof for another key would be valid for that key only.
	if v.Key != key {
		return ledger.StateValue{}, fmt.Errorf("%w: requested key %q, received %q", ledger.ErrStateProof, key, v.Key)
	}
	// No validator certifies height 0.
	if v.Height == 0 {
		return v, atGenesis(&v)
	}
	h, err := c.certified(ctx, v.Height)
	if err != nil {
		return ledger.StateValue{}, err
	}
	return v, ledger.VerifyState(h.Header.StateRoot, key, v.Value, v.Present, v.Proof)
}

// readFrom returns the certified value of a key at a height or a later one. It
// waits for a replica that lags behind.
func (c *Client) readFrom(ctx context.Context, key string, height uint64) (ledger.StateValue, error) {
	const pause = time.Millisecond
	for {
		v, err := c.Read(ctx, Certified, key)
		if err != nil || v.Height >= height {
			return v, err
		}
		select {
		case <-ctx.Done():
			return ledger.StateValue{}, context.Cause(ctx)
		case <-time.After(pause):
		}
	}
}

// errAtGenesis is returned for a certified read of an identity before the first
// block.
var errAtGenesis = errors.New("ledger: the genesis has no certificate; read identities from the genesis itself, or after the first block")

// atGenesis checks an answer for height 0, which has no certificate. The
// genesis state has identities only, so every other key must be absent.
func atGenesis(v *ledger.StateValue) error {
	switch {
	case strings.HasPrefix(v.Key, "identity"):
		return errAtGenesis
	case v.Present:
		return fmt.Errorf("%w: key %q has no value in the genesis", ledger.ErrStateProof, v.Key)
	}
	return nil
}

// header returns the header of a height with its certificate, which is not
// verified yet.
func (c *Client) header(ctx context.Context, height uint64) (ledger.CertifiedHeader, error) {
	h, err := c.engine.Certified(ctx, height)
	if err == nil && h.Header.Height != height {
		err = fmt.Errorf("%w: requested height %d, received %d", ledger.ErrFinality, height, h.Header.Height)
	}
	return h, err
}

// certified returns the verified header of a height.
func (c *Client) certified(ctx context.Context, height uint64) (ledger.CertifiedHeader, error) {
	h, err := c.header(ctx, height)
	if err != nil {
		return h, err
	}
	return h, c.learn(h)
}

// learn verifies a header and advances the trusted state. A conflict freezes
// it.
func (c *Client) learn(h ledger.CertifiedHeader) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	t, err := c.verifier.Verify(c.trust, h)
	c.trust = t
	return err
}

// recall verifies the header of a block that a certified record names. The
// validators that certified the block can have been replaced since; the state
// at the connection verifies it then. Values of the state need the present
// validators, so that former ones cannot certify another history.
func (c *Client) recall(h ledger.CertifiedHeader) error {
	err := c.learn(h)
	c.mu.Lock()
	defer c.mu.Unlock()
	if err == nil || c.trust.Frozen || h.Header.Height > c.trust.Height {
		return err
	}
	_, err = c.verifier.Verify(c.first, h)
	return err
}

// Load reads a key at level [Certified] into x and reports whether the key has
// a value. It is the typed form of [Client.Read]; contracts of other packages
// use it for their records.
func (c *Client) Load(ctx context.Context, key string, x ledger.Coded) (bool, error) {
	v, err := c.Read(ctx, Certified, key)
	if err != nil || !v.Present {
		return false, err
	}
	return true, ledger.Decode(key, v.Value, x)
}

// message returns the message at a place on the chain, after checking that the
// block matches its certified header.
func (c *Client) message(ctx context.Context, at ledger.Location, m ledger.Message) error {
	b, err := c.engine.Block(ctx, at.Height)
	if err != nil {
		return err
	}
	h, err := c.header(ctx, at.Height)
	if err != nil {
		return err
	}
	if err := c.recall(h); err != nil {
		return err
	}
	// The block comes from one replica; its transactions must have the root in
	// the certified header.
	if at.Index >= uint64(len(b.Txs)) || ledger.TxRoot(b.Txs) != h.Header.TxRoot {
		return fmt.Errorf("ledger: block %d does not match its certified header", at.Height)
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
