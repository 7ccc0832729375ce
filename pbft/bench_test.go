package pbft

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"testing"
)

// BenchmarkCheckpoint measures the pause of a replica that takes a checkpoint
// with a table of clients, each of which has had up to four requests with kept
// results of 32 bytes executed. Some clients have had a further one since the
// checkpoint before: those of one full batch, or of all 128 batches up to the
// checkpoint. The application has no state.
func BenchmarkCheckpoint(b *testing.B) {
	for _, clients := range []int{1000, 100_000, 1_000_000} {
		for _, changed := range []int{512, 128 * 512} {
			if changed <= clients {
				b.Run(fmt.Sprintf("clients=%d/changed=%d", clients, changed), func(b *testing.B) { benchmarkCheckpoint(b, clients, changed) })
			}
		}
	}
}

func benchmarkCheckpoint(b *testing.B, clients, changed int) {
	f := newFixture(b, 4)
	n := f.node(b, 0)
	n.clients.limit, n.clients.window = clients, 4
	execute := func(i int, round uint64) {
		d := sha256.Sum256(binary.BigEndian.AppendUint64(nil, uint64(i)))
		n.clients.record(requestKey{PublicKey(d), round}, kept{content: Digest(d), result: d[:]})
		n.clients.settle([]Request{{Client: PublicKey(d)}})
	}
	for i := range clients {
		execute(i, 1)
	}
	n.takeCheckpoint(&Header{Seq: 4}) // the first one has no chunks to share
	round := uint64(1)
	b.ReportAllocs()
	for b.Loop() {
		b.StopTimer()
		round++
		for i := range changed {
			execute(i, round)
		}
		b.StartTimer()
		h := Header{Seq: 4}
		n.takeCheckpoint(&h)
	}
	b.ReportMetric(float64(n.checkpoints[4].state().Size())/(1<<20), "MiB")
}
