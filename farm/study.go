package farm

import (
	"context"
	"crypto/sha256"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"time"

	"github.com/trigrid/trigrid/codec"
	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/internal/fingerprint"
	"github.com/trigrid/trigrid/milp"
	"github.com/trigrid/trigrid/vpp"
)

// Study has the data that the jobs of one run share. A run passes the weights
// that it published.
type Study struct {
	Name    string // of the region, for messages; no part of the digest
	VPPs    []vpp.VPP
	DERs    []der.DER // candidates of each VPP: DER i of a coalition is DERs[i]
	Setting vpp.Setting
	Solver  milp.Solver // must be a [milp.Identified] for a digest

	// Solving solves in place of Solver with the same solutions, such as a
	// solver that stores them. Default nil: Solver.
	Solving milp.Solver
}

// solving returns the solver that solves.
func (s Study) solving() milp.Solver {
	if s.Solving != nil {
		return s.Solving
	}
	return s.Solver
}

// coalitions returns the coalitions of each VPP, or the violations of the data.
func (s Study) coalitions() ([]*vpp.Coalitions, error) {
	// One object per VPP, with all DERs as candidates: coalition numbers then
	// mean the same DERs in every VPP and on every worker.
	var all []*vpp.Coalitions
	for _, p := range s.VPPs {
		c, err := vpp.NewCoalitions(vpp.Problem{VPP: p, Members: s.DERs, Setting: s.Setting}, s.solving())
		if err != nil {
			return nil, err
		}
		all = append(all, c)
	}
	return all, nil
}

// Digest returns the SHA-256 of everything that the answers of the study follow
// from:
//
//   - the data of VPPs, DERs, scenarios and setting by their values;
//   - the programs of the empty and of the largest coalition of each VPP, which
//     have the data of custom kinds that the values do not show;
//   - [vpp.ModelRevision], the identity of the solver, and the Go version and
//     architecture, which decide how numbers are rounded.
//
// It returns an error for invalid data, and for a solver without an identity.
func (s Study) Digest() (Digest, error) {
	known, ok := s.Solver.(milp.Identified)
	if !ok {
		return Digest{}, fmt.Errorf("farm: the solver %T has no method Identity, so that its answers cannot be "+
			"told from those of other solvers; implement milp.Identified", s.Solver)
	}
	identity, err := known.Identity()
	if err != nil {
		return Digest{}, fmt.Errorf("farm: the solver cannot be identified: %w", err)
	}
	all, err := s.coalitions()
	if err != nil {
		return Digest{}, err
	}
	// Payments and sharing are no part of a program, and programs are no part
	// of the data of a custom kind: the digest needs both.
	data := fingerprint.Of(s.VPPs, s.DERs, s.Setting, s.Setting.Set.Grid())
	sum := sha256.New()
	sum.Write(codec.Encode(func(c *codec.Coder) {
		kind, revision, build := "study", int64(vpp.ModelRevision), runtime.Version()+" "+runtime.GOARCH
		c.String(&kind, len(kind))
		codec.Int64(c, &revision)
		c.String(&identity, len(identity))
		c.String(&build, len(build))
		c.Fixed(data[:])
	}))
	for v := range all {
		for _, members := range [][]der.DER{nil, s.DERs} {
			program, err := vpp.Problem{VPP: s.VPPs[v], Members: members, Setting: s.Setting}.Formulate()
			if err != nil {
				return Digest{}, err
			}
			d := program.Model.Digest()
			sum.Write(d[:])
		}
	}
	return Digest(sum.Sum(nil)), nil
}

// Worker evaluates jobs of one study in this process. It is safe for concurrent
// use.
type Worker struct {
	study  Study
	digest Digest
	vpps   []*vpp.Coalitions

	mu     sync.Mutex
	recent map[Digest]*vpp.Coalitions // plans of the last jobs, for their ranges
	order  []Digest                   // of recent, oldest first
}

// maxRecent is the number of plans that a worker keeps, because a job with
// ranges often follows the job of the same program. A plan has about 0.1 to 1
// MB.
const maxRecent = 128

// NewWorker returns a worker of a study, or the error of [Study.Digest].
func NewWorker(s Study) (*Worker, error) {
	digest, err := s.Digest()
	if err != nil {
		return nil, err
	}
	all, err := s.coalitions()
	if err != nil {
		return nil, err
	}
	return &Worker{study: s, digest: digest, vpps: all, recent: map[Digest]*vpp.Coalitions{}}, nil
}

// Digest returns the digest of the study.
func (w *Worker) Digest() Digest { return w.digest }

// Evaluate solves the program of a job. It returns an error that wraps
// [ErrOtherStudy] for a job of another study, an error for a job that the study
// does not have, and that of an ended context.
func (w *Worker) Evaluate(ctx context.Context, j Job) (*Answer, error) {
	switch {
	case j.Study != w.digest:
		return nil, fmt.Errorf("%w: the job is of study %.8s, the worker has %.8s; data, build or solver differ", ErrOtherStudy, j.Study, w.digest)
	case j.VPP < 0 || j.VPP >= len(w.vpps):
		return nil, fmt.Errorf("farm: study %q has %d VPPs, not VPP %d", w.study.Name, len(w.vpps), j.VPP)
	case j.Coalition>>len(w.study.DERs) != 0:
		return nil, fmt.Errorf("farm: study %q has %d DERs, not those of coalition %b", w.study.Name, len(w.study.DERs), j.Coalition)
	}
	began := time.Now()
	a, err := w.evaluate(ctx, j)
	if err != nil {
		// A cancelled solve is no property of the program, so that it must not
		// become its answer.
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		a = &Answer{Failure: failureOf(err)}
		a.Repeatable = a.Failure.repeatable()
	}
	a.Job, a.Elapsed = j, time.Since(began)
	return a, nil
}

// evaluate solves the program, with its ranges if the job has them.
func (w *Worker) evaluate(ctx context.Context, j Job) (*Answer, error) {
	// A job with ranges and one without have the same plan. Time stays out of
	// the key, see [Job.Key].
	key := j
	key.Variant.Ranges, key.Variant.Within = false, 0
	c := w.recall(key.Key())
	if c == nil {
		c = w.vpps[j.VPP].Fresh()
		if _, _, err := c.Improve(ctx, j.Coalition, j.Solver(w.study.solving())); err != nil {
			return nil, err
		}
		w.keep(key.Key(), c)
	}
	solved, err := c.Answer(ctx, j.Coalition)
	if err != nil {
		return nil, err
	}
	a := &Answer{Solved: solved, Repeatable: repeatable(solved)}
	if j.Variant.Ranges {
		// The ranges are those around the plan with the gap of the job.
		within, err := c.Within(ctx, j.Coalition, j.Variant.Within)
		if err != nil {
			return nil, err
		}
		if a.Solved.Outcome, err = within.Ranged(ctx, j.Coalition); err != nil {
			return nil, err
		}
	}
	return a, nil
}

// recall returns the plan of a recent job, or nil.
func (w *Worker) recall(key Digest) *vpp.Coalitions {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.recent[key]
}

// keep keeps the plan of a job instead of that of the oldest one.
func (w *Worker) keep(key Digest, c *vpp.Coalitions) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.recent[key] != nil {
		return
	}
	if w.recent[key], w.order = c, append(w.order, key); len(w.order) > maxRecent {
		delete(w.recent, w.order[0])
		w.order = w.order[1:]
	}
}

// repeatable reports whether the solve ended by itself or at a limit that
// counts work.
func repeatable(a *vpp.Answer) bool {
	if a.Status == milp.Optimal {
		return true
	}
	for _, why := range []string{"node limit", "iteration limit", "optimal"} {
		if strings.HasPrefix(a.Stopped, why) {
			return true
		}
	}
	return false
}
