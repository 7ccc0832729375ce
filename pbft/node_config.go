package pbft

import (
	"github.com/trigrid/trigrid/internal/faults"
	"github.com/trigrid/trigrid/pbft/internal/planted"
)

// Options tune one replica. They are not part of the agreement: replicas may differ in them. Fields left at zero take
// the default named beside them; a tick is whatever the caller of [Node.Tick] makes it, 10 ms in a [Driver].
type Options struct {
	RequestTimeout int // ticks the oldest known request may take; on average a quarter must do (default 100)
	Heartbeat      int // ticks between two status messages while there is work (default 10)
	BatchSize      int // most requests the primary puts into a batch (default 512, at most Genesis.BatchLimit)
	BatchBytes     int // most bytes of requests it puts into a batch (default 1 MiB)
	BatchAge       int // ticks a request may wait for its batch to fill while others are in flight (default 1)
	Pipeline       int // batches in flight from which the primary waits (default 4)
	PoolSize       int // most requests known and not executed (default 16 384)
}

func (o Options) withDefaults(g Genesis) (Options, error) {
	bad := faults.List{Prefix: "pbft: options: "}
	def := func(name string, v *int, d int) {
		if *v == 0 {
			*v = d
		}
		bad.Require(*v > 0, "%s is %d, want a positive number or 0 for the default of %d", name, *v, d)
	}
	def("RequestTimeout", &o.RequestTimeout, 100)
	def("Heartbeat", &o.Heartbeat, 10)
	def("BatchSize", &o.BatchSize, 512)
	def("BatchBytes", &o.BatchBytes, 1<<20)
	def("BatchAge", &o.BatchAge, 1)
	def("Pipeline", &o.Pipeline, 4)
	def("PoolSize", &o.PoolSize, 16_384)
	o.BatchSize = min(o.BatchSize, int(g.BatchLimit))
	return o, bad.Err()
}

// Config is what a [Node] starts from.
type Config struct {
	ID          ReplicaID
	Genesis     Genesis
	Signer      Signer
	Application Application
	Verifier    Verifier       // nil means Genesis.Rule.Verifier()
	mistake     planted.Switch // see node_planted_on.go
	Options     Options
	Now         int64 // the caller's clock in Unix milliseconds; [Node.Tick] moves it on

	// Restarted says that this replica may have voted before and no longer knows how, because it runs without a
	// [Storage] that survived. It then only observes until a checkpoint past everything it can have voted on is stable
	// (see observer.go) and counts as one of the f faulty replicas until then.
	Restarted bool
	// Records is what the replica's [Storage] returned when it was opened, in the order in which it was written.
	Records []Record
}

// withDefaults returns c with the defaults of its genesis and options filled in, or all violations.
func (c Config) withDefaults() (Config, error) {
	var bad faults.List
	var err error
	c.Genesis, err = c.Genesis.WithDefaults()
	bad.Add(err)
	c.Options, err = c.Options.withDefaults(c.Genesis)
	bad.Add(err)
	bad.Prefix = "pbft: config: "
	bad.Require(c.Application != nil, "Application is nil")
	if bad.Require(c.Signer != nil, "Signer is nil, want the one of replica %d, such as NewSigner(seed)", c.ID) {
		for _, m := range c.Genesis.Members {
			bad.Require(m.ID != c.ID || m.Key == c.Signer.Public(),
				"Signer of replica %d has another key than Genesis.Members lists for it", c.ID)
		}
	}
	if c.Verifier == nil {
		c.Verifier = c.Genesis.Rule.Verifier()
	}
	return c, bad.Err()
}
