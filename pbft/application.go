package pbft

// Application is the replicated state machine. Every replica of a chain runs the same one, and every method is a
// function of the calls before it and its arguments alone: no clock, no randomness, no map order, no floating point
// whose result could differ between machines. A [Node] calls it from one goroutine at a time.
type Application interface {
	// Apply executes one batch. It cannot fail: an operation that is refused has a result that says so. b belongs to
	// the application, which may keep or change it. Apply is called for every batch but the null ones, in order of
	// Seq, once each; Requests lists what is to be executed now, after removal of repeated and unauthorised requests,
	// and may be empty.
	Apply(b OrderedRequests) Outcome

	// Root is the commitment to the whole current state, equal to the last Outcome.Root. It is asked for before the
	// first Apply and after Restore.
	Root() Digest

	// Snapshot encodes the whole state. Equal states have equal bytes. It is called after every Checkpoint-th batch,
	// so its cost is paid once in that many batches.
	Snapshot() []byte

	// Restore replaces the whole state by a snapshot, which the replicas have certified. On an error the state is
	// unspecified until a later Restore succeeds. The application may keep snapshot.
	Restore(snapshot []byte) error
}

// OrderedRequests is one batch as the application sees it.
type OrderedRequests struct {
	Epoch    uint64
	Seq      uint64 // strictly increasing, with gaps where null batches were ordered
	Time     int64  // Unix milliseconds, agreed on and never decreasing: the only clock an application has
	Parent   Digest // of the header before this one
	Batch    Digest // of the batch as it was ordered
	Requests []Request
}

// Outcome is what executing a batch led to.
type Outcome struct {
	Results [][]byte // one per request, in order
	Root    Digest   // commits to the state after the batch

	// Members, when not empty, asks for a new set of replicas. The change takes effect at the first checkpoint at
	// least Window batches later; see Header.NextMembers. A set that [NewMembership] refuses is ignored.
	Members []Member
}

// Checker may be implemented by an [Application] that wants to refuse requests before they are ordered. The answer
// only keeps the local replica from proposing or waiting for r: another replica may order it all the same, so Apply
// must decide again. Check must be cheap and must not change state.
type Checker interface {
	Check(r *Request) error
}

// Block is one executed batch.
type Block struct {
	Header   Header
	Order    OrderCertificate
	Batch    *Batch    // as ordered; nil for the null batch
	Executed []Request // the requests of Batch that were executed now
	Results  [][]byte  // one per executed request
}
