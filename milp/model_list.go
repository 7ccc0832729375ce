package milp

import "slices"

// list is an array that grows without copying. After the first block, full
// blocks stay in place and a new block is allocated. Building a program of a
// million columns takes half the memory of arrays that double. [list.all]
// returns one contiguous slice without changing the list, so that several
// solvers can read a finished model concurrently.
//
// The elements are, in order, those of flat, of blocks and of open.
type list[T any] struct {
	flat   []T   // the first elements; nil if open holds all of them
	blocks [][]T // full blocks of blockSize elements
	open   []T   // the last elements; push appends here
}

// blockSize is the number of elements per block. At 8 bytes each, a block is 32
// KiB.
const blockSize = 1 << 12

// len returns the number of elements.
func (l *list[T]) len() int { return len(l.flat) + len(l.blocks)*blockSize + len(l.open) }

// push appends an element.
func (l *list[T]) push(x T) {
	if len(l.open) == cap(l.open) {
		l.grow()
	}
	l.open = append(l.open, x)
}

// pushAll appends the elements of x, block by block.
func (l *list[T]) pushAll(x []T) {
	for len(x) > cap(l.open)-len(l.open) {
		room := cap(l.open) - len(l.open)
		l.open = append(l.open, x[:room]...)
		x = x[room:]
		l.grow()
	}
	l.open = append(l.open, x...)
}

// grow makes room in open, which is full. The first block doubles from 64
// elements up to blockSize, so that a small model stays small; every later
// block has blockSize elements.
func (l *list[T]) grow() {
	switch n := len(l.open); {
	case l.flat == nil && n < blockSize:
		l.open = slices.Grow(l.open, max(64, n))
		return
	case l.flat == nil:
		l.flat = l.open
	default:
		l.blocks = append(l.blocks, l.open)
	}
	l.open = make([]T, 0, blockSize)
}

// reserve makes room for n further elements in one piece with the present ones.
func (l *list[T]) reserve(n int) {
	if n > cap(l.open)-len(l.open) {
		*l = list[T]{open: slices.Grow(l.all(), n)}
	}
}

// at returns a pointer to element i.
func (l *list[T]) at(i int) *T {
	if i < len(l.flat) {
		return &l.flat[i]
	}
	i -= len(l.flat)
	if b := i / blockSize; b < len(l.blocks) {
		return &l.blocks[b][i%blockSize]
	}
	return &l.open[i-len(l.blocks)*blockSize]
}

// all returns the elements in one piece: shared if they are stored in one
// piece, else copied.
func (l *list[T]) all() []T {
	if l.flat == nil {
		return l.open
	}
	return l.appendTo(make([]T, 0, l.len()))
}

// clone returns a list of the same elements that shares no memory with l.
func (l *list[T]) clone() list[T] { return list[T]{open: l.appendTo(make([]T, 0, l.len()))} }

// appendTo appends all elements to out.
func (l *list[T]) appendTo(out []T) []T {
	out = append(out, l.flat...)
	for _, b := range l.blocks {
		out = append(out, b...)
	}
	return append(out, l.open...)
}

// clear sets every element to zero.
func (l *list[T]) clear() {
	clear(l.flat)
	for _, b := range l.blocks {
		clear(b)
	}
	clear(l.open)
}
