package replica

import (
	"context"
	"encoding/binary"
	"errors"

	"github.com/trigrid/trigrid/pbft"
)

// Queries are questions of clients that need no order, such as the value of a
// key. They share the connection of the requests:
//
//	client → replica    frame: queryFrame, number (8 bytes, big-endian), query
//	replica → client    frame: answerFrame, number, answer
//
// A package above defines queries and answers. Answers may overtake each other.
const (
	queryFrame  byte = 0xf0
	answerFrame byte = 0xf1 // no reply begins with it, because ids of replicas are small
	queryHeader      = 1 + 8
)

// maxQueries bounds the queries of one connection that wait for their answers.
// Further frames of the connection are read after one of them is answered.
const maxQueries = 64

// Queries answers the query of a client. ctx ends with the connection. A query
// is useless if no correct client sends it; it then costs the client credit,
// like a useless request. The answer has at most 64 MiB.
type Queries func(ctx context.Context, client pbft.PublicKey, query []byte) (answer []byte, useful bool)

// ServeQueries sets the function that answers queries, which several goroutines
// call. Without it each query is useless. It must be called before
// [TLS.ServeClients].
func (t *TLS) ServeQueries(f Queries) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.queries = f
}

// asking serves the queries of one connection.
type asking struct {
	t       *TLS
	ctx     context.Context
	key     pbft.PublicKey
	door    *sharedDoor
	answer  Queries
	open    chan struct{} // one token per query without answer
	answers chan []byte   // frames for the goroutine that writes
}

// asks returns the queries of one connection, which end with ctx.
func (t *TLS) asks(ctx context.Context, key pbft.PublicKey, door *sharedDoor) *asking {
	t.mu.Lock()
	defer t.mu.Unlock()
	return &asking{
		t: t, ctx: ctx, key: key, door: door, answer: t.queries,
		open: make(chan struct{}, maxQueries), answers: make(chan []byte, maxQueries),
	}
}

// take starts the answer if the frame is a query, and otherwise returns false.
func (a *asking) take(frame []byte) bool {
	if len(frame) < queryHeader || frame[0] != queryFrame {
		return false
	}
	if a.answer == nil {
		a.door.judged(judgement{useless: handleCost})
		return true
	}
	select {
	case <-a.ctx.Done():
		return true
	case a.open <- struct{}{}: // the queue of answers has a place for each token
	}
	a.t.wg.Go(func() {
		defer func() { <-a.open }()
		answer, useful := a.answer(a.ctx, a.key, frame[queryHeader:])
		if !useful {
			a.door.judged(judgement{useless: verifyCost})
		}
		out := append([]byte{answerFrame}, frame[1:queryHeader]...)
		select {
		case a.answers <- append(out, answer...):
		case <-a.ctx.Done():
		}
	})
	return true
}

// ErrLost means that the connection ended before the answer to a query came.
var ErrLost = errors.New("replica: connection lost before the answer; try again")

// Query sends a query to the replica and returns its answer, which is the
// statement of this replica only. The error is [ErrBusy], [ErrLost],
// [ErrClosed] or that of ctx.
func (r *Remote) Query(ctx context.Context, query []byte) ([]byte, error) {
	answer := make(chan []byte, 1)
	r.mu.Lock()
	r.asked++
	number := r.asked
	if r.asks == nil {
		r.asks = map[uint64]chan []byte{}
	}
	r.asks[number] = answer
	r.mu.Unlock()
	defer func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		delete(r.asks, number)
	}()
	frame := binary.BigEndian.AppendUint64([]byte{queryFrame}, number)
	select {
	case <-r.ctx.Done():
		return nil, ErrClosed
	case r.out <- append(frame, query...):
	default:
		return nil, ErrBusy
	}
	select {
	case b, ok := <-answer:
		if !ok {
			return nil, ErrLost
		}
		return b, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-r.ctx.Done():
		return nil, ErrClosed
	}
}

// answered passes an answer to its query, and otherwise returns false.
func (r *Remote) answered(frame []byte) bool {
	if len(frame) < queryHeader || frame[0] != answerFrame {
		return false
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	number := binary.BigEndian.Uint64(frame[1:queryHeader])
	if c := r.asks[number]; c != nil {
		c <- frame[queryHeader:]
		delete(r.asks, number) // a second answer has no receiver
	}
	return true
}

// lose ends all queries without an answer. The connection has taken them along.
func (r *Remote) lose() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for number, c := range r.asks {
		close(c)
		delete(r.asks, number)
	}
}
