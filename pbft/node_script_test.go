package pbft

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/cockroachdb/datadriven"
	"github.com/stretchr/testify/require"
)

// script drives a few nodes from a file in testdata. A message moves only on a
// command of the file:
//
//	cluster replicas=N checkpoint=K batch=B   start anew; a batch holds at most B requests
//	request to=I op=TEXT                      the client's next request
//	propose to=(I,…) from=P view=V seq=N op=TEXT   a proposal that replica P signs by hand (op=null: the null batch)
//	deliver [type=T] [from=I] [to=I] [seq=N]  deliver the matching messages in flight now, in order
//	drop    [type=T] [from=I] [to=I] [seq=N]  lose them
//	stabilize [without=(I,…)]                 deliver everything until nothing is in flight; who is left out is cut off
//	tick replica=I n=N
//	state
type script struct {
	*fixture
	t       *testing.T
	nodes   []*Node
	flight  []flying
	cut     []int
	number  uint64
	written strings.Builder
}

type flying struct {
	from, to int
	m        Message
}

func TestScripts(t *testing.T) {
	datadriven.Walk(t, "testdata/scripts", func(t *testing.T, path string) {
		s := &script{t: t}
		datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string {
			s.written.Reset()
			s.run(d)
			return s.written.String()
		})
	})
}

func (s *script) printf(format string, args ...any) { fmt.Fprintf(&s.written, format+"\n", args...) }

func ints(t *testing.T, d *datadriven.TestData, key string) []int {
	var out []int
	for _, a := range d.CmdArgs {
		if a.Key == key {
			for _, v := range a.Vals {
				var x int
				_, err := fmt.Sscan(v, &x)
				require.NoError(t, err)
				out = append(out, x)
			}
		}
	}
	return out
}

func (s *script) run(d *datadriven.TestData) {
	switch d.Cmd {
	case "cluster":
		s.cluster(d)
	case "request":
		var to int
		var op string
		d.ScanArgs(s.t, "to", &to)
		d.ScanArgs(s.t, "op", &op)
		s.number++
		if err := s.nodes[to].Propose(s.request(s.number, op)); err != nil {
			s.printf("%v", err)
		}
		s.collect(to)
	case "propose":
		s.propose(d)
	case "deliver", "drop":
		s.deliver(d)
	case "stabilize":
		s.cut = ints(s.t, d, "without")
		for len(s.flight) > 0 {
			s.pass(func(flying) bool { return true }, true, true)
		}
		s.cut = nil
	case "tick":
		var id, count int
		d.ScanArgs(s.t, "replica", &id)
		d.ScanArgs(s.t, "n", &count)
		for range count {
			s.nodes[id].Tick(0)
			s.collect(id)
		}
	case "state":
		for i, n := range s.nodes {
			st := n.State()
			active := "active"
			if !st.Active {
				active = "waiting"
			}
			s.printf("%d: view %d %s, stable %d, executed %d, %d requests", i, st.View, active, st.Stable, st.Executed, st.Waiting)
		}
	default:
		d.Fatalf(s.t, "unknown command %s", d.Cmd)
	}
}

func (s *script) cluster(d *datadriven.TestData) {
	var replicas, batch int
	var checkpoint uint64
	d.ScanArgs(s.t, "replicas", &replicas)
	d.ScanArgs(s.t, "checkpoint", &checkpoint)
	d.ScanArgs(s.t, "batch", &batch)
	s.fixture = newFixture(s.t, replicas)
	s.genesis.Checkpoint = checkpoint
	var err error
	s.chain, err = s.genesis.Chain()
	require.NoError(s.t, err)
	s.nodes, s.flight, s.number = nil, nil, 0
	for i := range replicas {
		n, err := NewNode(Config{
			ID: ReplicaID(i), Genesis: s.genesis, Signer: s.signers[i], Application: empty{},
			Options: Options{BatchSize: batch, Pipeline: 8, RequestTimeout: 20, Heartbeat: 1000},
		})
		require.NoError(s.t, err)
		s.nodes = append(s.nodes, n)
	}
}

func (s *script) propose(d *datadriven.TestData) {
	var from int
	var view, seq uint64
	var op string
	d.ScanArgs(s.t, "from", &from)
	d.ScanArgs(s.t, "view", &view)
	d.ScanArgs(s.t, "seq", &seq)
	d.ScanArgs(s.t, "op", &op)
	var b *Batch
	if op != "null" {
		s.number++
		b = &Batch{Requests: []Request{s.request(s.number, op)}}
	}
	p := s.sign(&PrePrepare{Proposal: Proposal{View: view, Seq: seq, Digest: b.Digest()}, Batch: b}, ReplicaID(from))
	for _, to := range ints(s.t, d, "to") {
		s.flight = append(s.flight, flying{from, to, p})
	}
}

// collect carries out a node's output and prints executions and evidence.
func (s *script) collect(id int) {
	n := s.nodes[id]
	for n.HasReady() {
		r := n.Ready()
		for _, e := range r.Messages {
			for _, to := range e.To {
				s.flight = append(s.flight, flying{id, int(to), e.Message})
			}
		}
		n.Advance()
		for i := range r.Blocks {
			s.printf("%d executes %d in view %d: %s", id, r.Blocks[i].Header.Seq, r.Blocks[i].Order.View, operations(r.Blocks[i].Batch))
		}
		for _, e := range r.Evidence {
			s.printf("%d has evidence against %d: two %ss of %d in view %d", id, e.Replica, e.Type, e.Seq, e.View)
		}
	}
}

func operations(b *Batch) string {
	if b == nil {
		return "null"
	}
	var ops []string
	for i := range b.Requests {
		ops = append(ops, string(b.Requests[i].Operation))
	}
	return strings.Join(ops, " ")
}

func seqOf(m Message) uint64 {
	switch m := m.(type) {
	case *PrePrepare:
		return m.Seq
	case *Vote:
		return m.Seq
	}
	return 0
}

func (s *script) deliver(d *datadriven.TestData) {
	var kind string
	var seq uint64
	d.MaybeScanArgs(s.t, "type", &kind)
	d.MaybeScanArgs(s.t, "seq", &seq)
	from, to := ints(s.t, d, "from"), ints(s.t, d, "to")
	s.pass(func(f flying) bool {
		return (kind == "" || f.m.Kind().String() == kind) && (seq == 0 || seqOf(f.m) == seq) &&
			(len(from) == 0 || slices.Contains(from, f.from)) && (len(to) == 0 || slices.Contains(to, f.to))
	}, d.Cmd == "deliver", false)
}

// pass takes the matching messages out of flight, in order, and delivers or
// drops them.
func (s *script) pass(match func(flying) bool, deliver, quiet bool) {
	var now []flying
	s.flight = slices.DeleteFunc(s.flight, func(f flying) bool {
		if match(f) {
			now = append(now, f)
			return true
		}
		return false
	})
	for _, f := range now {
		if slices.Contains(s.cut, f.from) || slices.Contains(s.cut, f.to) {
			continue
		}
		if !deliver {
			s.printf("lost %d->%d %s", f.from, f.to, describe(f.m))
			continue
		}
		m, err := DecodeMessage(EncodeMessage(f.m))
		require.NoError(s.t, err)
		refusal := s.nodes[f.to].Step(ReplicaID(f.from), m)
		if !quiet {
			line := fmt.Sprintf("%d->%d %s", f.from, f.to, describe(f.m))
			if refusal != nil {
				line += " (" + strings.TrimPrefix(refusal.Error(), "pbft: ") + ")"
			}
			s.printf("%s", line)
		}
		s.collect(f.to)
	}
}

// describe prints what matters of a message and leaves out hashes, which would
// make the files unreadable.
func describe(m Message) string {
	switch m := m.(type) {
	case *PrePrepare:
		return fmt.Sprintf("PrePrepare v%d n%d [%s]", m.View, m.Seq, operations(m.Batch))
	case *Vote:
		return fmt.Sprintf("%s v%d n%d", m.Type, m.View, m.Seq)
	case *ViewChange:
		text := fmt.Sprintf("ViewChange v%d stable %d prepared", m.View, m.Stable.Header.Seq)
		for _, p := range m.Prepared {
			text += fmt.Sprintf(" n%d@v%d", p.Proposal.Seq, p.Proposal.View)
		}
		return text
	case *NewView:
		text := fmt.Sprintf("NewView v%d of", m.View)
		for _, vc := range m.ViewChanges {
			text += fmt.Sprintf(" %d", vc.Replica)
		}
		text += ":"
		for _, p := range m.Proposals {
			text += fmt.Sprintf(" n%d", p.Seq)
			if p.Digest == nullDigest {
				text += "=null"
			}
		}
		return text
	}
	return m.Kind().String()
}
