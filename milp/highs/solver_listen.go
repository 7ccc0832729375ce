package highs

import (
	"errors"
	"io"
	"math"
	"time"

	"github.com/trigrid/trigrid/milp"
)

// listen sets up the callbacks of a solve: interruption when ctx ends,
// progress, and the log.
func (s Solver) listen(w *watch, h object, d milp.Data, begin time.Time) error {
	// Each type of callback takes time in HiGHS, so only the needed ones are
	// started.
	var kinds []int32
	counts := s.MaxIterations > 0 && hasIntegers(d)
	switch {
	case w.interrupts():
		kinds = append(kinds, callbackSimplexInterrupt, callbackIpmInterrupt, callbackMipInterrupt)
	case counts:
		kinds = append(kinds, callbackMipInterrupt)
	}
	if s.Progress != nil {
		kinds = append(kinds, callbackMipImproving, callbackMipLogging)
	}
	if s.Log != nil || s.Progress != nil {
		kinds = append(kinds, callbackLogging)
	}
	if kinds == nil {
		return h.listen(nil) // removes the listener of an earlier solve of a session
	}
	scale := unitsOf(d).cost
	err := h.listen(func(e event) bool {
		var report func()
		switch e.kind {
		case callbackLogging:
			if s.Log != nil {
				report = func() { io.WriteString(s.Log, e.message()) }
			}
		case callbackMipImproving, callbackMipLogging:
			if s.Progress != nil {
				report = func() { s.Progress(progress(e, scale, begin)) }
			}
		case callbackMipInterrupt:
			if counts && e.integer("mip_total_lp_iterations") >= s.MaxIterations {
				w.end(iterationLimit)
			}
		}
		return w.report(report)
	})
	if err != nil {
		return err
	}
	for _, kind := range kinds {
		if err := h.do("Highs_startCallback", kind); err != nil {
			return err
		}
	}
	if s.Log == nil && s.Progress == nil {
		return nil
	}
	// HiGHS produces log text and progress only if output is on. With the
	// callback in place it passes the text there and does not print.
	return errors.Join(h.set("log_to_console", "true"), h.set("output_flag", "true"))
}

// progress reads the numbers of a callback of branch and bound. HiGHS's
// objective is scale times the model's.
func progress(e event, scale float64, begin time.Time) Progress {
	p := Progress{
		Incumbent:  e.float("mip_primal_bound") / scale,
		Bound:      e.float("mip_dual_bound") / scale,
		Nodes:      e.integer("mip_node_count"),
		Iterations: e.integer("mip_total_lp_iterations"),
		Time:       time.Since(begin),
	}
	if math.IsInf(p.Incumbent, 0) { // HiGHS's value before the first solution
		p.Incumbent = math.NaN()
	}
	p.Gap = gap(p.Incumbent, p.Bound)
	return p
}
