package pbft

import (
	"github.com/trigrid/trigrid/codec"
	"github.com/trigrid/trigrid/internal/faults"
)

// Genesis is everything the replicas and clients of one chain must agree on before its first message. Its digest is
// the chain's id and part of every signed statement, so replicas with different parameters cannot even talk by mistake.
// Fields left at zero take the default named beside them.
type Genesis struct {
	Name    string   // what the chain is called; two chains with the same members need different names
	Members []Member // epoch 0

	Rule         Rule   // how signatures are judged, for ever and by everybody (default [StandardRule])
	Checkpoint   uint64 // K, batches from one checkpoint to the next (default 128)
	Window       uint64 // L, how far ordering may run ahead of the last stable checkpoint (default 2K, at least 2K)
	ClientWindow uint64 // how many numbers a client may have in flight (default 128)
	BatchLimit   uint64 // most requests in a batch that a backup accepts (default 1024)
	RequestLimit uint64 // most bytes in a request's operation (default 64 KiB)
	ResultLimit  uint64 // longest result kept for a client's retries, in bytes; longer ones are cut off (default 4 KiB)
	Drift        uint64 // how far in milliseconds a proposal's time may lie ahead of a backup's clock (default 10 000)
}

// Upper limits of what a genesis can ask for; they bound what a decoder accepts before it knows the chain.
const (
	maxBatchRequests  = 1 << 16
	maxOperation      = 16 << 20
	maxClientWindow   = 1 << 16
	maxWindow         = 1 << 16
	maxDrift          = 1 << 40 // a third of a century
	defaultCheckpoint = 128
)

// WithDefaults fills in the zero fields and checks all of them; every violation is reported at once.
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
	def(&g.ResultLimit, 4<<10)
	def(&g.Drift, 10_000)

	var bad faults.List
	m, err := NewMembership(0, g.Members)
	bad.Add(err)
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
	return g, bad.Err()
}

// Chain is the id of the chain that g starts. It is the same whether defaults are written out or left at zero.
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
			g.BatchLimit, g.RequestLimit, g.ResultLimit, g.Drift,
		} {
			c.Uint64(&v)
		}
	})), nil
}
