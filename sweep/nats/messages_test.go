package nats

import (
	"context"
	"encoding/json"
	"math"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/farm"
	"github.com/trigrid/trigrid/milp"
	"github.com/trigrid/trigrid/milp/highs"
	"github.com/trigrid/trigrid/sweep/sweeptest"
	"github.com/trigrid/trigrid/vpp"
)

// opened starts a coordinator without workers and opens the study of the suite.
func opened(t *testing.T, o Options) (*Coordinator, farm.Session, []farm.Job) {
	t.Helper()
	c, err := Start(t.Context(), o)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, c.Close()) })
	study := sweeptest.Study()
	s, err := c.FarmOf().Open(t.Context(), study)
	require.NoError(t, err)
	return c, s, sweeptest.Jobs(study, 64)
}

// work starts a worker of one program at a time, which ends with the test.
func work(t *testing.T, c *Coordinator, o WorkOptions) {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	o.Workers, o.dial = 1, c.dial
	c.group.Go(func() { _ = Work(ctx, o) })
	t.Cleanup(stop) // before that of the coordinator
}

// plain returns an answer to a job without a program. The session refuses one
// that lacks the numbers of a member.
func plain(j farm.Job) *farm.Answer {
	numbers := map[int]float64{}
	for _, i := range j.Coalition.Members() {
		numbers[i] = 1
	}
	outcome := &vpp.Outcome{Coalition: j.Coalition, Revenue: numbers, Service: numbers}
	return &farm.Answer{Job: j, Solved: &vpp.Answer{Outcome: outcome, Status: milp.Optimal}, Repeatable: true, Elapsed: time.Microsecond}
}

// messages returns the number of messages in the stream of jobs.
func messages(t *testing.T, c *Coordinator) int {
	t.Helper()
	stream, err := c.js.Stream(context.Background(), jobStream)
	require.NoError(t, err)
	return int(stream.CachedInfo().State.Msgs)
}

// A program that takes longer than a silent worker may is solved once, because
// its worker reports progress.
func TestLongProgramsReportProgress(t *testing.T) {
	const wait = 3 * time.Second
	c, s, jobs := opened(t, Options{AckWait: wait})
	var solved atomic.Int64
	for range 2 {
		work(t, c, WorkOptions{solve: func(j farm.Job) *farm.Answer {
			solved.Add(1)
			time.Sleep(2*wait + wait/2)
			return plain(j)
		}})
	}
	_, err := s.Evaluate(t.Context(), jobs[3])
	require.NoError(t, err)
	assert.EqualValues(t, 1, solved.Load())
	assert.Zero(t, c.Counts().Duplicates)
}

// A worker with another build of the solver refuses and is counted, and the
// others answer.
func TestMixedSolverBuildsAreRefusedAndCounted(t *testing.T) {
	c, s, jobs := opened(t, Options{})
	work(t, c, WorkOptions{Study: func(ctx context.Context, s Study) (farm.Study, error) {
		out, err := suite(ctx, s)
		out.Solver = build{highs.Solver{}}
		return out, err
	}})
	var answers []*farm.Answer
	var failed error
	var group sync.WaitGroup
	group.Go(func() { answers, failed = sweeptest.Evaluate(t.Context(), s, jobs[:16]) })
	require.Eventually(t, func() bool { return c.Counts().Refused > 0 }, time.Minute, time.Millisecond)
	assert.Zero(t, c.Counts().Answers)
	work(t, c, WorkOptions{Study: suite})
	group.Wait()
	require.NoError(t, failed)
	worker, err := farm.NewWorker(sweeptest.Study())
	require.NoError(t, err)
	for i, j := range jobs[:16] {
		want, err := worker.Evaluate(t.Context(), j)
		require.NoError(t, err)
		assert.Equal(t, sweeptest.Plain(want), sweeptest.Plain(answers[i]))
	}
}

// build is HiGHS with the identity of another build.
type build struct{ highs.Solver }

// Identity implements [milp.Identified].
func (b build) Identity() (string, error) {
	text, err := b.Solver.Identity()
	return text + " of another build", err
}

// Messages that are no answers, answers of other studies and of no job in
// flight, and impossible ones are counted and dropped. The job still has its
// answer.
func TestWrongMessagesAreCountedAndDropped(t *testing.T) {
	c, s, jobs := opened(t, Options{})
	var got *farm.Answer
	var failed error
	var group sync.WaitGroup
	group.Go(func() { got, failed = s.Evaluate(t.Context(), jobs[3]) })
	require.Eventually(t, func() bool { return c.Counts().Groups == 1 }, time.Minute, time.Millisecond)
	send := func(m answersMessage) {
		text, err := json.Marshal(m)
		require.NoError(t, err)
		_, err = c.js.Publish(t.Context(), answerSubjects+c.name, text)
		require.NoError(t, err)
	}
	study := jobs[3].Study
	foreign, impossible := plain(jobs[3]), plain(jobs[3])
	foreign.Job.Study[0]++
	impossible.Solved.Outcome.AbsoluteGap = math.Inf(-1)
	_, err := c.js.Publish(t.Context(), answerSubjects+c.name, []byte("no answer"))
	require.NoError(t, err)
	send(answersMessage{Study: foreign.Job.Study, Answers: []farm.Answer{*foreign}})
	send(answersMessage{Study: study, Answers: []farm.Answer{*foreign}})
	send(answersMessage{Study: study, Answers: []farm.Answer{*plain(jobs[4])}})
	send(answersMessage{Study: study, Answers: []farm.Answer{*impossible}})
	require.Eventually(t, func() bool { return c.Counts().Wrong == 5 }, time.Minute, time.Millisecond)
	assert.Zero(t, c.Counts().Answers)
	want := plain(jobs[3])
	want.Solved.Outcome.Value.Integrated = 7
	late := plain(jobs[3])
	send(answersMessage{Study: study, Answers: []farm.Answer{*want}})
	send(answersMessage{Study: study, Answers: []farm.Answer{*late}})
	group.Wait()
	require.NoError(t, failed)
	assert.Equal(t, 7.0, got.Solved.Outcome.Value.Integrated, "the first answer")
	require.Eventually(t, func() bool { return c.Counts().Duplicates == 1 }, time.Minute, time.Millisecond)
	assert.Equal(t, Counts{Groups: 1, Answers: 1, Duplicates: 1, Wrong: 5}, c.Counts())
}

// Callers beyond the width wait outside of the server.
func TestTheServerHasNoMoreJobsThanTheWidth(t *testing.T) {
	const width = 8
	c, s, jobs := opened(t, Options{Width: width, Work: time.Nanosecond}) // groups of one job
	var group sync.WaitGroup
	for _, j := range jobs {
		group.Go(func() {
			_, err := s.Evaluate(t.Context(), j)
			assert.NoError(t, err)
		})
	}
	require.Eventually(t, func() bool { return messages(t, c) == width }, time.Minute, time.Millisecond)
	time.Sleep(100 * time.Millisecond) // for callers that would go on
	require.Equal(t, width, messages(t, c))
	work(t, c, WorkOptions{solve: plain})
	group.Wait()
	assert.Equal(t, len(jobs), c.Counts().Answers)
}

// Any width keeps a run going, also with times of jobs that are not known yet
// or that jump.
func TestAnyWidthIsEnough(t *testing.T) {
	for _, width := range []int{1, 2, 3, 33, 300} {
		c, s, _ := opened(t, Options{Width: width})
		jobs := sweeptest.Jobs(sweeptest.Study(), 400)
		work(t, c, WorkOptions{solve: func(j farm.Job) *farm.Answer {
			a := plain(j)
			a.Elapsed = time.Duration(j.Coalition%4) * 60 * time.Millisecond
			return a
		}})
		_, err := sweeptest.Evaluate(t.Context(), s, jobs)
		require.NoError(t, err)
		assert.Equal(t, len(jobs), c.Counts().Answers, "a width of %d", width)
	}
}

// The jobs of a study that is closed leave the server with it, and a worker
// drops those that are left over of a coordinator that died.
func TestJobsOfAClosedStudyLeaveTheServer(t *testing.T) {
	c, s, jobs := opened(t, Options{})
	ctx, stop := context.WithCancel(t.Context())
	var group sync.WaitGroup
	for _, j := range jobs[:8] {
		group.Go(func() {
			_, err := s.Evaluate(ctx, j)
			assert.ErrorIs(t, err, context.Canceled)
		})
	}
	require.Eventually(t, func() bool { return messages(t, c) > 0 }, time.Minute, time.Millisecond)
	stop()
	group.Wait()
	require.NoError(t, s.Close())
	assert.Zero(t, messages(t, c))
	_, err := c.studies.GetInfo(t.Context(), studyName(c.name, jobs[0].Study))
	require.ErrorIs(t, err, jetstream.ErrObjectNotFound)

	text, err := json.Marshal(groupMessage{Reply: "dead", Jobs: jobs[:1]})
	require.NoError(t, err)
	_, err = c.js.Publish(t.Context(), jobSubjects+"dead.study", text)
	require.NoError(t, err)
	require.Equal(t, 1, messages(t, c))
	work(t, c, WorkOptions{Study: suite})
	require.Eventually(t, func() bool { return messages(t, c) == 0 }, time.Minute, 10*time.Millisecond)
	assert.Equal(t, Counts{Groups: c.Counts().Groups}, c.Counts())
}

// Runs of one study that open and close it at the same time, as the cases of a
// sweep do, have it as long as one of them uses it.
func TestAStudyStaysAsLongAsItIsUsed(t *testing.T) {
	c, s, jobs := opened(t, Options{})
	require.NoError(t, s.Close())
	work(t, c, WorkOptions{Study: suite})
	var group sync.WaitGroup
	for w := range 4 {
		group.Go(func() {
			for k := range 8 {
				session, err := c.FarmOf().Open(t.Context(), sweeptest.Study())
				if !assert.NoError(t, err) {
					return
				}
				_, err = session.Evaluate(t.Context(), jobs[8*w+k])
				assert.NoError(t, err)
				assert.NoError(t, session.Close())
			}
		})
	}
	group.Wait()
	assert.Zero(t, c.Counts().Refused)
	assert.Zero(t, messages(t, c))
}

// An existing server that restarts has lost its jobs. The sessions of its
// coordinator end with that reason instead of waiting for ever.
func TestAServerThatLostItsJobsEndsTheSessions(t *testing.T) {
	o := &server.Options{Host: "127.0.0.1", Port: server.RANDOM_PORT, JetStream: true, StoreDir: t.TempDir(), NoSigs: true, NoLog: true}
	begin := func() *server.Server {
		s, err := server.NewServer(o)
		require.NoError(t, err)
		go s.Start()
		require.True(t, s.ReadyForConnections(time.Minute))
		return s
	}
	first := begin()
	c, s, jobs := opened(t, Options{URL: first.ClientURL()})
	var group sync.WaitGroup
	group.Go(func() {
		_, err := s.Evaluate(t.Context(), jobs[0])
		assert.ErrorContains(t, err, "lost the jobs in flight")
	})
	require.Eventually(t, func() bool { return messages(t, c) == 1 }, time.Minute, time.Millisecond)
	o.Port = first.Addr().(*net.TCPAddr).Port
	first.Shutdown()
	first.WaitForShutdown()
	second := begin()
	group.Wait()
	second.Shutdown()
}

// The keys of a duplicate are forgotten after many others, so that a long run
// has bounded memory.
func TestRecentKeysAreBounded(t *testing.T) {
	var r recent
	key := func(i int) (d farm.Digest) {
		d[0], d[1], d[2] = byte(i), byte(i>>8), byte(i>>16)
		return d
	}
	for i := range 4 * maxRecent {
		r.add(key(i))
		require.LessOrEqual(t, len(r.young)+len(r.old), 2*maxRecent)
	}
	last := 4*maxRecent - 1
	for _, i := range []int{last, last - maxRecent + 1} {
		assert.True(t, r.has(key(i)))
	}
	assert.False(t, r.has(key(0)))
}

// counted returns the number of jobs without an answer, and of those that are
// not sent yet.
func counted(s *session) (waiting, pending int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.waiting), len(s.pending)
}

// Jobs whose context has ended leave the next groups, and those of other
// contexts are answered: the work of a job is not known here, so that 32 jobs
// are sent before the first answer, and 200 were in flight.
func TestCancelledJobsHoldNothingBack(t *testing.T) {
	c, s, _ := opened(t, Options{})
	jobs := sweeptest.Jobs(sweeptest.Study(), 201)
	x := s.(*handle).session
	ctx, stop := context.WithCancelCause(t.Context())
	var group sync.WaitGroup
	for _, j := range jobs[:200] {
		group.Go(func() {
			_, err := s.Evaluate(ctx, j)
			assert.ErrorIs(t, err, errDied)
		})
	}
	require.Eventually(t, func() bool {
		waiting, pending := counted(x)
		return waiting == 200 && pending < 200
	}, time.Minute, time.Millisecond)
	stop(errDied)
	group.Wait()
	waiting, pending := counted(x)
	assert.Zero(t, waiting)
	assert.Zero(t, pending)

	work(t, c, WorkOptions{solve: plain})
	long, end := context.WithTimeout(t.Context(), time.Minute)
	defer end()
	_, err := s.Evaluate(long, jobs[200])
	require.NoError(t, err)
}

// hold keeps the jobs that follow from being sent.
func hold(s *session) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.timer = time.NewTimer(time.Hour)
}

// Of 4096 jobs, 32 are sent and the others wait. Their cancellation took 4 s
// when each one hashed all that wait.
func TestManyJobsCancelledAtOnceTakeShortTime(t *testing.T) {
	_, s, _ := opened(t, Options{Width: 4096})
	x := s.(*handle).session
	ctx, stop := context.WithCancelCause(t.Context())
	var group sync.WaitGroup
	for _, j := range sweeptest.Jobs(sweeptest.Study(), 4096) {
		group.Go(func() { _, _ = s.Evaluate(ctx, j) })
	}
	require.Eventually(t, func() bool {
		waiting, pending := counted(x)
		return waiting == 4096 && pending == 4096-first
	}, time.Minute, time.Millisecond)
	began := time.Now()
	stop(errDied)
	group.Wait()
	assert.Less(t, time.Since(began), 2*time.Second)
	waiting, pending := counted(x)
	assert.Zero(t, waiting)
	assert.Zero(t, pending)
}

// A job that is sent, cancelled and asked again can be answered by its first
// message. It is then not sent a second time.
func TestJobAskedAgainTakesItsFirstAnswer(t *testing.T) {
	c, s, jobs := opened(t, Options{})
	x := s.(*handle).session
	ctx, stop := context.WithCancelCause(t.Context())
	failed := make(chan error, 1)
	go func() { _, err := s.Evaluate(ctx, jobs[0]); failed <- err }()
	require.Eventually(t, func() bool { return c.Counts().Groups == 1 }, time.Minute, time.Millisecond)
	stop(errDied)
	require.ErrorIs(t, <-failed, errDied)

	hold(x)
	go func() { _, err := s.Evaluate(t.Context(), jobs[0]); failed <- err }()
	require.Eventually(t, func() bool { _, pending := counted(x); return pending == 1 }, time.Minute, time.Millisecond)
	x.accept(plain(jobs[0]))
	require.NoError(t, <-failed)
	waiting, pending := counted(x)
	assert.Zero(t, waiting)
	assert.Zero(t, pending)
}

// One of two users of a job ends before the job is sent; the other one gets the
// answer. So does a user who asks again after the last one has ended.
func TestJobStaysAsLongAsItHasUsers(t *testing.T) {
	c, s, jobs := opened(t, Options{})
	x := s.(*handle).session
	hold(x)
	users := func() (n int) {
		x.mu.Lock()
		defer x.mu.Unlock()
		if w := x.waiting[jobs[0].Key()]; w != nil {
			n = w.users
		}
		return n
	}
	ask := func(ctx context.Context) chan error {
		before, failed := users(), make(chan error, 1)
		go func() { _, err := s.Evaluate(ctx, jobs[0]); failed <- err }()
		require.Eventually(t, func() bool { return users() == before+1 }, time.Minute, time.Millisecond)
		return failed
	}
	for range 2 { // asked again at once
		ctx, stop := context.WithCancelCause(t.Context())
		one, other := ask(ctx), ask(ctx)
		stop(errDied)
		require.ErrorIs(t, <-one, errDied)
		require.ErrorIs(t, <-other, errDied)
		waiting, pending := counted(x)
		require.Zero(t, waiting)
		require.Zero(t, pending)
	}
	ctx, stop := context.WithCancelCause(t.Context())
	one, other := ask(ctx), ask(t.Context())
	stop(errDied)
	require.ErrorIs(t, <-one, errDied)
	_, pending := counted(x)
	require.Equal(t, 1, pending)
	work(t, c, WorkOptions{solve: plain})
	x.mu.Lock()
	x.flush()
	x.mu.Unlock()
	require.NoError(t, <-other)
	assert.Equal(t, 1, c.Counts().Groups)
}
