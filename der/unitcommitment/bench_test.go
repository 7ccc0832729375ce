package unitcommitment_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/der/unitcommitment"
)

// BenchmarkFormulate goes from the parsed RTS-GMLC instance (73 thermal and 81
// renewable units, 48 hours) to a checked program with all names, ready to be
// handed to a solver.
func BenchmarkFormulate(b *testing.B) {
	for _, f := range []der.Formulation{der.Tight, der.PGLib} {
		b.Run(f.String(), func(b *testing.B) {
			s := readFile(b, rtsFile, unitcommitment.Options{Formulation: f})
			b.ReportAllocs()
			var p *unitcommitment.Program
			for b.Loop() {
				var err error
				p, err = s.Formulate()
				require.NoError(b, err)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(p.Model.Nonzeros()), "ns/nonzero")
		})
	}
}
