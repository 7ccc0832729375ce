package ipm

import (
	"cmp"
	"math/bits"
	"slices"
)

// plan is the symbolic part of a factorisation P K Pᵀ = L D Lᵀ of a symmetric
// matrix with a fixed pattern. It depends on the pattern and the elimination
// order only.
//
// The columns of L are grouped in panels: neighbours with the same pattern
// below, or nearly the same. Panel s has the columns first[s] up to first[s+1]
// and the rows rows[s], those of its own columns first. Its values are a dense
// block of len(rows[s]) × columns, column by column, from at[s] on. parent[s]
// is the panel of the first row below its own columns.
//
// Panels below a small upper part of the tree are assigned to groups of about
// equal work, which do not depend on each other. Groups are factored and solved
// in parallel. Their number is fixed, so that results do not depend on the
// number of cores.
//
// Sources: Liu, The role of elimination trees in sparse factorization, SIAM
// Journal on Matrix Analysis and Applications 11 (1990) 134–172; Duff and Reid,
// The multifrontal solution of indefinite sparse symmetric linear systems, ACM
// Transactions on Mathematical Software 9 (1983) 302–325; Ashcraft and Grimes,
// The influence of relaxed supernode partitions on the multifrontal method,
// ibid. 15 (1989) 291–309.
type plan struct {
	n      int
	order  []int32 // order[k] is the original index of the k-th eliminated node
	place  []int32 // its inverse
	first  []int32 // panels+1 entries
	rows   [][]int32
	at     []int64 // panels+1 entries
	parent []int32 // -1 for a root
	child  [][]int32
	local  [][]int32         // per panel and row below its own columns: row in the parent's block
	group  [groups + 2]int32 // group k has the panels group[k] to group[k+1]; then the upper part
	hold   []int64           // per panel: place of its update in the arena
	arena  int64             // numbers that all updates need
	flops  float64           // multiplications of a factorisation
}

// Assumed sizes.
const (
	groups   = 8   // of panels
	maxPanel = 128 // columns of one panel, so that wide fronts are updated in parallel
	busyWork = 1e6 // multiplications of a factorisation below which groups are not worth their cost
)

// panels returns the number of panels.
func (p *plan) panels() int { return len(p.parent) }

// entries returns the number of stored values of L.
func (p *plan) entries() int64 { return p.at[len(p.at)-1] }

// newPlan analyses a graph for an elimination order. It returns nil if poll
// returns true, or if the factor has more than limit entries; needed is then a
// lower bound of their number.
func newPlan(g graph, order []int32, limit int64, poll func() bool) (_ *plan, needed int64) {
	tree := eliminationTree(g, order, inverse(order))
	// The order along the tree puts children before parents, without other
	// fill.
	order = reorder(order, postorder(tree))
	p := &plan{n: len(order), order: order, place: inverse(order)}
	if needed = p.findPanels(g, limit, poll); p.at == nil {
		return nil, needed
	}
	p.findGroups()
	p.pack()
	p.holdUpdates()
	return p, p.entries()
}

// inverse returns the place of each index in an order.
func inverse(order []int32) []int32 {
	place := make([]int32, len(order))
	for k, i := range order {
		place[i] = int32(k)
	}
	return place
}

// reorder returns the order along which by lists the places of another one.
func reorder(order, by []int32) []int32 {
	out := make([]int32, len(by))
	for k, i := range by {
		out[k] = order[i]
	}
	return out
}

// eliminationTree returns the parent of each node in terms of places, or -1:
// the first row below the diagonal in the node's column of L. Nodes without a
// common ancestor do not depend on each other.
func eliminationTree(g graph, order, place []int32) []int32 {
	parent, ancestor := make([]int32, len(order)), make([]int32, len(order))
	for k, i := range order {
		parent[k], ancestor[k] = -1, -1
		for _, j := range g.list[g.start[i]:g.start[i+1]] {
			// Path compression: every node on the way points to k afterwards.
			for r := place[j]; r >= 0 && r < int32(k); {
				next := ancestor[r]
				ancestor[r] = int32(k)
				if next < 0 {
					parent[r] = int32(k)
					break
				}
				if next == int32(k) {
					break
				}
				r = next
			}
		}
	}
	return parent
}

// postorder lists the nodes of a forest, children before their parent.
func postorder(parent []int32) []int32 {
	n := len(parent)
	// The children of a node are a list from child[node] through sibling.
	child, sibling := make([]int32, n), make([]int32, n)
	for i := range child {
		child[i] = -1
	}
	for i := n - 1; i >= 0; i-- {
		if p := parent[i]; p >= 0 {
			sibling[i] = child[p]
			// Backwards, so that the children of a node stand in ascending
			// order.
			child[p] = int32(i)
		}
	}
	out, stack := make([]int32, 0, n), []int32(nil)
	for root := range n {
		if parent[root] >= 0 {
			continue
		}
		stack = append(stack, int32(root))
		for len(stack) > 0 {
			top := stack[len(stack)-1]
			if c := child[top]; c >= 0 {
				child[top] = sibling[c]
				stack = append(stack, c)
				continue
			}
			// A node is numbered when all of its children are: their panels are
			// then neighbours.
			stack = stack[:len(stack)-1]
			out = append(out, top)
		}
	}
	return out
}

// findPanels finds the rows of each column and groups columns in panels. It
// returns the number of entries so far and leaves at nil if it stopped.
func (p *plan) findPanels(g graph, limit int64, poll func() bool) int64 {
	n := p.n
	below := make([][]int32, n) // rows of an open column, below the diagonal
	head := make([]int32, n)    // panels whose parent column is this one: a list through link
	for i := range head {
		head[i] = -1
	}
	var link []int32
	mark := make([]int32, n)
	for i := range mark {
		mark[i] = -1
	}
	total := int64(0)
	p.first = append(p.first, 0)
	// end closes the panel of columns first … last.
	end := func(last int) {
		s := int32(len(p.rows))
		rows := below[last]
		width := last + 1 - int(p.first[s])
		p.rows = append(p.rows, rows)
		p.first = append(p.first, int32(last+1))
		total += int64(width) * int64(width+len(rows))
		if len(rows) > 0 {
			top := slices.Min(rows)
			link = append(link, head[top])
			head[top] = s
		} else {
			link = append(link, -1)
		}
	}
	for k := range n {
		if k%1024 == 0 && poll() {
			return total
		}
		// The rows of column k are those of K, and those of its children in the
		// tree.
		mark[k] = int32(k)
		var rows []int32
		add := func(list []int32) {
			for _, r := range list {
				if r > int32(k) && mark[r] != int32(k) {
					mark[r] = int32(k)
					rows = append(rows, r)
				}
			}
		}
		i := p.order[k]
		for _, j := range g.list[g.start[i]:g.start[i+1]] {
			if r := p.place[j]; r > int32(k) && mark[r] != int32(k) {
				mark[r] = int32(k)
				rows = append(rows, r)
			}
		}
		// The open panel ends at k−1; it is a child of k if k is its first row
		// below.
		open := int(p.first[len(p.first)-1])
		joins := false
		if k > open {
			above := below[k-1]
			child := len(above) > 0 && slices.Min(above) == int32(k)
			if child {
				add(above)
			}
			for s := head[k]; s >= 0; s = link[s] {
				add(p.rows[s])
			}
			// Column k joins the panel if its rows are those of column k−1
			// without k itself.
			joins = child && k-open < maxPanel && len(rows) == len(above)-1
			if !joins {
				end(k - 1)
			}
		} else {
			for s := head[k]; s >= 0; s = link[s] {
				add(p.rows[s])
			}
		}
		if joins {
			below[k] = drop(below[k-1], int32(k))
			below[k-1] = nil
		} else {
			below[k] = rows
		}
		// Panels are merged later, which only adds entries.
		if total > limit {
			return total
		}
	}
	if n > 0 {
		end(n - 1)
	}
	if total > limit {
		return total
	}
	p.mergeSmall()
	p.finishPanels()
	return p.entries()
}

// drop removes a value from a list in place.
func drop(list []int32, value int32) []int32 {
	k := slices.Index(list, value)
	list[k] = list[len(list)-1]
	return list[:len(list)-1]
}

// mergeSmall joins a panel with the panel after it if that is its parent and
// the zeros that this stores are few.
func (p *plan) mergeSmall() {
	type piece struct {
		from, to int32
		rows     []int32
		zeros    int64
	}
	var out []piece
	for s, rows := range p.rows {
		now := piece{p.first[s], p.first[s+1], rows, 0}
		for len(out) > 0 {
			last := out[len(out)-1]
			if len(last.rows) == 0 || last.to != now.from || slices.Min(last.rows) >= now.to {
				break
			}
			a, b := int64(last.to-last.from), int64(now.to-now.from)
			deep := int64(len(now.rows))
			zeros := last.zeros + now.zeros + a*(b+deep-int64(len(last.rows)))
			size := (a + b) * (a + b + deep)
			// A few stored zeros cost less than two panels with their lists of
			// rows.
			if a+b > maxPanel || zeros > size/8 && (a+b > 8 || zeros > size/3) {
				break
			}
			now.from, now.zeros = last.from, zeros
			out = out[:len(out)-1]
		}
		out = append(out, now)
	}
	p.first, p.rows = p.first[:1], p.rows[:0]
	for _, x := range out {
		p.first = append(p.first, x.to)
		p.rows = append(p.rows, x.rows)
	}
}

// finishPanels sorts rows, adds the panels' own columns, and links the panels.
func (p *plan) finishPanels() {
	panels := len(p.rows)
	of := make([]int32, p.n) // panel of a column
	for s := range panels {
		for k := p.first[s]; k < p.first[s+1]; k++ {
			of[k] = int32(s)
		}
	}
	p.at = make([]int64, panels+1)
	p.parent, p.child, p.local = make([]int32, panels), make([][]int32, panels), make([][]int32, panels)
	for s, rows := range p.rows {
		slices.Sort(rows)
		width := int(p.first[s+1] - p.first[s])
		all := make([]int32, 0, width+len(rows))
		for k := p.first[s]; k < p.first[s+1]; k++ {
			all = append(all, k)
		}
		p.rows[s] = append(all, rows...)
		p.at[s+1] = p.at[s] + int64(width)*int64(len(all)+len(rows))
		p.parent[s] = -1
		if len(rows) > 0 {
			p.parent[s] = of[rows[0]]
			p.child[of[rows[0]]] = append(p.child[of[rows[0]]], int32(s))
		}
	}
	for s := range panels {
		if p.parent[s] < 0 {
			continue
		}
		target := p.rows[p.parent[s]]
		below := p.rows[s][p.first[s+1]-p.first[s]:]
		p.local[s] = make([]int32, len(below))
		k := 0
		for a, r := range below {
			// Both lists are sorted, so that one pass finds all places.
			for target[k] != r {
				k++
			}
			p.local[s][a] = int32(k)
		}
	}
}

// findGroups assigns subtrees to groups and numbers the panels by group, the
// upper part last.
func (p *plan) findGroups() {
	panels := p.panels()
	work := make([]float64, panels) // of the panel and all below it
	whole := 0.0
	for s := range panels {
		width, deep := float64(p.first[s+1]-p.first[s]), float64(len(p.rows[s]))
		work[s] += width*deep*deep + 200 // a panel has costs of its own
		p.flops += width * deep * deep
		if p.parent[s] >= 0 {
			work[p.parent[s]] += work[s]
		} else {
			whole += work[s]
		}
	}
	const upper = groups
	of := make([]int32, panels)
	for s := range of {
		of[s] = upper
	}
	// Small factors finish before a second goroutine has begun.
	if whole > busyWork {
		p.spread(of, work, whole)
	}
	var list []int32
	for k := range groups + 1 {
		p.group[k] = int32(len(list))
		for s := range panels {
			if of[s] == int32(k) {
				list = append(list, int32(s))
			}
		}
	}
	p.group[groups+1] = int32(panels)
	p.renumber(list)
}

// spread assigns light subtrees to groups. Heavy ones are opened, and their
// root stays above.
func (p *plan) spread(of []int32, work []float64, whole float64) {
	limit := whole / (4 * groups)
	var open, light []int32
	for s, q := range p.parent {
		if q < 0 {
			open = append(open, int32(s))
		}
	}
	for len(open) > 0 {
		s := open[len(open)-1]
		open = open[:len(open)-1]
		if work[s] <= limit {
			light = append(light, s)
		} else {
			open = append(open, p.child[s]...)
		}
	}
	// The heaviest subtree goes to the lightest group, one after another.
	slices.SortFunc(light, func(a, b int32) int {
		return cmp.Or(cmp.Compare(work[b], work[a]), cmp.Compare(a, b))
	})
	var load [groups]float64
	for _, s := range light {
		least := 0
		for k := range load {
			if load[k] < load[least] {
				least = k
			}
		}
		load[least] += work[s]
		of[s] = int32(least)
	}
	// Parents come after their children, so that a descending pass hands groups
	// downwards.
	for s := len(of) - 1; s >= 0; s-- {
		if q := p.parent[s]; q >= 0 && of[q] < groups {
			of[s] = of[q]
		}
	}
}

// renumber puts the panels, and their columns with them, in the order of a list
// in which children come before parents. Rows of a panel keep their order,
// because they belong to its ancestors.
func (p *plan) renumber(list []int32) {
	panels := len(list)
	was := *p
	p.order, p.first = make([]int32, 0, p.n), make([]int32, 1, panels+1)
	p.rows, p.local, p.child = make([][]int32, panels), make([][]int32, panels), make([][]int32, panels)
	p.at, p.parent = make([]int64, panels+1), make([]int32, panels)
	column, panel := make([]int32, p.n), make([]int32, panels)
	for s, old := range list {
		// New numbers follow the groups, so that a group owns a range of
		// columns.
		panel[old] = int32(s)
		for k := was.first[old]; k < was.first[old+1]; k++ {
			column[k] = int32(len(p.order))
			p.order = append(p.order, was.order[k])
		}
		p.first = append(p.first, int32(len(p.order)))
		p.at[s+1] = p.at[s] + was.at[old+1] - was.at[old]
		p.rows[s], p.local[s] = was.rows[old], was.local[old]
	}
	for s, old := range list {
		for i, r := range p.rows[s] {
			p.rows[s][i] = column[r]
		}
		if p.parent[s] = -1; was.parent[old] >= 0 {
			p.parent[s] = panel[was.parent[old]]
			p.child[p.parent[s]] = append(p.child[p.parent[s]], int32(s))
		}
	}
	p.place = inverse(p.order)
}

// pack copies the lists of rows into one array each, in the order in which a
// solve reads them. A solve passes all of them, so that it is as fast as memory
// delivers them.
func (p *plan) pack() {
	rows, local := 0, 0
	for s := range p.panels() {
		rows += len(p.rows[s])
		local += len(p.local[s])
	}
	allRows, allLocal := make([]int32, 0, rows), make([]int32, 0, local)
	for s := range p.panels() {
		a, b := len(allRows), len(allLocal)
		allRows, allLocal = append(allRows, p.rows[s]...), append(allLocal, p.local[s]...)
		p.rows[s], p.local[s] = allRows[a:len(allRows):len(allRows)], allLocal[b:len(allLocal):len(allLocal)]
	}
}

// holdUpdates assigns a place in the arena to the update of each panel. The
// place of a child is free again after its parent has taken the update. Groups
// share no place, because they are factored at the same time. Sizes are powers
// of two, so that places of one size can be exchanged.
func (p *plan) holdUpdates() {
	p.hold = make([]int64, p.panels())
	for k := range groups + 1 {
		var free [64][]int64 // places by the logarithm of their size
		for s := p.group[k]; s < p.group[k+1]; s++ {
			if n := p.updateSize(s); n > 0 {
				class := bits.Len(uint(n - 1))
				if have := free[class]; len(have) > 0 {
					p.hold[s], free[class] = have[len(have)-1], have[:len(have)-1]
				} else {
					p.hold[s] = p.arena
					p.arena += 1 << class
				}
			}
			for _, c := range p.child[s] {
				if n := p.updateSize(c); c >= p.group[k] {
					class := bits.Len(uint(n - 1))
					free[class] = append(free[class], p.hold[c])
				}
			}
		}
	}
}

// updateSize returns the numbers of the update of a panel: a lower triangle.
func (p *plan) updateSize(s int32) int {
	deep := len(p.local[s])
	return deep * (deep + 1) / 2
}

// bytes returns the memory of a factor with this plan: values, updates, rows
// and their places in the parents.
func (p *plan) bytes() int64 {
	index := int64(0)
	for s := range p.panels() {
		index += int64(len(p.rows[s]) + len(p.local[s]))
	}
	return 8*(p.entries()+p.arena) + 4*index
}
