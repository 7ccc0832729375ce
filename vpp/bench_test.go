package vpp_test

import (
	"runtime"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/trigrid/trigrid/internal/testsolver"
	"github.com/trigrid/trigrid/optional"
	"github.com/trigrid/trigrid/vpp"
	"github.com/trigrid/trigrid/weights"
)

// BenchmarkFormulate states the day-ahead program of the fixture (5 DERs, 5
// scenarios, 24 hours), from the data to a program that a solver takes.
func BenchmarkFormulate(b *testing.B) {
	x := readDayAhead(b)
	setting := x.setting(x.set(b))
	setting.Weights = weights.Vector{Economic: 0.4, Risk: 0.2, Environment: 0.4}
	v := vpp.VPP{Name: "plant", Demand: "load", RiskAversion: 1, ImportLimit: optional.Of(40), ExportLimit: optional.Of(80)}
	ders := x.ders()
	b.ReportAllocs()
	nonzeros := 0
	for b.Loop() {
		program, err := vpp.Problem{VPP: v, Members: ders, Setting: setting}.Formulate()
		if err != nil {
			b.Fatal(err)
		}
		nonzeros = program.Model.Nonzeros()
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(nonzeros), "ns/nonzero")
	b.ReportMetric(float64(nonzeros), "nonzeros")
}

// BenchmarkCheck checks the plan of the village (6 DERs, 2 scenarios, 8 hours)
// from its data.
func BenchmarkCheck(b *testing.B) {
	v, ders, setting := village(b)
	plan := solve(b, v, ders, setting)
	b.ReportAllocs()
	for b.Loop() {
		if err := plan.Verify(0); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkCoalitions plans every coalition of three DERs (8 programs, each
// with its linear programs for prices and the canonical schedule), alone, with
// a session, and by two workers.
func BenchmarkCoalitions(b *testing.B) {
	v, ders, setting := hamlet(b)
	solver := testsolver.New(b)
	all := allMembers(len(ders))
	perSecond := func(b *testing.B) {
		b.ReportMetric(float64(b.N)*float64(all+1)/b.Elapsed().Seconds(), "coalitions/s")
	}
	b.Run("cold", func(b *testing.B) {
		for b.Loop() {
			for s := range all + 1 {
				if _, err := (vpp.Problem{VPP: v, Members: members(ders, s), Setting: setting}).Solve(b.Context(), solver); err != nil {
					b.Fatal(err)
				}
			}
		}
		perSecond(b)
	})
	b.Run("session", func(b *testing.B) {
		session := vpp.NewSession(solver)
		defer session.Close()
		for b.Loop() {
			for s := range all + 1 {
				if _, err := session.Solve(b.Context(), vpp.Problem{VPP: v, Members: ders, Setting: setting}, s); err != nil {
					b.Fatal(err)
				}
			}
		}
		perSecond(b)
	})
	b.Run("two workers", func(b *testing.B) {
		if runtime.GOMAXPROCS(0) < 2 {
			b.Skip("one processor")
		}
		for b.Loop() {
			x, err := vpp.NewCoalitions(vpp.Problem{VPP: v, Members: ders, Setting: setting}, solver)
			if err != nil {
				b.Fatal(err)
			}
			var (
				next  atomic.Int64
				group sync.WaitGroup
			)
			for range 2 {
				group.Go(func() {
					for s := vpp.Coalition(next.Add(1) - 1); s <= all; s = vpp.Coalition(next.Add(1) - 1) {
						if _, err := x.Plan(b.Context(), s); err != nil {
							b.Error(err)
						}
					}
				})
			}
			group.Wait()
		}
		perSecond(b)
	})
}
