package sim

import (
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"
	"github.com/stretchr/testify/require"
)

// seeds returns the seeds of a sweep. The environment variable PBFT_SEEDS sets
// their number, and PBFT_FIRST_SEED the first one, so that a long sweep can be
// run in parts. The default is few enough for a plain go test.
func seeds(t testing.TB, def int) []uint64 {
	number := func(name string, def int) int {
		text, ok := os.LookupEnv(name)
		if !ok {
			return def
		}
		n, err := strconv.Atoi(text)
		require.NoError(t, err, name)
		return n
	}
	first := number("PBFT_FIRST_SEED", 0)
	out := make([]uint64, number("PBFT_SEEDS", def))
	for i := range out {
		out[i] = uint64(first + i)
	}
	return out
}

// TestSimSweep runs random faults and demands that the oracles object to
// nothing, that clients' histories are linearizable, and that the rare paths
// were reached: a sweep that never changes the view proves nothing about it.
func TestSimSweep(t *testing.T) {
	counts := map[Path]int{}
	refused := map[string]int{}
	events, batches := 0, uint64(0)
	fastest, slowest := int64(1<<62), int64(0)
	start := time.Now()
	for _, seed := range seeds(t, 50) {
		c := Random(seed)
		report, err := Run(c)
		require.NoError(t, err, "refused: %v", report.Refused)
		require.True(t, linearizable(report.History), "seed %d: history is not linearizable: %v", seed, report.History)
		for p, n := range report.Counts {
			counts[p] += n
		}
		for p, n := range report.Refused {
			refused[p] += n
		}
		events += report.Events
		batches += report.Batches
		fastest, slowest = min(fastest, report.Time-c.Heal), max(slowest, report.Time-c.Heal)
	}
	for _, p := range Paths() {
		t.Logf("%7d  %s", counts[p], p)
		if len(seeds(t, 50)) < 50 { // chosen
			continue
		}
		require.Positive(t, counts[p], "never reached: %s", p)
	}
	t.Logf("refused: %v", refused)
	t.Logf("%d events, %.0f a second, %d batches; settled %d to %d ms after the last fault",
		events, float64(events)/time.Since(start).Seconds(), batches, fastest, slowest)
}

// TestSimMembers changes the members three times per run, under faults.
func TestSimMembers(t *testing.T) {
	counts := map[Path]int{}
	for _, seed := range seeds(t, 20) {
		report, err := Run(RandomMembers(seed))
		require.NoError(t, err, "refused: %v", report.Refused)
		require.True(t, linearizable(report.History), "seed %d: history is not linearizable: %v", seed, report.History)
		for p, n := range report.Counts {
			counts[p] += n
		}
		require.GreaterOrEqual(t, report.Counts[EpochChanges], 3, "seed %d", seed)
	}
	for _, p := range []Path{EpochChanges, Transfers, ViewChanges, LogReplayed} {
		require.Positive(t, counts[p], "never reached: %s", p)
	}
	t.Logf("%v", counts)
}

// TestSimIsReplayable runs seeds twice and compares everything delivered, byte
// for byte.
func TestSimIsReplayable(t *testing.T) {
	for seed := range uint64(8) {
		first, err := Run(Random(seed))
		require.NoError(t, err)
		second, err := Run(Random(seed))
		require.NoError(t, err)
		require.Equal(t, first.Trace, second.Trace, "seed %d", seed)
		require.Equal(t, first, second)
	}
	a, err := Run(Random(1))
	require.NoError(t, err)
	b, err := Run(Random(3))
	require.NoError(t, err)
	require.NotEqual(t, a.Trace, b.Trace)
}

// register is porcupine's input: one operation on one register.
type register struct {
	verb  string
	value int
}

// model is one register, which starts at zero; partitioning by name keeps the
// check cheap.
var model = porcupine.Model{
	Init: func() any { return 0 },
	Step: func(state, input, output any) (bool, any) {
		v, in := state.(int), input.(register)
		switch in.verb {
		case "set":
			v = in.value
		case "add":
			v += in.value
		}
		return output == nil || output.(string) == strconv.Itoa(v), v
	},
}

// linearizable checks the history of each register. A call without a result may
// have taken effect at any later time.
func linearizable(history []Operation) bool {
	byName := map[string][]porcupine.Operation{}
	for _, o := range history {
		f := strings.Fields(o.Operation)
		if f[0] == "members" {
			continue
		}
		in := register{verb: f[0]}
		if len(f) > 2 {
			in.value, _ = strconv.Atoi(f[2])
		}
		x := porcupine.Operation{ClientId: o.Client, Input: in, Call: o.Called, Output: o.Result, Return: o.Returned}
		if o.Returned < 0 {
			x.Output, x.Return = nil, 1<<62
		}
		byName[f[1]] = append(byName[f[1]], x)
	}
	for _, ops := range byName {
		if !porcupine.CheckOperations(model, ops) {
			return false
		}
	}
	return true
}

// TestLinearizableNoticesStaleReads: the checker itself must be able to fail.
func TestLinearizableNoticesStaleReads(t *testing.T) {
	history := []Operation{
		{Client: 0, Called: 0, Returned: 10, Operation: "set a 5", Result: "5"},
		{Client: 1, Called: 20, Returned: 30, Operation: "get a", Result: "5"},
	}
	require.True(t, linearizable(history))
	history[1].Result = "0"
	require.False(t, linearizable(history))
}

// TestSlowNetworkConverges: latency above the first timeout costs a logarithmic
// number of views per execution. Timeouts double from 100 ms; a view needs five
// message delays of at most 700 ms, so the seventh, of 6.4 s, lasts long
// enough. After an execution the timeout is back at its base. There are ten
// requests and four replicas.
func TestSlowNetworkConverges(t *testing.T) {
	c := Random(0)
	c.Options.RequestTimeout = 10
	report, err := Run(c)
	require.NoError(t, err)
	require.Positive(t, report.Counts[ViewChanges])
	require.LessOrEqual(t, report.Counts[ViewChanges], 7*10*4, "views entered")
}
