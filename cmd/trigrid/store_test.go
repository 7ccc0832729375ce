package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/internal/testsolver"
)

// asProgram is a variable that makes this test binary the program itself.
const asProgram = "TRIGRID_TEST_AS_PROGRAM"

// process returns the program as a process of its own, which a test can kill.
func process(t *testing.T, args ...string) (c *exec.Cmd, output *bytes.Buffer) {
	c = exec.CommandContext(t.Context(), os.Args[0], args...)
	c.Env = append(os.Environ(), asProgram+"=1")
	output = new(bytes.Buffer)
	c.Stdout, c.Stderr = output, output
	return c, output
}

// busy writes a case of 2 VPPs and 4 DERs, which has 32 programs, and returns
// its path.
func busy(t *testing.T) string {
	text, err := os.ReadFile("testdata/small.json")
	require.NoError(t, err)
	var tree map[string]any
	require.NoError(t, json.Unmarshal(text, &tree))
	var ders []any
	for i := range 2 {
		for _, d := range tree["ders"].([]any) {
			twin := map[string]any{}
			for key, value := range d.(map[string]any) {
				twin[key] = value
			}
			twin["name"] = fmt.Sprint(twin["name"], i)
			if twin["kind"] == "storage" {
				twin["energy_mwh"] = 4 + 2*i // no two DERs are identical
			} else {
				twin["maintenance_per_mwh"] = 18 + i
			}
			ders = append(ders, twin)
		}
	}
	tree["ders"] = ders
	text, err = json.Marshal(tree)
	require.NoError(t, err)
	path := filepath.Join(t.TempDir(), "busy.json")
	require.NoError(t, os.WriteFile(path, text, 0o600))
	return path
}

// solutions returns the number of solutions in a folder.
func solutions(folder string) (n int) {
	// A temporary file can vanish during the walk.
	filepath.WalkDir(folder, func(path string, _ fs.DirEntry, _ error) error {
		if strings.HasSuffix(path, ".sol") {
			n++
		}
		return nil
	})
	return n
}

// killedAndContinued kills the program at a random point after a random number
// of solutions, up to kills times, and then lets it end. It returns the result
// and the number of solutions that the last run found.
func killedAndContinued(t *testing.T, path string, total, kills int, random *rand.Rand) (result []byte, found int) {
	folder := t.TempDir()
	solved, file := filepath.Join(folder, "solved"), filepath.Join(folder, "result.json")
	args := []string{"-case", path, "-store", solved, "-json", file}
	for range kills {
		left := total - found
		if left <= 1 {
			break
		}
		c, output := process(t, args...)
		require.NoError(t, c.Start())
		began := time.Now()
		for wanted := found + random.IntN(left); solutions(solved) < wanted; time.Sleep(time.Millisecond) {
			require.Less(t, time.Since(began), 10*time.Minute, "the program solves nothing more")
		}
		time.Sleep(time.Duration(random.IntN(10_000)) * time.Microsecond)
		require.NoError(t, c.Process.Kill())
		ended := c.Wait() == nil // before the kill
		found = solutions(solved)
		if ended {
			break
		}
		assert.NoFileExists(t, file, output.String())
	}
	c, output := process(t, args...)
	require.NoError(t, c.Run(), output.String())
	assert.Contains(t, output.String(), fmt.Sprintf("%d of %d solutions were read from", found, total))
	result, err := os.ReadFile(file)
	require.NoError(t, err)
	return result, found
}

func TestKilledRunsContinueWithTheSameBytes(t *testing.T) {
	path, want := busy(t), filepath.Join(t.TempDir(), "result.json")
	total := 32
	_, err := execute(t, "-case", path, "-json", want)
	require.NoError(t, err)
	expected, err := os.ReadFile(want)
	require.NoError(t, err)
	random := rand.New(rand.NewPCG(1, 0)) // the moment of a kill within a program stays random
	within := 0
	for i := range 20 {
		got, found := killedAndContinued(t, path, total, 1, random)
		require.True(t, bytes.Equal(expected, got), "trial %d", i)
		if 0 < found && found < total {
			within++
		}
	}
	t.Logf("%d of 20 kills between the first solution and the last one", within)
	assert.Positive(t, within)
}

// The calibrated case takes minutes.
func TestKilledRunsOfTheCalibratedCaseContinueWithTheSameBytes(t *testing.T) {
	if os.Getenv("TRIGRID_SLOW") == "" {
		t.Skip("slow: set TRIGRID_SLOW=1")
	}
	const path = "../../examples/threelevel/case.json"
	want := filepath.Join(t.TempDir(), "result.json")
	_, err := execute(t, "-case", path, "-json", want)
	require.NoError(t, err)
	expected, err := os.ReadFile(want)
	require.NoError(t, err)
	got, _ := killedAndContinued(t, path, 64, 20, rand.New(rand.NewPCG(2, 0)))
	assert.True(t, bytes.Equal(expected, got))
}

func TestTwoRunsShareOneStore(t *testing.T) {
	testsolver.New(t) // processes of their own cannot skip the test
	path, folder := busy(t), t.TempDir()
	solved := filepath.Join(folder, "solved")
	var group sync.WaitGroup
	for i := range 2 {
		group.Go(func() {
			c, output := process(t, "-case", path, "-store", solved, "-json", filepath.Join(folder, fmt.Sprint(i)))
			assert.NoError(t, c.Run(), output.String())
		})
	}
	group.Wait()
	out, err := execute(t, "-case", path, "-store", solved, "-json", filepath.Join(folder, "2"))
	require.NoError(t, err)
	assert.Contains(t, out, "32 of 32 solutions were read from "+solved)
	first, err := os.ReadFile(filepath.Join(folder, "0"))
	require.NoError(t, err)
	for _, other := range []string{"1", "2"} {
		data, err := os.ReadFile(filepath.Join(folder, other))
		require.NoError(t, err)
		assert.True(t, bytes.Equal(first, data), other)
	}
}
