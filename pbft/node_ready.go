package pbft

// Envelope is a message and its receivers, without the sender.
type Envelope struct {
	To      []ReplicaID
	Message Message
}

// Ready is the output of a [Node]. The caller writes and syncs Records, then
// sends Messages, then hands out the rest. Everything in it is read-only.
type Ready struct {
	Records   []Record
	Messages  []Envelope
	Blocks    []Block                // executed since the last Ready, in order of Seq
	Certified []ExecutionCertificate // completed since the last Ready
	Repeated  []Repeated             // results for clients that sent an executed request again
	Evidence  []Evidence             // found or received, each once
	Diverged  []Divergence           // at most one until the state is repaired
}

func (r *Ready) empty() bool {
	return len(r.Records) == 0 && len(r.Messages) == 0 && len(r.Blocks) == 0 && len(r.Certified) == 0 &&
		len(r.Repeated) == 0 && len(r.Evidence) == 0 && len(r.Diverged) == 0
}

// Repeated is the kept result of an executed request that was received again.
type Repeated struct {
	Client  PublicKey
	Number  uint64
	Content Digest // of the executed request, which can be another one under the same number
	Result  []byte
}

// Divergence reports that this replica executed Seq to another header than a
// strong quorum did: its application is not deterministic or its machine is
// broken. The replica stops voting and restores the certified state.
type Divergence struct {
	Seq            uint64
	Own, Certified Digest
}

// Refusal is the reason why a message had no effect. It is a fault of the
// sender or normal in an unreliable network. Programs count refusals and do not
// log them.
type Refusal string

// Error implements error.
func (r Refusal) Error() string { return "pbft: refused: " + string(r) }

// The reasons.
const (
	RefusedEpoch     Refusal = "other epoch"
	RefusedView      Refusal = "other view"
	RefusedEarly     Refusal = "kept until its view begins" // the message is kept
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
