package microgrid

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Back-tests end before the first counted hour, and every controller learns
// from hours before its window.
func TestTrialsLieWithinTheLearnedHours(t *testing.T) {
	trials := Trials(small())
	require.Len(t, trials, 4)
	for i, s := range trials {
		assert.Equal(t, 336, s.End-s.Start)
		assert.Equal(t, s.Start, s.First)
		assert.LessOrEqual(t, s.End+leave, Learned)
		if i > 0 {
			assert.GreaterOrEqual(t, s.Start, trials[i-1].End, "windows overlap")
		}
	}
	assert.Equal(t, Learned-leave, trials[3].End)
}

// TestCountedHoursDoNotChangeABacktest replaces all hours from the first
// counted one on.
func TestCountedHoursDoNotChangeABacktest(t *testing.T) {
	folder := published(t)
	g, err := Read(folder, 12)
	require.NoError(t, err)
	o := Options{Horizon: 4, Levels: 5, Classes: 2, Samples: 1}
	want, err := Backtest(t.Context(), g, o)
	require.NoError(t, err)
	other := *g
	other.Hours = append([]Hour{}, g.Hours...)
	other.Tariffs = append([]Tariff{}, g.Tariffs...)
	for i := Learned; i < len(g.Hours); i++ {
		other.Hours[i] = Hour{Load: 1}
		other.Tariffs[i] = Tariff{Import: 9}
	}
	got, err := Backtest(t.Context(), &other, o)
	require.NoError(t, err)
	assert.Equal(t, want, got)

	// A change of one learned hour within a window is seen.
	other.Hours[5600].Load *= 2
	got, err = Backtest(t.Context(), &other, o)
	require.NoError(t, err)
	assert.NotEqual(t, want, got)
}

// Constant loads of 30 kW at 0.2 per kWh cost 6 an hour. The half full battery
// has 40 kWh above its minimum, which give 0.9·40 = 36 kWh at a wear of 0.02
// and save 36·(0.2 − 0.02) = 6.48, within a window or in the 48 hours after it:
// 384·6 − 6.48 for each of the 4 trials.
func TestABacktestByHand(t *testing.T) {
	g := small()
	g.Genset = Genset{}
	for range Learned {
		g.Hours = append(g.Hours, Hour{Load: 30, On: true})
		g.Tariffs = append(g.Tariffs, Tariff{Import: 0.2})
	}
	for _, ties := range []Ties{Late, Early} {
		got, err := Backtest(t.Context(), g, Options{Horizon: 4, Levels: 5, Classes: 1, Samples: 1, Ties: ties})
		require.NoError(t, err)
		assert.InDelta(t, 4*(384*6-6.48), got, 1e-6, "%v", ties)
	}
	g.Hours = g.Hours[:100]
	_, err := Backtest(t.Context(), g, Options{})
	require.ErrorContains(t, err, "100 hours, want at least 5854")
}
