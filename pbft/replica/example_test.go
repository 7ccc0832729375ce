package replica_test

import (
	"context"
	"crypto/sha256"
	"fmt"

	"github.com/trigrid/trigrid/pbft"
	"github.com/trigrid/trigrid/pbft/replica"
)

// tape is a state machine that remembers everything it was told.
type tape struct{ text []byte }

func (t *tape) Apply(b pbft.OrderedRequests) pbft.Outcome {
	out := pbft.Outcome{}
	for _, r := range b.Requests {
		t.text = append(t.text, r.Operation...)
		out.Results = append(out.Results, fmt.Appendf(nil, "%d bytes", len(t.text)))
	}
	out.Root = t.Root()
	return out
}

func (t *tape) Root() pbft.Digest          { return sha256.Sum256(t.text) }
func (t *tape) Snapshot() []byte           { return append([]byte(nil), t.text...) }
func (t *tape) Restore(state []byte) error { t.text = state; return nil }

func Example() {
	cluster, err := replica.StartCluster(replica.ClusterConfig{
		Application: func(pbft.ReplicaID) pbft.Application { return &tape{} },
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer cluster.Close()
	client, err := cluster.Client(pbft.NewSigner([32]byte{1}))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer client.Close()
	for _, word := range []string{"one ", "two ", "three"} {
		result, err := client.Call(context.Background(), []byte(word))
		fmt.Println(string(result), err)
	}
	// Output:
	// 4 bytes <nil>
	// 8 bytes <nil>
	// 13 bytes <nil>
}
