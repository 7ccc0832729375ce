package replica_test

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/pbft"
	"github.com/trigrid/trigrid/pbft/replica"
)

// counter is the lightest state machine: it counts operations and hashes their
// lengths.
type counter struct{ n uint64 }

func (c *counter) Apply(b pbft.OrderedRequests) pbft.Outcome {
	out := pbft.Outcome{Results: make([][]byte, len(b.Requests))}
	for i := range b.Requests {
		c.n++
		out.Results[i] = binary.BigEndian.AppendUint64(nil, c.n)
	}
	out.Root = c.Root()
	return out
}

func (c *counter) Root() pbft.Digest { return sha256.Sum256(c.Snapshot()) }
func (c *counter) Snapshot() []byte  { return binary.BigEndian.AppendUint64(nil, c.n) }
func (c *counter) Restore(b []byte) error {
	c.n = binary.BigEndian.Uint64(b)
	return nil
}

const (
	benchClients = 16
	benchPayload = 256 // bytes of operation
)

// load is a set of clients with requests signed in advance.
type load struct {
	cluster  *replica.Cluster
	chain    pbft.Digest
	requests [][]pbft.Request // per client
	tallies  []*pbft.Tally
	mu       []sync.Mutex
	sent     [][]time.Time
	latency  [][]time.Duration
	done     chan int
}

func newLoad(b *testing.B, n, total int, rule pbft.Rule, overTLS bool) *load {
	cluster, err := replica.StartCluster(replica.ClusterConfig{
		Replicas:    n,
		Genesis:     pbft.Genesis{Name: "bench", Rule: rule, ClientWindow: 4096},
		Options:     pbft.Options{RequestTimeout: 500},
		Application: func(pbft.ReplicaID) pbft.Application { return &counter{} },
		TLS:         overTLS,
	})
	require.NoError(b, err)
	b.Cleanup(func() { require.NoError(b, cluster.Close()) })
	l := &load{cluster: cluster, chain: cluster.Drivers[0].Chain(), done: make(chan int, total), mu: make([]sync.Mutex, benchClients)}
	members, err := pbft.NewMembership(0, cluster.Genesis.Members)
	require.NoError(b, err)
	for c := range benchClients {
		signer := pbft.NewSigner(sha256.Sum256([]byte{byte(c), 'c'}))
		count := total/benchClients + 1
		rs := make([]pbft.Request, count)
		for i := range rs {
			op := make([]byte, benchPayload)
			binary.BigEndian.PutUint64(op, uint64(i))
			rs[i] = pbft.NewRequest(l.chain, signer, uint64(i+1), op)
		}
		l.requests = append(l.requests, rs)
		l.sent = append(l.sent, make([]time.Time, count+1))
		l.latency = append(l.latency, nil)
		tally := pbft.NewTally(rule.Verifier(), l.chain, members, signer.Public())
		for i := range rs {
			tally.Expect(&rs[i])
		}
		l.tallies = append(l.tallies, tally)
		l.attach(b, c, signer)
	}
	return l
}

func (l *load) attach(b *testing.B, c int, signer pbft.Signer) {
	sink := func(r pbft.Reply) {
		l.mu[c].Lock()
		accepted, err := l.tallies[c].Add(&r)
		if accepted {
			l.latency[c] = append(l.latency[c], time.Since(l.sent[c][r.Number]))
		}
		l.mu[c].Unlock()
		if err != nil {
			b.Error(err)
		}
		if accepted {
			l.done <- c
		}
	}
	endpoints, err := l.cluster.Endpoints()
	require.NoError(b, err)
	for _, e := range endpoints {
		b.Cleanup(e.Attach(signer.Public(), sink))
	}
}

// send submits requests of client c from index lo to hi to one replica.
func (l *load) send(b *testing.B, endpoints []replica.Endpoint, to, c, lo, hi int) {
	now := time.Now()
	l.mu[c].Lock()
	for i := lo; i < hi; i++ {
		l.sent[c][l.requests[c][i].Number] = now
	}
	l.mu[c].Unlock()
	for endpoints[to].Submit(l.requests[c][lo:hi]...) != nil {
		time.Sleep(time.Millisecond)
	}
}

func (l *load) report(b *testing.B, elapsed, used time.Duration, committed int) {
	var all []time.Duration
	for c := range l.latency {
		l.mu[c].Lock()
		all = append(all, l.latency[c]...)
		l.mu[c].Unlock()
	}
	slices.Sort(all)
	b.ReportMetric(float64(committed)/elapsed.Seconds(), "tx/s")
	b.ReportMetric(float64(all[len(all)/2].Microseconds())/1000, "p50-ms")
	b.ReportMetric(float64(all[len(all)*99/100].Microseconds())/1000, "p99-ms")
	b.ReportMetric(float64(used.Microseconds())/float64(committed), "cpu-µs/tx")
	state, err := l.cluster.Drivers[0].State()
	require.NoError(b, err)
	b.ReportMetric(float64(committed)/float64(state.Executed), "tx/batch")
	b.ReportMetric(0, "ns/op")
}

// benchSize is how many requests one measurement commits: PBFT_BENCH, or few
// enough for a quick look.
func benchSize(b *testing.B, def int) int {
	text, ok := os.LookupEnv("PBFT_BENCH")
	if !ok {
		return def
	}
	n, err := strconv.Atoi(text)
	require.NoError(b, err, "PBFT_BENCH")
	return n
}

// BenchmarkThroughput commits pre-signed 256-byte requests as fast as it can
// with 4,000 in flight. All replicas and clients share one process; every
// replica checks every client signature, and clients check replies.
func BenchmarkThroughput(b *testing.B) {
	b.Logf("%d cores, %d-byte operations, %d clients, batches of at most 512", runtime.GOMAXPROCS(0), benchPayload, benchClients)
	for _, overTLS := range []bool{false, true} {
		for _, rule := range []pbft.Rule{pbft.StandardRule, pbft.BatchRule} {
			for _, n := range []int{4, 7, 10, 13} {
				link := map[bool]string{false: "channels", true: "tls"}[overTLS]
				b.Run(fmt.Sprintf("%s/%v/n=%d", link, rule, n), func(b *testing.B) {
					for b.Loop() {
						flood(b, n, benchSize(b, 16_000), rule, overTLS)
					}
				})
			}
		}
	}
}

func flood(b *testing.B, n, total int, rule pbft.Rule, overTLS bool) {
	const inFlight, chunk = 4000, 50
	b.StopTimer()
	l := newLoad(b, n, total, rule, overTLS)
	endpoints, err := l.cluster.Endpoints()
	require.NoError(b, err)
	runtime.GC()
	b.StartTimer()
	start, used := time.Now(), processTime()
	next := make([]int, benchClients)
	sent, done := 0, 0
	for done < total {
		for c := 0; c < benchClients && sent < total && sent-done < inFlight; c++ {
			hi := min(next[c]+chunk, len(l.requests[c]), next[c]+total-sent)
			if hi == next[c] {
				continue
			}
			l.send(b, endpoints, 0, c, next[c], hi)
			sent += hi - next[c]
			next[c] = hi
		}
		<-l.done
		done++
		for len(l.done) > 0 && done < total {
			<-l.done
			done++
		}
	}
	l.report(b, time.Since(start), processTime()-used, total)
}

// BenchmarkLatency sends requests at a fixed rate whether or not earlier ones
// are answered.
func BenchmarkLatency(b *testing.B) {
	for _, overTLS := range []bool{false, true} {
		for _, rate := range []int{200, 500, 2000} {
			link := map[bool]string{false: "channels", true: "tls"}[overTLS]
			b.Run(fmt.Sprintf("%s/rate=%d", link, rate), func(b *testing.B) {
				for b.Loop() {
					openLoop(b, rate, benchSize(b, 2*rate), overTLS)
				}
			})
		}
	}
}

func openLoop(b *testing.B, rate, total int, overTLS bool) {
	b.StopTimer()
	l := newLoad(b, 4, total, pbft.StandardRule, overTLS)
	endpoints, err := l.cluster.Endpoints()
	require.NoError(b, err)
	b.StartTimer()
	start, used := time.Now(), processTime()
	for i := range total {
		time.Sleep(time.Until(start.Add(time.Duration(i) * time.Second / time.Duration(rate))))
		l.send(b, endpoints, 0, i%benchClients, i/benchClients, i/benchClients+1)
	}
	for range total {
		<-l.done
	}
	l.report(b, time.Since(start), processTime()-used, total)
}

// BenchmarkVerify is the floor under everything else: four replicas check each
// client signature once. The standard library's own function stands beside the
// two rules.
func BenchmarkVerify(b *testing.B) {
	const count = 512
	signed := make([]pbft.Signed, count)
	for i := range signed {
		signer := pbft.NewSigner([32]byte{byte(i % benchClients)})
		m := binary.BigEndian.AppendUint64(make([]byte, benchPayload), uint64(i))
		signed[i] = pbft.Signed{Key: signer.Public(), Message: m, Signature: signer.Sign(m)}
	}
	measure := func(name string, verifyAll func()) {
		b.Run(name, func(b *testing.B) {
			used := processTime()
			for b.Loop() {
				verifyAll()
			}
			b.ReportMetric(float64((processTime()-used).Nanoseconds())/1000/float64(b.N*count), "cpu-µs/signature")
		})
	}
	for _, rule := range []pbft.Rule{pbft.StandardRule, pbft.BatchRule} {
		v := rule.Verifier()
		measure(rule.String(), func() { v.VerifyAll(signed) })
	}
	measure("crypto-ed25519", func() {
		for i := range signed {
			ed25519.Verify(signed[i].Key[:], signed[i].Message, signed[i].Signature[:])
		}
	})
}

// BenchmarkCost measures the CPU time of PBFT_BENCH committed requests of 256
// bytes with four replicas and the standard rule, and that of one check of a
// signature on the same machine, in one run. The time of four checks is the
// least that a request can cost. It ignores -benchtime.
func BenchmarkCost(b *testing.B) {
	for _, overTLS := range []bool{false, true} {
		link := map[bool]string{false: "channels", true: "tls"}[overTLS]
		b.Run(link, func(b *testing.B) { flood(b, 4, benchSize(b, 4_000), pbft.StandardRule, overTLS) })
	}
	b.Run("signature", func(b *testing.B) {
		const count = 4096
		signer, v := pbft.NewSigner([32]byte{1}), pbft.StandardRule.Verifier()
		m := make([]byte, benchPayload)
		signed := pbft.Signed{Key: signer.Public(), Message: m, Signature: signer.Sign(m)}
		used := processTime()
		for range count {
			require.True(b, v.Verify(signed))
		}
		b.ReportMetric(float64((processTime()-used).Nanoseconds())/1000/count, "cpu-µs/signature")
	})
}
