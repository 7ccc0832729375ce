package pbft

import (
	"slices"

	"github.com/trigrid/trigrid/codec"
)

// Request is one operation that a client wants ordered. A client is its public key; which keys may do what is for the
// application to say.
//
// A client numbers its requests 1, 2, 3, … without gaps and may have up to Genesis.ClientWindow of them in flight. Each
// number is executed at most once, whatever the primary does and however often the client repeats itself.
type Request struct {
	Client    PublicKey
	Number    uint64
	Operation []byte
	Signature Signature
}

// NewRequest signs operation as the given number of the signer's requests on chain.
func NewRequest(chain Digest, signer Signer, number uint64, operation []byte) Request {
	r := Request{Client: signer.Public(), Number: number, Operation: operation}
	r.Signature = signer.Sign(r.statement(chain))
	return r
}

// statement is what the client signs. A request is not bound to an epoch or a view: it stays valid across both.
func (r *Request) statement(chain Digest) []byte {
	return statement{kind: KindRequest, chain: chain, seq: r.Number, digest: r.contentDigest()}.bytes()
}

func (r *Request) contentDigest() Digest {
	return hash(hashRequest, r.Client[:], r.Operation)
}

// Signed returns the signature check of the request: the client's key, the signed bytes and the signature.
func (r *Request) Signed(chain Digest) Signed {
	return Signed{Key: r.Client, Message: r.statement(chain), Signature: r.Signature}
}

// VerifyRequest checks the client's signature under v. It is the only way in which any part of this module, or a
// reader of its chain, decides whether a client said something.
func VerifyRequest(v Verifier, chain Digest, r *Request) bool { return v.Verify(r.Signed(chain)) }

// requestKey is a request's identity for exactly-once execution.
type requestKey struct {
	client PublicKey
	number uint64
}

func (r *Request) key() requestKey { return requestKey{r.Client, r.Number} }

// RequestOverhead is the encoded size of a request with an empty operation.
const RequestOverhead = 32 + 8 + 4 + 64

func (r *Request) size() int { return RequestOverhead + len(r.Operation) }

// SplitRequests cuts a list into parts of at most count requests and about bytes bytes.
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

func codeRequests(c *codec.Coder, rs *[]Request) {
	codec.SizedList(c, rs, maxBatchRequests, RequestOverhead, func(c *codec.Coder, r *Request) { r.code(c) })
}

// Batch is what one sequence number orders: the time its primary read off its clock and requests in order. A nil
// *Batch is the null batch.
type Batch struct {
	Time     int64 // Unix milliseconds
	Requests []Request
}

// Digest commits to the ordered body, every client signature included. It is recomputed wherever a batch is received;
// a digest that came with a message is never believed.
func (b *Batch) Digest() Digest {
	if b == nil {
		return nullDigest
	}
	return hash(hashBatch, codec.Append(make([]byte, 0, b.size()), b.code))
}

func (b *Batch) size() int {
	n := 12
	for i := range b.Requests {
		n += b.Requests[i].size()
	}
	return n
}

// clone copies the batch so deeply that an application may keep or change what it was given.
func (b *Batch) clone() *Batch {
	if b == nil {
		return nil
	}
	c := &Batch{Time: b.Time, Requests: slices.Clone(b.Requests)}
	for i := range c.Requests {
		c.Requests[i].Operation = slices.Clone(c.Requests[i].Operation)
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
