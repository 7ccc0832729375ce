package replica

import "net"

// places limits connections so that one holder of many cannot keep others out.
// At the limit, the oldest connection of the key with the most connections
// makes room.
//
// For example, one address opens 256 connections and never finishes a
// handshake. The connection of another address takes the place of the oldest of
// these.
type places[K comparable] struct {
	limit int // of all connections
	each  int // of one key
	held  map[K][]net.Conn
	count int
	// With singles, the only connection of a key makes room as well. Otherwise
	// the new one is refused if each key has one.
	singles bool
}

func newPlaces[K comparable](limit, each int, singles bool) *places[K] {
	return &places[K]{limit: limit, each: each, singles: singles, held: map[K][]net.Conn{}}
}

// enter adds a connection. It returns the one that the caller has to close, or
// nil, and false if there is no place.
func (p *places[K]) enter(key K, c net.Conn) (out net.Conn, ok bool) {
	switch own := len(p.held[key]); {
	case own >= p.each:
		out = p.held[key][0]
		p.remove(key, out)
	case p.count >= p.limit:
		most, from := own, key
		for k, conns := range p.held {
			if len(conns) > most {
				most, from = len(conns), k
			}
		}
		if most == 0 || most == 1 && !p.singles && own == 0 {
			return nil, false
		}
		out = p.held[from][0]
		p.remove(from, out)
	}
	p.held[key] = append(p.held[key], c)
	p.count++
	return out, true
}

// remove takes a connection out. One that has made room before has no effect.
func (p *places[K]) remove(key K, c net.Conn) {
	for i, held := range p.held[key] {
		if held != c {
			continue
		}
		p.held[key] = append(p.held[key][:i:i], p.held[key][i+1:]...)
		p.count--
		if len(p.held[key]) == 0 {
			delete(p.held, key)
		}
		return
	}
}
