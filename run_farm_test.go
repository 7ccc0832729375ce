package trigrid_test

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid"
	"github.com/trigrid/trigrid/farm"
	"github.com/trigrid/trigrid/milp"
	"github.com/trigrid/trigrid/optional"
	"github.com/trigrid/trigrid/vpp"
)

// relayed is a farm whose answers pass through the form of a journal and a
// network, with a delay that puts them in another order.
type relayed struct {
	asked  *atomic.Int64
	change func(*farm.Answer) // nil: none
}

func (f relayed) Open(ctx context.Context, s farm.Study) (farm.Session, error) {
	inner, err := farm.Goroutines{Workers: 5}.Open(ctx, s)
	return relay{inner, f}, err
}

type relay struct {
	farm.Session
	relayed
}

func (r relay) Evaluate(ctx context.Context, j farm.Job) (*farm.Answer, error) {
	r.asked.Add(1)
	a, err := r.Session.Evaluate(ctx, j)
	if err != nil {
		return nil, err
	}
	time.Sleep(time.Duration(rand.IntN(2)) * time.Millisecond)
	text, err := a.MarshalJSON()
	if err != nil {
		return nil, err
	}
	out := new(farm.Answer)
	if err := out.UnmarshalJSON(text); err != nil {
		return nil, err
	}
	if r.change != nil {
		r.change(out)
	}
	return out, nil
}

// The result with a farm has the bytes of the run on goroutines: with and
// without a budget, in a search, and with coalitions that cannot run.
func TestAFarmChangesNoByte(t *testing.T) {
	for name, c := range map[string]struct {
		options trigrid.Options
		change  func(*trigrid.Region)
	}{
		"a budget":  {},
		"no budget": {options: trigrid.Options{Budget: -1}},
		"a search":  {options: trigrid.Options{Search: true}},
		"coalitions that cannot run": {change: func(r *trigrid.Region) {
			r.VPPs[0].ImportLimit = optional.Of(1)
		}},
	} {
		t.Run(name, func(t *testing.T) {
			r := small(t)
			if c.change != nil {
				c.change(&r)
			}
			o := c.options
			want := encode(t, coordinate(t, r, o))
			asked := new(atomic.Int64)
			o.Farm = relayed{asked: asked}
			got := coordinate(t, r, o)
			assert.Equal(t, want, encode(t, got))
			assert.Positive(t, asked.Load())
			require.NotEmpty(t, got.Plans)
			for _, plan := range got.Plans {
				require.NoError(t, plan.Verify(1e-6), "a plan of the chosen allocation is a whole plan")
			}
		})
	}
}

// A worker of another build whose numbers differ in the last bit is found out
// when the plan of the chosen allocation is computed again.
func TestAWrongAnswerEndsTheRun(t *testing.T) {
	wrong := relayed{asked: new(atomic.Int64), change: func(a *farm.Answer) {
		if a.Solved != nil {
			a.Solved.Outcome.Value.Trade += 1e-9
		}
	}}
	_, err := trigrid.Run(t.Context(), small(t), trigrid.Options{Farm: wrong})
	require.ErrorIs(t, err, vpp.ErrAnotherAnswer)
	assert.ErrorContains(t, err, "one build")

	other := relayed{asked: new(atomic.Int64), change: func(a *farm.Answer) { a.Job.Study[0]++ }}
	_, err = trigrid.Run(t.Context(), small(t), trigrid.Options{Farm: other})
	require.ErrorIs(t, err, farm.ErrWrongAnswer)
}

// ending is a farm that fails after some answers.
type ending struct{ left *atomic.Int64 }

var errEnded = errors.New("the machines are gone")

func (f ending) Open(ctx context.Context, s farm.Study) (farm.Session, error) {
	inner, err := farm.Goroutines{}.Open(ctx, s)
	return endingSession{inner, f}, err
}

type endingSession struct {
	farm.Session
	ending
}

func (s endingSession) Evaluate(ctx context.Context, j farm.Job) (*farm.Answer, error) {
	if s.left.Add(-1) < 0 {
		return nil, errEnded
	}
	return s.Session.Evaluate(ctx, j)
}

// A missing answer is an error of the run, wherever it is missing, and no
// panic.
func TestAMissingAnswerIsAnError(t *testing.T) {
	asked := new(atomic.Int64)
	coordinate(t, small(t), trigrid.Options{Farm: relayed{asked: asked}})
	for k := range asked.Load() {
		left := new(atomic.Int64)
		left.Store(k)
		_, err := trigrid.Run(t.Context(), small(t), trigrid.Options{Farm: ending{left}})
		require.ErrorIs(t, err, errEnded, "after %d answers", k)
	}
}

// unlisted is a sharing rule that compares more coalitions once their values
// are not zero, so that [vpp.Required] does not list them.
type unlisted struct{ vpp.Marginal }

func (r unlisted) Shares(s vpp.Coalition, of vpp.Outcomes) map[int]float64 {
	out := r.Marginal.Shares(s, of)
	if of(s).Value.Objective != 0 && s.Size() > 1 {
		for i := range out {
			out[i] += of(1 << 20).Value.Integrated // of a DER that the region does not have
		}
	}
	return out
}

func (unlisted) String() string { return "unlisted" }

// A sharing rule that reads a coalition without a plan gives an error that
// names the rule.
func TestARuleThatReadsAnUnplannedCoalitionIsAnError(t *testing.T) {
	r := small(t)
	r.Sharing = unlisted{}
	_, err := trigrid.Run(t.Context(), r, trigrid.Options{Budget: -1})
	require.ErrorContains(t, err, "rule unlisted gives DER")
	assert.ErrorContains(t, err, "vpp.Required")
}

// partial is a sharing rule without a share for the last member, and with one
// for DER 20.
type partial struct{ vpp.Marginal }

func (r partial) Shares(s vpp.Coalition, of vpp.Outcomes) map[int]float64 {
	out := r.Marginal.Shares(s, of)
	for i := range out {
		if s.Size() > 1 && s>>i == 1 {
			delete(out, i)
			out[20] = 1
		}
	}
	return out
}

func (partial) String() string { return "partial" }

// A member without a share would silently have its revenue only.
func TestARuleWithSharesOfOthersThanTheMembersIsAnError(t *testing.T) {
	r := small(t)
	r.Sharing = partial{}
	_, err := trigrid.Run(t.Context(), r, trigrid.Options{Budget: -1})
	require.ErrorContains(t, err, "rule partial: no share for DER")
	assert.ErrorContains(t, err, "rule partial: a share for DER number 20")
}

func TestANegativeNumberOfWorkersIsAnError(t *testing.T) {
	_, err := trigrid.Run(t.Context(), small(t), trigrid.Options{Workers: -1})
	require.EqualError(t, err, "options: -1 workers, want at least 1, or 0 for one per core")
}

// hanging is a farm whose calls ignore their context and end with the test.
type hanging struct{ asked, end chan struct{} }

func (f hanging) Open(context.Context, farm.Study) (farm.Session, error) { return f, nil }

func (f hanging) Evaluate(context.Context, farm.Job) (*farm.Answer, error) {
	select {
	case f.asked <- struct{}{}:
	default:
	}
	<-f.end
	return nil, errEnded
}
func (hanging) Width() int   { return 0 }
func (hanging) Close() error { return nil }

// A run ends with its context even if the farm does not, and a width of 0 is
// one of 1.
func TestAFarmThatHangsDoesNotHoldTheRun(t *testing.T) {
	f := hanging{make(chan struct{}, 1), make(chan struct{})}
	defer close(f.end)
	ctx, stop := context.WithCancelCause(t.Context())
	reason := errors.New("enough")
	go func() {
		<-f.asked
		stop(reason)
	}()
	res, err := trigrid.Run(ctx, small(t), trigrid.Options{Farm: f, Budget: -1})
	require.NoError(t, err)
	assert.True(t, res.Cut, "an interrupt cuts a run")
}

// answering is a farm with one answer to every job.
type answering struct{ answer *farm.Answer }

func (f answering) Open(context.Context, farm.Study) (farm.Session, error) { return f, nil }
func (f answering) Evaluate(context.Context, farm.Job) (*farm.Answer, error) {
	return f.answer, nil
}
func (answering) Width() int   { return 1 }
func (answering) Close() error { return nil }

// A nil answer and a NaN are errors of the run.
func TestImpossibleAnswersEndTheRun(t *testing.T) {
	_, err := trigrid.Run(t.Context(), small(t), trigrid.Options{Farm: answering{}, Budget: -1})
	require.ErrorIs(t, err, farm.ErrWrongAnswer)
	wrong := relayed{asked: new(atomic.Int64), change: func(a *farm.Answer) {
		if a.Solved != nil {
			a.Solved.Outcome.Value.Objective = math.NaN()
		}
	}}
	_, err = trigrid.Run(t.Context(), small(t), trigrid.Options{Farm: wrong, Budget: -1})
	require.ErrorIs(t, err, farm.ErrWrongAnswer)
}

// nameless is a solver without an identity.
type nameless struct{ milp.Solver }

func TestAFarmNeedsAnIdentifiedSolver(t *testing.T) {
	o := trigrid.Options{Farm: farm.Goroutines{}}
	o.Solver = nameless{trigrid.DefaultSolver()}
	_, err := trigrid.Run(t.Context(), small(t), o)
	require.ErrorContains(t, err, "implement milp.Identified")
}

// A farm of this process reads and keeps solutions in the folder of the
// options, and the run reads the plans of the chosen allocation from there.
func TestAFarmUsesTheStore(t *testing.T) {
	want := encode(t, coordinate(t, small(t), trigrid.Options{}))
	o := trigrid.Options{Store: t.TempDir(), Farm: farm.Goroutines{}, Solver: counts(true)}
	first := coordinate(t, small(t), o)
	assert.Equal(t, want, encode(t, first))
	assert.Positive(t, first.Timing.Reused, "plans of the chosen allocation")
	solver := counts(false)
	o.Solver = solver
	assert.Equal(t, want, encode(t, coordinate(t, small(t), o)))
	assert.Zero(t, solver.calls.Load())
}
