package node

import (
	"bufio"
	"fmt"
	"io"
	"maps"
	"runtime"
	"slices"
	"strings"
	"time"
)

// Status is the state of a node.
type Status struct {
	Replica      uint32            `json:"replica"`
	Name         string            `json:"name"`
	Chain        string            `json:"chain"`
	Heights                        // of blocks
	View         uint64            `json:"view"`
	Epoch        uint64            `json:"epoch"`
	Primary      uint32            `json:"primary"`
	Active       bool              `json:"active"`            // the view has started
	Observer     bool              `json:"observer"`          // without its votes, after the loss of its log
	Diverged     bool              `json:"diverged"`          // restores the state of the others
	Waiting      int               `json:"waiting"`           // requests in the pool
	Executed     uint64            `json:"executed"`          // batches, those without transactions included
	Stable       uint64            `json:"stable"`            // batch of the last checkpoint
	StoreBytes   int64             `json:"store_bytes"`       // size of the store
	Transactions uint64            `json:"transactions"`      // executed since the start
	Uptime       int64             `json:"uptime_s"`          // s
	Fetched      uint64            `json:"fetched"`           // blocks and certificates from other nodes
	Evidence     uint64            `json:"evidence"`          // contradictions of other replicas
	Panics       int               `json:"panics"`            // of contracts, the last 16
	Stopped      string            `json:"stopped,omitzero"`  // reason, if the replica has stopped
	Refused      map[string]uint64 `json:"refused,omitempty"` // messages by reason
}

// Status returns the state of the node.
func (n *Node) Status() Status {
	e, _ := n.books.ends()
	s := Status{
		Replica: uint32(n.id), Name: n.name, Chain: n.chain.String(), Heights: e.Heights, Transactions: e.txs,
		StoreBytes: n.cfg.Store.Size(), Uptime: int64(time.Since(n.started).Seconds()), Panics: len(n.machine.Panics()), Refused: map[string]uint64{},
	}
	for reason, count := range n.driver.Refused() {
		s.Refused[string(reason)] = count
	}
	n.mu.Lock()
	s.Fetched, s.Evidence = n.fetched, n.evidence
	n.mu.Unlock()
	// The driver answers between two steps of the protocol. One that has
	// stopped returns the reason.
	st, err := n.driver.State()
	if err != nil {
		s.Stopped = err.Error()
		return s
	}
	s.View, s.Epoch, s.Primary, s.Active, s.Observer, s.Diverged = st.View, st.Epoch, uint32(st.Primary), st.Active, st.Observer, st.Diverged
	s.Waiting, s.Executed, s.Stable = st.Waiting, st.Executed, st.Stable
	return s
}

// Healthy reports whether the node executes batches of a running view.
func (s *Status) Healthy() bool { return s.Stopped == "" && s.Active && !s.Observer && !s.Diverged }

// metric is one time series, or a family of them with a label.
type metric struct {
	name, kind, help string
	value            float64
	label            string // name of the label of values; "" for none
	values           map[string]uint64
}

// WriteMetrics writes the node's metrics in the text format of Prometheus,
// version 0.0.4: per metric a line of help, a line of its type, and its
// samples. Label values are escaped.
//
// Source: https://prometheus.io/docs/instrumenting/exposition_formats/.
func (n *Node) WriteMetrics(w io.Writer) error {
	// All values of one page are of nearly the same time, since one call reads
	// them.
	s := n.Status()
	var memory runtime.MemStats
	runtime.ReadMemStats(&memory)
	flag := func(b bool) float64 {
		if b {
			return 1
		}
		return 0
	}
	const gauge, counter = "gauge", "counter"
	out := bufio.NewWriter(w)
	for _, m := range []metric{
		{name: "height", kind: gauge, help: "Highest executed block.", value: float64(s.Head)},
		{name: "complete_height", kind: gauge, help: "Height up to which no block is missing.", value: float64(s.Complete)},
		{name: "certified_height", kind: gauge, help: "Highest block with a certificate.", value: float64(s.Certified)},
		{name: "proven_height", kind: gauge, help: "Height up to which no certificate is missing.", value: float64(s.Proven)},
		{name: "transactions_total", kind: counter, help: "Transactions executed since the start.", value: float64(s.Transactions)},
		{name: "batches", kind: gauge, help: "Number of the last executed batch.", value: float64(s.Executed)},
		{name: "checkpoint", kind: gauge, help: "Batch of the last stable checkpoint.", value: float64(s.Stable)},
		{name: "view", kind: gauge, help: "Current view; each change replaces the primary.", value: float64(s.View)},
		{name: "epoch", kind: gauge, help: "Current set of replicas.", value: float64(s.Epoch)},
		{name: "primary", kind: gauge, help: "Replica that proposes batches.", value: float64(s.Primary)},
		{name: "healthy", kind: gauge, help: "1 if the replica votes in a running view.", value: flag(s.Healthy())},
		{name: "observer", kind: gauge, help: "1 if the replica has lost its votes and only observes.", value: flag(s.Observer)},
		{name: "diverged", kind: gauge, help: "1 if the own state was wrong and is being replaced.", value: flag(s.Diverged)},
		{name: "waiting_requests", kind: gauge, help: "Requests that wait for their order.", value: float64(s.Waiting)},
		{name: "fetched_total", kind: counter, help: "Blocks and certificates from other nodes.", value: float64(s.Fetched)},
		{name: "evidence_total", kind: counter, help: "Contradictions of other replicas.", value: float64(s.Evidence)},
		{name: "contract_panics", kind: gauge, help: "Kept panics of contracts, at most 16.", value: float64(s.Panics)},
		{name: "refused_total", kind: counter, help: "Refused messages by reason.", label: "reason", values: s.Refused},
		{name: "store_bytes", kind: gauge, help: "Size of the store.", value: float64(s.StoreBytes)},
		{name: "heap_bytes", kind: gauge, help: "Memory in use.", value: float64(memory.HeapInuse)},
		{name: "goroutines", kind: gauge, help: "Goroutines of the process.", value: float64(runtime.NumGoroutine())},
		{name: "uptime_seconds", kind: gauge, help: "Time since the start.", value: float64(s.Uptime)},
	} {
		m.write(out)
	}
	return out.Flush()
}

// write writes one metric with the prefix of this program.
func (m *metric) write(w io.Writer) {
	const prefix = "trigrid_node_"
	fmt.Fprintf(w, "# HELP %s%s %s\n# TYPE %s%s %s\n", prefix, m.name, m.help, prefix, m.name, m.kind)
	if m.label == "" {
		fmt.Fprintf(w, "%s%s %v\n", prefix, m.name, m.value)
		return
	}
	for _, v := range slices.Sorted(maps.Keys(m.values)) {
		fmt.Fprintf(w, "%s%s{%s=\"%s\"} %d\n", prefix, m.name, m.label, escape.Replace(v), m.values[v])
	}
}

// escape quotes the value of a label.
var escape = strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`)
