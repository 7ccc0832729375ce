package pbft

import (
	"github.com/trigrid/trigrid/internal/faults"
	"github.com/trigrid/trigrid/internal/planted"
)

// Options tune one replica. They are not part of the agreement: replicas may
// have different options. A field left at zero takes its default. The caller of
// [Node.Tick] chooses the length of a tick; package replica uses 10 ms.
type Options struct {
	RequestTimeout int // ticks until the oldest request costs the primary its view (default 100)
	Heartbeat      int // ticks between two status messages while work is pending (default 10)
	BatchSize      int // maximum requests per batch (default 512, at most Genesis.BatchLimit)
	BatchBytes     int // maximum bytes per proposed batch (default 1 MiB, at most that of Genesis)
	BatchAge       int // ticks for a batch to fill while others are in flight (default 1)
	Pipeline       int // batches in flight at which the primary waits (default 4)
	PoolSize       int // places for requests that wait (default 16 384), one per started 4 KiB
}

// withDefaults returns o with defaults set, or an error that lists every
// negative option.
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
	o.BatchBytes = min(o.BatchBytes, int(g.BatchBytes))
	return o, bad.Err()
}

// Config is the input of [NewNode].
type Config struct {
	ID          ReplicaID
	Genesis     Genesis
	Signer      Signer
	Application Application
	Verifier    Verifier       // default Genesis.Rule.Verifier()
	mistake     planted.Switch // none in a build without the tag planted, see node_planted_on.go
	Options     Options
	Now         int64 // the caller's clock in Unix milliseconds; [Node.Tick] updates it

	// Restarted marks a replica that may have voted before and has lost its
	// records. It only observes until a checkpoint beyond all its possible
	// votes is stable, see node_observer.go. Until then it counts as one of the
	// f faulty replicas.
	Restarted bool
	// Nonce is random and new for each start with Restarted. The answers to the
	// observer are signed with it, so that those to an earlier start are of no
	// use. Package replica sets it.
	Nonce Digest
	// Records is the content of the replica's log, in the order in which it was
	// written. Empty for a new replica.
	Records []Record
}

// withDefaults returns c with the defaults of genesis and options set, or an
// error that lists every violation.
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
	bad.Require(!c.Restarted || !c.Nonce.IsZero(),
		"Nonce is zero although Restarted is set, want 32 random bytes that no earlier start has used")
	if c.Verifier == nil {
		c.Verifier = c.Genesis.Rule.Verifier()
	}
	return c, bad.Err()
}
