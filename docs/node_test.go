package docs_test

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// stranger follows docs/node.md: it runs each command of the guide in the order
// of the guide, as in one folder with a terminal per replica.
type stranger struct {
	t        *testing.T
	folder   string
	path     string // with trigrid-node
	replicas map[string]*exec.Cmd
	logs     map[string]*log
}

// log collects the output of a process.
type log struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *log) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// The guide leads from keys to a payment that a client verifies, and through a
// restart.
func TestTheGuideOfNodesWorks(t *testing.T) {
	text, err := os.ReadFile("node.md")
	require.NoError(t, err)
	s := &stranger{t: t, folder: t.TempDir(), path: t.TempDir(), replicas: map[string]*exec.Cmd{}, logs: map[string]*log{}}
	t.Cleanup(s.end)
	guide := freePorts(t, string(text))
	outputs := map[string]string{}
	for _, block := range regexp.MustCompile("(?s)```sh\n(.*?)```").FindAllStringSubmatch(guide, -1) {
		for line := range strings.Lines(block[1]) {
			line = strings.TrimSpace(line)
			words := strings.Fields(line)
			switch {
			case strings.HasPrefix(line, "go build"):
				build := exec.CommandContext(t.Context(), "go", "build", "-o", filepath.Join(s.path, words[3]), words[4])
				build.Dir = ".." // the guide is followed in a clone
				out, err := build.CombinedOutput()
				require.NoError(t, err, "%s", out)
			case strings.HasPrefix(line, "trigrid-node start"), strings.HasPrefix(line, "trigrid-node join"):
				s.start(words)
			case words[0] == "pkill": // the signal goes to the own process only
				s.stop(strings.Trim(words[len(words)-1], "'"))
			default:
				outputs[words[0]+" "+words[1]] = s.run(line)
			}
		}
	}
	require.Contains(t, outputs["trigrid-node settle"], "period 1 is settled: 3 payments, sum 0.00")
	require.Contains(t, outputs["trigrid-node verify"], "w1.proof is valid: w1 receives 120.50 in period 1")
	require.Contains(t, outputs["trigrid-node genesis"], "Of 4 replicas, 1 may be faulty.")
	require.Contains(t, outputs["trigrid-node status"], `"name": "alpha"`)
	// The texts that the guide names are those of the program.
	require.Contains(t, guide, "period 1 is settled: 3 payments, sum 0.00")
	require.Contains(t, guide, "w1.proof is valid: w1 receives 120.50 in period 1")

	// A proof of another amount is not valid, and a second process of a replica
	// ends.
	proof, err := os.ReadFile(filepath.Join(s.folder, "w1.proof"))
	require.NoError(t, err)
	proof[len("w1")+40] ^= 1
	require.NoError(t, os.WriteFile(filepath.Join(s.folder, "forged.proof"), proof, 0o600))
	out, err := s.command("trigrid-node verify -genesis genesis.json forged.proof").CombinedOutput()
	require.Error(t, err, "%s", out)
	out, err = s.command("trigrid-node start -folder beta -genesis genesis.json").CombinedOutput()
	require.Error(t, err)
	require.Contains(t, string(out), "locked by another process")

	// All replicas reach the same height and none has an error in its log.
	require.Eventually(t, func() bool {
		table := s.run("trigrid-node status -genesis genesis.json -as grid")
		heights := regexp.MustCompile(`127\.0\.0\.1:\d+ +(\d+)`).FindAllStringSubmatch(table, -1)
		for _, h := range heights {
			if h[1] != heights[0][1] {
				return false
			}
		}
		return len(heights) == 4
	}, 5*time.Minute, 100*time.Millisecond)
	for name := range s.replicas {
		require.NotContains(t, s.logs[name].String(), "level=ERROR", name)
	}
}

// freePorts replaces the ports of the guide by free ones.
func freePorts(t *testing.T, text string) string {
	t.Helper()
	free := map[string]string{}
	return regexp.MustCompile(`127\.0\.0\.1:\d+`).ReplaceAllStringFunc(text, func(old string) string {
		if free[old] == "" {
			l, err := net.Listen("tcp", "127.0.0.1:0")
			require.NoError(t, err)
			t.Cleanup(func() { _ = l.Close() })
			free[old] = l.Addr().String()
			_ = l.Close()
		}
		return free[old]
	})
}

// command returns a command of the guide in the folder.
func (s *stranger) command(line string) *exec.Cmd {
	c := exec.CommandContext(s.t.Context(), "sh", "-c", line)
	c.Dir = s.folder
	c.Env = append(os.Environ(), "PATH="+s.path+string(os.PathListSeparator)+os.Getenv("PATH"))
	return c
}

// run runs a command that ends, and returns its output.
func (s *stranger) run(line string) string {
	s.t.Helper()
	out, err := s.command(line).CombinedOutput()
	require.NoError(s.t, err, "%s: %s\n%s", line, out, s.logs)
	return string(out)
}

// start starts a replica in a terminal of its own.
func (s *stranger) start(words []string) {
	s.t.Helper()
	name := words[3]
	// The process outlives the line; end stops it.
	c := exec.CommandContext(context.Background(), filepath.Join(s.path, words[0]), words[1:]...)
	c.Dir = s.folder
	if s.logs[name] == nil {
		s.logs[name] = &log{}
	}
	c.Stderr = s.logs[name]
	require.NoError(s.t, c.Start())
	s.replicas[name] = c
	require.Eventually(s.t, func() bool { return strings.Contains(s.logs[name].String(), "replica runs") }, 5*time.Minute, 10*time.Millisecond,
		"%s: %s", name, fmt.Sprint(s.logs[name]))
	if strings.Contains(strings.Join(words, " "), "-new") {
		return
	}
	// A restart answers on its page before the next line asks it.
	require.Eventually(s.t, func() bool { return strings.Count(s.logs[name].String(), "metrics and status") == 2 }, 5*time.Minute, 10*time.Millisecond)
}

// stop stops a replica and expects a graceful end.
func (s *stranger) stop(name string) {
	s.t.Helper()
	c := s.replicas[name]
	require.NoError(s.t, c.Process.Signal(syscall.SIGTERM))
	require.NoError(s.t, c.Wait(), "%s", s.logs[name])
}

// end stops all replicas.
func (s *stranger) end() {
	for _, c := range s.replicas {
		_ = c.Process.Kill()
		_ = c.Wait()
	}
}
