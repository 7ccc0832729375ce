package farm

import (
	"encoding/json"
	"time"

	"github.com/trigrid/trigrid/internal/jsonfloat"
	"github.com/trigrid/trigrid/milp"
	"github.com/trigrid/trigrid/vpp"
)

// span is a range: its ends.
type span [2]jsonfloat.Float

func spanOf(r vpp.Range) span   { return span{jsonfloat.Float(r.Low), jsonfloat.Float(r.High)} }
func (s span) plain() vpp.Range { return vpp.Range{Low: float64(s[0]), High: float64(s[1])} }
func spans(of map[int]vpp.Range) map[int]span {
	if of == nil {
		return nil
	}
	out := make(map[int]span, len(of))
	for i, r := range of {
		out[i] = spanOf(r)
	}
	return out
}

func unspan(of map[int]span) map[int]vpp.Range {
	if of == nil {
		return nil
	}
	out := make(map[int]vpp.Range, len(of))
	for i, s := range of {
		out[i] = s.plain()
	}
	return out
}

// wireRanges are the ranges of an outcome.
type wireRanges struct {
	Integrated span         `json:"integrated"`
	Revenue    map[int]span `json:"revenue"`
	Stated     map[int]span `json:"stated"`
	Schedules  int          `json:"schedules"`
}

// wireSolved is a [vpp.Answer].
type wireSolved struct {
	Value       vpp.Value       `json:"value"`
	Revenue     map[int]float64 `json:"revenue"`
	Service     map[int]float64 `json:"service"`
	Deviation   float64         `json:"deviation_mwh"`
	AbsoluteGap jsonfloat.Float `json:"absolute_gap"`
	Exchanging  vpp.Coalition   `json:"exchanging,omitempty"`
	Ranges      *wireRanges     `json:"ranges,omitempty"`
	Status      milp.Status     `json:"status"`
	Stopped     string          `json:"stopped,omitempty"`
	Nodes       int64           `json:"nodes"`
	Backend     string          `json:"backend"`
	Renewable   jsonfloat.Float `json:"renewable_utilisation"`
}

// wireAnswer is an [Answer]: the answer of a journal and of a network.
type wireAnswer struct {
	Job
	Solved     *wireSolved   `json:"solved,omitempty"`
	Failure    *Failure      `json:"failure,omitempty"`
	Repeatable bool          `json:"repeatable"`
	Elapsed    time.Duration `json:"elapsed_ns"`
}

// MarshalJSON implements [json.Marshaler]. All numbers keep their bits.
func (a Answer) MarshalJSON() ([]byte, error) {
	w := wireAnswer{Job: a.Job, Failure: a.Failure, Repeatable: a.Repeatable, Elapsed: a.Elapsed}
	if s := a.Solved; s != nil {
		o := s.Outcome
		w.Solved = &wireSolved{
			Value: o.Value, Revenue: o.Revenue, Service: o.Service, Deviation: o.Deviation, AbsoluteGap: jsonfloat.Float(o.AbsoluteGap),
			Exchanging: o.Exchanging, Status: s.Status, Stopped: s.Stopped, Nodes: s.Nodes, Backend: s.Backend, Renewable: jsonfloat.Float(s.Renewable),
		}
		if r := o.Ranges; r != nil {
			w.Solved.Ranges = &wireRanges{spanOf(r.Integrated), spans(r.Revenue), spans(r.Stated), r.Schedules}
		}
	}
	return json.Marshal(w)
}

// UnmarshalJSON implements [json.Unmarshaler].
func (a *Answer) UnmarshalJSON(text []byte) error {
	var w wireAnswer
	if err := json.Unmarshal(text, &w); err != nil {
		return err
	}
	*a = Answer{Job: w.Job, Failure: w.Failure, Repeatable: w.Repeatable, Elapsed: w.Elapsed}
	if s := w.Solved; s != nil {
		o := &vpp.Outcome{
			Coalition: w.Job.Coalition, Value: s.Value, Revenue: s.Revenue, Service: s.Service, Deviation: s.Deviation,
			AbsoluteGap: float64(s.AbsoluteGap), Exchanging: s.Exchanging,
		}
		if r := s.Ranges; r != nil {
			o.Ranges = &vpp.Ranges{Integrated: r.Integrated.plain(), Revenue: unspan(r.Revenue), Stated: unspan(r.Stated), Schedules: r.Schedules}
		}
		a.Solved = &vpp.Answer{Outcome: o, Status: s.Status, Stopped: s.Stopped, Nodes: s.Nodes, Backend: s.Backend, Renewable: float64(s.Renewable)}
	}
	return nil
}
