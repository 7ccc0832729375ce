package main

import (
	"bytes"
	"context"
	"fmt"
	"math"

	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/der/unitcommitment"
	"github.com/trigrid/trigrid/internal/cmd/differential/second"
	"github.com/trigrid/trigrid/milp"
)

// systems compares instances of a unit-commitment format under one formulation
// of the library.
//
// state is the second statement of the format, such as [second.PGLib]. Its
// error for an instance that the library rejects does not matter.
func systems(state func([]byte) (*second.System, error), formulation der.Formulation) instance {
	return instance{
		second: func(text []byte) (*statement, error) {
			s, err := state(text)
			if err != nil {
				return nil, err
			}
			return &statement{Program: s.Program, sign: 1, uc: s}, nil
		},
		ours: func(ctx context.Context, text []byte, twin *statement, solver milp.Solver) (*outcome, error) {
			system, err := unitcommitment.Read(bytes.NewReader(text), unitcommitment.Options{Formulation: formulation})
			if err != nil {
				return nil, fmt.Errorf("%w: %w", errRefused, err)
			}
			program, err := system.Formulate()
			if err != nil {
				return nil, fmt.Errorf("%w: %w", errRefused, err)
			}
			solution, err := solver.Solve(ctx, program.Model)
			if err != nil {
				return nil, err
			}
			if err := solution.Err(); err != nil {
				return nil, err
			}
			// Unit commitment has one scenario, whose ports are at index 0.
			pin := func(p *second.Program) {
				for i, terms := range program.Terms {
					pinUnit(p, twin.uc, system.Units[i].Name(), &der.Realise(terms, solution.Values)[0])
				}
			}
			return &outcome{objective: solution.Objective, pin: pin}, nil
		},
	}
}

// pinUnit fixes commitment, output and reserve of a unit.
//
// A unit that always runs, such as a wind farm, has an output only.
func pinUnit(p *second.Program, twin *second.System, name string, ports *der.Ports) {
	fix := func(e []second.Expr, path []float64) {
		for t := range path {
			p.Fix(e[t], path[t], slack*max(1, math.Abs(path[t])))
		}
	}
	for _, u := range twin.Units {
		if u.Name != name {
			continue
		}
		fix(u.Output, ports.Injected)
		if u.On != nil {
			fix(u.Reserve, ports.Reserve)
			fix(u.On, ports.Trace("on"))
		}
	}
}
