package vpp_test

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"math"
	"os"
	"runtime"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/casefile"
	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/internal/store"
	"github.com/trigrid/trigrid/internal/testsolver"
	"github.com/trigrid/trigrid/market"
	"github.com/trigrid/trigrid/milp"
	"github.com/trigrid/trigrid/milp/highs"
	"github.com/trigrid/trigrid/optional"
	"github.com/trigrid/trigrid/vpp"
)

var update = flag.Bool("update", false, "write testdata/revision.json for a new vpp.ModelRevision")

// golden is testdata/revision.json: the digests of programs and of their
// solutions.
type golden struct {
	Revision int
	Programs map[string][2]string // by name: digest of the program, digest of the solution
}

// raise is the instruction of a failed comparison.
const raise = "programs or their solutions differ from those of vpp.ModelRevision %d. If the change is intended, " +
	"raise ModelRevision by 1 in vpp/program_stored.go, so that solutions stored by the old code are not used, and " +
	"run: go test ./vpp -run ModelRevision -update"

// TestModelRevisionRisesWithProgramsAndSolutions compares a program for each
// kind of DER, and some of all kinds, with the digests that were written for
// this revision.
func TestModelRevisionRisesWithProgramsAndSolutions(t *testing.T) {
	if runtime.GOARCH != "amd64" {
		t.Skip("the digests are those of amd64; other processors round sums of products differently")
	}
	const file = "testdata/revision.json"
	var want golden
	data, err := os.ReadFile(file)
	if err == nil {
		require.NoError(t, json.Unmarshal(data, &want))
	} else {
		require.True(t, *update, "%v", err)
	}
	got := golden{vpp.ModelRevision, digests(t)}
	require.GreaterOrEqual(t, len(got.Programs), 20)
	if *update {
		if want.Programs != nil {
			same := assert.ObjectsAreEqual(want.Programs, got.Programs)
			require.True(t, same || vpp.ModelRevision > want.Revision, raise, want.Revision)
		}
		data, err := json.MarshalIndent(got, "", "  ")
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(file, append(data, '\n'), 0o644))
		return
	}
	require.Equal(t, want.Revision, got.Revision, "run: go test ./vpp -run ModelRevision -update")
	for name, pair := range got.Programs {
		assert.Equal(t, want.Programs[name], pair, "%s: "+raise, name, vpp.ModelRevision)
	}
	assert.Len(t, want.Programs, len(got.Programs))
}

// digests returns the digests of the programs of a case with all kinds of DER:
// each of them alone, all together in each VPP, and the selection among all.
func digests(t *testing.T) map[string][2]string {
	loaded, err := casefile.Load(os.DirFS("../casefile/testdata"), "allkinds.json")
	require.NoError(t, err)
	region, err := loaded.Region(t.Context(), casefile.Options{})
	require.NoError(t, err)
	// The solutions are those of the one WebAssembly build, whose bits do not
	// depend on the machine.
	solver := highs.Solver{Backend: highs.Wasm, Gap: 0.01}
	if _, err := solver.Build(); err != nil {
		testsolver.Skip(t, err)
		t.Fatal(err)
	}

	out := map[string][2]string{}
	add := func(name string, v vpp.VPP, members []der.DER) {
		recorder := &recorder{Solver: solver}
		p := vpp.Problem{VPP: v, Members: members, Setting: region.Setting}
		x, err := p.Formulate()
		require.NoError(t, err, name)
		plan, err := x.Solve(t.Context(), recorder)
		if !errors.Is(err, milp.ErrInfeasible) {
			require.NoError(t, err, name)
			recorder.add(&plan.Solution)
		}
		out[name] = [2]string{fmt.Sprintf("%x", x.Model.Digest()), fmt.Sprintf("%x", recorder.sum())}
	}
	v := region.VPPs[0]
	v.ImportLimit, v.ExportLimit = optional.Of(50), optional.Of(50)
	for _, d := range region.DERs {
		add(d.Name(), v, []der.DER{d})
	}
	for _, v := range region.VPPs {
		add("all in "+v.Name, v, region.DERs)
	}
	return out
}

// recorder is a solver that hashes all programs that it receives and all their
// solutions.
type recorder struct {
	highs.Solver
	bytes []byte
}

// Solve implements [milp.Solver].
func (r *recorder) Solve(ctx context.Context, m *milp.Model) (*milp.Solution, error) {
	digest := m.Digest()
	r.bytes = append(r.bytes, digest[:]...)
	s, err := r.Solver.Solve(ctx, m)
	if err == nil {
		r.add(s)
	}
	return s, err
}

// add appends the parts of a solution that a plan depends on.
func (r *recorder) add(s *milp.Solution) {
	r.bytes = append(r.bytes, byte(s.Status))
	for _, list := range [][]float64{{s.Objective, s.Bound}, s.Values, s.Duals, s.ReducedCosts} {
		r.bytes = binary.BigEndian.AppendUint64(r.bytes, uint64(len(list)))
		for _, x := range list {
			r.bytes = binary.BigEndian.AppendUint64(r.bytes, math.Float64bits(x))
		}
	}
}

// sum returns the hash of everything recorded.
func (r *recorder) sum() [sha256.Size]byte { return sha256.Sum256(r.bytes) }

// silent has the identity of a solver and fails the test if it is called.
type silent struct {
	highs.Solver
	t *testing.T
}

// Solve implements [milp.Solver].
func (s silent) Solve(context.Context, *milp.Model) (*milp.Solution, error) {
	s.t.Error("a program was solved although its solution is stored")
	return nil, errors.New("not to be called")
}

// keeping returns two solvers over one folder: one solves and stores, the other
// one only reads.
func keeping(t *testing.T) (solves, reads *store.Solver) {
	folder, err := store.Open(t.TempDir())
	require.NoError(t, err)
	inner := testsolver.New(t)
	solves, err = store.New(folder, inner)
	require.NoError(t, err)
	reads, err = store.New(folder, silent{inner, t})
	require.NoError(t, err)
	return solves, reads
}

// A plan from stored solutions equals the one from the solver in every field,
// for random VPPs of all kinds, whose rules are added in several rounds.
func TestPlansFromAStoreEqualThoseOfTheSolver(t *testing.T) {
	solves, reads := keeping(t)
	plans := 0
	for seed := range uint64(3) {
		v, ders, setting := randomPark(t, seed)
		p := vpp.Problem{VPP: v, Members: ders, Setting: setting}
		ways := []func(vpp.Problem, context.Context, milp.Solver) (*vpp.Plan, error){vpp.Problem.Solve, vpp.Problem.Select}
		if seed > 0 {
			ways = ways[:1] // the program of a selection takes seconds
		}
		for _, solve := range ways {
			want, err := solve(p, t.Context(), solves)
			require.NoError(t, err)
			got, err := solve(p, t.Context(), reads)
			require.NoError(t, err)
			want.Solution.Time, want.Solution.Update = 0, ""
			require.Equal(t, want, got)
			require.NoError(t, got.Verify(0))
			plans++
		}
	}
	assert.GreaterOrEqual(t, solves.Solved(), plans)
	assert.Equal(t, solves.Solved(), reads.Read()+solves.Read())
}

// A program that the solver, and not its data, shows to be infeasible is solved
// once.
func TestInfeasibleProgramsAreReadFromAStore(t *testing.T) {
	solves, reads := keeping(t)
	v, ders, setting := village(t)
	chords(ders)
	x, err := vpp.Problem{VPP: v, Members: ders, Setting: setting}.Formulate()
	require.NoError(t, err)
	x.Model.AtLeast(milp.Named("impossible"), x.Model.VarAt(0).Expr(), milp.Const(1e6))
	_, want := x.Solve(t.Context(), solves)
	require.ErrorIs(t, want, milp.ErrInfeasible)
	_, err = x.Solve(t.Context(), reads)
	assert.Equal(t, want.Error(), err.Error())
	require.ErrorIs(t, err, milp.ErrInfeasible)
	assert.Equal(t, 1, reads.Read())
}

// A row of the caller is part of the program.
func TestAChangedProgramIsNotReadFromAStore(t *testing.T) {
	solves, _ := keeping(t)
	v, ders, setting := village(t)
	chords(ders)
	p := vpp.Problem{VPP: v, Members: ders, Setting: setting}
	first, err := p.Formulate()
	require.NoError(t, err)
	plan, err := first.Solve(t.Context(), solves)
	require.NoError(t, err)
	second, err := p.Formulate()
	require.NoError(t, err)
	for j := range second.Model.Vars() {
		if x := second.Model.VarAt(j); x.Name() == milp.At(v.Name, "position", 0) {
			second.Model.AtMost(milp.Named("limit"), x.Expr(), milp.Const(plan.DayAhead[0]-0.25))
		}
	}
	limited, err := second.Solve(t.Context(), solves)
	require.NoError(t, err)
	assert.Zero(t, solves.Read())
	assert.InDelta(t, plan.DayAhead[0]-0.25, limited.DayAhead[0], 1e-6)
}

func TestAStoreDoesNotAnswerACancelledContext(t *testing.T) {
	solves, _ := keeping(t)
	v, ders, setting := village(t)
	chords(ders)
	p := vpp.Problem{VPP: v, Members: ders, Setting: setting}
	_, err := p.Solve(t.Context(), solves)
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = p.Solve(ctx, solves)
	require.ErrorIs(t, err, context.Canceled)
}

// The price of imbalance is no part of a program that measures no risk, but of
// its plan.
func TestPlansFromAStoreFollowTheImbalancePrice(t *testing.T) {
	solves, _ := keeping(t)
	v, ders, setting := village(t)
	chords(ders)
	v.RiskAversion = 0
	for _, price := range []float64{5, 50, 500} {
		changed := *setting.Markets.Imbalance.(*market.Imbalance)
		changed.Short, changed.Long = market.Series{price}, market.Series{price / 2}
		setting.Markets.Imbalance = &changed
		p := vpp.Problem{VPP: v, Members: ders, Setting: setting}
		want, err := p.Solve(t.Context(), testsolver.New(t))
		require.NoError(t, err)
		for range 2 {
			got, err := p.Solve(t.Context(), solves)
			require.NoError(t, err)
			want.Solution.Time, got.Solution.Time = 0, 0
			require.Equal(t, want, got)
		}
	}
	assert.GreaterOrEqual(t, solves.Read(), 3)
}

// chords replaces quadratic costs by chords. Programs with tangents of convex
// costs are not stored.
func chords(ders []der.DER) {
	for _, d := range ders {
		if u, ok := d.(*der.Thermal); ok {
			u.Pieces = 4
		}
	}
}

func TestProgramsWithConvexCostsAreNotStored(t *testing.T) {
	solves, _ := keeping(t)
	v, ders, setting := village(t)
	p := vpp.Problem{VPP: v, Members: ders, Setting: setting}
	for _, tolerance := range []float64{0, 1e-2} {
		p.Setting.Modelling.CostTolerance = tolerance
		want, err := p.Solve(t.Context(), testsolver.New(t))
		require.NoError(t, err)
		got, err := p.Solve(t.Context(), solves)
		require.NoError(t, err)
		assert.Equal(t, want.Value, got.Value)
	}
	assert.Zero(t, solves.Read()+solves.Solved())
}
