package nats

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/trigrid/trigrid/farm"
	"github.com/trigrid/trigrid/sweep"
	"github.com/trigrid/trigrid/weights"
)

// Study is the description from which a worker makes a study.
type Study struct {
	Source  *sweep.Source  `json:"source,omitempty"` // nil: the workers have the study, see [WorkOptions.Study]
	Name    string         `json:"name"`
	Weights weights.Vector `json:"weights"` // that the run published
}

// sourced is a farm of the studies of one source.
type sourced struct {
	c      *Coordinator
	source *sweep.Source
}

// Farm returns the farm of the runs of a source, for [sweep.Options.Farm].
func (c *Coordinator) Farm(s sweep.Source) (farm.Farm, error) { return sourced{c, &s}, nil }

// FarmOf returns the farm of studies that the workers have themselves, see
// [WorkOptions.Study].
func (c *Coordinator) FarmOf() farm.Farm { return sourced{c, nil} }

// Open implements [farm.Farm]: it publishes the study.
func (f sourced) Open(ctx context.Context, s farm.Study) (farm.Session, error) {
	digest, err := s.Digest()
	if err != nil {
		return nil, err
	}
	c := f.c
	// The lock keeps the last user of an earlier session from removing the
	// study that this call publishes. Cases of a sweep that differ in a seed
	// only can have one study.
	c.publishing.Lock()
	defer c.publishing.Unlock()
	c.mu.Lock()
	known := c.sessions[digest]
	if known != nil {
		known.users++ // two runs of equal data share the answers
	}
	c.mu.Unlock()
	if known != nil {
		return &handle{session: known}, nil
	}
	// The study is published once and not with each job: it has all series of
	// the case.
	text, err := json.Marshal(Study{Source: f.source, Name: s.Name, Weights: s.Setting.Weights})
	if err != nil {
		return nil, fmt.Errorf("nats: %w", err)
	}
	if _, err := c.studies.Put(ctx, jetstream.ObjectMeta{Name: studyName(c.name, digest)}, bytes.NewReader(text)); err != nil {
		return nil, fmt.Errorf("nats: the study cannot be published: %w", err)
	}
	x := &session{
		c: c, digest: digest, subject: jobSubjects + c.name + "." + digest.String(), waiting: map[farm.Digest]*waiting{},
		users: 1, slots: make(chan struct{}, c.o.Width),
	}
	x.ctx, x.stop = context.WithCancelCause(c.ctx)
	c.mu.Lock()
	defer c.mu.Unlock()
	x.mean, x.known = c.mean, c.mean > 0 // cases of a sweep take similar times
	c.sessions[digest] = x
	return &handle{session: x}, nil
}

// studyName returns the name under which a coordinator publishes a study. Each
// coordinator has its own, so that the end of one takes no study from another
// one on the same server.
func studyName(coordinator string, d farm.Digest) string { return coordinator + "." + d.String() }

// handle is one user of a session.
type handle struct {
	*session
	once sync.Once
}

// Close implements [farm.Session]. The last user ends the session, and removes
// the study and the jobs that no worker has begun.
func (h *handle) Close() error {
	h.once.Do(func() {
		c := h.c
		c.publishing.Lock()
		defer c.publishing.Unlock()
		c.mu.Lock()
		h.users--
		last := h.users == 0
		if last {
			delete(c.sessions, h.digest)
		}
		c.mu.Unlock()
		if last {
			h.stop(farm.ErrClosed)
			ctx, stop := context.WithTimeout(c.ctx, 5*time.Second)
			defer stop()
			// Both failures cost memory of the server and time of workers only.
			_ = c.studies.Delete(ctx, studyName(c.name, h.digest))
			if jobs, err := c.js.Stream(ctx, jobStream); err == nil {
				_ = jobs.Purge(ctx, jetstream.WithPurgeSubject(h.subject))
			}
		}
	})
	return nil
}

// session is a [farm.Session] of one study.
type session struct {
	c       *Coordinator
	digest  farm.Digest
	subject string        // of the jobs
	slots   chan struct{} // one entry per job in flight
	ctx     context.Context
	stop    context.CancelCauseFunc
	users   int // guarded by c.mu

	mu       sync.Mutex
	waiting  map[farm.Digest]*waiting
	answered recent     // to count duplicates
	answers  int        // accepted ones
	pending  []*waiting // of the next groups, see waiting.sent
	timer    *time.Timer
	mean     time.Duration // of the work of a job
	known    bool          // mean is known
	last     times
	refusals int    // since the last answer
	reason   string // of the last refusal
}

// waiting is a job in flight, or one of the next groups.
type waiting struct {
	job    farm.Job
	done   chan struct{}
	answer *farm.Answer
	users  int
	sent   bool // otherwise it is in session.pending
}

// recent is a set of the last keys, at least maxRecent of them if so many were
// added. A set of all keys would grow with the jobs of a run.
type recent struct{ young, old map[farm.Digest]struct{} }

// maxRecent is the number of keys after which older ones are forgotten. A key
// takes some 50 bytes.
const maxRecent = 1 << 15

// add adds a key.
func (r *recent) add(key farm.Digest) {
	if r.young == nil || len(r.young) >= maxRecent {
		r.young, r.old = map[farm.Digest]struct{}{}, r.young
	}
	r.young[key] = struct{}{}
}

// has reports whether a key is one of the last.
func (r *recent) has(key farm.Digest) bool {
	_, young := r.young[key]
	_, old := r.old[key]
	return young || old
}

// maxGroup is the largest number of jobs of a message, first the number of jobs
// that are sent before their work is known, and linger the time that a group
// waits for more jobs.
const (
	maxGroup = 64
	first    = 32
	linger   = 2 * time.Millisecond
)

// maxRefusals is the number of refusals without any answer after which a
// session ends with an error. One worker refuses a group about once per
// [refusalDelay].
const maxRefusals = 50

// Width implements [farm.Session].
func (s *session) Width() int { return cap(s.slots) }

// Evaluate implements [farm.Session].
func (s *session) Evaluate(ctx context.Context, j farm.Job) (*farm.Answer, error) {
	if j.Study != s.digest {
		return nil, fmt.Errorf("%w: the job is of study %.8s, the session has %.8s", farm.ErrOtherStudy, j.Study.String(), s.digest.String())
	}
	if err := context.Cause(s.ctx); err != nil {
		return nil, err
	}
	select {
	case s.slots <- struct{}{}:
		defer func() { <-s.slots }()
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	case <-s.ctx.Done():
		return nil, context.Cause(s.ctx)
	}
	if ctx.Err() != nil { // a free slot and the end of ctx came together
		return nil, context.Cause(ctx)
	}
	key := j.Key()
	s.mu.Lock()
	w := s.waiting[key]
	if w == nil {
		// Two callers with an equal job share one answer, and only the first
		// one sends it.
		w = &waiting{job: j, done: make(chan struct{})}
		s.waiting[key] = w
		s.add(w)
	}
	w.users++
	s.mu.Unlock()
	defer func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		if w.users--; w.users == 0 && s.waiting[key] == w {
			s.remove(key, w)
			s.hurry()
		}
	}()
	select {
	case <-w.done:
		return w.answer, nil
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	case <-s.ctx.Done():
		return nil, context.Cause(s.ctx)
	}
}

// remove removes a job that is answered or cancelled. One that was not sent yet
// leaves the next group as well: its answer would not be expected, and would
// therefore not release the jobs behind it. The caller holds mu.
func (s *session) remove(key farm.Digest, w *waiting) {
	delete(s.waiting, key)
	if w.sent {
		return
	}
	// Thousands of jobs can be cancelled at once, so that pending has pointers:
	// they are found and moved fast.
	if i := slices.Index(s.pending, w); i >= 0 {
		s.pending = slices.Delete(s.pending, i, i+1)
	}
}

// add adds a job to the next group, which is sent once it has enough work. The
// caller holds mu.
func (s *session) add(w *waiting) {
	s.pending = append(s.pending, w)
	if s.known && len(s.pending) >= s.enough() {
		s.flush()
		return
	}
	s.hurry()
}

// enough returns the number of jobs of a group, 1 as long as the work of a job
// is unknown. The caller holds mu.
func (s *session) enough() int {
	if !s.known {
		return 1
	}
	// Eight groups or more in flight leave no worker without work near the end.
	return max(1, min(maxGroup, cap(s.slots)/8, int(s.c.o.Work/max(s.mean, time.Microsecond))))
}

// hurry sends a group that is not full soon if few jobs are in flight.
// Otherwise the workers have enough to do, and the group waits for more jobs:
// each answer brings one new job, so that a group that never waits would have
// one job. The caller holds mu.
func (s *session) hurry() {
	low := max(1, cap(s.slots)/2)
	if !s.known {
		low = min(low, first)
	}
	if inFlight := len(s.waiting) - len(s.pending); s.timer != nil || len(s.pending) == 0 || inFlight >= low {
		return
	}
	s.timer = time.AfterFunc(linger, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.flush()
	})
}

// flush sends the pending jobs, as many as may be in flight. The caller holds
// mu.
func (s *session) flush() {
	if s.timer != nil {
		s.timer.Stop()
		s.timer = nil
	}
	if len(s.pending) == 0 || s.ctx.Err() != nil {
		return
	}
	n := len(s.pending)
	if !s.known {
		n = min(n, first) // the rest goes with the first answers
	}
	jobs := make([]farm.Job, n)
	for i, w := range s.pending[:n] {
		jobs[i], w.sent = w.job, true
	}
	s.pending = slices.Delete(s.pending, 0, n)
	for group := range slices.Chunk(jobs, s.enough()) {
		text, err := json.Marshal(groupMessage{Reply: s.c.name, Jobs: group})
		if err == nil {
			_, err = s.c.js.PublishAsync(s.subject, text, jetstream.WithRetryAttempts(10))
		}
		if err != nil {
			s.stop(fmt.Errorf("nats: jobs cannot be sent: %w", err))
			return
		}
		s.c.count(func(n *Counts) { n.Groups++ })
	}
}

// accept takes an answer: the first one of a job in flight counts.
func (s *session) accept(a *farm.Answer) {
	key := a.Job.Key()
	s.mu.Lock()
	defer s.mu.Unlock()
	w := s.waiting[key]
	switch {
	case w != nil && a.Validate(a.Job) == nil:
		// The key has the digest of the study, so that a waiting job is one of
		// this study. It leaves waiting at once: a second answer is a
		// duplicate.
		w.answer = a
		close(w.done)
		// A job that is asked again may be answered by its first message.
		s.remove(key, w)
		s.answered.add(key)
		s.answers++
		s.refusals = 0
		// Groups fit the present jobs.
		s.last.add(a.Elapsed)
		mean, ok := s.last.mean()
		if ok {
			s.mean, s.known = mean, true
		}
		s.c.mu.Lock()
		s.c.counts.Answers++
		if ok {
			s.c.mean = mean
		}
		s.c.mu.Unlock()
		s.hurry()
	case s.answered.has(key):
		s.c.count(func(n *Counts) { n.Duplicates++ })
	default:
		s.c.count(func(n *Counts) { n.Wrong++ })
	}
}

// refuse counts the refusal of a worker, and ends the session if no worker
// answers.
func (s *session) refuse(worker, reason string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.refusals++
	if s.reason = reason; s.refusals >= maxRefusals && s.answers == 0 {
		s.stop(fmt.Errorf("%w: %w: worker %s: %s", farm.ErrOtherStudy, errRefused, worker, reason))
	}
}
