package sim

import "container/heap"

// event is an action at a virtual time. Events at equal times run in the order
// in which they were scheduled, so that runs are repeatable.
type event struct {
	at  int64  // ms
	seq uint64 // order of scheduling
	run func()
}

// events implements [heap.Interface], earliest first.
type events []event

func (e events) Len() int { return len(e) }
func (e events) Less(i, j int) bool {
	return e[i].at < e[j].at || e[i].at == e[j].at && e[i].seq < e[j].seq
}
func (e events) Swap(i, j int) { e[i], e[j] = e[j], e[i] }
func (e *events) Push(x any)   { *e = append(*e, x.(event)) }
func (e *events) Pop() any {
	old := *e
	x := old[len(old)-1]
	// The array keeps the element, and its closure would keep a host alive.
	old[len(old)-1].run = nil
	*e = old[:len(old)-1]
	return x
}

// after schedules run after a delay in ms. Negative delays count as 0.
func (s *Sim) after(delay int64, run func()) {
	s.scheduled++
	heap.Push(&s.queue, event{at: s.now + max(delay, 0), seq: s.scheduled, run: run})
}
