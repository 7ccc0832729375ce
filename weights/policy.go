package weights

import (
	"errors"

	"github.com/trigrid/trigrid/internal/faults"
)

// Signals holds the observations of a grid before it publishes weights for a
// period. An unmeasured signal is NaN, not zero; a policy that needs it returns
// an error.
type Signals struct {
	CleanShare   float64 // clean energy / served demand, [0, 1]
	Volatility   float64 // standard deviation of renewable forecast errors / demand, ≥ 0
	SupplyMargin float64 // (available capacity − demand) / demand; negative in a shortage
}

// Policy sets the weights of a period from the signals. Implementations are
// values without state: equal signals give equal weights, and concurrent calls
// are allowed.
type Policy interface {
	// Weights returns a vector on the simplex, or an error that names each
	// invalid signal or setting.
	Weights(Signals) (Vector, error)
}

// Fixed is a policy with constant weights.
type Fixed Vector

// Weights implements [Policy]. It returns an error if f is not on the simplex.
func (f Fixed) Weights(Signals) (Vector, error) {
	if err := Vector(f).Validate(); err != nil {
		return Vector{}, err
	}
	return Vector(f), nil
}

// Blend is a convex combination of policies P_k with proportions q_k:
//
//	w = Σ_k q_k P_k(signals) / Σ_k q_k
//
// A convex combination of points of the simplex is on the simplex.
type Blend []Part

// Part is one policy of a [Blend].
type Part struct {
	Policy     Policy
	Proportion float64 // q_k ≥ 0; Blend divides by the sum
}

// Weights implements [Policy]. It reports every part without a policy, with an
// invalid proportion or with an error of its policy, and a blend without
// positive proportions.
func (b Blend) Weights(s Signals) (Vector, error) {
	bad := faults.List{Prefix: "weights: "}
	var sum Vector
	for k, part := range b {
		if !bad.Require(part.Policy != nil, "part %d of the blend has no policy; set Policy", k) {
			continue
		}
		q := part.Proportion
		if !bad.Require(finite(q) && q >= 0, "part %d of the blend has proportion %v, "+
			"want a finite number of at least 0", k, q) {
			continue
		}
		w, err := part.Policy.Weights(s)
		if err != nil {
			bad.Addf("part %d of the blend: %w", k, err)
			continue
		}
		sum.Economic += q * w.Economic
		sum.Risk += q * w.Risk
		sum.Environment += q * w.Environment
	}
	if err := bad.Err(); err != nil {
		return Vector{}, err
	}
	if sum == (Vector{}) {
		return Vector{}, errors.New("weights: the blend has no part with a positive proportion")
	}
	return sum.Normalise()
}
