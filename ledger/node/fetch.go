package node

import (
	"context"
	"time"

	"github.com/trigrid/trigrid/ledger"
)

// fetchPause is the time between two looks for missing blocks, and the age from
// which data counts as missing: certificates follow their blocks within
// milliseconds.
const fetchPause = time.Second

// fetchTimeout limits the wait for one block or certificate.
const fetchTimeout = 10 * time.Second

// fetchTurn bounds the blocks and certificates of one look.
const fetchTurn = 512

// fetch gets missing blocks and certificates from other nodes. A replica that
// has restored the state of others has missed the blocks before it, and one
// that was overtaken by a checkpoint has missed certificates.
func (n *Node) fetch() {
	ticker := time.NewTicker(fetchPause)
	defer ticker.Stop()
	var others *Engine
	defer func() {
		if others != nil {
			_ = others.Close()
		}
	}()
	var last Heights
	for {
		select {
		case <-n.ctx.Done():
			return
		case <-ticker.C:
		}
		n.meet()
		e, _ := n.books.ends()
		// An end that has moved since the last look is not stuck.
		blocks := e.Complete < last.Head && e.Complete == last.Complete
		proofs := e.Proven < min(last.Head, e.Complete) && e.Proven == last.Proven
		last = e.Heights
		if !blocks && !proofs {
			continue
		}
		if others == nil {
			var err error
			if others, err = n.dial(); err != nil {
				n.cfg.Logger.Warn("blocks are missing, and no other node is reachable", "complete", e.Complete, "proven", e.Proven, "error", err)
				continue
			}
		}
		if count := n.fill(others, e.Heights); count > 0 {
			n.cfg.Logger.Info("blocks and certificates fetched", "count", count)
		}
	}
}

// dial connects to the other nodes with the replica's key.
func (n *Node) dial() (*Engine, error) {
	ctx, cancel := context.WithTimeout(n.ctx, fetchTimeout)
	defer cancel()
	return Dial(ctx, DialConfig{Genesis: n.cfg.Genesis, Signer: n.cfg.Signer, Addresses: n.cfg.Addresses, skip: &n.id})
}

// fill fetches missing blocks and certificates up to the given heights, and
// returns their number.
func (n *Node) fill(others *Engine, e Heights) (count uint64) {
	defer func() {
		n.mu.Lock()
		n.fetched += count
		n.mu.Unlock()
	}()
	ctx, cancel := context.WithTimeout(n.ctx, fetchTimeout)
	defer cancel()
	for height := e.Complete + 1; height <= e.Head && count < fetchTurn; height++ {
		own, err := n.books.block(height)
		if err != nil {
			return count
		}
		if own != nil {
			break // the end of the gap
		}
		b, err := others.Block(ctx, height)
		if err != nil {
			return count
		}
		n.books.fetched(&b, nil)
		count++
	}
	for height := e.Proven + 1; height <= e.Complete && count < fetchTurn; height++ {
		own, err := n.books.certificate(height)
		if err != nil {
			return count
		}
		if own != nil {
			break
		}
		h, err := others.Certified(ctx, height)
		if err != nil {
			return count
		}
		if b, err := n.books.block(height); err != nil || b == nil || b.Header != h.Header {
			return count
		}
		n.books.fetched(nil, &ledger.CertifiedHeader{Header: h.Header, Proof: h.Proof})
		count++
	}
	return count
}
