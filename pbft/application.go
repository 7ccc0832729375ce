package pbft

// Application is the replicated state machine. Every replica of a chain runs
// the same one. The result of every method is a function of the earlier calls
// and of its arguments only: no clock, no randomness, no map order, no
// floating-point operation that can differ between machines. A [Node] calls the
// methods from one goroutine at a time.
//
// For example, a counter has an 8-byte state. Apply adds 1 for each request and
// returns the new count as the result; Root is the hash of the 8 bytes;
// Snapshot and Restore copy them.
type Application interface {
	// Apply executes one batch. It cannot fail: the result of a rejected
	// operation describes the rejection. The application owns b and may keep or
	// change it. Apply is called once for each batch except null batches, in
	// the order of Seq. b.Requests may be empty: repeated and unauthorised
	// requests have been removed.
	Apply(b OrderedRequests) Outcome

	// Root returns the commitment to the current state. It equals the last
	// Outcome.Root. A node calls it before the first Apply and after Restore.
	Root() Digest

	// Snapshot encodes the whole state. Equal states have equal bytes. It is
	// called after every K-th batch (Genesis.Checkpoint), so its cost is
	// divided by K.
	Snapshot() []byte

	// Restore replaces the whole state by a snapshot that the replicas have
	// certified. After an error the state is unspecified until a later Restore
	// succeeds. The application may keep snapshot.
	Restore(snapshot []byte) error
}

// OrderedRequests is one batch in the form in which [Application] receives it.
type OrderedRequests struct {
	Epoch    uint64
	Seq      uint64 // strictly increasing, with gaps at the numbers of null batches
	Time     int64  // Unix milliseconds, agreed on, never decreasing: an application's only clock
	Parent   Digest // of the previous header
	Batch    Digest // of the ordered batch, before requests were removed
	Requests []Request
}

// Outcome is the effect of one batch.
type Outcome struct {
	Results [][]byte // one per request, in order
	Root    Digest   // commits to the state after the batch

	// Members requests a new set of replicas unless it is empty. The change
	// takes effect at the first checkpoint at least Window batches later, see
	// Header.NextMembers. A set that [NewMembership] rejects is ignored.
	Members []Member
}

// Checker may be implemented by an [Application] that rejects requests before
// they are ordered. An error only keeps the local replica from proposing r and
// from waiting for it. Another replica may still order r, so Apply must check
// it again. Check must be cheap and must not change the state.
type Checker interface {
	Check(r *Request) error
}

// Block is one executed batch, as [Ready] hands it out.
type Block struct {
	Header   Header
	Order    OrderCertificate
	Batch    *Batch    // as ordered; nil for the null batch
	Executed []Request // the requests of Batch that were executed at this number
	Results  [][]byte  // one per executed request

	tree *resultTree // over Results; nil for the null batch
}
