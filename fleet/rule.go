package fleet

import "math"

// Rule is a sharing rule of a region of fleets: a payoff per DER of class k in
// VPP v,
//
//	U_kv(n) = Σ_q w_q ∂J_v/∂n_k (t_q n)        0 < t_q ≤ 1,  Σ_q w_q = 1
//
// Each rule of this form has the concave potential of the package comment.
type Rule interface {
	Name() string
	Nodes() (at, weight []float64)
}

// Marginal pays each DER its marginal value: the node 1 with the weight 1. The
// equilibrium has the largest welfare. VPPs never pay more than the gain,
// because J is concave; the rest stays with them.
type Marginal struct{}

// Name implements [Rule].
func (Marginal) Name() string { return "marginal" }

// Nodes implements [Rule].
func (Marginal) Nodes() (at, weight []float64) { return []float64{1}, []float64{1} }

// AumannShapley pays the mean of the marginal values while all classes grow in
// proportion, which is the Shapley value of a continuum of DERs. The payoffs
// add up to the gain of the VPP, except for the error of the quadrature.
type AumannShapley struct {
	Count int // nodes of the Gauss-Legendre quadrature. Default 0: 4
}

// Name implements [Rule].
func (AumannShapley) Name() string { return "Aumann-Shapley" }

// Nodes implements [Rule].
func (r AumannShapley) Nodes() (at, weight []float64) {
	n := r.Count
	if n <= 0 {
		n = 4
	}
	return gaussLegendre(n)
}

// gaussLegendre returns the nodes and the weights of the quadrature of n nodes
// on [0, 1]: the zeros x of the Legendre polynomial P_n on [−1, 1] by Newton's
// method, with weights 2 / ((1−x²) P_n'²).
//
// Source: Press, Teukolsky, Vetterling, Flannery, Numerical Recipes (2007),
// section 4.6.
func gaussLegendre(n int) (at, weight []float64) {
	for i := n; i >= 1; i-- { // cos falls with i, so that the nodes rise
		x := math.Cos(math.Pi * (float64(i) - 0.25) / (float64(n) + 0.5))
		slope := 0.0
		for range 50 {
			before, value := 1.0, x // P_0, P_1
			for j := 2; j <= n; j++ {
				before, value = value, (float64(2*j-1)*x*value-float64(j-1)*before)/float64(j)
			}
			slope = float64(n) * (x*value - before) / (x*x - 1)
			step := value / slope
			x -= step
			if math.Abs(step) < 1e-15 {
				break
			}
		}
		at = append(at, (1+x)/2)
		weight = append(weight, 1/((1-x*x)*slope*slope))
	}
	return at, weight
}
