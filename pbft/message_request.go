package pbft

import (
	"crypto/sha256"
	"slices"

	"github.com/trigrid/trigrid/codec"
)

// Request is one operation of a client. A client is identified by its public
// key. The application decides which keys may do what.
//
// A client numbers its requests 1, 2, 3, … without gaps and may have up to
// Genesis.ClientWindow of them in flight. Each number is executed at most once,
// regardless of the primary and of repetitions by the client.
type Request struct {
	Client    PublicKey
	Number    uint64
	Operation []byte
	Signature Signature
}

// NewRequest returns the signed request with a number of the signer's choice,
// which it must not use twice.
func NewRequest(chain Digest, signer Signer, number uint64, operation []byte) Request {
	r := Request{Client: signer.Public(), Number: number, Operation: operation}
	r.Signature = signer.Sign(r.statement(chain))
	return r
}

// statement returns the signed bytes. They include neither epoch nor view, so a
// request stays valid across changes of both.
func (r *Request) statement(chain Digest) []byte {
	return statement{kind: KindRequest, chain: chain, seq: r.Number, digest: r.Content()}.bytes()
}

// Content returns the digest of client and operation. It identifies the
// operation in a [Reply]. Two clients with equal operations have different
// digests.
func (r *Request) Content() Digest {
	return hash(hashRequest, r.Client[:], r.Operation)
}

// Signed returns the signature check of the request: the client's key, the
// signed bytes and the signature. [VerifyRequest] does the check; a caller with
// many requests passes their checks to [Verifier].VerifyAll.
func (r *Request) Signed(chain Digest) Signed {
	return Signed{Key: r.Client, Message: r.statement(chain), Signature: r.Signature}
}

// VerifyRequest reports whether the client's signature is valid under v. Every
// part of this module and every reader of its chain uses this function, so that
// all of them agree.
func VerifyRequest(v Verifier, chain Digest, r *Request) bool { return v.Verify(r.Signed(chain)) }

// requestKey identifies a request for exactly-once execution. Two operations
// under one number are the same request.
type requestKey struct {
	client PublicKey
	number uint64
}

func (r *Request) key() requestKey { return requestKey{r.Client, r.Number} }

// RequestOverhead is the encoded size of a request with an empty operation, in
// bytes.
const RequestOverhead = 32 + 8 + 4 + 64

func (r *Request) size() int { return RequestOverhead + len(r.Operation) }

// SplitRequests cuts rs into parts of at most count requests and at most bytes
// encoded bytes each. A request that is larger than bytes gets a part of its
// own. A sender uses it to bound its [Forward] messages.
func SplitRequests(rs []Request, count, bytes int) [][]Request {
	var parts [][]Request
	start, size := 0, 0
	for i := range rs {
		if i > start && (i-start >= count || size+rs[i].size() > bytes) {
			parts = append(parts, rs[start:i])
			start, size = i, 0
		}
		size += rs[i].size()
	}
	if start < len(rs) {
		parts = append(parts, rs[start:])
	}
	return parts
}

func (r *Request) code(c *codec.Coder) {
	c.Fixed(r.Client[:])
	c.Uint64(&r.Number)
	c.Bytes(&r.Operation, maxOperation)
	c.Fixed(r.Signature[:])
}

// codeRequests bounds the list by the largest batch that any genesis allows.
func codeRequests(c *codec.Coder, rs *[]Request) {
	codec.SizedList(c, rs, maxBatchRequests, RequestOverhead, func(c *codec.Coder, r *Request) { r.code(c) })
}

// Batch is the content of one sequence number: requests in order, and the time
// of the primary's clock when it proposed them. A nil *Batch is the null batch.
type Batch struct {
	Time     int64 // Unix milliseconds
	Requests []Request
}

// Digest returns the hash of the batch, client signatures included. Receivers
// recompute it; they never use a digest from a message.
func (b *Batch) Digest() Digest {
	if b == nil {
		return nullDigest
	}
	// The domain comes first, as in hash, so that the encoding is not copied.
	return sha256.Sum256(codec.Append(append(make([]byte, 0, 1+b.size()), byte(hashBatch)), b.code))
}

// batchOverhead is the encoded size of a batch without requests: 8 bytes for
// the time, 4 for the count.
const batchOverhead = 8 + 4

// size returns the encoded size in bytes.
func (b *Batch) size() int {
	n := batchOverhead
	for i := range b.Requests {
		n += b.Requests[i].size()
	}
	return n
}

// clone returns a deep copy, which an application may keep or change.
func (b *Batch) clone() *Batch {
	if b == nil {
		return nil
	}
	c := &Batch{Time: b.Time, Requests: slices.Clone(b.Requests)}
	all := make([]byte, 0, b.size()) // one array for all operations
	for i := range c.Requests {
		if r := &c.Requests[i]; r.Operation != nil {
			all = append(all, r.Operation...)
			r.Operation = slices.Clip(all[len(all)-len(r.Operation):])
		}
	}
	return c
}

func (b *Batch) code(c *codec.Coder) {
	codec.Int64(c, &b.Time)
	codeRequests(c, &b.Requests)
}

// codeBatch codes a batch that may be null.
func codeBatch(c *codec.Coder, b **Batch) {
	codec.Pointer(c, b, func(c *codec.Coder, b *Batch) { b.code(c) })
}
