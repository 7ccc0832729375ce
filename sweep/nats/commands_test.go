package nats

import (
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/internal/testsolver"
)

// The commands of docs/sweeps.md solve a sweep on a worker, and the table is
// that of goroutines. The address and the number of seeds differ from those of
// the guide.
func TestCommandsOfTheGuide(t *testing.T) {
	testsolver.New(t)
	text, err := os.ReadFile(filepath.Join("..", "..", "docs", "sweeps.md"))
	require.NoError(t, err)
	found := regexp.MustCompile(`(?m)^(trigrid-sweep .* -listen 0\.0\.0\.0:4222 .*)\n(trigrid-worker -nats nats://10\.0\.0\.1:4222)`).FindStringSubmatch(string(text))
	require.NotNil(t, found, "sweeps.md has no commands of a network")

	folder := t.TempDir()
	build := exec.CommandContext(t.Context(), "go", "build", "-o", folder+string(filepath.Separator), "./cmd/trigrid-sweep", "./cmd/trigrid-worker")
	out, err := build.CombinedOutput()
	require.NoError(t, err, "%s", out)
	data, err := park(2, 0.5).ReadFile("park.json")
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(folder, "case.json"), data, 0o600))
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	address := l.Addr().String()
	require.NoError(t, l.Close())
	command := func(line string) *exec.Cmd {
		words := strings.Fields(strings.NewReplacer("0.0.0.0:4222", address, "10.0.0.1:4222", address, "1..400", "1..3").Replace(line))
		c := exec.CommandContext(t.Context(), filepath.Join(folder, words[0]), words[1:]...)
		c.Dir = folder
		return c
	}

	// The worker is first, as it may be.
	worker := command(found[2])
	require.NoError(t, worker.Start())
	t.Cleanup(func() { _ = worker.Wait() })
	t.Cleanup(func() { _ = worker.Process.Kill() })
	out, err = command(found[1]).CombinedOutput()
	require.NoError(t, err, "%s", out)
	require.Contains(t, string(out), "workers: trigrid-worker -nats nats://"+address)
	require.Regexp(t, `[1-9]\d* answers in \d+ groups; \d+ duplicates, 0 wrong, 0 refusals`, string(out))
	network, err := os.ReadFile(filepath.Join(folder, "sweep", "sweep.csv"))
	require.NoError(t, err)

	out, err = command("trigrid-sweep -case case.json -set seed=1..400 -out alone").CombinedOutput()
	require.NoError(t, err, "%s", out)
	alone, err := os.ReadFile(filepath.Join(folder, "alone", "sweep.csv"))
	require.NoError(t, err)
	require.Equal(t, string(alone), string(network))
	require.Equal(t, 3, strings.Count(string(network), "setting,seed"))
	// The worker serves the next sweep at the address, too.
	out, err = command("trigrid-sweep -case case.json -set seed=4..5 -listen 0.0.0.0:4222").CombinedOutput()
	require.NoError(t, err, "%s", out)
	require.Regexp(t, `[1-9]\d* answers`, string(out))
}
