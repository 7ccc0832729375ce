package main

import (
	"context"
	"fmt"
)

// row is one job of the table: the library beside peers.
//
// For example, the row "kmeans 2000 1000" writes 2000 days, and its peers are
// scikit-learn with all threads and with one.
type row struct {
	name   string // of the job of the library, see jobs
	title  string // of the table
	value  string // meaning of the answers' value; empty: no column
	inputs func(ctx context.Context, folder string) error
	peers  []peer
}

// peer is another program for the job of a row.
//
// start installs the program if it can and begins it with the inputs of a
// folder. An error states why the peer is absent.
type peer struct {
	title string // before its version is known
	start func(ctx context.Context, w *workshop, folder string) (runner, error)
}

// runner is a started peer or the library itself.
//
// One call of run is one sample. A runner that has no process between its runs
// does nothing in close.
type runner interface {
	name() string // with the version
	run(ctx context.Context) (sample, error)
	close()
}

// The rows of the table, in its order.
var rows = []row{
	kmeansRow(10_000, 10),
	kmeansRow(2_000, 1_000),
	hypercubeRow(1_000),
	hypercubeRow(100_000),
	basicRow(200),
	basicRow(600),
	{
		name: "relaxation", title: "calibrated case, VPP1 with all 5 DERs, 10 scenarios: relaxation", value: "optimum",
		inputs: programInputs, peers: solvers("relaxation"),
	},
	{
		name: "commitment", title: fmt.Sprintf("the same with its binaries, gap %g", commitmentGap), value: "optimum",
		inputs: programInputs, peers: solvers("commitment"),
	},
}

// kmeansRow reduces days to k means by ten starts.
func kmeansRow(n, k int) row {
	sklearn := python("scikit-learn", "kmeans.py", []string{"sklearn"}, fmt.Sprint(hours), fmt.Sprint(k))
	return row{
		name: fmt.Sprintf("kmeans %d %d", n, k), title: fmt.Sprintf("K-means of %d x %d to %d, 10 starts", n, hours, k), value: "inertia",
		inputs: func(ctx context.Context, folder string) error { return writePoints(ctx, folder, n) },
		peers:  []peer{sklearn, oneThread(sklearn)},
	}
}

// hypercubeRow samples n points.
//
// It has no value to compare: two correct samples differ in every number.
func hypercubeRow(n int) row {
	return row{
		name: fmt.Sprintf("hypercube %d", n), title: fmt.Sprintf("Latin hypercube, %d x %d", n, hours),
		peers: []peer{python("scipy", "lhs.py", []string{"scipy"}, fmt.Sprint(n), fmt.Sprint(hours))},
	}
}

// basicRow builds the program "basic" of linopy with 2 n² variables and as many
// rows.
func basicRow(n int) row {
	return row{
		name: fmt.Sprintf("basic %d", n), title: fmt.Sprintf("model building, linopy's \"basic\", N = %d", n), value: "nonzeros",
		peers: []peer{python("linopy", "basic.py", []string{"linopy"}, fmt.Sprint(n))},
	}
}

// solvers are the peers of a program, which read its file.
//
// The first one is the same build of HiGHS as the library embeds, run by Node.
// The second one has the same solver in machine code. GLPK and CBC are other
// solvers.
func solvers(name string) []peer {
	return []peer{
		{"highs of npm", startNodeHiGHS(name)},
		{"HiGHS, native", nativeHiGHS(name)},
		{"GLPK", textSolver(glpk, name)},
		{"CBC", textSolver(cbc, name)},
	}
}
