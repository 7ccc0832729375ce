package nats

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"time"

	natsgo "github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/trigrid/trigrid"
	"github.com/trigrid/trigrid/farm"
	"github.com/trigrid/trigrid/internal/store"
	"github.com/trigrid/trigrid/milp"
)

// WorkOptions sets how a process works. Only URL is required.
type WorkOptions struct {
	URL         string      // of the server, such as "nats://10.0.0.1:4222"
	TLS         *tls.Config // default nil: none
	Credentials string      // file with credentials; default: none
	Username    string      // of an embedded server with a password
	Password    string
	Workers     int         // programs at a time; default 0: one per core
	Solver      milp.Solver // default nil: [trigrid.DefaultSolver]; it must be that of the run

	// Store is a folder in which solutions are kept, as in
	// [trigrid.Options.Store]. Workers of one machine share it, so that none
	// solves a program again of which a run asks for the ranges. Default "":
	// none; a worker then keeps its last plans only.
	Store string

	// Study makes the study of a description. Default nil: it reads the region
	// of the source. Programs with kinds of DER of their own set it.
	Study func(ctx context.Context, s Study) (farm.Study, error)

	solving milp.Solver                          // of Store; default nil: Solver
	dial    func() (*natsgo.Conn, error)         // default nil: URL
	solve   func(farm.Job) *farm.Answer          // for benchmarks without programs; default nil: the study solves
	act     func(n int, m *answersMessage) fault // for tests, before the answers of the nth group
}

// fault is a mistake of a worker in tests.
type fault struct {
	die       bool          // before the answers
	duplicate bool          // send the answers twice
	delay     time.Duration // before the answers, without a report of progress
}

// refusalDelay is the time after which a group that a worker refuses is
// delivered again, so that another worker can take it.
const refusalDelay = 100 * time.Millisecond

// errDied is the end of a worker in tests.
var errDied = errors.New("nats: the worker died")

// Work evaluates jobs until ctx ends, and returns its cause. A server that
// cannot be reached is tried again and again, because a coordinator can die and
// come back; the first connection must succeed within 30 seconds.
func Work(ctx context.Context, o WorkOptions) error {
	if o.Workers <= 0 {
		o.Workers = runtime.GOMAXPROCS(0)
	}
	if o.Solver == nil {
		o.Solver = trigrid.DefaultSolver()
	}
	if o.Study == nil {
		o.Study = fromSource(o.Solver)
	}
	if o.Store != "" {
		folder, err := store.Open(o.Store)
		if err != nil {
			return fmt.Errorf("nats: %w", err)
		}
		solved, err := store.New(folder, o.Solver)
		if err != nil {
			return fmt.Errorf("nats: %w", err)
		}
		o.solving = solved.Forward()
	}
	if o.dial == nil {
		o.dial = o.connect
	}
	var conn *natsgo.Conn
	for began := time.Now(); ; {
		var err error
		if conn, err = o.dial(); err == nil {
			break
		}
		if time.Since(began) > 30*time.Second {
			return fmt.Errorf("nats: no connection to %s: %w", o.URL, err)
		}
		if !pause(ctx, 200*time.Millisecond) {
			return context.Cause(ctx)
		}
	}
	defer conn.Close()
	js, err := jetstream.New(conn)
	if err != nil {
		return fmt.Errorf("nats: %w", err)
	}
	id := make([]byte, 6)
	if _, err := rand.Read(id); err != nil {
		return fmt.Errorf("nats: %w", err)
	}
	x := &working{o: o, js: js, name: hex.EncodeToString(id), studies: map[farm.Digest]*loaded{}}
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	var group sync.WaitGroup
	// Each loop has its own request at the server, which gives jobs to those
	// that are free: fast machines take more.
	for range o.Workers {
		group.Go(func() {
			if err := x.loop(ctx); err != nil {
				stop(err)
			}
		})
	}
	group.Wait()
	return context.Cause(ctx)
}

// connect connects to the server of URL.
func (o WorkOptions) connect() (*natsgo.Conn, error) {
	options := []natsgo.Option{natsgo.MaxReconnects(-1), natsgo.ReconnectWait(200 * time.Millisecond), natsgo.Name("trigrid-worker")}
	if o.TLS != nil {
		options = append(options, natsgo.Secure(o.TLS))
	}
	if o.Credentials != "" {
		options = append(options, natsgo.UserCredentials(o.Credentials))
	}
	if o.Username != "" {
		options = append(options, natsgo.UserInfo(o.Username, o.Password))
	}
	return natsgo.Connect(o.URL, options...)
}

// fromSource returns the default of [WorkOptions.Study].
func fromSource(solver milp.Solver) func(context.Context, Study) (farm.Study, error) {
	return func(ctx context.Context, s Study) (farm.Study, error) {
		if s.Source == nil {
			return farm.Study{}, errors.New("nats: the study has no source; set WorkOptions.Study")
		}
		r, err := s.Source.Region(ctx)
		if err != nil {
			return farm.Study{}, err
		}
		r.Setting.Weights = s.Weights
		return farm.Study{Name: r.Name, VPPs: r.VPPs, DERs: r.DERs, Setting: r.Setting, Solver: solver}, nil
	}
}

// working is a process in work.
type working struct {
	o    WorkOptions
	js   jetstream.JetStream
	name string

	mu      sync.Mutex
	groups  int
	studies map[farm.Digest]*loaded
	order   []farm.Digest // of studies, oldest first
}

// loaded is a study of a worker.
type loaded struct {
	once    sync.Once
	worker  *farm.Worker
	refused error
}

// maxStudies is the number of studies that a worker keeps.
const maxStudies = 32

// pause waits, and reports whether ctx goes on.
func pause(ctx context.Context, d time.Duration) bool {
	select {
	case <-time.After(d):
		return true
	case <-ctx.Done():
		return false
	}
}

// loop takes one group after the other until ctx ends.
func (x *working) loop(ctx context.Context) error {
	for ctx.Err() == nil {
		// A server that was restarted lacks stream and consumer until its
		// coordinator creates them.
		consumer, err := x.js.Consumer(ctx, jobStream, workers)
		if err != nil {
			pause(ctx, 100*time.Millisecond)
			continue
		}
		for failures := 0; ctx.Err() == nil && failures < 2; {
			batch, err := consumer.Fetch(1, jetstream.FetchMaxWait(time.Second))
			if err != nil {
				failures++
				continue
			}
			for m := range batch.Messages() {
				if err := x.handle(ctx, m, consumer.CachedInfo().Config.AckWait); err != nil {
					return err
				}
			}
			if err := batch.Error(); err != nil && !errors.Is(err, natsgo.ErrTimeout) {
				failures++
				pause(ctx, 100*time.Millisecond)
			}
		}
	}
	return nil
}

// handle evaluates a group of jobs and sends the answers. The server gives the
// group to another worker if it hears nothing for the time wait, which the
// coordinator sets.
func (x *working) handle(ctx context.Context, m jetstream.Msg, wait time.Duration) error {
	var g groupMessage
	if err := json.Unmarshal(m.Data(), &g); err != nil || len(g.Jobs) == 0 {
		_ = m.Term() // no worker can read it
		return nil
	}
	// Reports of progress keep a group of long programs from another delivery.
	working, stop := context.WithCancel(ctx)
	var group sync.WaitGroup
	group.Go(func() {
		for pause(working, wait/3) {
			_ = m.InProgress() // without it the group is delivered again, which costs time only
		}
	})
	out := answersMessage{Worker: x.name, Study: g.Jobs[0].Study}
	err := x.evaluate(ctx, g, &out)
	stop()
	group.Wait()
	if errors.Is(err, jetstream.ErrObjectNotFound) {
		// A study is published before its jobs, so that nothing waits for the
		// answers any more.
		_ = m.Term()
		return nil
	}
	if err != nil {
		_ = m.Nak() // the process ends; the server delivers the group again in any case
		return nil
	}
	x.mu.Lock()
	x.groups++
	n := x.groups
	x.mu.Unlock()
	var f fault
	if x.o.act != nil {
		f = x.o.act(n, &out)
	}
	if f.die {
		return errDied
	}
	if f.delay > 0 {
		pause(ctx, f.delay)
	}
	// Answers to a group go back in one message, as its jobs came.
	text, err := json.Marshal(out)
	if err != nil {
		return fmt.Errorf("nats: %w", err)
	}
	sends := 1
	if f.duplicate {
		sends = 2
	}
	for range sends {
		// Without an acknowledgement of the answers the group stays and is
		// delivered again.
		if _, err := x.js.Publish(ctx, answerSubjects+g.Reply, text); err != nil {
			_ = m.NakWithDelay(refusalDelay)
			return nil
		}
	}
	if out.Refused != "" {
		_ = m.NakWithDelay(refusalDelay)
		return nil
	}
	_ = m.Ack() // a lost one costs another delivery, whose answers are duplicates
	return nil
}

// evaluate adds the answers of a group, or the refusal. It returns an error if
// ctx ends, or if the coordinator has removed the study.
func (x *working) evaluate(ctx context.Context, g groupMessage, out *answersMessage) error {
	if x.o.solve != nil {
		for _, j := range g.Jobs {
			out.Answers = append(out.Answers, *x.o.solve(j))
		}
		return nil
	}
	worker, err := x.study(ctx, g.Reply, out.Study)
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if errors.Is(err, jetstream.ErrObjectNotFound) {
		return err
	}
	if err != nil {
		out.Refused = err.Error()
		return nil
	}
	for _, j := range g.Jobs {
		a, err := worker.Evaluate(ctx, j)
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if err != nil {
			out.Refused = err.Error()
			return nil
		}
		out.Answers = append(out.Answers, *a)
	}
	return nil
}

// study returns the worker of a study of a coordinator, or why it is refused.
func (x *working) study(ctx context.Context, coordinator string, d farm.Digest) (*farm.Worker, error) {
	// Loops of one process share a study, so that its data are read once.
	x.mu.Lock()
	l := x.studies[d]
	if l == nil {
		l = &loaded{}
		if x.studies[d], x.order = l, append(x.order, d); len(x.order) > maxStudies {
			delete(x.studies, x.order[0])
			x.order = x.order[1:]
		}
	}
	x.mu.Unlock()
	l.once.Do(func() { l.worker, l.refused = x.load(ctx, coordinator, d) })
	if l.refused != nil && !errors.Is(l.refused, farm.ErrOtherStudy) {
		// The study may not have been there yet, or the connection was lost:
		// try again next time.
		x.mu.Lock()
		if x.studies[d] == l {
			delete(x.studies, d)
			x.order = slices.DeleteFunc(x.order, func(o farm.Digest) bool { return o == d })
		}
		x.mu.Unlock()
	}
	return l.worker, l.refused
}

// load reads the study of a digest and compares it with the digest of its own
// data.
func (x *working) load(ctx context.Context, coordinator string, d farm.Digest) (*farm.Worker, error) {
	store, err := x.js.ObjectStore(ctx, studyBucket)
	if err != nil {
		return nil, err
	}
	text, err := store.GetBytes(ctx, studyName(coordinator, d))
	if err != nil {
		return nil, err
	}
	var s Study
	if err := json.Unmarshal(text, &s); err != nil {
		return nil, err
	}
	// The worker makes the study from the data itself and compares the digests,
	// so that another version of the program or of the solver cannot answer.
	study, err := x.o.Study(ctx, s)
	if err != nil {
		return nil, err
	}
	study.Solving = x.o.solving
	w, err := farm.NewWorker(study)
	if err != nil {
		return nil, err
	}
	if own := w.Digest(); own != d {
		return nil, fmt.Errorf("%w: the run has %.8s, this worker computes %.8s; data, build of trigrid, solver or Go version differ",
			farm.ErrOtherStudy, d.String(), own.String())
	}
	return w, nil
}
