package ledger

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
)

// Client is one party's access to one chain: it signs and numbers transactions, waits for receipts, and reads the state
// as carefully as it is asked to. It is safe for use by many goroutines.
type Client struct {
	party  *Party
	engine Engine

	mu       sync.Mutex
	next     uint64
	verifier FinalityVerifier
	trust    TrustState
	rotation *rotation // under way
}

// Connect starts a client whose party has sent nothing on this chain yet, or continues after what the engine knows it
// has sent. It trusts what Engine.Trust says; see [ConnectTrusting] for a client that got its trust elsewhere.
func Connect(ctx context.Context, e Engine, p *Party) (*Client, error) {
	v, t := e.Trust()
	return ConnectTrusting(ctx, e, p, v, t)
}

// ConnectTrusting is [Connect] with a trust that does not come from the engine.
func ConnectTrusting(ctx context.Context, e Engine, p *Party, v FinalityVerifier, t TrustState) (*Client, error) {
	c := &Client{party: p, engine: e, verifier: v, trust: t, next: 1}
	used, err := e.Read(ctx, numbersKey(p.Identity().Key))
	if err != nil {
		return nil, err
	}
	if used.Present {
		var n numbers
		if err := decode("numbers", used.Value, &n); err != nil {
			return nil, err
		}
		c.next = n.floor + 1
		if len(n.above) > 0 {
			c.next = n.above[len(n.above)-1] + 1
		}
	}
	return c, nil
}

// Party is who signs.
func (c *Client) Party() *Party { return c.party }

// Submit signs m and hands it over without waiting for its execution.
func (c *Client) Submit(ctx context.Context, m Message) (TxID, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	tx := NewTx(c.engine.Chain(), c.party.now().signer, c.next, m)
	id, err := c.engine.Submit(ctx, tx)
	if err != nil {
		return id, fmt.Errorf("ledger: %q sends %s: %w", c.party.ID(), m.Kind(), err)
	}
	c.next++
	return id, nil
}

// Send signs m, hands it over and waits for its receipt. A refusal by the contract is returned as an error that wraps
// a *[Refusal].
func (c *Client) Send(ctx context.Context, m Message) (Receipt, error) {
	id, err := c.Submit(ctx, m)
	if err != nil {
		return Receipt{}, err
	}
	r, err := c.engine.WaitCommitted(ctx, id)
	if err == nil {
		err = r.Err()
	}
	if err != nil {
		return r, fmt.Errorf("ledger: %q sends %s: %w", c.party.ID(), m.Kind(), err)
	}
	return r, nil
}

// rotation is a replacement of keys that was sent and whose receipt is not known.
type rotation struct {
	id   TxID
	keys partyKeys
}

// RotateKeys replaces both keys of the party. The old ones are forgotten. random is nil for the operating system's
// source. Where the wait for the receipt is cut short, nobody knows which keys hold; the new ones are then kept aside, and
// the next call waits on.
func (c *Client) RotateKeys(ctx context.Context, random io.Reader) error {
	c.mu.Lock()
	under := c.rotation
	c.mu.Unlock()
	if under == nil {
		old := c.party.Identity()
		keys, err := newPartyKeys(random, old.ID, old.Role)
		if err != nil {
			return err
		}
		keys.identity.Serial = old.Serial + 1
		id, err := c.Submit(ctx, &RotateKeys{Key: keys.identity.Key, Seal: keys.identity.Seal})
		if err != nil {
			return err
		}
		under = &rotation{id, keys}
	}
	r, err := c.engine.WaitCommitted(ctx, under.id)
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case err != nil:
		c.rotation = under
		return fmt.Errorf("ledger: %q replaces its keys: %w", c.party.ID(), err)
	case !r.OK():
		c.rotation = nil
		return fmt.Errorf("ledger: %q replaces its keys: %w", c.party.ID(), r.Err())
	}
	c.party.replace(under.keys)
	c.rotation, c.next = nil, 1
	return nil
}

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
func (c *Client) Read(ctx context.Context, level ReadLevel, key string) (StateValue, error) {
	if level == Linearizable {
		r, err := c.Send(ctx, &ReadState{Key: key})
		if err != nil {
			return StateValue{}, err
		}
		var a readAnswer
		if err := decode("answer", r.Data, &a); err != nil {
			return StateValue{}, err
		}
		return StateValue{Key: key, Value: a.value, Present: a.present, Height: r.Height}, nil
	}
	v, err := c.engine.Read(ctx, key)
	if err != nil || level == Stale {
		return v, err
	}
	if v.Key != key {
		return StateValue{}, fmt.Errorf("%w: asked for key %q, was answered %q", ErrStateProof, key, v.Key)
	}
	if v.Height == 0 {
		return v, atGenesis(&v)
	}
	h, err := c.certified(ctx, v.Height)
	if err != nil {
		return StateValue{}, err
	}
	return v, VerifyState(h.Header.StateRoot, key, v.Value, v.Present, v.Proof)
}

// errAtGenesis is why an identity cannot be read at level Certified before the first block.
var errAtGenesis = errors.New("ledger: nobody certifies the genesis; read its identities from the genesis itself, or after the first block")

// atGenesis judges an answer as of height 0, which has no certificate and needs none: the genesis holds identities and
// nothing else.
func atGenesis(v *StateValue) error {
	switch {
	case strings.HasPrefix(v.Key, "identity"):
		return errAtGenesis
	case v.Present:
		return fmt.Errorf("%w: key %q has no value in the genesis", ErrStateProof, v.Key)
	}
	return nil
}

// certified fetches the certified header of a height and has the light client judge it.
func (c *Client) certified(ctx context.Context, height uint64) (CertifiedHeader, error) {
	h, err := c.engine.Certified(ctx, height)
	if err != nil {
		return h, err
	}
	if h.Header.Height != height {
		return h, fmt.Errorf("%w: asked for height %d, was shown %d", ErrFinality, height, h.Header.Height)
	}
	return h, c.learn(h)
}

// learn has the light client judge a header.
func (c *Client) learn(h CertifiedHeader) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	t, err := c.verifier.Verify(c.trust, h)
	c.trust = t
	return err
}

// get reads a key at level Certified into x.
func (c *Client) get(ctx context.Context, key string, x coder) (bool, error) {
	v, err := c.Read(ctx, Certified, key)
	if err != nil || !v.Present {
		return false, err
	}
	return true, decode(key, v.Value, x)
}

// message fetches the message at a place on the chain, checks that it is in the certified block, and decodes it.
func (c *Client) message(ctx context.Context, at Location, m Message) error {
	b, err := c.engine.Block(ctx, at.Height)
	if err != nil {
		return err
	}
	h, err := c.certified(ctx, at.Height)
	if err != nil {
		return err
	}
	if at.Index >= uint64(len(b.Txs)) || merkleRoot(encodeTxs(b.Txs)) != h.Header.TxRoot {
		return fmt.Errorf("ledger: block %d is not the one that is certified", at.Height)
	}
	var e envelope
	if err := decode("operation", b.Txs[at.Index].Operation, &e); err != nil {
		return err
	}
	if e.kind != m.Kind() {
		return fmt.Errorf("ledger: transaction %d of block %d is %q, want %q", at.Index, at.Height, e.kind, m.Kind())
	}
	return decode(e.kind, e.body, m)
}
