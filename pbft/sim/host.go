package sim

import (
	"encoding/binary"
	"errors"
	"math/rand/v2"

	"github.com/trigrid/trigrid/pbft"
	"github.com/trigrid/trigrid/pbft/internal/wal"
)

// host runs one replica: its node, log and clock, and possibly a traitor
// between the node and the network.
type host struct {
	s        *Sim
	id       pbft.ReplicaID
	twin     bool // the second copy of a twin
	traitor  Traitor
	self     *Self
	signer   pbft.Signer
	node     *pbft.Node
	app      pbft.Application
	disk     *disk
	storage  *wal.Log
	life     int    // number of starts and stops; events of an earlier life are dropped
	dying    *Crash // the crash that is due, until its moment
	percent  int64  // of the normal time per tick
	offset   int64  // of the time of day, ms
	executed uint64 // as the oracle has followed it; so are the next three
	view     uint64
	epoch    uint64
	stable   uint64
	amnesiac bool // restarted without memory and not rejoined
	resumed  bool // restarted from its log, before its first block
}

// newHost returns a replica that is not started.
//
// Without a skew, its ticks have the normal length and its time of day is
// right.
func (s *Sim) newHost(id pbft.ReplicaID, twin bool) *host {
	h := &host{s: s, id: id, twin: twin, signer: s.ring.signer("replica", int(id)), percent: 100, traitor: s.cfg.Traitors[id]}
	for _, k := range s.cfg.Skews {
		if k.Replica == id {
			h.percent, h.offset = k.Percent, k.Offset
		}
	}
	return h
}

// correct reports whether the oracles hold the replica to the protocol.
func (h *host) correct() bool { return h.traitor == nil && !h.s.cfg.isTwin(h.id) }

// current reports whether the replica runs and is a member.
func (h *host) current() bool { return h.node != nil && h.node.Membership().Contains(h.id) }

// start starts a replica with the records of its log, or without memory if
// restarted is true.
func (h *host) start(records []pbft.Record, restarted bool) error {
	h.life++
	h.dying = nil
	// A replica that loses its memory starts with an empty log.
	if h.storage == nil || restarted {
		if err := h.newLog(); err != nil {
			return err
		}
	}
	node, err := h.newNode(records, restarted)
	if err != nil {
		return err
	}
	h.node = node
	h.amnesiac = restarted
	h.executed, h.view, h.epoch, h.stable = 0, 0, 0, 0
	if records != nil {
		h.s.oracle.restarted(h)
	}
	// The traitor survives its replica's crashes, and gets the new node.
	if h.traitor != nil {
		h.self = &Self{ID: h.id, Rand: h.s.rand, Chain: h.s.chain, Signer: h.signer, Node: node}
		for i := range h.s.cfg.Replicas {
			if pbft.ReplicaID(i) != h.id {
				h.self.Others = append(h.self.Others, pbft.ReplicaID(i))
			}
		}
	}
	h.schedule(h.s.rand.Int64N(tick))
	h.handle()
	return nil
}

// newLog makes an empty log on a new disk.
func (h *host) newLog() error {
	// The life is part of the source, so that a later disk differs from an
	// earlier one.
	h.disk = newDisk(rand.New(rand.NewPCG(h.s.cfg.Seed, uint64(h.id)<<32+uint64(h.life))))
	var salt [16]byte
	for i := range salt {
		salt[i] = byte(h.disk.rand.Uint32())
	}
	var err error
	if h.storage, err = wal.Create(h.disk, salt); err != nil {
		return err
	}
	return h.storage.Claim(wal.Owner{Chain: h.s.chain, Replica: h.id})
}

// newNode returns a node with a new application.
func (h *host) newNode(records []pbft.Record, restarted bool) (*pbft.Node, error) {
	keys := h.s.key
	if h.s.cfg.Application != nil {
		h.app = h.s.cfg.Application(keys)
	} else {
		h.app = newRegisters(keys)
	}
	c := pbft.Config{
		ID: h.id, Genesis: h.s.cfg.Genesis, Signer: h.signer, Application: h.app, Verifier: h.s.ring,
		Options: h.s.cfg.Options, Restarted: restarted, Records: records,
	}
	if restarted { // any value that no earlier life has had
		binary.BigEndian.PutUint64(c.Nonce[:], h.s.cfg.Seed)
		binary.BigEndian.PutUint32(c.Nonce[8:], uint32(h.id))
		binary.BigEndian.PutUint32(c.Nonce[12:], uint32(h.life)+1)
	}
	// A planted mistake in a traitor would prove nothing about the oracles.
	if h.correct() {
		inject(&c, h.s.cfg.mistake)
	}
	return pbft.NewNode(c)
}

// schedule ticks after a delay and then periodically, until the end of this
// life.
func (h *host) schedule(delay int64) {
	// The replica may stop and start again before the tick is due.
	life := h.life
	h.s.after(delay, func() {
		if h.life == life && h.node != nil {
			h.tick()
			h.schedule(max(1, tick*h.percent/100))
		}
	})
}

// tick advances the node and then its traitor.
func (h *host) tick() {
	// The time of day starts well above 0, so that a negative offset keeps it
	// positive.
	h.node.Tick(1_000_000 + h.s.now + h.offset)
	h.handle()
	if h.traitor != nil && h.node != nil {
		h.transmit(h.traitor.Tick(h.self))
	}
}

// receive passes a packet to the node, as a copy.
func (h *host) receive(from pbft.ReplicaID, data []byte) {
	if h.node == nil {
		return
	}
	h.s.note('m', uint64(from), uint64(h.id), data)
	own := append([]byte(nil), data...)
	m, err := pbft.DecodeMessage(own)
	if err != nil {
		h.s.report.Refused["malformed"]++
		return
	}
	// A traitor gets a sample, so that its memory is bounded.
	if h.self != nil && (len(h.self.Heard) < 64 || h.s.rand.IntN(4) == 0) {
		h.self.Heard = append(h.self.Heard, m)
		if len(h.self.Heard) > 64 {
			h.self.Heard = h.self.Heard[1:]
		}
	}
	// The difference of the two states shows rare paths that the node does not
	// report.
	before := h.node.State()
	h.s.oracle.rules.receive(h, m)
	h.refuse(h.node.Step(from, m))
	after := h.node.State()
	if m.Kind() == pbft.KindViewChange && after.View > before.View && !after.Active {
		h.s.count(JoinedByWeak)
	}
	if after.Buffered > before.Buffered {
		h.s.count(InFuture)
	}
	h.handle()
}

// propose passes a client's request to the node.
func (h *host) propose(r pbft.Request) {
	if h.node == nil {
		return
	}
	h.s.note('r', uint64(h.id), r.Number, r.Operation)
	h.refuse(h.node.Propose(r))
	h.handle()
}

// refuse counts a refusal.
func (h *host) refuse(err error) {
	var r pbft.Refusal
	if errors.As(err, &r) {
		h.s.report.Refused[string(r)]++
		if r == pbft.RefusedNewView {
			h.s.count(NewViewRejected)
		}
	}
}

// maxReady bounds the number of Readys per event. More of them show a message
// storm.
const maxReady = 1000

// handle carries out the node's output. If a crash is due, the replica stops at
// the crash's moment.
func (h *host) handle() {
	for i := 0; h.node != nil && h.node.HasReady(); i++ {
		if i > maxReady {
			h.s.oracle.fail("bounded work", "replica %d has ever more to do", h.id)
			return
		}
		before := h.executed
		r := h.node.Ready()
		h.s.oracle.ready(h, &r)
		moment := BetweenSteps
		// A crash around storing waits for a Ready with records.
		if h.dying != nil && (len(r.Records) > 0 || h.dying.Moment == BetweenSteps) {
			moment = h.dying.Moment
			if moment <= BeforeStoring {
				h.storeInPart(r.Records, moment)
				h.die()
				return
			}
		}
		if err := h.storage.Append(r.Records); err != nil {
			h.s.oracle.fail("storage", "%v", err)
		}
		if moment == AfterStoring {
			h.die()
			return
		}
		var out []Outgoing
		for _, e := range r.Messages {
			for _, to := range e.To {
				out = append(out, Outgoing{to, e.Message})
			}
		}
		// Messages are sent one by one, and the crash comes between two of
		// them.
		if moment == AmidSending {
			out = out[:h.s.rand.IntN(len(out)+1)]
		}
		if h.traitor != nil {
			out = h.traitor.Send(h.self, out)
		}
		h.transmit(out)
		if moment == AmidSending {
			h.die()
			return
		}
		h.node.Advance()
		h.reply(&r)
		h.s.oracle.state(h, before)
	}
	if h.node != nil {
		h.s.oracle.state(h, h.executed)
	}
}

// storeInPart loses power during one of the first operations of storing.
// Nothing that depends on the records was sent.
func (h *host) storeInPart(records []pbft.Record, moment Moment) {
	if moment != BeforeStoring {
		return
	}
	h.disk.fail = 1 + h.disk.rand.IntN(8)
	err := h.storage.Append(records)
	switch {
	case errors.Is(err, errPower):
		h.s.count(PowerLost)
	case err != nil:
		h.s.oracle.fail("storage", "%v", err)
	}
}

// transmit sends messages over the network. Equal messages in a row are encoded
// once. The oracle sees them here, after the crash and the traitor had their
// effect.
func (h *host) transmit(out []Outgoing) {
	var last pbft.Message
	var data []byte
	for _, o := range out {
		if o.Message != last {
			last, data = o.Message, pbft.EncodeMessage(o.Message)
			if h.correct() {
				h.s.oracle.sent(h, o.Message)
			}
		}
		to := h.s.host(o.To)
		if len(to) == 2 { // each twin gets its own part of the messages, and both get some
			switch h.s.rand.IntN(3) {
			case 0:
				to = to[:1]
			case 1:
				to = to[1:]
			}
		}
		for _, t := range to {
			if t != h {
				h.s.deliver(h, t, data)
			}
		}
	}
}

// reply answers clients. A traitor sends several wrong results now and then.
func (h *host) reply(r *pbft.Ready) {
	for i := range r.Blocks {
		b := r.Blocks[i]
		// Right and wrong replies of one replica must not add up to a quorum.
		if h.traitor != nil && h.s.rand.IntN(4) == 0 && len(b.Results) > 0 {
			// f equal wrong results must not convince a client, however often
			// each is sent.
			lie := b
			lie.Results = make([][]byte, len(b.Results))
			for j := range lie.Results {
				lie.Results[j] = []byte("lie")
			}
			for range h.s.cfg.Replicas {
				h.answer(pbft.Replies(h.s.chain, h.id, h.signer, &lie))
			}
			continue
		}
		h.answer(pbft.Replies(h.s.chain, h.id, h.signer, &b))
	}
	for _, old := range r.Repeated {
		h.s.count(RepeatedReply)
		h.answer([]pbft.Reply{pbft.RepeatedReply(h.s.chain, h.id, h.signer, old)})
	}
}

// answer delivers replies after a random delay, unless the network loses them.
//
// Losses end at the time Heal of the configuration.
func (h *host) answer(rs []pbft.Reply) {
	for i := range rs {
		for _, c := range h.s.clients {
			if c.signer.Public() == rs[i].Client {
				n := &h.s.cfg.Network
				if h.s.now < h.s.cfg.Heal && h.s.rand.Float64() < n.Loss {
					continue
				}
				h.s.after(n.Min+h.s.rand.Int64N(n.Max-n.Min+1), func() { c.receive(rs[i]) })
			}
		}
	}
}

// planJump schedules a jump of clocks and its end.
func (s *Sim) planJump(x Jump) {
	move := func(by int64) {
		for _, h := range s.hosts {
			if x.All || h.id == x.Replica {
				h.offset += by
			}
		}
	}
	s.after(x.At, func() { move(x.By); s.count(ClockJumped) })
	s.after(x.Back, func() { move(-x.By) })
}

// planCrash schedules the crash and the restart of a replica.
func (s *Sim) planCrash(x Crash) {
	// Both twins crash.
	for _, h := range s.host(x.Replica) {
		s.after(x.At, func() {
			if h.node == nil {
				return
			}
			h.dying = &x
			if x.Moment == BetweenSteps {
				h.die()
			}
		})
		s.after(x.Back, func() { h.back(x) })
	}
}

// die stops the replica. Its log stays.
//
// Ticks and deliveries of this life are dropped.
func (h *host) die() {
	h.disk.losePower()
	h.node, h.dying = nil, nil
	h.life++
}

// back restarts a replica after a crash.
//
// x.Memory is false if the replica loses its log as well.
func (h *host) back(x Crash) {
	h.dying = nil
	// The moment of the crash may need a Ready that never came.
	if h.node != nil {
		if h.life > 1 {
			return // back from another crash
		}
		h.die() // the moment of its crash has not come
	}
	if !x.Memory {
		if h.disk.rand.IntN(2) == 0 {
			h.damage()
		}
		if err := h.start(nil, true); err != nil {
			h.s.oracle.fail("restart", "replica %d: %v", h.id, err)
		}
		return
	}
	// Load returns copies, so the new node shares nothing with the former one.
	records, err := h.reopen()
	if err == nil {
		h.s.count(LogReplayed)
		err = h.start(append([]pbft.Record{}, records...), false)
	}
	if err != nil {
		h.s.oracle.fail("restart", "replica %d: %v", h.id, err)
	}
}

// reopen opens the log after a crash.
func (h *host) reopen() ([]pbft.Record, error) {
	l, err := wal.OpenWith(h.disk, h.s.cfg.mistake)
	if err == nil {
		err = l.Claim(wal.Owner{Chain: h.s.chain, Replica: h.id})
	}
	if err != nil {
		return nil, err
	}
	h.storage = l
	return l.Load()
}

// damage flips a bit of a log that is lost in any case. The log must report it,
// because a replica with such a log could contradict itself.
func (h *host) damage() {
	l, err := wal.Open(h.disk)
	var files []string
	if err == nil {
		files, err = l.Files()
	}
	if err != nil {
		h.s.oracle.fail("storage", "replica %d: %v", h.id, err)
		return
	}
	name := h.disk.flip(files)
	if _, err := wal.OpenWith(h.disk, h.s.cfg.mistake); !errors.Is(err, wal.ErrDamaged) {
		h.s.oracle.fail("storage", "replica %d: a changed bit of %s is not noticed: %v", h.id, name, err)
		return
	}
	h.s.count(LogDamaged)
}
