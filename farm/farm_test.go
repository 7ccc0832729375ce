package farm_test

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/farm"
	"github.com/trigrid/trigrid/internal/testsolver"
	"github.com/trigrid/trigrid/milp"
	"github.com/trigrid/trigrid/milp/highs"
	"github.com/trigrid/trigrid/optional"
	"github.com/trigrid/trigrid/sweep/sweeptest"
	"github.com/trigrid/trigrid/vpp"
)

func TestMain(m *testing.M) { testsolver.Main(m, "") }

func digest(t *testing.T, s farm.Study) farm.Digest {
	t.Helper()
	d, err := s.Digest()
	require.NoError(t, err)
	return d
}

// Each datum of which an answer depends changes the digest, also those of
// payments that no program has. The name of the region does not.
func TestADigestHasAllData(t *testing.T) {
	base := digest(t, sweeptest.Study())
	assert.Equal(t, base, digest(t, sweeptest.Study()))
	named := sweeptest.Study()
	named.Name = "another"
	assert.Equal(t, base, digest(t, named))
	for name, change := range map[string]func(*farm.Study){
		"risk aversion": func(s *farm.Study) { s.VPPs[0].RiskAversion = 0.51 },
		"pass-through":  func(s *farm.Study) { s.VPPs[1].PassThrough = 0.4 },
		"cost":          func(s *farm.Study) { s.DERs[1].(*der.Thermal).Linear++ },
		"an option":     func(s *farm.Study) { s.DERs[1].(*der.Thermal).MinOutput = 0 },
		"a limit":       func(s *farm.Study) { s.VPPs[0].ExportLimit = optional.Of(0) },
		"order":         func(s *farm.Study) { s.DERs[0], s.DERs[1] = s.DERs[1], s.DERs[0] },
		"weights":       func(s *farm.Study) { s.Setting.Weights.Risk, s.Setting.Weights.Economic = 0.3, 0.5 },
		"modelling":     func(s *farm.Study) { s.Setting.Modelling.OwnRevenue = vpp.TariffOnly },
		"solver":        func(s *farm.Study) { s.Solver = highs.Solver{Gap: 1e-3} },
	} {
		s := sweeptest.Study()
		change(&s)
		assert.NotEqual(t, base, digest(t, s), name)
	}
	s := sweeptest.Study()
	s.Solver = struct{ milp.Solver }{s.Solver}
	_, err := s.Digest()
	assert.ErrorContains(t, err, "implement milp.Identified")
}

// Time is no part of the key; each other field is.
func TestKeysHaveAllFieldsExceptTime(t *testing.T) {
	base := farm.Job{VPP: 1, Coalition: 5}
	same := base
	same.Time = 1e9
	assert.Equal(t, base.Key(), same.Key())
	seen := map[farm.Digest]bool{base.Key(): true}
	for _, j := range []farm.Job{
		{VPP: 2, Coalition: 5},
		{VPP: 1, Coalition: 4},
		{VPP: 1, Coalition: 5, Study: farm.Digest{1}},
		{VPP: 1, Coalition: 5, Variant: farm.Variant{Gap: 1}},
		{VPP: 1, Coalition: 5, Variant: farm.Variant{Nodes: 1}},
		{VPP: 1, Coalition: 5, Variant: farm.Variant{Iterations: 1}},
		{VPP: 1, Coalition: 5, Variant: farm.Variant{Ranges: true}},
		{VPP: 1, Coalition: 5, Variant: farm.Variant{Within: 1}},
	} {
		assert.False(t, seen[j.Key()], "%+v", j)
		seen[j.Key()] = true
	}
}

// All bits of numbers survive, infinite ranges included.
func TestAnswersKeepAllBits(t *testing.T) {
	a := farm.Answer{
		Job: farm.Job{Study: farm.Digest{7}, VPP: 1, Coalition: 3},
		Solved: &vpp.Answer{
			Outcome: &vpp.Outcome{
				Coalition: 3, Value: vpp.Value{Economic: 0.1 + 0.2, Worst: -1e-300}, Revenue: map[int]float64{0: 1.0 / 3, 1: math.Copysign(0, -1)},
				Service: map[int]float64{}, AbsoluteGap: math.Inf(1),
				Ranges: &vpp.Ranges{
					Integrated: vpp.Range{Low: math.Inf(-1), High: math.Nextafter(1, 2)},
					Revenue:    map[int]vpp.Range{0: {Low: 1, High: 2}}, Stated: map[int]vpp.Range{},
				},
			},
			Status: milp.Feasible, Stopped: "node limit", Nodes: 9, Backend: "x", Renewable: 1,
		},
		Repeatable: true, Elapsed: 5,
	}
	text, err := json.Marshal(a)
	require.NoError(t, err)
	var back farm.Answer
	require.NoError(t, json.Unmarshal(text, &back))
	assert.Equal(t, a, back)
	assert.True(t, math.Signbit(back.Solved.Outcome.Revenue[1]))
	for _, wrong := range []string{`{"study":"12"}`, `{"solved":{"absolute_gap":"x"}}`, `{"study":"zz"}`} {
		assert.Error(t, json.Unmarshal([]byte(wrong), &back), wrong)
	}
}

// A failure has the sentinels of the worker's error.
func TestFailuresWrapTheSentinels(t *testing.T) {
	f := &farm.Failure{Text: "text", Kinds: []string{"infeasible", "unbounded"}, Infeasible: "why"}
	assert.EqualError(t, f, "text")
	require.ErrorIs(t, f, milp.ErrInfeasible)
	require.ErrorIs(t, f, milp.ErrUnbounded)
	require.NotErrorIs(t, f, milp.ErrNoSolution)
	var conflict *vpp.InfeasibleError
	require.ErrorAs(t, f, &conflict)
	assert.Equal(t, "why", conflict.Reason)
}

func TestAnswersOfOtherJobsAreRefused(t *testing.T) {
	j := farm.Job{Coalition: 1}
	good := func() *vpp.Answer {
		return &vpp.Answer{Status: milp.Optimal, Outcome: &vpp.Outcome{
			Coalition: 1, Revenue: map[int]float64{0: 1}, Service: map[int]float64{0: 0},
		}}
	}
	solved := good()
	require.NoError(t, (&farm.Answer{Job: j, Solved: solved}).Validate(j))
	require.ErrorIs(t, (*farm.Answer)(nil).Validate(j), farm.ErrWrongAnswer)
	nan := math.NaN()
	for name, change := range map[string]func(*vpp.Answer){
		"a NaN objective":           func(a *vpp.Answer) { a.Outcome.Value.Objective = nan },
		"an infinite value":         func(a *vpp.Answer) { a.Outcome.Value.Integrated = math.Inf(1) },
		"a NaN gap":                 func(a *vpp.Answer) { a.Outcome.AbsoluteGap = nan },
		"a negative gap":            func(a *vpp.Answer) { a.Outcome.AbsoluteGap = -1 },
		"a NaN revenue":             func(a *vpp.Answer) { a.Outcome.Revenue[0] = nan },
		"a missing revenue":         func(a *vpp.Answer) { delete(a.Outcome.Revenue, 0) },
		"a revenue of another DER":  func(a *vpp.Answer) { a.Outcome.Revenue = map[int]float64{1: 1} },
		"a revenue of no DER":       func(a *vpp.Answer) { a.Outcome.Revenue = map[int]float64{-1: 1} },
		"a foreign exchange":        func(a *vpp.Answer) { a.Outcome.Exchanging = 2 },
		"a NaN utilisation":         func(a *vpp.Answer) { a.Renewable = nan },
		"a status without solution": func(a *vpp.Answer) { a.Status = milp.Infeasible },
		"an empty range": func(a *vpp.Answer) {
			a.Outcome.Ranges = &vpp.Ranges{Integrated: vpp.Range{Low: 2, High: 1}}
		},
		"a NaN range": func(a *vpp.Answer) {
			a.Outcome.Ranges = &vpp.Ranges{Revenue: map[int]vpp.Range{0: {Low: nan, High: nan}}}
		},
	} {
		a := good()
		change(a)
		require.ErrorIs(t, (&farm.Answer{Job: j, Solved: a}).Validate(j), farm.ErrWrongAnswer, name)
	}
	unbounded := good()
	unbounded.Status, unbounded.Outcome.AbsoluteGap = milp.Feasible, math.Inf(1)
	require.NoError(t, (&farm.Answer{Job: j, Solved: unbounded}).Validate(j), "a limit can leave no bound")
	ranged := j
	ranged.Variant.Ranges = true
	for name, a := range map[string]*farm.Answer{
		"another job":       {Job: farm.Job{Coalition: 2}, Solved: solved},
		"nothing":           {Job: j},
		"both":              {Job: j, Solved: solved, Failure: &farm.Failure{}},
		"another coalition": {Job: j, Solved: &vpp.Answer{Outcome: &vpp.Outcome{Coalition: 2}}},
		"no outcome":        {Job: j, Solved: &vpp.Answer{}},
	} {
		require.ErrorIs(t, a.Validate(j), farm.ErrWrongAnswer, name)
	}
	require.ErrorIs(t, (&farm.Answer{Job: ranged, Solved: solved}).Validate(ranged), farm.ErrWrongAnswer)
}

func TestAWorkerRefusesForeignJobs(t *testing.T) {
	s := sweeptest.Study()
	w, err := farm.NewWorker(s)
	require.NoError(t, err)
	_, err = w.Evaluate(t.Context(), farm.Job{})
	require.ErrorIs(t, err, farm.ErrOtherStudy)
	_, err = w.Evaluate(t.Context(), farm.Job{Study: w.Digest(), VPP: 2})
	require.ErrorContains(t, err, "has 2 VPPs")
	_, err = w.Evaluate(t.Context(), farm.Job{Study: w.Digest(), Coalition: 1 << 4})
	require.ErrorContains(t, err, "has 4 DERs")
	ctx, stop := context.WithCancelCause(t.Context())
	reason := errors.New("enough")
	stop(reason)
	_, err = w.Evaluate(ctx, farm.Job{Study: w.Digest(), Coalition: 3})
	require.ErrorIs(t, err, reason)
}

// A changed byte anywhere in a line, a cut line and an empty one are left out;
// the other lines stay.
func TestDamagedLinesAreLeftOut(t *testing.T) {
	folder := t.TempDir()
	l, err := farm.OpenLog(folder)
	require.NoError(t, err)
	for _, key := range []string{"a", "b", "c"} {
		require.NoError(t, l.Put("kind", key, map[string]string{"key": key, "odd": "<&>\n"}))
	}
	require.NoError(t, l.Put("kind", "a", map[string]string{"key": "other"}), "the first record of a key stays")
	require.NoError(t, l.Close())
	names, err := filepath.Glob(filepath.Join(folder, "*"))
	require.NoError(t, err)
	require.Len(t, names, 1)
	whole, err := os.ReadFile(names[0])
	require.NoError(t, err)
	lines := strings.SplitAfter(string(whole), "\n")
	get := func(l *farm.Log, key string) string {
		var data map[string]string
		if !l.Get("kind", key, &data) {
			return ""
		}
		return data["key"]
	}
	for i := range lines[1] {
		changed := []byte(lines[1])
		changed[i] ^= 1
		require.NoError(t, os.WriteFile(names[0], []byte(lines[0]+string(changed)+lines[2]), 0o600))
		l, err := farm.OpenLog(folder)
		require.NoError(t, err)
		require.Empty(t, get(l, "b"), "byte %d", i)
		require.Equal(t, "a", get(l, "a"))
		if i < len(lines[1])-1 { // without its end the line joins the next one
			require.Equal(t, "c", get(l, "c"), "byte %d", i)
		}
		require.Positive(t, l.Damaged())
	}
	require.NoError(t, os.WriteFile(names[0], whole[:len(whole)-3], 0o600))
	l, err = farm.OpenLog(folder)
	require.NoError(t, err)
	assert.Equal(t, 2, l.Len())
	assert.Zero(t, l.Damaged())

	// Another writer has a file of its own, and a reader finds its records by
	// Refresh.
	other, err := farm.OpenLog(folder)
	require.NoError(t, err)
	require.NoError(t, other.Put("kind", "d", map[string]string{"key": "d"}))
	assert.Empty(t, get(l, "d"))
	require.NoError(t, l.Refresh())
	assert.Equal(t, "d", get(l, "d"))
	assert.Equal(t, "d", get(other, "d"), "also its own")
	require.NoError(t, other.Close())
}

// Lines twice, in another order, and of another study or key change no answer:
// a line counts for its own job only, and an answer under the key of another
// job is computed anew.
func TestForeignLinesGiveNoAnswer(t *testing.T) {
	s := sweeptest.Study()
	jobs := sweeptest.Jobs(s, 6)
	folder := t.TempDir()
	l, err := farm.OpenLog(folder)
	require.NoError(t, err)
	ask := func(l *farm.Log) (*farm.Journal, []*farm.Answer) {
		j := &farm.Journal{Log: l}
		session, err := j.Open(t.Context(), s)
		require.NoError(t, err)
		defer session.Close()
		answers, err := sweeptest.Evaluate(t.Context(), session, jobs)
		require.NoError(t, err)
		return j, answers
	}
	_, want := ask(l)
	require.NoError(t, l.Close())
	names, err := filepath.Glob(filepath.Join(folder, "*"))
	require.NoError(t, err)
	require.Len(t, names, 1)
	whole, err := os.ReadFile(names[0])
	require.NoError(t, err)
	lines := strings.SplitAfter(strings.TrimSuffix(string(whole), "\n"), "\n")
	slices.Reverse(lines)
	text := strings.Join(lines, "\n") + string(whole) + string(whole)
	require.NoError(t, os.WriteFile(names[0], []byte(text), 0o600))
	l, err = farm.OpenLog(folder)
	require.NoError(t, err)
	j, got := ask(l)
	assert.Equal(t, len(jobs), j.Read())
	assert.Equal(t, want, got)

	// A journal whose keys name other jobs, such as one that an editor has
	// changed.
	swapped, err := farm.OpenLog(t.TempDir())
	require.NoError(t, err)
	for i := range jobs {
		require.NoError(t, swapped.Put("answer", jobs[i].Key().String(), want[(i+1)%len(want)]))
	}
	j, got = ask(swapped)
	assert.Zero(t, j.Read())
	for i := range got {
		assert.Equal(t, want[i].Solved, got[i].Solved)
	}
	require.NoError(t, swapped.Close())
}

// A closed session refuses each job, also if it has a free place.
func TestAClosedSessionRefusesEachJob(t *testing.T) {
	s := sweeptest.Study()
	session, err := farm.Goroutines{Workers: 1}.Open(t.Context(), s)
	require.NoError(t, err)
	require.NoError(t, session.Close())
	for _, j := range sweeptest.Jobs(s, 200) {
		_, err := session.Evaluate(t.Context(), j)
		require.ErrorIs(t, err, farm.ErrClosed)
	}
}

func TestAJournalNeedsALog(t *testing.T) {
	_, err := (&farm.Journal{}).Open(t.Context(), sweeptest.Study())
	require.ErrorContains(t, err, "OpenLog")
}

// A record that JSON cannot hold is a failure of the log, as one that the disk
// does not take is.
func TestARecordWithoutJSONIsAFailure(t *testing.T) {
	l, err := farm.OpenLog(t.TempDir())
	require.NoError(t, err)
	require.ErrorContains(t, l.Put("outcome", "seed", math.Inf(1)), "the journal cannot hold the outcome of seed")
	require.ErrorContains(t, l.Err(), "unsupported value")
	assert.Zero(t, l.Len())
}

func TestAJournalNeedsAFolder(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	_, err := farm.OpenLog(file)
	require.ErrorContains(t, err, "name another folder")
}
