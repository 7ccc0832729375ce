package main

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestEveryPrimaryIsSurvived reads the table: no view change and no evidence
// under an honest primary, at least one view change under the others, evidence
// against the liar alone, and all requests answered.
func TestEveryPrimaryIsSurvived(t *testing.T) {
	for seed := range 5 {
		var out, again bytes.Buffer
		args := []string{"-seed", fmt.Sprint(seed)}
		require.NoError(t, run(t.Context(), args, &out, &out))
		rows := map[string][]string{}
		for _, line := range strings.Split(out.String(), "\n") {
			if f := strings.Fields(line); len(f) == 9 && f[2] == "of" {
				require.Equal(t, []string{"60", "of", "60"}, f[1:4], line)
				rows[f[0]] = f
			}
		}
		require.Len(t, rows, 3, out.String())
		const views, evidence = 5, 6
		require.Equal(t, "0", rows["honest"][views])
		require.Equal(t, "0", rows["honest"][evidence])
		require.NotEqual(t, "0", rows["crashed"][views])
		require.Equal(t, "0", rows["crashed"][evidence])
		require.NotEqual(t, "0", rows["lying"][views])
		require.NotEqual(t, "0", rows["lying"][evidence])
		require.NoError(t, run(t.Context(), args, &again, &again))
		require.Equal(t, out.String(), again.String(), "one seed, one run")
	}
	require.Error(t, run(t.Context(), []string{"-seed", "x"}, new(bytes.Buffer), new(bytes.Buffer)))
}
