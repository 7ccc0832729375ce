package milp

import (
	"math/rand/v2"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestListIsASliceInPieces compares a list with a slice under random use, over
// several blocks.
func TestListIsASliceInPieces(t *testing.T) {
	for seed := range uint64(20) {
		rng := rand.New(rand.NewPCG(seed, 1))
		var l list[int32]
		var twin []int32
		for len(twin) < 5*blockSize {
			switch rng.IntN(6) {
			case 0:
				for range rng.IntN(blockSize) {
					x := rng.Int32()
					l.push(x)
					twin = append(twin, x)
				}
			case 1, 2:
				some := make([]int32, rng.IntN(2*blockSize))
				for k := range some {
					some[k] = rng.Int32()
				}
				l.pushAll(some)
				twin = append(twin, some...)
			case 3:
				if seed%2 == 0 {
					l.reserve(rng.IntN(2 * blockSize))
				}
			case 4:
				for range min(100, len(twin)) {
					i := rng.IntN(len(twin))
					twin[i] = rng.Int32()
					*l.at(i) = twin[i]
				}
			case 5:
				if rng.IntN(10) == 0 {
					l.clear()
					clear(twin)
				}
			}
			require.Equal(t, len(twin), l.len())
			require.Equal(t, twin, append([]int32(nil), l.all()...))
		}
		for i, x := range twin {
			require.Equal(t, x, *l.at(i))
		}
		c := l.clone()
		*c.at(0)++
		c.push(1)
		require.Equal(t, twin, append([]int32(nil), l.all()...), "a clone shares nothing")
	}
}

func TestReservedRoomIsOnePiece(t *testing.T) {
	var l list[float64]
	l.reserve(3 * blockSize)
	first := &l.open[:1][0]
	for k := range 3 * blockSize {
		l.push(float64(k))
	}
	require.Same(t, first, &l.all()[0], "neither moved nor copied")
}

// TestFinishedModelIsReadByManyAtOnce is for the race detector: putting arrays
// together changes nothing.
func TestFinishedModelIsReadByManyAtOnce(t *testing.T) {
	m := basicModel(70, false)
	var wait sync.WaitGroup
	for k := range 4 {
		wait.Go(func() {
			v := m.VarAt(2*blockSize + k)
			if lo, hi := v.Bounds(); lo != -Inf || hi != Inf {
				t.Errorf("%v is within [%g, %g], want no bounds", v.Name(), lo, hi)
			}
			if n := len(m.Data().Cost); n != m.Vars() {
				t.Errorf("%d costs of %d variables", n, m.Vars())
			}
			if d := Describe(m.Copy()); d.Nonzeros != 4*70*70 {
				t.Errorf("%d nonzeros, want 4 for each of 70 x 70", d.Nonzeros)
			}
		})
	}
	wait.Wait()
}
