package ledger

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestMicroRoundsToEvenAndRefusesWhatIsNotANumber(t *testing.T) {
	for _, c := range []struct {
		x    float64
		want Micro
	}{{0, 0}, {1.5, 1_500_000}, {-0.25, -250_000}, {0.0000005, 0}, {0.0000015, 2}, {9e12, 9e18}} {
		got, err := ToMicro(c.x)
		require.NoError(t, err)
		require.Equal(t, c.want, got)
	}
	for _, x := range []float64{math.NaN(), math.Inf(1), math.Inf(-1), 1e13, -1e13} {
		_, err := ToMicro(x)
		require.ErrorIs(t, err, ErrRange)
	}
	require.Equal(t, "-0.250000", Micro(-250_000).String())
	require.Equal(t, "-92233720368547758.08", Money(math.MinInt64).String())
	require.Equal(t, "12.50", Money(1250).String())
}

func TestWeightsSumToAMillionExactly(t *testing.T) {
	got, err := WeightMicros([3]float64{0.4, 0.2, 0.4})
	require.NoError(t, err)
	require.Equal(t, [3]uint32{400_000, 200_000, 400_000}, got)
	// A third is 333 333.3 millionths: the one missing goes to the first of
	// three equal remainders.
	got, err = WeightMicros([3]float64{1.0 / 3, 1.0 / 3, 1.0 / 3})
	require.NoError(t, err)
	require.Equal(t, uint32(1_000_000), got[0]+got[1]+got[2])
	for _, bad := range [][3]float64{{0.5, 0.5, 0.5}, {-0.1, 0.6, 0.5}, {math.NaN(), 0, 1}, {math.Inf(1), 0, 0}} {
		_, err := WeightMicros(bad)
		require.Error(t, err)
	}
	random := rand.New(rand.NewPCG(1, 1))
	for range 1000 {
		a, b, c := random.Float64(), random.Float64(), random.Float64()
		s := a + b + c
		got, err := WeightMicros([3]float64{a / s, b / s, c / s})
		require.NoError(t, err)
		require.Equal(t, uint32(1_000_000), got[0]+got[1]+got[2])
		require.InDelta(t, a/s*1e6, float64(got[0]), 1.5)
	}
}

// By hand: 10 split in three is 333.33 hundredths each; the payer's −1000 is
// exact, so one of the three gets 334.
func TestBalanceKeepsTheSumAtZero(t *testing.T) {
	_, err := Balance([]float64{1, 2}, math.NaN())
	require.Error(t, err, "a tolerance that is no number tolerates nothing")
	got, err := Balance([]float64{-10, 10.0 / 3, 10.0 / 3, 10.0 / 3}, 1e-9)
	require.NoError(t, err)
	require.Equal(t, Money(0), got[0]+got[1]+got[2]+got[3])
	require.Equal(t, Money(-1000), got[0])
	require.ElementsMatch(t, []Money{334, 333, 333}, got[1:])

	_, err = Balance([]float64{1, 2}, 1e-6)
	require.Error(t, err)
	_, err = Balance([]float64{math.NaN()}, 1)
	require.ErrorIs(t, err, ErrRange)
	_, err = Balance([]float64{1e18, -1e18}, 1)
	require.ErrorIs(t, err, ErrRange)
	got, err = Balance(nil, 0)
	require.NoError(t, err)
	require.Empty(t, got)

	random := rand.New(rand.NewPCG(3, 3))
	for range 2000 {
		amounts := make([]float64, 1+random.IntN(12))
		sum := 0.0
		for i := range amounts {
			amounts[i] = (random.Float64() - 0.5) * math.Pow(10, float64(random.IntN(8)))
			sum += amounts[i]
		}
		amounts[0] -= sum
		got, err := Balance(amounts, 1e-6)
		require.NoError(t, err)
		total := Money(0)
		for i, m := range got {
			total += m
			require.InDelta(t, amounts[i]*100, float64(m), 1.01)
		}
		require.Zero(t, total)
	}
}
