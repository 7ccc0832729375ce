package replica_test

import (
	"context"
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"strconv"

	"github.com/trigrid/trigrid/pbft"
	"github.com/trigrid/trigrid/pbft/replica"
)

// tape is a state machine that appends every operation to a text.
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

func newTape(pbft.ReplicaID) pbft.Application { return &tape{} }

func Example() {
	cluster, err := replica.StartCluster(replica.ClusterConfig{Application: newTape})
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

// Replicas and clients on sockets, here of one process. One of four replicas
// may fail.
func ExampleClusterConfig_tls() {
	cluster, err := replica.StartCluster(replica.ClusterConfig{Application: newTape, TLS: true})
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
	fmt.Println("stopped:", cluster.Drivers[3].Close())
	result, err := client.Call(context.Background(), []byte("hello"))
	fmt.Println(string(result), err)
	// Output:
	// stopped: <nil>
	// 5 bytes <nil>
}

// A client with its own configuration continues the numbers of its key.
func ExampleNewClient() {
	cluster, err := replica.StartCluster(replica.ClusterConfig{Application: newTape})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer cluster.Close()
	endpoints, _ := cluster.Endpoints()
	for next := uint64(1); next <= 2; next++ {
		client, err := replica.NewClient(replica.ClientConfig{
			Genesis: cluster.Genesis, Signer: pbft.NewSigner([32]byte{1}), Endpoints: endpoints, Next: next,
		})
		if err != nil {
			fmt.Println(err)
			return
		}
		result, err := client.Call(context.Background(), []byte("ab"))
		fmt.Println("request", next, string(result), err)
		client.Close()
	}
	// Output:
	// request 1 2 bytes <nil>
	// request 2 4 bytes <nil>
}

// All replicas stop and start again from their logs.
func ExampleFileStorage() {
	folder, _ := os.MkdirTemp("", "logs")
	defer os.RemoveAll(folder)
	for life := uint64(1); life <= 2; life++ {
		cluster, err := replica.StartCluster(replica.ClusterConfig{
			Application: newTape,
			Storage: func(id pbft.ReplicaID) (replica.Storage, error) {
				dir := filepath.Join(folder, strconv.Itoa(int(id)))
				if life == 1 {
					return replica.CreateFileStorage(dir)
				}
				return replica.OpenFileStorage(dir)
			},
		})
		if err != nil {
			fmt.Println(err)
			return
		}
		endpoints, _ := cluster.Endpoints()
		client, _ := replica.NewClient(replica.ClientConfig{
			Genesis: cluster.Genesis, Signer: pbft.NewSigner([32]byte{1}), Endpoints: endpoints, Next: life,
		})
		result, err := client.Call(context.Background(), []byte("abc"))
		fmt.Println(string(result), err, cluster.Close())
	}
	// Output:
	// 3 bytes <nil> <nil>
	// 6 bytes <nil> <nil>
}

// A log returns its records in the order in which they were appended.
func ExampleCreateFileStorage() {
	folder, _ := os.MkdirTemp("", "log")
	defer os.RemoveAll(folder)
	log, err := replica.CreateFileStorage(folder)
	if err != nil {
		fmt.Println(err)
		return
	}
	for view := uint64(1); view <= 3; view++ {
		fmt.Println(log.Append([]pbft.Record{{Asked: &pbft.AskedRecord{View: view}}}))
	}
	records, _ := log.Load()
	fmt.Println(len(records), "records, the last for view", records[2].Asked.View)
	_ = log.Close()
	// Output:
	// <nil>
	// <nil>
	// <nil>
	// 3 records, the last for view 3
}
