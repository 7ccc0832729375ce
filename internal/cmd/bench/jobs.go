package main

import (
	"context"
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"time"

	"gonum.org/v1/gonum/stat/distuv"

	"github.com/trigrid/trigrid/milp"
	"github.com/trigrid/trigrid/scenario"
)

// hours is the number of coordinates of a point, the hours of a day.
const hours = 24

// A job reads its inputs from a folder and returns the version of its program
// and one repetition.
//
// The inputs are read before the version is returned, so that a repetition
// measures the job alone. For example, the job "kmeans 10000 10" reads the
// points once and reduces them in each repetition.
type job func(ctx context.Context, folder string) (version string, do func() (float64, error), err error)

// jobs are the jobs of the library by name.
var jobs = map[string]job{
	"kmeans 10000 10":  kmeans(10),
	"kmeans 2000 1000": kmeans(1_000),
	"hypercube 1000":   hypercube(1_000),
	"hypercube 100000": hypercube(100_000),
	"basic 200":        basic(200),
	"basic 600":        basic(600),
	"relaxation":       solveProgram(relaxation, false),
	"commitment":       solveProgram(commitment, false),
	// The same programs by a native HiGHS are a peer of the embedded build,
	// although the driver is the library's.
	"native relaxation": solveProgram(relaxation, true),
	"native commitment": solveProgram(commitment, true),
}

// library is the version of this side.
const library = "trigrid"

// writePoints writes n days: Beta(2, 3) values joined by an autoregressive
// copula with persistence 0.957, seed 1, as 64-bit numbers day by day.
//
// All peers read the same file, so that equal algorithms find sums of squares
// of equal size. The values are in [0, 1], like output over capacity.
func writePoints(ctx context.Context, folder string, n int) error {
	made, err := scenario.Generate(ctx, scenario.Spec{
		Grid:    scenario.Grid{Step: time.Hour, Steps: hours},
		Series:  []scenario.Series{{Name: "x", Marginals: scenario.Same(distuv.Beta{Alpha: 2, Beta: 3}, hours)}},
		Copula:  scenario.AutoRegressive{Persistence: []float64{0.957}},
		Samples: n,
	}, rand.NewPCG(1, 1))
	if err != nil {
		return err
	}
	var text []byte
	for i := range n {
		for _, v := range made.Sample.Path("x", i) {
			text = binary.LittleEndian.AppendUint64(text, math.Float64bits(v))
		}
	}
	return os.WriteFile(filepath.Join(folder, "points.f64"), text, 0o666)
}

// readPoints reads the file of writePoints.
func readPoints(folder string) ([][]float64, error) {
	text, err := os.ReadFile(filepath.Join(folder, "points.f64"))
	if err != nil {
		return nil, err
	}
	points := make([][]float64, len(text)/(8*hours))
	for i := range points {
		points[i] = make([]float64, hours)
		for t := range points[i] {
			points[i][t] = math.Float64frombits(binary.LittleEndian.Uint64(text[8*(i*hours+t):]))
		}
	}
	return points, nil
}

// kmeans returns the inertia, the sum of squared distances.
//
// Each repetition has the same seed and does the same work. The library's cost
// is the mean over the points, and scikit-learn's inertia their sum.
func kmeans(k int) job {
	return func(ctx context.Context, folder string) (string, func() (float64, error), error) {
		points, err := readPoints(folder)
		if err != nil {
			return "", nil, err
		}
		return library, func() (float64, error) {
			found, err := scenario.KMeans{}.Reduce(ctx, points, nil, k, rand.NewPCG(1, 2))
			if err != nil {
				return 0, err
			}
			return found.Cost * float64(len(points)), nil
		}, nil
	}
}

// hypercube returns the number of points.
//
// One source serves all repetitions, as it does in the script of the peer. The
// number of points shows that the sample was made, because no value of it is
// comparable.
func hypercube(n int) job {
	return func(ctx context.Context, _ string) (string, func() (float64, error), error) {
		src := rand.NewPCG(1, 2)
		return library, func() (float64, error) {
			u, err := scenario.LatinHypercube{}.SampleContext(ctx, hours, n, src)
			if err != nil {
				return 0, err
			}
			return float64(len(u[0])), nil
		}, nil
	}
}

// basic returns the number of nonzeros of the arrays for a solver.
//
// Data are the arrays that a solver takes. Without them a lazy builder would
// have done nothing yet.
func basic(n int) job {
	return func(context.Context, string) (string, func() (float64, error), error) {
		return library, func() (float64, error) {
			m := basicModel(n)
			if err := m.Err(); err != nil {
				return 0, fmt.Errorf("basic program: %w", err)
			}
			return float64(len(m.Data().Column)), nil
		}, nil
	}
}

// basicModel is linopy's benchmark: minimise Σ 2 x + y with x − y ≥ i and x + y
// ≥ 0 for every (i, j) of an n x n grid. Package milp compares its own building
// of the program with bare arrays.
func basicModel(n int) *milp.Model {
	m := milp.New()
	// The size is known in advance, as it is to linopy by its coordinates.
	m.Reserve(2*n*n, 2*n*n, 4*n*n)
	for i := range n {
		for j := range n {
			x := m.Var(milp.At("", "x", i, j), -milp.Inf, milp.Inf)
			y := m.Var(milp.At("", "y", i, j), -milp.Inf, milp.Inf)
			m.AtLeast(milp.At("", "difference", i, j), x.Expr().Minus(y.Expr()), milp.Const(float64(i)))
			m.AtLeast(milp.At("", "total", i, j), milp.Sum(x.Expr(), y.Expr()), milp.Const(0))
			m.AddObjective(milp.Sum(x.Times(2), y.Expr()))
		}
	}
	return m
}
