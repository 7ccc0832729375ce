package pbft

import (
	"github.com/trigrid/trigrid/codec"
	"github.com/trigrid/trigrid/internal/faults"
)

// Genesis holds the parameters that all replicas and clients of one chain
// share. Its digest is the chain's id and part of every signed statement, so
// messages between replicas with different parameters never verify. A field
// left at zero takes its default.
//
// For example, Genesis{Name: "feeder 7", Members: members} has checkpoints
// every 128 batches and a window of 256.
type Genesis struct {
	Name    string   // of the chain; two chains with the same members need different names
	Members []Member // of epoch 0

	Rule         Rule   // validity of signatures, fixed for life (default [StandardRule])
	Checkpoint   uint64 // K, batches between two checkpoints, at most 32 768 (default 128)
	Window       uint64 // L, numbers ordered beyond the stable checkpoint, at least 2K (default 2K)
	ClientWindow uint64 // request numbers that a client may have in flight (default 128)
	BatchLimit   uint64 // maximum number of requests in a batch (default 1024)
	RequestLimit uint64 // maximum size of an operation in bytes (default 64 KiB)
	BatchBytes   uint64 // maximum bytes of requests in a batch (default 1 MiB, or one larger request)
	ResultLimit  uint64 // maximum bytes of a result; longer ones are cut off (default 4 KiB)

	// Clients is the maximum number of entries of the client table (default
	// 2²⁰). Requests of further clients are not executed, so that new keys
	// cannot grow the state without end.
	Clients uint64
	// ClientResults is the maximum number of bytes of the results that are kept
	// for one client, at least ResultLimit. The oldest are dropped first, and a
	// repeated request does not bring them back. The default ClientWindow ×
	// ResultLimit keeps the results of all requests in flight. For example, the
	// results of 1000 clients take at most 500 MiB with all defaults.
	ClientResults uint64
	// Chunk is the largest size of the parts in which a checkpoint is
	// transferred, in bytes (default 128 KiB, at most 1 MiB). Tests use small
	// ones.
	Chunk uint64

	Drift uint64 // maximum lead of a batch's time over a backup's clock, ms (default 10 000)
}

// Upper limits of the parameters. They bound the input of decoders, which do
// not have the genesis.
const (
	maxBatchRequests  = 1 << 16
	maxOperation      = 16 << 20 // bytes
	maxBatchBytes     = 32 << 20 // half of a frame of the TLS transport, which has more
	maxClientWindow   = 1 << 16
	maxWindow         = 1 << 16
	maxChunk          = 1 << 20 // bytes
	maxDrift          = 1 << 40 // about 35 years in ms; the sum with a clock stays below 2⁶³
	defaultCheckpoint = 128
)

// WithDefaults returns g with defaults set and members sorted, or an error that
// lists every violation.
func (g Genesis) WithDefaults() (Genesis, error) {
	def := func(v *uint64, d uint64) {
		if *v == 0 {
			*v = d
		}
	}
	def(&g.Checkpoint, defaultCheckpoint)
	def(&g.Window, 2*g.Checkpoint)
	def(&g.ClientWindow, 128)
	def(&g.BatchLimit, 1024)
	def(&g.RequestLimit, 64<<10)
	def(&g.BatchBytes, max(1<<20, g.RequestLimit+RequestOverhead))
	def(&g.ResultLimit, 4<<10)
	def(&g.Clients, 1<<20)
	def(&g.Chunk, 128<<10)
	def(&g.Drift, 10_000)

	var bad faults.List
	m, err := NewMembership(0, g.Members)
	bad.Add(err)
	// Sorting makes the chain's id independent of the order in which the caller
	// lists the members.
	g.Members = m.Members
	bad.Prefix = "pbft: genesis: "
	most := func(name string, v, limit uint64) {
		bad.Require(v <= limit, "%s is %d, want at most %d", name, v, limit)
	}
	bad.Require(g.Name != "", "Name is empty, want a name that no other chain has")
	bad.Require(g.Rule == StandardRule || g.Rule == BatchRule, "Rule is %d, want StandardRule or BatchRule", g.Rule)
	most("Checkpoint", g.Checkpoint, maxWindow/2)
	most("Drift", g.Drift, maxDrift)
	bad.Require(g.Window >= 2*g.Checkpoint && g.Window <= maxWindow,
		"Window is %d, want from 2 × Checkpoint = %d to %d", g.Window, 2*g.Checkpoint, maxWindow)
	most("ClientWindow", g.ClientWindow, maxClientWindow)
	most("BatchLimit", g.BatchLimit, maxBatchRequests)
	most("RequestLimit", g.RequestLimit, maxOperation)
	most("ResultLimit", g.ResultLimit, maxOperation)
	most("Clients", g.Clients, maxClients)
	most("Chunk", g.Chunk, maxChunk)
	// After the limits of its factors, so that the product is below 2⁶⁴.
	def(&g.ClientResults, min(g.ClientWindow, maxClientWindow)*min(g.ResultLimit, maxOperation))
	bad.Require(g.ClientResults >= g.ResultLimit, "ClientResults is %d, want at least ResultLimit = %d",
		g.ClientResults, g.ResultLimit)
	bad.Require(g.BatchBytes >= g.RequestLimit+RequestOverhead && g.BatchBytes <= maxBatchBytes,
		"BatchBytes is %d, want from RequestLimit + %d = %d, so that each request fits into a batch, to %d",
		g.BatchBytes, RequestOverhead, g.RequestLimit+RequestOverhead, maxBatchBytes)
	return g, bad.Err()
}

// Chain returns the id of the chain. A field left at zero and its default
// written out give the same id.
func (g Genesis) Chain() (Digest, error) {
	g, err := g.WithDefaults()
	if err != nil {
		return Digest{}, err
	}
	return hash(hashGenesis, codec.Encode(func(c *codec.Coder) {
		c.String(&g.Name, len(g.Name))
		(&Membership{Members: g.Members}).code(c)
		for _, v := range []uint64{
			uint64(g.Rule), g.Checkpoint, g.Window, g.ClientWindow,
			g.BatchLimit, g.RequestLimit, g.BatchBytes, g.ResultLimit, g.Drift,
			g.Clients, g.ClientResults, g.Chunk,
		} {
			c.Uint64(&v)
		}
	})), nil
}
