package pbft

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"testing"
)

// BenchmarkCheckpoint measures the pause of a replica that takes a checkpoint with a table of clients, each of which has
// had one request with a result of 32 bytes executed and 512 a second one since the checkpoint before. The application has no
// state.
func BenchmarkCheckpoint(b *testing.B) {
	for _, clients := range []int{1000, 100_000, 1_000_000} {
		b.Run(fmt.Sprintf("clients=%d", clients), func(b *testing.B) {
			f := newFixture(b, 4)
			n := f.node(b, 0)
			n.clients.limit = clients
			for i := range clients {
				d := sha256.Sum256(binary.BigEndian.AppendUint64(nil, uint64(i)))
				n.clients.record(requestKey{PublicKey(d), 1}, kept{content: Digest(d), result: d[:]})
			}
			n.takeCheckpoint(&Header{Seq: 4}) // the first one has no kept encodings
			n.installed = 4
			round := uint64(1)
			b.ReportAllocs()
			for b.Loop() {
				b.StopTimer()
				round++
				for i := range min(clients, 512) {
					d := sha256.Sum256(binary.BigEndian.AppendUint64(nil, uint64(i)))
					n.clients.record(requestKey{PublicKey(d), round}, kept{content: Digest(d), result: d[:]})
				}
				b.StartTimer()
				h := Header{Seq: 4}
				n.takeCheckpoint(&h)
				b.SetBytes(int64(len(n.checkpoints[4].state)))
			}
		})
	}
}
