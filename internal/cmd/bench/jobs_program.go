package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/trigrid/trigrid/casefile"
	"github.com/trigrid/trigrid/milp"
	"github.com/trigrid/trigrid/milp/highs"
	"github.com/trigrid/trigrid/vpp"
)

// calibrated is the case file of the programs, from the root of the module.
const calibrated = "examples/threelevel/case.json"

// commitmentGap is the relative gap of the program with binaries. The embedded
// solver takes seconds to it, GLPK and CBC minutes or more.
const commitmentGap = 1e-3

// programInputs copies the case, for the drivers of the library, and writes
// both programs for the peers, each in a folder of its own.
//
// The programs are written once by this side, so that all solvers have the same
// rows and columns. MPS files hold a minimum, LP files the maximum itself.
func programInputs(ctx context.Context, folder string) error {
	text, err := os.ReadFile(calibrated)
	if err != nil {
		return fmt.Errorf("%w; run the program from the root of the module", err)
	}
	if err := os.WriteFile(filepath.Join(folder, "case.json"), text, 0o666); err != nil {
		return err
	}
	// The model is stated anew for each program: a relaxation changes its
	// model.
	for name, state := range map[string]func(*milp.Model) *milp.Model{"relaxation": relaxation, "commitment": commitment} {
		m, err := program(ctx, folder)
		if err != nil {
			return err
		}
		m = state(m)
		if err := os.MkdirAll(filepath.Join(folder, name), 0o777); err != nil {
			return err
		}
		for file, write := range map[string]func(io.Writer, *milp.Model) error{"program.mps": milp.WriteMPS, "program.lp": milp.WriteLP} {
			out, err := os.Create(filepath.Join(folder, name, file))
			if err != nil {
				return err
			}
			err = write(out, m)
			if closing := out.Close(); err == nil {
				err = closing
			}
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// program states the day of the first VPP of a case with all DERs.
func program(ctx context.Context, folder string) (*milp.Model, error) {
	c, err := casefile.Load(os.DirFS(folder), "case.json")
	if err != nil {
		return nil, err
	}
	region, err := c.Region(ctx, casefile.Options{})
	if err != nil {
		return nil, err
	}
	stated, err := vpp.Problem{VPP: region.VPPs[0], Members: region.DERs, Setting: region.Setting}.Formulate()
	if err != nil {
		return nil, err
	}
	return stated.Model, nil
}

// The two states of the program: without and with its binaries.
func relaxation(m *milp.Model) *milp.Model { return m.Relaxed() }
func commitment(m *milp.Model) *milp.Model { return m }

// solveProgram solves the program with the embedded build of HiGHS, or with a
// native library. The value is the optimum of the maximum.
func solveProgram(state func(*milp.Model) *milp.Model, native bool) job {
	return func(ctx context.Context, folder string) (string, func() (float64, error), error) {
		m, err := program(ctx, folder)
		if err != nil {
			return "", nil, err
		}
		m = state(m)
		// A solution within the gap counts as optimal, for each solver of the
		// table.
		solver := highs.Solver{Gap: commitmentGap, Backend: highs.Wasm}
		if native {
			solver.Backend = highs.Native
		}
		version, err := solver.Build()
		if err != nil {
			return "", nil, err
		}
		return version, func() (float64, error) {
			found, err := solver.Solve(ctx, m)
			if err != nil {
				return 0, err
			}
			// A time of a program without an optimum would compare nothing.
			if found.Status != milp.Optimal {
				return 0, fmt.Errorf("%v: %s", found.Status, found.Stopped)
			}
			return found.Objective, nil
		}, nil
	}
}
