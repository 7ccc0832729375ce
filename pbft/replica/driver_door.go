package replica

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/trigrid/trigrid/pbft"
)

// door limits the work that one connection causes without use. It has two
// accounts in CPU time. Both fill at 1 % of a core.
//
//   - credit pays for useless requests: an invalid signature, a key that the
//     application refuses, a size above the limit. Without credit the
//     connection ends.
//   - repeats pays for requests that are known or executed already, and for
//     numbers outside the window. Honest clients send these after a loss, so
//     that an empty account only delays the connection. Each accepted request
//     pays for tenRepeats repetitions.
//
// Requests are checked in portions. A portion waits until the previous ones are
// judged. Its limit doubles with each portion without a useless request.
//
// For example, a stranger sends 9700 requests with invalid signatures in one
// frame. They are verified in portions of 16 until 167 of them have used up the
// credit of 10 ms. The connection then ends, and the rest of the frame costs
// nothing.
type door struct {
	mu      sync.Mutex
	credit  time.Duration
	repeats time.Duration
	since   time.Time // of both accounts
	portion int       // limit of unjudged requests
	waiting int       // unjudged requests
	bytes   int64     // of them
	unread  int       // unjudged portions
	changed chan struct{}
	ended   chan struct{}
}

// Assumed costs, a little above those measured on one core of a server: 46 to
// 51 µs for a verification, 3 µs to decode and look up a request.
const (
	verifyCost = 60 * time.Microsecond
	handleCost = 5 * time.Microsecond

	doorShare   = 100                     // accounts fill at 1/doorShare of a core
	doorCredit  = time.Second / doorShare // limit of the credit
	doorRepeats = time.Second             // limit of the account for repetitions
	tenRepeats  = 10 * handleCost
	minPortion  = 16   // requests
	maxPortion  = 1024 // requests; at most 61 ms of verification

	// maxUnread bounds the unjudged portions of one client, which can be small.
	maxUnread = 64

	// doorBytes bounds the unjudged requests of one client, except for a single
	// larger one. Sixteen clients fill queuedBytes.
	doorBytes = 2 << 20
)

// errUseless ends a connection.
var errUseless = errors.New("replica: tls: too many requests without use")

// newDoor returns the door of a new connection.
func newDoor(credit time.Duration) door {
	return door{
		credit: credit, repeats: doorCredit, since: time.Now(), portion: minPortion,
		changed: make(chan struct{}, 1), ended: make(chan struct{}),
	}
}

// enter waits until some of the requests may be submitted and returns their
// number. Only one goroutine may call it at a time.
func (d *door) enter(ctx context.Context, requests []pbft.Request) (int, error) {
	for {
		d.mu.Lock()
		d.earn()
		k, pause := max(0, min(len(requests), d.portion-d.waiting)), time.Hour
		if d.repeats < 0 {
			k, pause = 0, -d.repeats*doorShare
		}
		if d.unread >= maxUnread {
			k = 0
		}
		k, bytes := fitting(requests[:k], doorBytes-d.bytes, d.waiting == 0)
		d.waiting += k
		d.bytes += bytes
		if k > 0 {
			d.unread++
		}
		d.mu.Unlock()
		select {
		case <-d.ended:
			return 0, errUseless
		default:
		}
		if k > 0 {
			return k, nil
		}
		wait := time.NewTimer(pause)
		select {
		case <-ctx.Done():
			return 0, ErrClosed
		case <-d.ended:
			return 0, errUseless
		case <-d.changed:
		case <-wait.C:
		}
		wait.Stop()
	}
}

// fitting returns the number and the bytes of the first requests within the
// limit, or of the first one alone if it may exceed the limit.
func fitting(requests []pbft.Request, limit int64, one bool) (n int, bytes int64) {
	for ; n < len(requests); n++ {
		size := bytesOf(requests[n : n+1])
		if bytes+size > limit && !(one && n == 0) {
			break
		}
		bytes += size
	}
	return n, bytes
}

// bytesOf returns the size of requests as the queues count it.
func bytesOf(requests []pbft.Request) (bytes int64) {
	for i := range requests {
		bytes += int64(pbft.RequestOverhead + len(requests[i].Operation))
	}
	return bytes
}

// judgement is the result of a portion of requests.
type judgement struct {
	requests int           // in all
	bytes    int64         // of them
	accepted int           // of them
	useless  time.Duration // cost of the useless ones
	repeated time.Duration // cost of the repeated ones
}

// add counts one request. verified reports whether its signature was not known
// to be valid.
func (j *judgement) add(err error, verified bool) {
	cost := handleCost
	if verified {
		cost += verifyCost
	}
	switch {
	case err == nil:
		j.accepted++
	// The sender is not to blame.
	case errors.Is(err, pbft.RefusedPoolFull), errors.Is(err, pbft.RefusedLimit):
	case errors.Is(err, pbft.RefusedDuplicate), errors.Is(err, pbft.RefusedExecuted), errors.Is(err, pbft.RefusedWindow):
		j.repeated += cost
	default:
		j.useless += cost
	}
}

// judged takes a portion back. The door ends if its credit does not pay for it.
// A nil door is that of the own process and has no limits.
func (d *door) judged(j judgement) {
	if d == nil {
		return
	}
	d.mu.Lock()
	d.waiting -= j.requests
	d.bytes -= j.bytes
	if j.requests > 0 {
		d.unread--
	}
	d.earn()
	d.credit -= j.useless
	d.repeats = min(doorRepeats, d.repeats-j.repeated+time.Duration(j.accepted)*tenRepeats)
	if j.useless > 0 {
		d.portion = minPortion
	} else if j.accepted > 0 {
		d.portion = min(2*d.portion, maxPortion)
	}
	if d.credit < 0 && !closed(d.ended) {
		close(d.ended)
	}
	d.mu.Unlock()
	select {
	case d.changed <- struct{}{}:
	default: // the reader is already called
	}
}

// earn adds the credit of the time since the last call. The caller has locked
// d.
func (d *door) earn() {
	now := time.Now()
	share := now.Sub(d.since) / doorShare
	d.credit = min(doorCredit, d.credit+share)
	d.repeats = min(doorRepeats, d.repeats+share)
	d.since = now
}

// solvent reports whether there is credit now. It serves the doors of replicas,
// whose connections carry votes and do not end.
func (d *door) solvent() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.earn()
	return d.credit >= 0
}

// closed reports whether a channel is closed that nothing is sent on.
func closed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}
