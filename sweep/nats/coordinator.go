package nats

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"strconv"
	"sync"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	natsgo "github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/trigrid/trigrid/farm"
)

// Options sets how a coordinator works. The zero value embeds a server without
// a port, for workers of this process.
type Options struct {
	Listen      string      // host and port of the embedded server, such as "0.0.0.0:4222"; port 0: a free one; default: none
	URL         string      // of an existing server with JetStream; default: the embedded one
	TLS         *tls.Config // of the embedded server's port, or of the connection to URL; default nil: none
	Credentials string      // file with the credentials of the connection to URL; default: none
	Username    string      // that workers of the embedded server must give; default: none
	Password    string
	Local       int // workers in this process; default 0

	Width   int           // jobs in flight; default 256
	Work    time.Duration // work of a group of small jobs; default 100 ms
	AckWait time.Duration // after which a silent worker is given up; default 10 s
}

func (o Options) withDefaults() Options {
	if o.Width <= 0 {
		o.Width = 256
	}
	if o.Work <= 0 {
		o.Work = 100 * time.Millisecond
	}
	if o.AckWait <= 0 {
		o.AckWait = 10 * time.Second
	}
	return o
}

// Names of streams and subjects. Jobs have the subject of their coordinator and
// study, answers that of their coordinator.
const (
	jobStream      = "TRIGRID_JOBS"
	answerStream   = "TRIGRID_ANSWERS"
	studyBucket    = "trigrid-studies"
	jobSubjects    = "trigrid.job."
	answerSubjects = "trigrid.answer."
	workers        = "workers" // durable consumer of the jobs
)

// Counts are the messages of a coordinator.
type Counts struct {
	Groups, Answers int // sent groups, accepted answers
	Duplicates      int // answers of jobs that had one, late ones included
	Wrong           int // messages that are no answers of a job in flight
	Refused         int // refusals of workers with another study
}

// Coordinator sends jobs to workers. It is safe for concurrent use.
type Coordinator struct {
	o        Options
	name     string
	server   *server.Server // nil: an existing one
	folder   string         // of the server
	conn     *natsgo.Conn
	js       jetstream.JetStream
	studies  jetstream.ObjectStore
	consumer jetstream.ConsumeContext
	ctx      context.Context
	stop     context.CancelCauseFunc
	group    sync.WaitGroup

	publishing sync.Mutex // held while a study is published or removed, see sourced.Open

	mu       sync.Mutex
	counts   Counts
	mean     time.Duration            // of the work of a job, of the session of the last answer
	sessions map[farm.Digest]*session // by study
}

// Start starts a coordinator. ctx bounds its life.
func Start(ctx context.Context, o Options) (_ *Coordinator, err error) {
	o = o.withDefaults()
	id := make([]byte, 8)
	if _, err := rand.Read(id); err != nil {
		return nil, fmt.Errorf("nats: %w", err)
	}
	c := &Coordinator{o: o, name: hex.EncodeToString(id), sessions: map[farm.Digest]*session{}}
	c.ctx, c.stop = context.WithCancelCause(ctx)
	defer func() {
		if err != nil {
			c.Close()
		}
	}()
	if o.URL == "" {
		if err := c.embed(); err != nil {
			return nil, err
		}
	}
	if c.conn, err = c.dial(); err != nil {
		return nil, fmt.Errorf("nats: no connection to the server: %w", err)
	}
	if c.js, err = jetstream.New(c.conn, jetstream.WithPublishAsyncMaxPending(1024), jetstream.WithPublishAsyncErrHandler(c.unsent)); err != nil {
		return nil, fmt.Errorf("nats: %w", err)
	}
	if err := c.streams(); err != nil {
		return nil, fmt.Errorf("nats: the server lacks the streams: %w; it needs JetStream", err)
	}
	// An embedded server cannot lose the connection without its end. A server
	// of others can start again without its memory.
	c.conn.SetReconnectHandler(func(*natsgo.Conn) { c.reconnected() })
	// Local workers use the same messages as those of other machines, so that a
	// test on one machine covers them.
	for range o.Local {
		c.group.Go(func() {
			_ = Work(c.ctx, WorkOptions{Workers: 1, dial: c.dial}) // ends with the coordinator
		})
	}
	return c, nil
}

// embed starts a server in this process.
func (c *Coordinator) embed() (err error) {
	if c.folder, err = os.MkdirTemp("", "trigrid-nats"); err != nil {
		return fmt.Errorf("nats: %w", err)
	}
	// Streams lie in memory: the journal and the store keep results, and jobs
	// that a dead server has lost are sent again when the sweep continues.
	so := &server.Options{
		JetStream: true, StoreDir: c.folder, DontListen: true, NoSigs: true, NoLog: true, MaxPayload: 8 << 20,
		JetStreamMaxMemory: 256 << 20, JetStreamMaxStore: 1 << 30, Username: c.o.Username, Password: c.o.Password,
	}
	if c.o.Listen != "" {
		host, port, err := net.SplitHostPort(c.o.Listen)
		if err != nil {
			return fmt.Errorf("nats: Listen %q: %w; want host and port, such as 127.0.0.1:4222", c.o.Listen, err)
		}
		if so.Port, err = strconv.Atoi(port); err != nil {
			return fmt.Errorf("nats: Listen %q has no number as port", c.o.Listen)
		}
		// The server takes 0 as its default port, 4222.
		if so.Port == 0 {
			so.Port = server.RANDOM_PORT
		}
		so.Host, so.DontListen = host, false
		if c.o.TLS != nil {
			so.TLSConfig, so.TLS = c.o.TLS, true
			so.TLSVerify = c.o.TLS.ClientAuth == tls.RequireAndVerifyClientCert
		}
	}
	if c.server, err = server.NewServer(so); err != nil {
		return fmt.Errorf("nats: %w", err)
	}
	go c.server.Start()
	if !c.server.ReadyForConnections(20 * time.Second) {
		return fmt.Errorf("nats: the embedded server does not start; is the port %s in use?", c.o.Listen)
	}
	return nil
}

// dial connects to the server.
func (c *Coordinator) dial() (*natsgo.Conn, error) {
	options := []natsgo.Option{natsgo.MaxReconnects(-1), natsgo.ReconnectWait(200 * time.Millisecond), natsgo.Name("trigrid")}
	if c.server != nil {
		if c.o.Username != "" {
			options = append(options, natsgo.UserInfo(c.o.Username, c.o.Password))
		}
		return natsgo.Connect("", append(options, natsgo.InProcessServer(c.server))...)
	}
	if c.o.TLS != nil {
		options = append(options, natsgo.Secure(c.o.TLS))
	}
	if c.o.Credentials != "" {
		options = append(options, natsgo.UserCredentials(c.o.Credentials))
	}
	return natsgo.Connect(c.o.URL, options...)
}

// streams creates the streams and begins to receive answers.
func (c *Coordinator) streams() error {
	// Streams can exist already: several coordinators share a server, and a
	// coordinator that starts again finds its former ones.
	ctx, stop := context.WithTimeout(c.ctx, 30*time.Second)
	defer stop()
	_, err := c.js.CreateOrUpdateStream(ctx, jetstream.StreamConfig{
		Name: jobStream, Subjects: []string{jobSubjects + ">"}, Retention: jetstream.WorkQueuePolicy, Storage: jetstream.MemoryStorage,
	})
	if err != nil {
		return err
	}
	// A full stream refuses new answers, so that no stored one is lost.
	answers, err := c.js.CreateOrUpdateStream(ctx, jetstream.StreamConfig{
		Name: answerStream, Subjects: []string{answerSubjects + "*"}, Retention: jetstream.WorkQueuePolicy, Storage: jetstream.MemoryStorage,
		Discard: jetstream.DiscardNew, MaxBytes: 64 << 20, MaxAge: time.Hour,
	})
	if err != nil {
		return err
	}
	if c.studies, err = c.js.CreateOrUpdateObjectStore(ctx, jetstream.ObjectStoreConfig{Bucket: studyBucket, Storage: jetstream.MemoryStorage}); err != nil {
		return err
	}
	if err := ensureConsumer(ctx, c.js, c.o.AckWait); err != nil {
		return err
	}
	// The consumer ends an hour after its coordinator, so that a server that
	// runs for months keeps none of dead ones.
	own, err := answers.CreateOrUpdateConsumer(ctx, jetstream.ConsumerConfig{
		Name: c.name, FilterSubject: answerSubjects + c.name, AckPolicy: jetstream.AckExplicitPolicy, MaxAckPending: 4096,
		InactiveThreshold: time.Hour,
	})
	if err != nil {
		return err
	}
	c.consumer, err = own.Consume(c.receive)
	return err
}

// ensureConsumer creates the consumer that all workers share.
func ensureConsumer(ctx context.Context, js jetstream.JetStream, wait time.Duration) error {
	_, err := js.CreateOrUpdateConsumer(ctx, jobStream, jetstream.ConsumerConfig{
		Durable: workers, AckPolicy: jetstream.AckExplicitPolicy, AckWait: wait, MaxDeliver: -1, MaxAckPending: 1 << 16,
	})
	return err
}

// URL returns the address for workers, "" for an embedded server without a
// port.
func (c *Coordinator) URL() string {
	switch {
	case c.server == nil:
		return c.o.URL
	case c.o.Listen == "":
		return ""
	}
	return c.server.ClientURL()
}

// Counts returns the counts of messages so far.
func (c *Coordinator) Counts() Counts {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.counts
}

// Idle returns the number of programs that connected workers wait for.
func (c *Coordinator) Idle(ctx context.Context) (int, error) {
	consumer, err := c.js.Consumer(ctx, jobStream, workers)
	if err != nil {
		return 0, fmt.Errorf("nats: %w", err)
	}
	return consumer.CachedInfo().NumWaiting, nil
}

// Close ends the coordinator and the embedded server.
func (c *Coordinator) Close() error {
	// Workers of this process come first, since they use the connection and the
	// server.
	c.stop(farm.ErrClosed)
	c.group.Wait()
	if c.consumer != nil {
		c.consumer.Stop()
	}
	if c.conn != nil {
		c.conn.Close()
	}
	var err error
	if c.server != nil {
		c.server.Shutdown()
		c.server.WaitForShutdown()
	}
	if c.folder != "" {
		err = os.RemoveAll(c.folder)
	}
	return err
}

// groupMessage is a message of jobs.
type groupMessage struct {
	Reply string     `json:"reply"` // name of the coordinator
	Jobs  []farm.Job `json:"jobs"`  // of one study
}

// answersMessage is a message of a worker.
type answersMessage struct {
	Worker  string        `json:"worker"`
	Study   farm.Digest   `json:"study"`
	Answers []farm.Answer `json:"answers,omitempty"`
	Refused string        `json:"refused,omitempty"` // why the worker does not evaluate the study
}

// receive takes a message of answers. It acknowledges each message, because a
// wrong one would come again for ever.
func (c *Coordinator) receive(m jetstream.Msg) {
	var a answersMessage
	err := json.Unmarshal(m.Data(), &a)
	c.mu.Lock()
	s := c.sessions[a.Study]
	switch {
	case err != nil:
		c.counts.Wrong++
	case a.Refused != "":
		c.counts.Refused++
	case s == nil:
		c.counts.Wrong += len(a.Answers) // of a session that is closed, or of another study
	}
	c.mu.Unlock()
	if err == nil && s != nil {
		if a.Refused != "" {
			s.refuse(a.Worker, a.Refused)
		}
		for i := range a.Answers {
			s.accept(&a.Answers[i])
		}
	}
	_ = m.Ack() // an answer that comes again is a duplicate
}

// reconnected ends all sessions if an existing server has lost the streams,
// which are in its memory: their jobs would never be answered. A connection
// that was lost alone costs nothing.
func (c *Coordinator) reconnected() {
	ctx, stop := context.WithTimeout(c.ctx, 30*time.Second)
	defer stop()
	_, err := c.js.Consumer(ctx, answerStream, c.name)
	if errors.Is(err, jetstream.ErrStreamNotFound) || errors.Is(err, jetstream.ErrConsumerNotFound) {
		c.unsent(nil, nil, errors.New("it has lost the jobs in flight; continue from the journal with the same command"))
	}
}

// unsent ends all sessions, because a job that the server does not take would
// never be answered.
func (c *Coordinator) unsent(_ jetstream.JetStream, _ *natsgo.Msg, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	// All sessions share the connection, so that none of them would go on.
	for _, s := range c.sessions {
		s.stop(fmt.Errorf("nats: the server fails: %w", err))
	}
}

// count adds to the counts.
func (c *Coordinator) count(add func(*Counts)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	add(&c.counts)
}

// errRefused is the reason of a session whose study every worker refuses.
var errRefused = errors.New("workers refuse the study")
