package nats

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid"
	"github.com/trigrid/trigrid/farm"
	"github.com/trigrid/trigrid/sweep"
)

// Variables that make this test binary a coordinator, see coordinate.
const (
	runIn    = "TRIGRID_TEST_COORDINATE"
	listenOn = "TRIGRID_TEST_LISTEN"
	dersOf   = "TRIGRID_TEST_DERS"
	storeIn  = "TRIGRID_TEST_STORE" // of the workers
)

// park returns a case of two VPPs and n small DERs, so that a run has 2·2^n
// programs, for a risk aversion of the first VPP.
func park(n int, aversion float64) fstest.MapFS {
	var ders []any
	for i := range n {
		if i%3 == 2 {
			ders = append(ders, map[string]any{
				"kind": "storage", "name": fmt.Sprint("S", i), "charge_mw": 1, "discharge_mw": 1, "energy_mwh": 1 + 0.1*float64(i),
				"initial_mwh": 0.5, "charge_efficiency": 0.9, "discharge_efficiency": 0.9,
			})
			continue
		}
		ders = append(ders, map[string]any{
			"kind": "thermal", "name": fmt.Sprint("T", i), "min_output_mw": 0.5, "max_output_mw": 1 + 0.1*float64(i), "linear_cost_per_mwh": 40 + 3*i,
		})
	}
	text, err := json.Marshal(map[string]any{
		"name": "park", "grid": map[string]any{"start": "2020-04-15T00:00", "steps": 2},
		"scenarios": map[string]any{"probabilities": []float64{0.5, 0.5}, "series": []any{
			map[string]any{"name": "town", "paths_mw": [][]float64{{4, 3}, {5, 2}}},
		}},
		"weights": map[string]any{"economic": 0.6, "risk": 0.2, "environment": 0.2}, "risk": map[string]any{"confidence": 0.5},
		"markets": map[string]any{"electricity": map[string]any{"buy_per_mwh": []float64{60, 90}, "sell_fraction": 0.3}},
		"vpps": []any{
			map[string]any{"name": "A", "demand": "town", "risk_aversion": aversion, "pass_through": 0.5, "tariff": map[string]any{}},
			map[string]any{"name": "B", "demand": "town", "risk_aversion": 0.2, "pass_through": 0.5, "tariff": map[string]any{}},
		},
		"ders": ders,
	})
	if err != nil {
		panic(err)
	}
	return fstest.MapFS{"park.json": {Data: text}}
}

// options are those of all runs of the tests.
func options() trigrid.Options { return trigrid.Options{Budget: -1, Starts: 4} }

// parks returns the cases of the tests. 12 DERs are the most of which all
// coalitions are planned; a second case then makes more than 10,000 programs.
func parks(n int) (all []sweep.Source, err error) {
	for _, aversion := range []float64{0.5, 0.7} {
		source, err := sweep.Read(park(n, aversion), "park.json")
		if err != nil {
			return nil, err
		}
		if all = append(all, source); n < trigrid.MaxEnumerated {
			break
		}
	}
	return all, nil
}

// coordinate runs the parks with a coordinator on an address and a journal in a
// folder, and writes result.json there.
func coordinate(folder, listen string) error {
	ctx := context.Background()
	n, err := strconv.Atoi(os.Getenv(dersOf))
	if err != nil {
		return err
	}
	sources, err := parks(n)
	if err != nil {
		return err
	}
	c, err := Start(ctx, Options{Listen: listen, AckWait: time.Second})
	if err != nil {
		return err
	}
	defer c.Close()
	log, err := farm.OpenLog(filepath.Join(folder, "journal"))
	if err != nil {
		return err
	}
	var text []byte
	for _, source := range sources {
		inner, err := c.Farm(source)
		if err != nil {
			return err
		}
		one, err := result(ctx, source, &farm.Journal{Log: log, Farm: inner})
		if err != nil {
			return err
		}
		text = append(text, one...)
	}
	counts, err := json.Marshal(c.Counts())
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(folder, "counts.json"), counts, 0o600); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(folder, "result.json"), text, 0o600)
}

// result returns the JSON of a run, as result.json has it; it has no times.
func result(ctx context.Context, source sweep.Source, f farm.Farm) ([]byte, error) {
	region, err := source.Region(ctx)
	if err != nil {
		return nil, err
	}
	o := options()
	o.Farm = f
	res, err := trigrid.Run(ctx, region, o)
	if err != nil {
		return nil, err
	}
	return json.MarshalIndent(res, "", "  ")
}

// Three worker processes are killed at random and the coordinator once, during
// a few hundred programs, or 16,384 with TRIGRID_SLOW=1; TRIGRID_TEST_DERS=10
// has 2,048. The result has the bytes of a run in one process.
func TestKilledProcessesChangeNoByte(t *testing.T) {
	n := 7 // 256 programs
	if os.Getenv("TRIGRID_SLOW") == "1" {
		n = 12 // twice 8,192 programs, and those of the ranges
	}
	if text := os.Getenv(dersOf); text != "" {
		var err error
		n, err = strconv.Atoi(text)
		require.NoError(t, err)
	}
	sources, err := parks(n)
	require.NoError(t, err)
	var want []byte
	for _, source := range sources {
		one, err := result(t.Context(), source, nil)
		require.NoError(t, err)
		want = append(want, one...)
	}

	folder, solved, address := t.TempDir(), t.TempDir(), freeAddress(t)
	ctx, stop := context.WithCancel(t.Context())
	var group sync.WaitGroup
	kills := make(chan struct{}, 1000)
	for w := range 3 {
		group.Go(func() {
			r := rand.New(rand.NewPCG(uint64(w), 16))
			for ctx.Err() == nil {
				c := process(ctx, workFor+"=nats://"+address, storeIn+"="+solved)
				if err := c.Start(); err != nil {
					if ctx.Err() == nil {
						t.Errorf("a worker does not start: %v", err)
					}
					return
				}
				life := time.AfterFunc(time.Duration(1500+r.IntN(3000))*time.Millisecond, func() {
					_ = c.Process.Kill() // it may have ended
					kills <- struct{}{}
				})
				_ = c.Wait() // it ends by a kill
				life.Stop()
			}
		})
	}
	defer func() {
		stop()
		group.Wait()
	}()
	lives := 0
	for ; ; lives++ {
		require.Less(t, lives, 20, "the coordinator does not end")
		c := process(ctx, runIn+"="+folder, listenOn+"="+address, dersOf+"="+strconv.Itoa(n))
		var out bytes.Buffer
		c.Stderr = &out
		require.NoError(t, c.Start())
		if lives == 0 {
			// The first coordinator dies once the journal has some answers.
			assert.Eventually(t, func() bool { return journalSize(folder) > 20_000 }, 5*time.Minute, 20*time.Millisecond)
			require.NoError(t, c.Process.Kill())
			_ = c.Wait() // killed
			continue
		}
		require.NoError(t, c.Wait(), out.String())
		break
	}
	got, err := os.ReadFile(filepath.Join(folder, "result.json"))
	require.NoError(t, err)
	assert.Equal(t, string(want), string(got))
	counts, err := os.ReadFile(filepath.Join(folder, "counts.json"))
	require.NoError(t, err)
	t.Logf("%d worker processes killed, coordinator once; the second one counted %s", len(kills), counts)
}

// process returns a process of this binary with variables.
func process(ctx context.Context, variables ...string) *exec.Cmd {
	c := exec.CommandContext(ctx, os.Args[0])
	c.Env = append(os.Environ(), variables...)
	return c
}

// journalSize returns the bytes of the journal in a folder.
func journalSize(folder string) (sum int64) {
	names, _ := filepath.Glob(filepath.Join(folder, "journal", "*.journal"))
	for _, name := range names {
		if info, err := os.Stat(name); err == nil {
			sum += info.Size()
		}
	}
	return sum
}

// freeAddress returns an address of the loopback interface that is free at the
// moment.
func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer l.Close()
	return l.Addr().String()
}
