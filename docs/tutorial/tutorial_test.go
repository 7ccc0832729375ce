package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/docs/internal/testdoc"
	"github.com/trigrid/trigrid/internal/testsolver"
)

const document = "../tutorial.md"

// The document has the files of this folder and the output of each step.
func TestTutorialHasTheFilesAndTheirOutput(t *testing.T) {
	testsolver.New(t)
	var out bytes.Buffer
	require.NoError(t, run(t.Context(), &out))
	testdoc.Check(t, document, map[string]func(string) (string, error){
		"file": testdoc.File,
		"output": func(step string) (string, error) {
			for _, part := range strings.Split(out.String(), "\n\n") {
				if strings.HasPrefix(part, step+". ") {
					return strings.TrimSuffix(part, "\n") + "\n", nil
				}
			}
			return "", fmt.Errorf("the program prints no step %s", step)
		},
	})
}

// A reader starts in a folder beside the checkout, types the files of the
// document and runs its commands. The program prints the outputs of the
// document, in their order.
func TestTutorialRunsFromAFreshFolder(t *testing.T) {
	testsolver.New(t)
	shell, err := exec.LookPath("sh")
	if err != nil {
		t.Skip("the commands of the tutorial need sh")
	}
	text, err := os.ReadFile(document)
	require.NoError(t, err)
	commands := regexp.MustCompile("(?s)```sh\n(.*?)```\n").FindAllSubmatch(text, -1)
	require.Len(t, commands, 2, "one block prepares the folder, one runs the program")

	parent := t.TempDir()
	checkout, err := filepath.Abs("../..")
	require.NoError(t, err)
	folder := filepath.Join(parent, "tutorial")
	execute := func(in, script string) string {
		// The checkout has another path here than in the document.
		script = strings.ReplaceAll(script, "../trigrid", checkout)
		command := exec.CommandContext(t.Context(), shell, "-ec", script)
		command.Dir = in
		// A workspace needs the go.mod files of all modules of the graph, of
		// which a build of the checkout leaves some out of a new module cache.
		// The proxy of the reader serves them.
		command.Env = append(os.Environ(), "GOWORK=", "GOFLAGS=")
		var stdout, stderr bytes.Buffer
		command.Stdout, command.Stderr = &stdout, &stderr
		require.NoError(t, command.Run(), stderr.String())
		return stdout.String()
	}
	execute(parent, string(commands[0][1]))
	var outputs []string
	for _, b := range testdoc.Blocks(text) {
		switch b.Kind {
		case "file":
			require.NoError(t, os.WriteFile(filepath.Join(folder, b.Name), []byte(b.Text), 0o644))
		case "output":
			outputs = append(outputs, b.Text)
		}
	}
	require.Len(t, outputs, 6)
	require.Equal(t, strings.Join(outputs, "\n"), execute(folder, string(commands[1][1])))
}
