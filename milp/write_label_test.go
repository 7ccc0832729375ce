package milp

import (
	"regexp"
	"strconv"
	"strings"
	"testing"
	"testing/quick"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// unescape is the inverse of the escaping that the documentation of WriteLP
// states.
func unescape(t *testing.T, label string) string {
	var out []byte
	for i := 0; i < len(label); i++ {
		if label[i] != '~' {
			out = append(out, label[i])
			continue
		}
		c, err := strconv.ParseUint(label[i+1:i+3], 16, 8)
		require.NoError(t, err)
		out = append(out, byte(c))
		i += 2
	}
	return string(out)
}

// A label without ~~ can be turned back into the name; all labels differ and
// hold only characters that the formats allow.
func TestLabelsAreInjective(t *testing.T) {
	allowed := regexp.MustCompile(`^[A-Za-z0-9()_,.~]{1,90}$`)
	run := func(units, whats []string, index []int16) bool {
		m := New()
		for i, what := range whats {
			unit := ""
			if len(units) > 0 {
				unit = units[i%len(units)]
			}
			if what == "" && unit == "" {
				continue
			}
			m.Var(At(unit, what), 0, 1)
			m.Var(At(unit, what), 0, 1)
			for _, k := range index {
				m.Var(At(unit, what, int(k), i), 0, 1)
			}
		}
		labels := m.names.label(m.colNames.all())
		seen := map[string]bool{}
		for j := range m.Vars() {
			label := labels.at(int32(j))
			require.Regexp(t, allowed, label)
			require.False(t, seen[label], "%q twice", label)
			seen[label] = true
			if !strings.Contains(label, "~~") {
				require.Equal(t, m.VarAt(j).Name().String(), unescape(t, label))
			}
		}
		return true
	}
	require.NoError(t, quick.Check(run, &quick.Config{MaxCount: 300}))
}

func TestLabels(t *testing.T) {
	m := New()
	for _, name := range []Name{
		At("battery", "charge", 3, 17), Named("a b"), Named("inflow"), At("", "e", 3), Named("energy"), At("e1", "p"),
		{},
		At("", "", 4), At("", "lag", -2, -13), Named("x"), Named("x"), Named(strings.Repeat("y", 81)),
	} {
		m.Var(name, 0, 1)
	}
	labels := m.names.label(m.colNames.all())
	for j, want := range []string{
		"battery.charge(3,17)", "a~20b", "~69nflow", "~65(3)", "energy", "~651.p",
		"~", "~(4)", "lag(~2d2,~2d13)", "x", "x~~10", strings.Repeat("y", 80) + "~~11",
	} {
		assert.Equal(t, want, labels.at(int32(j)))
	}
}
