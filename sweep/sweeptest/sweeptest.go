// Package sweeptest holds farms to the contract of package farm:
//
//	func TestConformance(t *testing.T) {
//		sweeptest.Run(t, func(t *testing.T, f sweeptest.Faults) farm.Farm { return mine.New(t, f) })
//	}
//
// The suite starts the farm with workers that die, are slow, answer twice or
// late, or have another study, cancels and closes studies, and puts a journal
// on a full disk before the farm. It compares every answer with that of a
// worker in the process of the test. It solves real programs and needs a
// solver.
package sweeptest

import (
	"context"
	"errors"
	"io"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid"
	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/farm"
	"github.com/trigrid/trigrid/market"
	"github.com/trigrid/trigrid/milp"
	"github.com/trigrid/trigrid/optional"
	"github.com/trigrid/trigrid/scenario"
	"github.com/trigrid/trigrid/vpp"
	"github.com/trigrid/trigrid/weights"
)

// Faults states how the workers of a farm misbehave. Farms apply those that
// they can have: a farm of goroutines has no duplicates. Each counts jobs from
// 1; 0 is never.
type Faults struct {
	Kill      int           // each so many jobs a worker dies before it answers
	Duplicate int           // each so many jobs an answer is sent twice
	Late      int           // each so many jobs an answer arrives after the job was given to another worker
	Other     bool          // one further worker has another study, and must refuse
	Delay     time.Duration // of each answer
}

// Start starts a farm whose workers have faults. The farm ends with the test.
type Start func(t *testing.T, f Faults) farm.Farm

// Study returns the study of the suite: one VPP with a demand of 4 MW over two
// hours, and four DERs: a wind farm, two turbines and a battery. The coalition
// of no DERs of the second VPP cannot run, because its import limit is 1 MW.
func Study() farm.Study {
	set, err := scenario.New(scenario.Grid{Step: time.Hour, Steps: 2}, []float64{0.5, 0.5})
	must(err)
	must(set.Add("wind", "MW", [][]float64{{3, 2}, {1, 0}}))
	must(set.AddForecast("town", "MW", []float64{4, 3}))
	calendar := market.Calendar{Steps: 2}
	buy := market.Series{60, 90}
	return farm.Study{
		Name: "suite",
		VPPs: []vpp.VPP{
			{Name: "A", Demand: "town", RiskAversion: 0.5, PassThrough: 0.5},
			{Name: "B", Demand: "town", RiskAversion: 0.2, PassThrough: 0.5, ImportLimit: optional.Of(1)},
		},
		DERs: []der.DER{
			&der.Wind{ID: "W", Available: "wind"},
			&der.Thermal{ID: "T", MinOutput: 1, MaxOutput: 4, Linear: 50, NoLoad: 5, EmissionFactor: 0.5},
			&der.Thermal{ID: "U", MinOutput: 1, MaxOutput: 3, Linear: 70, EmissionFactor: 0.3},
			&der.Storage{ID: "S", Charge: 1, Discharge: 1, Energy: 1, ChargeEfficiency: 0.9, DischargeEfficiency: 0.9, Wear: 1},
		},
		Setting: vpp.Setting{
			Set: set, Weights: weights.Vector{Economic: 0.6, Risk: 0.2, Environment: 0.2}, Risk: vpp.CVaR{Confidence: 0.5},
			Markets: vpp.Markets{
				Electricity: &market.Tariff{Calendar: calendar, Good: market.Electricity, Buy: buy, Sell: buy.Times(0.3)},
				Imbalance:   &market.Imbalance{Calendar: calendar, Price: market.Series{0}, Short: market.Series{30}, Long: market.Series{5}},
				Carbon:      market.Flat(market.Carbon, calendar, 100),
				Certificate: market.Flat(market.Certificate, calendar, 20),
			},
		},
		Solver: trigrid.DefaultSolver(),
	}
}

func must(err error) {
	if err != nil {
		panic(err) // the data of the suite are constant, and Main checks that there is a solver
	}
}

// Jobs returns n jobs of a study such as [Study]: all coalitions of both VPPs,
// in all variants in turn.
func Jobs(s farm.Study, n int) []farm.Job {
	digest, err := s.Digest()
	must(err)
	var jobs []farm.Job
	for k := 0; len(jobs) < n; k++ {
		for v := range s.VPPs {
			for c := range vpp.Coalition(1) << len(s.DERs) {
				if len(jobs) < n {
					// Another gap is another variant, so that any number of
					// jobs differ.
					jobs = append(jobs, farm.Job{Study: digest, VPP: v, Coalition: c, Variant: farm.Variant{Gap: float64(k) * 1e-9}})
				}
			}
		}
	}
	return jobs
}

// Evaluate evaluates all jobs in a session, as many at a time as its width, and
// returns the answers in the order of the jobs.
func Evaluate(ctx context.Context, s farm.Session, jobs []farm.Job) ([]*farm.Answer, error) {
	var (
		answers = make([]*farm.Answer, len(jobs))
		queue   = make(chan int)
		group   sync.WaitGroup
		once    sync.Once
		failed  error
	)
	for range min(s.Width(), len(jobs)) {
		group.Go(func() {
			for i := range queue {
				a, err := s.Evaluate(ctx, jobs[i])
				if err != nil {
					once.Do(func() { failed = err })
				}
				answers[i] = a
			}
		})
	}
	for i := range jobs {
		queue <- i
	}
	close(queue)
	group.Wait()
	return answers, failed
}

// suite is one run of the suite against a farm.
type suite struct {
	study  farm.Study
	start  Start
	worker *farm.Worker                 // in the process of the test
	want   map[farm.Digest]*farm.Answer // its answers, by the key of the job
}

// Run runs the suite. Its subtests are the ways in which a farm can fail its
// caller.
func Run(t *testing.T, start Start) {
	study := Study()
	worker, err := farm.NewWorker(study)
	require.NoError(t, err)
	s := &suite{study: study, start: start, worker: worker, want: map[farm.Digest]*farm.Answer{}}
	for name, faults := range map[string]Faults{
		"workers":      {},
		"kills":        {Kill: 9},
		"duplicates":   {Duplicate: 3},
		"late answers": {Late: 11},
		"slow workers": {Delay: 20 * time.Millisecond},
		"all at once":  {Kill: 13, Duplicate: 4, Late: 17, Other: true, Delay: time.Millisecond},
	} {
		t.Run(name, func(t *testing.T) { s.answers(t, faults) })
	}
	t.Run("ranges", s.ranges)
	t.Run("failures are answers", s.failures)
	t.Run("wrong digests", s.wrongDigests)
	t.Run("two studies at once", s.twoStudies)
	t.Run("a full disk", s.fullDisk)
	t.Run("cancelled studies", s.cancelled)
	t.Run("closed studies", s.closed)
}

// expect requires that the answers of a farm are those of the worker in the
// process of the test, times aside. The worker solves each job once for all
// subtests.
func (s *suite) expect(t *testing.T, jobs []farm.Job, got []*farm.Answer) {
	t.Helper()
	for i, j := range jobs {
		if s.want[j.Key()] == nil {
			a, err := s.worker.Evaluate(t.Context(), j)
			require.NoError(t, err)
			s.want[j.Key()] = a
		}
		require.NotNil(t, got[i], "job %d has no answer", i)
		require.NoError(t, got[i].Validate(j))
		require.Equal(t, Plain(s.want[j.Key()]), Plain(got[i]), "job %d: VPP %d, coalition %b", i, j.VPP, j.Coalition)
	}
}

// answers requires one right answer per job under all faults of workers, and
// again for a repeated job.
func (s *suite) answers(t *testing.T, faults Faults) {
	const n = 96 // 32 programs in three variants
	session := open(t, s.start(t, faults), s.study)
	jobs := Jobs(s.study, n)
	got, err := Evaluate(t.Context(), session, jobs)
	require.NoError(t, err)
	s.expect(t, jobs, got)
	// A search can need a value twice. The farm may keep it or solve it again.
	again, err := Evaluate(t.Context(), session, jobs[:8])
	require.NoError(t, err, "a job can be asked again")
	s.expect(t, jobs[:8], again)
}

// ranges requires the range of each value, which costs further programs: a
// worker that dies has solved a part of them.
func (s *suite) ranges(t *testing.T) {
	session := open(t, s.start(t, Faults{Kill: 7}), s.study)
	jobs := Jobs(s.study, 16)
	for i := range jobs {
		jobs[i].Variant.Ranges, jobs[i].Variant.Within = true, 1e-3
	}
	got, err := Evaluate(t.Context(), session, jobs)
	require.NoError(t, err)
	s.expect(t, jobs, got)
}

// failures requires that an infeasible program is an answer with its diagnosis.
// A farm that took it for a broken worker would give it to the next one.
func (s *suite) failures(t *testing.T) {
	session := open(t, s.start(t, Faults{}), s.study)
	j := Jobs(s.study, 32)[16] // VPP B without members
	a, err := session.Evaluate(t.Context(), j)
	require.NoError(t, err)
	require.ErrorIs(t, a.Err(), milp.ErrInfeasible)
	require.ErrorContains(t, a.Err(), "the import limit of 1 MW by 3 MW")
	s.expect(t, []farm.Job{j}, []*farm.Answer{a})
}

// wrongDigests requires an error for a job of another study than that of the
// session.
func (s *suite) wrongDigests(t *testing.T) {
	session := open(t, s.start(t, Faults{}), s.study)
	j := Jobs(s.study, 1)[0]
	// One other bit of the digest is another study for the farm.
	j.Study[0]++
	ctx, stop := context.WithTimeout(t.Context(), 30*time.Second)
	defer stop()
	_, err := session.Evaluate(ctx, j)
	require.ErrorIs(t, err, farm.ErrOtherStudy)
}

// twoStudies has two sessions on one farm at the same time.
func (s *suite) twoStudies(t *testing.T) {
	// The other weights have other answers, which must not be mixed.
	other := s.study
	other.Setting.Weights = weights.Vector{Economic: 0.2, Risk: 0.4, Environment: 0.4}
	f := s.start(t, Faults{Duplicate: 5})
	one, two := open(t, f, s.study), open(t, f, other)
	var (
		group    sync.WaitGroup
		first    []*farm.Answer
		jobs     = Jobs(s.study, 32)
		theirs   = Jobs(other, 32)
		failed   error
		otherOne *farm.Worker
	)
	group.Go(func() { first, failed = Evaluate(t.Context(), one, jobs) })
	second, err := Evaluate(t.Context(), two, theirs)
	group.Wait()
	require.NoError(t, errors.Join(err, failed))
	s.expect(t, jobs, first)
	otherOne, err = farm.NewWorker(other)
	require.NoError(t, err)
	for i, j := range theirs {
		a, err := otherOne.Evaluate(t.Context(), j)
		require.NoError(t, err)
		require.Equal(t, Plain(a), Plain(second[i]))
	}
}

// fullDisk puts a journal that cannot write a byte in front of the farm.
func (s *suite) fullDisk(t *testing.T) {
	// The journal in front of the farm cannot write a byte, and each answer
	// arrives all the same.
	full := func(string) (io.WriteCloser, error) { return noRoom{}, nil }
	log, err := farm.OpenLogWith(t.TempDir(), full)
	require.NoError(t, err)
	// Nothing can be reused later, but the run has its values.
	session := open(t, &farm.Journal{Log: log, Farm: s.start(t, Faults{})}, s.study)
	jobs := Jobs(s.study, 16)
	got, err := Evaluate(t.Context(), session, jobs)
	require.NoError(t, err)
	s.expect(t, jobs, got)
	require.ErrorIs(t, log.Err(), errFull)
	require.Zero(t, log.Len())
}

// cancelled ends a study in the middle of its jobs, far more than workers can
// solve until then.
func (s *suite) cancelled(t *testing.T) {
	session := open(t, s.start(t, Faults{Delay: 50 * time.Millisecond}), s.study)
	ctx, stop := context.WithCancelCause(t.Context())
	reason := errors.New("no longer needed")
	// Of 4000 jobs at 50 ms most are not sent by then. They must not hold back
	// the jobs that follow.
	time.AfterFunc(60*time.Millisecond, func() { stop(reason) })
	_, err := Evaluate(ctx, session, Jobs(s.study, 4000))
	require.ErrorIs(t, err, reason)
	// The farm goes on with other contexts.
	jobs := Jobs(s.study, 8)
	got, err := Evaluate(t.Context(), session, jobs)
	require.NoError(t, err)
	s.expect(t, jobs, got)
}

// closed requires an error at once of a session after its end.
func (s *suite) closed(t *testing.T) {
	session := open(t, s.start(t, Faults{}), s.study)
	require.Positive(t, session.Width())
	require.NoError(t, session.Close())
	ctx, stop := context.WithTimeout(t.Context(), 30*time.Second)
	defer stop()
	_, err := session.Evaluate(ctx, Jobs(s.study, 1)[0])
	require.Error(t, err)
	require.NotErrorIs(t, err, context.DeadlineExceeded, "a closed session answers at once")
}

// errFull is the error of a disk without room.
var errFull = errors.New("no space left on the device")

// noRoom is a file on a full disk.
type noRoom struct{}

func (noRoom) Write([]byte) (int, error) { return 0, errFull }
func (noRoom) Close() error              { return nil }

func open(t *testing.T, f farm.Farm, s farm.Study) farm.Session {
	t.Helper()
	session, err := f.Open(t.Context(), s)
	require.NoError(t, err)
	t.Cleanup(func() { session.Close() })
	return session
}

// Plain returns the bytes of an answer without its time and without the limit
// of time.
func Plain(a *farm.Answer) string {
	own := *a
	own.Elapsed, own.Job.Time = 0, 0
	text, err := own.MarshalJSON()
	must(err)
	return string(text)
}
