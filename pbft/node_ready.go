package pbft

// Envelope is a message and the replicas it goes to, never the sender itself.
type Envelope struct {
	To      []ReplicaID
	Message Message
}

// Ready is what a [Node] wants done, in this order: write Records and sync them, send Messages, then hand out the rest.
// Everything in it is read-only.
type Ready struct {
	Records   []Record
	Messages  []Envelope
	Blocks    []Block                // executed since the last Ready, in order of Seq
	Certified []ExecutionCertificate // completed since the last Ready
	Repeated  []Repeated             // answers for clients that asked again
	Evidence  []Evidence
	Diverged  []Divergence
}

func (r *Ready) empty() bool {
	return len(r.Records) == 0 && len(r.Messages) == 0 && len(r.Blocks) == 0 && len(r.Certified) == 0 &&
		len(r.Repeated) == 0 && len(r.Evidence) == 0 && len(r.Diverged) == 0
}

// Repeated is the kept result of a request that was executed earlier and has been received again.
type Repeated struct {
	Client PublicKey
	Number uint64
	Result []byte
}

// Divergence tells that this replica executed Seq to another header than a strong quorum did. Its application or its
// machine is broken. It stops voting at once and restores the certified state.
type Divergence struct {
	Seq            uint64
	Own, Certified Digest
}

// Refusal is why a message was not used. It is an error of its sender or the plain effect of an unreliable network, and
// worth counting, not logging.
type Refusal string

// Error implements error.
func (r Refusal) Error() string { return "pbft: refused: " + string(r) }

// The refusals.
const (
	RefusedEpoch     Refusal = "other epoch"
	RefusedView      Refusal = "other view"
	RefusedEarly     Refusal = "kept until its view begins"
	RefusedWindow    Refusal = "number outside the window"
	RefusedMember    Refusal = "sender is not a member"
	RefusedRole      Refusal = "not the sender's part"
	RefusedSignature Refusal = "signature not valid"
	RefusedDigest    Refusal = "digest does not match"
	RefusedDuplicate Refusal = "already known"
	RefusedConflict  Refusal = "contradicts an earlier statement"
	RefusedBatch     Refusal = "batch not acceptable"
	RefusedTime      Refusal = "time not acceptable"
	RefusedRequest   Refusal = "request not acceptable"
	RefusedExecuted  Refusal = "request executed before"
	RefusedPoolFull  Refusal = "too many requests waiting"
	RefusedProof     Refusal = "certificate not valid"
	RefusedNewView   Refusal = "new view does not follow from its view changes"
	RefusedLimit     Refusal = "sender asks too much"
	RefusedUnasked   Refusal = "answer to no question"
)
