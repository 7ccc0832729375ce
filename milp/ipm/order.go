package ipm

import (
	"math"
	"slices"
)

// graph is the pattern of a symmetric matrix without its diagonal: node i is
// adjacent to list[start[i]:start[i+1]]. Both directions of an edge are stored.
type graph struct {
	start, list []int32
}

func (g graph) nodes() int { return len(g.start) - 1 }

// minimumDegree returns an elimination order of the nodes that keeps the factor
// sparse.
//
// In every step it eliminates a node of smallest approximate degree. The graph
// of the rest is kept as a quotient graph: an eliminated node becomes an
// element, whose members are adjacent to each other without stored edges. The
// degree of a node i is bounded by
//
//	d_i ≤ |A_i \ i| + |L_p \ i| + Σ_e |L_e \ L_p|
//
// for its remaining edges A_i, the new element L_p and its other elements L_e.
// Nodes with equal neighbours become one, and elements inside the new element
// are absorbed. Nodes with more than max(16, 10 √n) neighbours, the default of
// the second source, come last in the order of their degree.
//
// The order depends on the graph alone. Poll is called now and then;
// minimumDegree returns nil if poll returns true.
//
// Sources: Amestoy, Davis and Duff, An approximate minimum degree ordering
// algorithm, SIAM Journal on Matrix Analysis and Applications 17 (1996)
// 886–905; the same, Algorithm 837: AMD, ACM Transactions on Mathematical
// Software 30 (2004) 381–388.
func minimumDegree(g graph, poll func() bool) []int32 {
	q := newQuotient(g)
	for q.left > 0 {
		if q.eliminated++; q.eliminated%256 == 0 && poll() {
			return nil
		}
		q.eliminate(q.smallest())
	}
	return append(q.order, q.dense...)
}

// quotient is the quotient graph of [minimumDegree]. A node is a variable, an
// element or absorbed.
type quotient struct {
	weight   []int32   // nodes that a variable stands for; 0 for elements and absorbed nodes
	edges    [][]int32 // of a variable: adjacent variables, among them some that were absorbed
	elements [][]int32 // of a variable: adjacent elements, among them some that were absorbed
	members  [][]int32 // of an element: its variables; nil if it was absorbed
	size     []int32   // of an element: the weight of its variables
	degree   []int32   // of a variable: the bound above
	absorbed [][]int32 // per node: those that it stands for, without itself

	// Variables of equal degree form a list that is linked in both directions.
	// Entries are nodes, or -1 for none.
	first, next, previous []int32
	lowest                int32

	mark    []int32 // per node: the last round that marked it
	outside []int32 // per element: |L_e \ L_p| plus the round that computed it
	round   int32
	hashes  []int32 // per hash the last variable of the new element with it, or -1
	chain   []int32 // per variable the previous one of equal hash
	member  []int32 // scratch: L_p

	order, dense     []int32
	left, eliminated int
}

func newQuotient(g graph) *quotient {
	n := g.nodes()
	q := &quotient{
		weight: make([]int32, n), edges: make([][]int32, n), elements: make([][]int32, n), members: make([][]int32, n),
		size: make([]int32, n), degree: make([]int32, n), absorbed: make([][]int32, n),
		first: make([]int32, n+1), next: make([]int32, n), previous: make([]int32, n),
		mark: make([]int32, n), outside: make([]int32, n), hashes: make([]int32, n), chain: make([]int32, n),
		order: make([]int32, 0, n), left: n, round: 1,
	}
	for i := range q.first {
		q.first[i] = -1
	}
	dense := max(16, int32(10*math.Sqrt(float64(n))))
	own := slices.Clone(g.list)
	for i := range n {
		q.hashes[i] = -1
		// Lists only shrink, so that they share one copy of the graph.
		q.edges[i] = own[g.start[i]:g.start[i+1]:g.start[i+1]]
		q.degree[i] = int32(len(q.edges[i]))
		if q.degree[i] > dense {
			q.dense = append(q.dense, int32(i))
			continue
		}
		q.weight[i] = 1
		q.insert(int32(i))
	}
	// Dense nodes have weight 0, so that the rest of the algorithm ignores
	// them.
	q.left -= len(q.dense)
	slices.SortStableFunc(q.dense, func(a, b int32) int { return int(q.degree[a] - q.degree[b]) })
	return q
}

// insert adds a variable to the list of its degree.
func (q *quotient) insert(i int32) {
	d := q.degree[i]
	head := q.first[d]
	q.next[i], q.previous[i] = head, -1
	if head >= 0 {
		q.previous[head] = i
	}
	q.first[d] = i
	q.lowest = min(q.lowest, d)
}

// remove takes a variable out of the list of its degree.
func (q *quotient) remove(i int32) {
	if q.previous[i] >= 0 {
		q.next[q.previous[i]] = q.next[i]
	} else {
		q.first[q.degree[i]] = q.next[i]
	}
	if q.next[i] >= 0 {
		q.previous[q.next[i]] = q.previous[i]
	}
}

// smallest takes a variable of smallest degree out of its list and returns it.
func (q *quotient) smallest() int32 {
	for q.first[q.lowest] < 0 {
		q.lowest++
	}
	p := q.first[q.lowest]
	q.remove(p)
	return p
}

// eliminate turns variable p into an element and updates its neighbours.
func (q *quotient) eliminate(p int32) {
	q.gather(p)
	q.compareElements()
	q.updateDegrees(p)
	q.mergeEqual(p)

	kept := q.member[:0]
	size := int32(0)
	for _, i := range q.member {
		if q.weight[i] > 0 {
			// Variables that were merged or numbered have weight 0.
			kept = append(kept, i)
			size += q.weight[i]
		}
	}
	q.members[p], q.size[p] = slices.Clone(kept), size
	q.left -= int(q.weight[p])
	q.weight[p] = 0
	for _, i := range kept {
		// No variable can have more neighbours than are left.
		d := min(q.degree[i]+size-q.weight[i], int32(q.left)-q.weight[i])
		q.degree[i] = max(d, 0)
		q.insert(i)
	}
	q.emit(p)
}

// gather sets member to L_p: the variables adjacent to p by an edge or an
// element. The elements of p are absorbed.
func (q *quotient) gather(p int32) {
	q.round++
	q.mark[p] = q.round
	q.member = q.member[:0]
	collect := func(list []int32) {
		for _, i := range list {
			if q.weight[i] > 0 && q.mark[i] != q.round {
				q.mark[i] = q.round
				q.member = append(q.member, i)
				q.remove(i)
			}
		}
	}
	collect(q.edges[p])
	for _, e := range q.elements[p] {
		collect(q.members[e])
		q.members[e] = nil
	}
	q.edges[p], q.elements[p] = nil, nil
}

// compareElements computes |L_e \ L_p| for all elements e that share a variable
// with L_p.
func (q *quotient) compareElements() {
	// outside counts from a base above all earlier values, so that it needs no
	// reset.
	if q.round > math.MaxInt32-3*int32(len(q.weight)) {
		clear(q.outside)
		clear(q.mark)
		q.round = 1
		for _, i := range q.member {
			q.mark[i] = 1
		}
	}
	for _, i := range q.member {
		for _, e := range q.elements[i] {
			if q.members[e] == nil {
				continue
			}
			if q.outside[e] < q.round {
				q.outside[e] = q.size[e] + q.round
			}
			// Each shared variable leaves the count once, so that |L_e \ L_p|
			// remains.
			q.outside[e] -= q.weight[i]
		}
	}
}

// updateDegrees removes edges inside L_p and absorbed elements from its
// variables. It sets degree to the part of the bound outside L_p, and chains
// variables of equal hash.
func (q *quotient) updateDegrees(p int32) {
	for _, i := range q.member {
		outer, hash := int32(0), uint32(p)
		elements := q.elements[i][:0]
		for _, e := range q.elements[i] {
			if q.members[e] == nil {
				continue
			}
			beyond := q.outside[e] - q.round
			if beyond <= 0 { // L_e is inside L_p
				q.members[e] = nil
				continue
			}
			outer += beyond
			hash += uint32(e)
			elements = append(elements, e)
		}
		edges := q.edges[i][:0]
		for _, j := range q.edges[i] {
			if q.weight[j] > 0 && q.mark[j] != q.round && j != p {
				outer += q.weight[j]
				hash += uint32(j)
				edges = append(edges, j)
			}
		}
		q.edges[i] = edges
		if len(elements) == 0 && len(edges) == 0 {
			// The variable is adjacent to L_p only, so that it can follow p
			// without further fill.
			q.elements[i] = nil
			q.join(p, i)
			continue
		}
		q.elements[i] = append(elements, p)
		q.degree[i] = min(outer, q.degree[i])
		q.chain[i] = int32(hash % uint32(len(q.hashes)))
	}
	// Marks and outside of later rounds must exceed every value of this one.
	q.round += int32(len(q.weight)) + 1
}

// mergeEqual makes variables of L_p with the same edges and elements one
// variable.
func (q *quotient) mergeEqual(p int32) {
	link := q.previous // unused by variables outside the lists
	for _, i := range q.member {
		if q.weight[i] == 0 {
			continue
		}
		h := q.chain[i]
		// Equal variables have equal hashes; only those are compared one by
		// one.
		link[i] = q.hashes[h]
		q.hashes[h] = i
	}
	for _, i := range q.member {
		if q.weight[i] == 0 {
			continue
		}
		h := q.chain[i]
		top := q.hashes[h]
		q.hashes[h] = -1
		for a := top; a >= 0; a = link[a] {
			if q.weight[a] == 0 || link[a] < 0 {
				continue
			}
			q.round++
			for _, e := range q.elements[a] {
				q.mark[e] = q.round
			}
			for _, j := range q.edges[a] {
				q.mark[j] = q.round
			}
			// For example, two hours of one unit with the same rows become one
			// variable of weight 2.
			for b := link[a]; b >= 0; b = link[b] {
				if q.weight[b] > 0 && q.marked(a, b) {
					q.join(a, b)
				}
			}
		}
	}
}

// marked reports whether b has the marked edges and elements, and as many as a.
func (q *quotient) marked(a, b int32) bool {
	if len(q.elements[a]) != len(q.elements[b]) || len(q.edges[a]) != len(q.edges[b]) {
		return false
	}
	for _, e := range q.elements[b] {
		if q.mark[e] != q.round {
			return false
		}
	}
	for _, j := range q.edges[b] {
		if q.mark[j] != q.round {
			return false
		}
	}
	return true
}

// join lets variable a stand for variable b too.
func (q *quotient) join(a, b int32) {
	q.weight[a] += q.weight[b]
	q.weight[b] = 0
	q.absorbed[a] = append(q.absorbed[a], b)
	q.edges[b], q.elements[b] = nil, nil
}

// emit appends a node, and all that it stands for, to the order.
func (q *quotient) emit(p int32) {
	q.order = append(q.order, p)
	for k := len(q.order) - 1; k < len(q.order); k++ {
		q.order = append(q.order, q.absorbed[q.order[k]]...)
	}
}
