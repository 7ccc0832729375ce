package milp

import "slices"

// list is an array that grows without copying: past the first block, what is full stays where it is and
// a new block is opened. Building a program of a million columns takes half the memory that it takes with
// arrays that double. Those who want one piece have it put together by [list.all], without changing the
// list, so that several can read a finished model at once.
type list[T any] struct {
	flat   []T   // the first elements, nil while open is all there is
	blocks [][]T // then these, blockSize each
	open   []T   // then these; what is added comes here
}

const blockSize = 1 << 12

func (l *list[T]) len() int { return len(l.flat) + len(l.blocks)*blockSize + len(l.open) }

func (l *list[T]) push(x T) {
	if len(l.open) == cap(l.open) {
		l.grow()
	}
	l.open = append(l.open, x)
}

func (l *list[T]) pushAll(x []T) {
	for len(x) > cap(l.open)-len(l.open) {
		room := cap(l.open) - len(l.open)
		l.open = append(l.open, x[:room]...)
		x = x[room:]
		l.grow()
	}
	l.open = append(l.open, x...)
}

// grow makes room where there is none.
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

// reserve makes room for n further elements in one piece with those that are there.
func (l *list[T]) reserve(n int) {
	if n > cap(l.open)-len(l.open) {
		*l = list[T]{open: slices.Grow(l.all(), n)}
	}
}

// at returns where element i is.
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

// all returns the elements in one piece, which is a copy unless they are.
func (l *list[T]) all() []T {
	if l.flat == nil {
		return l.open
	}
	return l.appendTo(make([]T, 0, l.len()))
}

// clone returns a list of the same elements that shares nothing with this one.
func (l *list[T]) clone() list[T] { return list[T]{open: l.appendTo(make([]T, 0, l.len()))} }

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
