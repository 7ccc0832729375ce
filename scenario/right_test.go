package scenario_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gonum.org/v1/gonum/mat"

	"github.com/trigrid/trigrid/scenario"
)

// Of n equally probable values 1 to n the k/n-quantile is k, by the definition
// as the smallest x with P(X ≤ x) ≥ p. Sums of 1/n in floating point miss k/n
// for many n.
func TestRightQuantilesOfEverySampleSize(t *testing.T) {
	wrong, cases := 0, 0
	for n := 1; n <= 400; n++ {
		set, err := scenario.New(scenario.Grid{Step: time.Hour, Steps: 1}, scenario.Equal(n))
		require.NoError(t, err)
		paths := make([][]float64, n)
		for i := range paths {
			paths[i] = []float64{float64((i*7919)%n + 1)} // some order, with repetitions if 7919 divides n
		}
		require.NoError(t, set.Add("x", "MW", paths))
		sorted := make([]float64, n)
		for i := range paths {
			sorted[i] = paths[i][0]
		}
		slices.Sort(sorted)
		levels := make([]float64, n)
		for k := range levels {
			levels[k] = float64(k+1) / float64(n)
		}
		for k, found := range set.Quantiles("x", 0, levels...) {
			cases++
			if found != sorted[k] {
				wrong++
			}
		}
	}
	t.Logf("right quantiles at k/n, n = 1 to 400: the k-th value, source: definition; found %d of %d wrong", wrong, cases)
	assert.Zero(t, wrong)
}

func TestRightQuantilesBetweenLevels(t *testing.T) {
	for _, c := range []struct {
		probability []float64
		level       float64
		right       float64
	}{
		{[]float64{0.1, 0.2, 0.7}, 0.1, 1},
		{[]float64{0.1, 0.2, 0.7}, 0.3, 2}, // 0.1 + 0.2 is above 0.3 in floating point
		{[]float64{0.1, 0.2, 0.7}, 0.3 + 1e-9, 3},
		{[]float64{0.7, 0.1, 0.2}, 0.8, 2}, // 0.7 + 0.1 is below 0.8 in floating point
		{[]float64{0.7, 0.1, 0.2}, 0, 1},
		{[]float64{0.7, 0.1, 0.2}, 1, 3},
	} {
		set, err := scenario.New(scenario.Grid{Step: time.Hour, Steps: 1}, c.probability)
		require.NoError(t, err)
		require.NoError(t, set.Add("x", "MW", [][]float64{{1}, {2}, {3}}))
		found := set.Quantiles("x", 0, c.level)[0]
		t.Logf("right quantile of 1, 2, 3 with probabilities %v at %v: %v, source: definition; found %v", c.probability, c.level, c.right, found)
		assert.Equal(t, c.right, found)
	}
	assert.Panics(t, func() { scenario.Single(hourly(1)).Quantiles("x", 0, 1.5) })
}

// Higham (2002), section 4: the 3 × 3 example, its nearest matrix and the
// distance.
func TestRightNearestCorrelation(t *testing.T) {
	r := mat.NewSymDense(3, []float64{1, 1, 0, 1, 1, 1, 0, 1, 1})
	found, err := scenario.NearestCorrelation(r)
	require.NoError(t, err)
	var d mat.Dense
	d.Sub(r, found)
	t.Logf("right nearest correlation of rows 110, 111, 011: distance 0.5278, entries 0.7607 and 0.1573, source: Higham 2002; found %.6f, %.6f, %.6f",
		mat.Norm(&d, 2), found.At(0, 1), found.At(0, 2))
	assert.InDelta(t, 0.5278, mat.Norm(&d, 2), 5e-5)
	assert.InDelta(t, 0.7607, found.At(0, 1), 5e-5)
	assert.InDelta(t, 0.1573, found.At(0, 2), 5e-5)
	var factor mat.Cholesky
	assert.True(t, factor.Factorize(found))
	for _, wrong := range []float64{2, 0.999, 0} {
		_, err := scenario.NearestCorrelation(mat.NewSymDense(2, []float64{1, 0.5, 0.5, wrong}))
		t.Logf("right nearest correlation of a diagonal of %v: refused, source: definition of a correlation matrix; found %v", wrong, err)
		assert.ErrorContains(t, err, fmt.Sprintf("row 1, column 1 is %v, want 1", wrong))
	}
}

// No other correlation matrix is nearer: the optimality condition is that R − X
// pulls towards no correlation matrix Y, ⟨R − X, Y − X⟩ ≤ 0.
func TestNearestCorrelationIsOptimal(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 1))
	for _, n := range []int{3, 8, 40} {
		a := mat.NewSymDense(n, nil)
		for i := range n {
			a.SetSym(i, i, 1)
			for j := range i {
				a.SetSym(i, j, 2*r.Float64()-1)
			}
		}
		x, err := scenario.NearestCorrelation(a)
		require.NoError(t, err)
		var factor mat.Cholesky
		require.True(t, factor.Factorize(x), "n = %d", n)
		for range 50 {
			columns := mat.NewDense(n, 3, nil) // Y = normalised C Cᵀ
			for i := range n {
				for k := range 3 {
					columns.Set(i, k, r.NormFloat64())
				}
				row := columns.RawRowView(i)
				norm := math.Sqrt(row[0]*row[0] + row[1]*row[1] + row[2]*row[2])
				for k := range row {
					row[k] /= norm
				}
			}
			var y mat.Dense
			y.Mul(columns, columns.T())
			sum := 0.0
			for i := range n {
				for j := range n {
					sum += (a.At(i, j) - x.At(i, j)) * (y.At(i, j) - x.At(i, j))
				}
			}
			require.LessOrEqual(t, sum, 1e-5*float64(n), "n = %d", n)
		}
	}
}

// Every combination of separator, seconds and zone gives the instant 2025-10-26
// 00:00 UTC.
func TestRightTimeStamps(t *testing.T) {
	brussels := time.FixedZone("", 2*3600)
	for _, separator := range []string{"T", " "} {
		for _, clock := range []string{"02:00", "02:00:00", "02:00:00.000"} {
			for _, zone := range []string{"", "Z", "+02", "+0200", "+02:00", "-03", "-0330", "-03:30"} {
				stamp := "2025-10-26" + separator + clock + zone
				right := map[string]string{
					"": "2025-10-26T00:00:00Z", "Z": "2025-10-26T02:00:00Z", "+02": "2025-10-26T00:00:00Z", "+0200": "2025-10-26T00:00:00Z",
					"+02:00": "2025-10-26T00:00:00Z", "-03": "2025-10-26T05:00:00Z", "-0330": "2025-10-26T05:30:00Z", "-03:30": "2025-10-26T05:30:00Z",
				}[zone]
				table, err := scenario.ReadCSV(strings.NewReader("time,x\n"+stamp+",1\n"), scenario.CSVOptions{Location: brussels})
				require.NoError(t, err, stamp)
				found := table.Grid().Start.UTC().Format(time.RFC3339)
				t.Logf("right time stamp %q in +02:00: %s, source: ISO 8601 and exports of pandas and PostgreSQL; found %s", stamp, right, found)
				assert.Equal(t, right, found)
			}
		}
	}
	for _, stamp := range []string{"2025-10-26 25:00", "2025-10-26", "26.10.2025 02:00", "2025-10-26T02:00+2", "2025-10-26T02:00 +02:00"} {
		_, err := scenario.ReadCSV(strings.NewReader("time,x\n"+stamp+",1\n"), scenario.CSVOptions{})
		t.Logf("right time stamp %q: refused, source: ISO 8601; found %v", stamp, err)
		assert.ErrorContains(t, err, "want a time like")
	}
}

// The reduction of the second source paper, K-means from a particle swarm with
// a medoid update, is reachable by name. Its squared distance is measured
// beside the default's: a member of the sample cannot be nearer to its group
// than the mean is, so that it is never better.
func TestRightSwarmMedoidsBesideKMeans(t *testing.T) {
	days := fixtureDays(t)
	inertia := func(name string, k int) (float64, time.Duration) {
		r, err := scenario.ReducerByName(name)
		require.NoError(t, err)
		began := time.Now()
		found, err := r.Reduce(t.Context(), days, nil, k, rand.NewPCG(7, 7))
		took := time.Since(began)
		require.NoError(t, err)
		sum := 0.0
		for i, j := range found.Assignment {
			for h, x := range days[i] {
				sum += (x - found.Points[j][h]) * (x - found.Points[j][h])
			}
		}
		return sum / float64(len(days)), took
	}
	for _, k := range []int{3, 5, 10, 20} {
		means, fast := inertia("k_means", k)
		medoids, slow := inertia("swarm_medoids", k)
		t.Logf("%d days to %d: k_means %.6g in %v, swarm_medoids %.6g (%.1f %% more) in %v",
			len(days), k, means, fast.Round(time.Millisecond), medoids, 100*(medoids/means-1), slow.Round(time.Millisecond))
		assert.GreaterOrEqual(t, medoids, means*(1-1e-9))
		assert.Less(t, medoids, 1.5*means, "the groups are sensible")
	}
	_, err := scenario.ReducerByName("k_mean")
	assert.ErrorContains(t, err, `unknown reduction "k_mean", want one of k_means, k_medoids, forward_selection`)
}

// On the day on which clocks go back, the hour from 02:00 (Berlin) or 01:00
// (New York) stands twice in a table of local times. The file has 25 rows of
// one hour; the instants follow each other.
func TestRightRepeatedHour(t *testing.T) {
	for _, c := range []struct {
		zone, day string
		repeated  int // the hour that stands twice
	}{
		{"Europe/Berlin", "2025-10-26", 2},
		{"Europe/London", "2025-10-26", 1},
		{"America/New_York", "2025-11-02", 1},
		{"Australia/Sydney", "2025-04-06", 2},
	} {
		place, err := time.LoadLocation(c.zone)
		if err != nil {
			t.Skip("no time zone data: ", err)
		}
		day, err := time.ParseInLocation(time.DateOnly, c.day, place)
		require.NoError(t, err)
		hours := 0
		var rows strings.Builder
		rows.WriteString("time,mw\n")
		for hour := range 24 {
			times := 1
			if hour == c.repeated {
				times = 2
			}
			for range times {
				fmt.Fprintf(&rows, "%s %02d:00,%d\n", c.day, hour, hours)
				hours++
			}
		}
		table, err := scenario.ReadCSV(strings.NewReader(rows.String()), scenario.CSVOptions{Location: place, Layouts: []string{"2006-01-02 15:04"}})
		require.NoError(t, err, c.zone)
		t.Logf("%s on %s: right 25 hours from midnight; source: the zone's rule; found %d from %s", c.zone, c.day, table.Grid().Steps, table.Grid().Start)
		assert.Equal(t, 25, table.Grid().Steps)
		assert.True(t, table.Grid().Start.Equal(day), table.Grid().Start)

		// A table that begins within the repeated hour begins with the first of
		// the two.
		from := strings.SplitN(rows.String(), "\n", c.repeated+2)
		table, err = scenario.ReadCSV(strings.NewReader("time,mw\n"+from[c.repeated+1]), scenario.CSVOptions{Location: place, Layouts: []string{"2006-01-02 15:04"}})
		require.NoError(t, err, c.zone)
		assert.Equal(t, 25-c.repeated, table.Grid().Steps)
		assert.True(t, table.Grid().Start.Equal(day.Add(time.Duration(c.repeated)*time.Hour)), table.Grid().Start)
	}
}
