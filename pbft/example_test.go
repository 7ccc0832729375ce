package pbft_test

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"

	"github.com/trigrid/trigrid/pbft"
)

// sum is a state machine with one number. Each operation is a number that is
// added to it.
type sum struct{ total uint64 }

func (s *sum) Apply(b pbft.OrderedRequests) pbft.Outcome {
	var out pbft.Outcome
	for _, r := range b.Requests {
		s.total += binary.BigEndian.Uint64(r.Operation)
		out.Results = append(out.Results, s.Snapshot())
	}
	out.Root = s.Root()
	return out
}

func (s *sum) Root() pbft.Digest { return sha256.Sum256(s.Snapshot()) }
func (s *sum) Snapshot() []byte  { return binary.BigEndian.AppendUint64(nil, s.total) }

func (s *sum) Restore(b []byte) error {
	s.total = binary.BigEndian.Uint64(b)
	return nil
}

// keys returns the signers of n replicas and the genesis of their chain.
func keys(n int) ([]pbft.Signer, pbft.Genesis) {
	g := pbft.Genesis{Name: "example", Checkpoint: 4}
	signers := make([]pbft.Signer, n)
	for i := range signers {
		signers[i] = pbft.NewSigner([32]byte{byte(i)})
		g.Members = append(g.Members, pbft.Member{ID: pbft.ReplicaID(i), Key: signers[i].Public()})
	}
	return signers, g
}

// A chain of one replica needs no network: its own votes are a quorum.
func Example() {
	signers, genesis := keys(1)
	node, err := pbft.NewNode(pbft.Config{Genesis: genesis, Signer: signers[0], Application: &sum{}})
	if err != nil {
		fmt.Println(err)
		return
	}
	client := pbft.NewSigner([32]byte{'c'})
	for number := range uint64(3) {
		operation := binary.BigEndian.AppendUint64(nil, 10*(number+1))
		_ = node.Propose(pbft.NewRequest(node.Chain(), client, number+1, operation))
	}
	for node.HasReady() {
		ready := node.Ready() // records and messages would be stored and sent here
		node.Advance()
		for _, b := range ready.Blocks {
			fmt.Println("batch", b.Header.Seq, "with", len(b.Executed), "requests")
			fmt.Println("total", binary.BigEndian.Uint64(b.Results[len(b.Results)-1]))
		}
	}
	// Output:
	// batch 1 with 3 requests
	// total 60
}

// Four nodes exchange their messages by hand, each decoded from its encoding.
func ExampleNode() {
	signers, genesis := keys(4)
	nodes := make([]*pbft.Node, len(signers))
	for i := range nodes {
		nodes[i], _ = pbft.NewNode(pbft.Config{
			ID: pbft.ReplicaID(i), Genesis: genesis, Signer: signers[i], Application: &sum{},
		})
	}
	client := pbft.NewSigner([32]byte{'c'})
	request := pbft.NewRequest(nodes[0].Chain(), client, 1, binary.BigEndian.AppendUint64(nil, 7))
	fmt.Println("refused:", nodes[2].Propose(request)) // a backup forwards it to the primary
	deliver(nodes)
	for i, n := range nodes {
		s := n.State()
		fmt.Println("replica", i, "executed", s.Executed, "certified", s.Certified)
	}
	// Output:
	// refused: <nil>
	// replica 0 executed 1 certified 1
	// replica 1 executed 1 certified 1
	// replica 2 executed 1 certified 1
	// replica 3 executed 1 certified 1
}

// deliver carries out the output of all nodes until there is none, and returns
// the certificates.
func deliver(nodes []*pbft.Node) []pbft.ExecutionCertificate {
	var certified []pbft.ExecutionCertificate
	for busy := true; busy; {
		busy = false
		for i, n := range nodes {
			for n.HasReady() {
				busy = true
				ready := n.Ready()
				n.Advance()
				certified = append(certified, ready.Certified...)
				for _, e := range ready.Messages {
					data := pbft.EncodeMessage(e.Message)
					for _, to := range e.To {
						m, _ := pbft.DecodeMessage(data)
						_ = nodes[to].Step(pbft.ReplicaID(i), m)
					}
				}
			}
		}
	}
	return certified
}

// A light client verifies a header with the members of its epoch only.
func ExampleExecutionCertificate() {
	signers, genesis := keys(4)
	nodes := make([]*pbft.Node, len(signers))
	for i := range nodes {
		nodes[i], _ = pbft.NewNode(pbft.Config{
			ID: pbft.ReplicaID(i), Genesis: genesis, Signer: signers[i], Application: &sum{},
		})
	}
	chain := nodes[0].Chain()
	operation := binary.BigEndian.AppendUint64(nil, 7)
	_ = nodes[0].Propose(pbft.NewRequest(chain, pbft.NewSigner([32]byte{'c'}), 1, operation))
	c := deliver(nodes)[0]

	members, _ := pbft.NewMembership(0, genesis.Members)
	verifier := pbft.StandardRule.Verifier()
	fmt.Println(c.Header.Seq, len(c.Executed), c.Verify(verifier, chain, members))
	c.Header.StateRoot[0]++
	fmt.Println(c.Verify(verifier, chain, members))
	// Output:
	// 1 3 <nil>
	// pbft: certificate not valid: Executed signature of replica 0
}

// A primary that signs two proposals for one number convicts itself.
func ExampleEvidence() {
	signers, genesis := keys(4)
	chain, _ := genesis.Chain()
	backup, _ := pbft.NewNode(pbft.Config{ID: 1, Genesis: genesis, Signer: signers[1], Application: &sum{}})
	for amount := range uint64(2) {
		operation := binary.BigEndian.AppendUint64(nil, amount)
		request := pbft.NewRequest(chain, pbft.NewSigner([32]byte{'c'}), 1, operation)
		batch := &pbft.Batch{Requests: []pbft.Request{request}}
		p := &pbft.PrePrepare{Proposal: pbft.Proposal{Seq: 1, Digest: batch.Digest()}, Batch: batch}
		fmt.Println(backup.Step(0, pbft.SignAs(chain, 0, signers[0], p)))
	}
	evidence := backup.Ready().Evidence[0]
	members, _ := pbft.NewMembership(0, genesis.Members)
	fmt.Println("replica", evidence.Replica, "sent two", evidence.Type, "for number", evidence.Seq)
	fmt.Println(evidence.Verify(pbft.StandardRule.Verifier(), chain, members))
	// Output:
	// <nil>
	// pbft: refused: contradicts an earlier statement
	// replica 0 sent two PrePrepare for number 1
	// <nil>
}

// For n = 6, two sets of 2f+1 = 3 replicas can be disjoint. A strong quorum has
// 4.
func ExampleStrongQuorum() {
	for _, n := range []int{1, 4, 6, 7} {
		fmt.Println(n, "replicas: f =", pbft.Faulty(n), "Q =", pbft.StrongQuorum(n), "W =", pbft.WeakQuorum(n))
	}
	// Output:
	// 1 replicas: f = 0 Q = 1 W = 1
	// 4 replicas: f = 1 Q = 3 W = 2
	// 6 replicas: f = 1 Q = 4 W = 2
	// 7 replicas: f = 2 Q = 5 W = 3
}

// A client accepts a result after f+1 replicas have signed it.
func ExampleTally() {
	signers, genesis := keys(4)
	chain, _ := genesis.Chain()
	members, _ := pbft.NewMembership(0, genesis.Members)
	client := pbft.NewSigner([32]byte{'c'})
	tally := pbft.NewTally(pbft.StandardRule.Verifier(), chain, members, client.Public())
	request := pbft.NewRequest(chain, client, 1, []byte("3 + 4"))
	tally.Expect(&request)
	for id, result := range []string{"7", "wrong", "7"} {
		r := pbft.RepeatedReply(chain, pbft.ReplicaID(id), signers[id],
			pbft.Repeated{Client: client.Public(), Number: 1, Content: request.Content(), Result: []byte(result)})
		accepted, err := tally.Add(&r)
		fmt.Printf("%s from %d: %t %v\n", result, id, accepted, err)
	}
	// Output:
	// 7 from 0: false <nil>
	// wrong from 1: false <nil>
	// 7 from 2: true <nil>
}
