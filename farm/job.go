package farm

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"time"

	"github.com/trigrid/trigrid/milp"
	"github.com/trigrid/trigrid/vpp"
)

// Digest identifies a study: equal digests have equal answers. See
// [Study.Digest].
type Digest [sha256.Size]byte

// String returns the digest in hexadecimal digits.
func (d Digest) String() string { return hex.EncodeToString(d[:]) }

// MarshalText implements [encoding.TextMarshaler].
func (d Digest) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText implements [encoding.TextUnmarshaler].
func (d *Digest) UnmarshalText(text []byte) error {
	if len(text) != hex.EncodedLen(len(d)) {
		return fmt.Errorf("farm: digest %q has %d digits, want %d", text, len(text), hex.EncodedLen(len(d)))
	}
	_, err := hex.Decode(d[:], text)
	return err
}

// Variant states how a program is solved. The zero value solves it as the
// solver of the study does.
type Variant struct {
	Gap        float64 `json:"gap,omitempty"`        // as in [milp.Limits]
	Nodes      int64   `json:"nodes,omitempty"`      // as in [milp.Limits]
	Iterations int64   `json:"iterations,omitempty"` // as in [milp.Limits]

	// Ranges adds the ranges of the outcome, see [vpp.Problem.Ranges], around a
	// plan whose absolute gap is Within, currency.
	Ranges bool    `json:"ranges,omitempty"`
	Within float64 `json:"within,omitempty"`
}

// Job is one program: a VPP plans for a coalition of DERs.
//
// For example, Job{VPP: 1, Coalition: 0b101} is the second VPP with the first
// and the third DER.
type Job struct {
	Study     Digest        `json:"study"`
	VPP       int           `json:"vpp"`
	Coalition vpp.Coalition `json:"coalition"`
	Variant   Variant       `json:"variant"`

	// Time bounds the wall time of the solve. An answer that it ended is not
	// repeatable. Default 0: no bound.
	Time time.Duration `json:"time_ns,omitempty"`
}

// Key returns the SHA-256 of everything that the answer follows from: all
// fields except Time.
func (j Job) Key() Digest {
	var b []byte
	b = append(b, j.Study[:]...)
	for _, u := range []uint64{
		uint64(j.VPP), uint64(j.Coalition), math.Float64bits(j.Variant.Gap), uint64(j.Variant.Nodes),
		uint64(j.Variant.Iterations), math.Float64bits(j.Variant.Within),
	} {
		b = binary.LittleEndian.AppendUint64(b, u)
	}
	if j.Variant.Ranges {
		b = append(b, 1)
	}
	return sha256.Sum256(b)
}

// Solver returns the solver of a study with the limits of the job.
func (j Job) Solver(of milp.Solver) milp.Solver {
	v := j.Variant
	limits := milp.Limits{Gap: v.Gap, Nodes: v.Nodes, Iterations: v.Iterations, Time: j.Time}
	if limited, ok := of.(milp.Limited); ok && limits != (milp.Limits{}) {
		return limited.Limit(limits)
	}
	return of
}

// Answer is the result of a job in plain numbers. Exactly one of Solved and
// Failure is set.
type Answer struct {
	Job     Job
	Solved  *vpp.Answer
	Failure *Failure

	// Repeatable states that every worker of the study gives the same answer:
	// neither wall time nor memory ended the solve, and the solver did not
	// fail. Only such answers are kept.
	Repeatable bool

	// Elapsed is the wall time that the worker took. It is no part of the
	// result.
	Elapsed time.Duration
}

// Err returns the error of a failure, nil for a solution.
func (a *Answer) Err() error {
	if a.Failure == nil {
		return nil
	}
	return a.Failure
}

// Validate returns an error that wraps [ErrWrongAnswer] if an answer cannot be
// that of a job: if it is nil, if it has another job or coalition, neither or
// both of solution and failure, revenues of DERs outside of the coalition, or a
// number that no solution has, such as NaN. A wrong value that is a number
// passes; the run finds it if it plans the coalition again.
func (a *Answer) Validate(j Job) error {
	switch {
	case a == nil:
		return fmt.Errorf("%w: it is nil", ErrWrongAnswer)
	case a.Job.Key() != j.Key():
		return fmt.Errorf("%w: it is that of study %.8s, VPP %d, coalition %b", ErrWrongAnswer, a.Job.Study.String(), a.Job.VPP, a.Job.Coalition)
	case (a.Solved == nil) == (a.Failure == nil):
		return fmt.Errorf("%w: it has neither a solution nor a failure, or both", ErrWrongAnswer)
	case a.Solved != nil && (a.Solved.Outcome == nil || a.Solved.Outcome.Coalition != j.Coalition):
		return fmt.Errorf("%w: its outcome is that of another coalition than %b", ErrWrongAnswer, j.Coalition)
	case a.Solved != nil && j.Variant.Ranges && a.Solved.Outcome.Ranges == nil:
		return fmt.Errorf("%w: its outcome lacks the ranges", ErrWrongAnswer)
	case a.Solved != nil:
		if name := impossible(a.Solved); name != "" {
			return fmt.Errorf("%w: %s of coalition %b is impossible", ErrWrongAnswer, name, j.Coalition)
		}
	}
	return nil
}

// impossible names the first number of a solution that no solver gives, "" if
// there is none. Each comparison with NaN is false, so that a NaN would else
// decide which coalition a VPP prefers.
func impossible(a *vpp.Answer) string {
	finite := func(x float64) bool { return !math.IsNaN(x) && !math.IsInf(x, 0) }
	o := a.Outcome
	v := o.Value
	values := map[string]float64{
		"the economic value": v.Economic, "the cost": v.Cost, "the payment": v.Payments, "the trade": v.Trade,
		"the reserve": v.Reserve, "the imbalance cost": v.Imbalance, "the value at risk": v.VaR, "the risk": v.Risk,
		"the worst loss": v.Worst, "the environmental value": v.Environment, "the objective": v.Objective,
		"the integrated value": v.Integrated, "the deviation": o.Deviation, "the renewable utilisation": a.Renewable,
	}
	for _, name := range slices.Sorted(maps.Keys(values)) { // equal answers have equal errors
		if !finite(values[name]) {
			return name
		}
	}
	// A program that a limit ended can have a plan and no bound: the gap is
	// then infinite.
	if !(o.AbsoluteGap >= 0) {
		return "the absolute gap"
	}
	for _, of := range []map[int]float64{o.Revenue, o.Service} {
		for i, x := range of {
			if i < 0 || i >= vpp.MaxDERs || !o.Coalition.Has(i) || !finite(x) {
				return "a number of a member"
			}
		}
	}
	// A missing revenue would read as 0.
	if len(o.Revenue) != o.Coalition.Size() || len(o.Service) != o.Coalition.Size() || o.Exchanging&^o.Coalition != 0 {
		return "the list of members"
	}
	if a.Status != milp.Optimal && a.Status != milp.Feasible {
		return "the status"
	}
	return impossibleRanges(o.Ranges)
}

// impossibleRanges names a range that is empty or NaN, "" if there is none.
func impossibleRanges(r *vpp.Ranges) string {
	if r == nil {
		return ""
	}
	if !(r.Integrated.Low <= r.Integrated.High) {
		return "the range of the value"
	}
	for _, of := range []map[int]vpp.Range{r.Revenue, r.Stated} {
		for _, x := range of {
			if !(x.Low <= x.High) {
				return "the range of a revenue"
			}
		}
	}
	return ""
}

// Errors of sessions.
var (
	// ErrWrongAnswer is the error of an answer that cannot be that of its job.
	ErrWrongAnswer = errors.New("farm: the answer is not that of the job")

	// ErrOtherStudy is the error of a worker whose data, model or solver differ
	// from those of the run.
	ErrOtherStudy = errors.New("farm: the worker has another study")
)

// Farm opens studies. It is safe for concurrent use: the runs of a sweep share
// one.
type Farm interface {
	// Open returns a session for the jobs of a study. The context bounds the
	// opening only.
	Open(ctx context.Context, s Study) (Session, error)
}

// Session answers the jobs of one study. It is safe for concurrent use.
type Session interface {
	// Evaluate returns the answer of a job, which is not modified afterwards. A
	// program without a solution has an answer with a failure. An error is one
	// of the farm: it ended, the context ended, or every worker refused.
	// Evaluate returns soon after the context ends. Several calls for one job
	// are allowed, and each has the same answer.
	Evaluate(ctx context.Context, j Job) (*Answer, error)

	// Width is the number of calls of Evaluate that keep the farm busy, at
	// least 1. More calls wait.
	Width() int

	// Close ends the session. Calls of Evaluate that are in work return an
	// error.
	Close() error
}
