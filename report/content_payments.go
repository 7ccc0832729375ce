package report

import (
	"fmt"
	"slices"
	"strings"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/trigrid/trigrid"
	"github.com/trigrid/trigrid/report/statistics"
)

// payer is a party of the flow of money, on the left side if it pays, on the
// right if it receives.
type payer struct {
	name        string
	ink         ink
	out, in     float64   // sums, currency
	left, right vg.Length // height of the next free place on each side, from the top
}

// flowOfMoney draws the payments as bands from payers on the left to payees on
// the right. It returns nil without payments.
func (x *run) flowOfMoney(width vg.Length) *Figure {
	payments := x.groupedPayments()
	if len(payments) == 0 {
		return nil
	}
	parties, total := x.parties(payments)
	// The side with more parties sets the height. A party can be on both, such
	// as a VPP that sells to the market and pays its members. The figure grows
	// with its longer side: 30 DERs that receive money need 30 labels.
	rows := 0
	for _, side := range []func(*payer) float64{func(p *payer) float64 { return p.out }, func(p *payer) float64 { return p.in }} {
		n := 0
		for _, p := range parties {
			if side(p) > 0 {
				n++
			}
		}
		rows = max(rows, n)
	}
	// The text has each payment, because a band has no other form for a reader
	// without the picture.
	alt := "Flow of money:"
	for _, p := range payments {
		alt += fmt.Sprintf(" %s pays %s %s for %s;", p.From, p.To, number(p.Amount, 2), p.For)
	}
	caption := "Who pays whom, expected currency over the horizon: the height of a band is its amount, its colour that of the payer. " +
		"A party that pays and receives stands on both sides. Own costs, such as fuel, are paid outside."
	if rec := x.result.Recommendation; rec != nil && len(rec.Distribution) > 0 {
		caption += " The payments are those of the most probable profile; the settlement is the expectation over all profiles of the lottery."
	}
	height := 300 + 26*vg.Length(rows)
	return &Figure{
		Name: "payments", Title: "Who pays whom", Table: "payments", section: settlement, Alt: strings.TrimSuffix(alt, ";") + ".", Caption: caption,
		width: width, height: height,
		draw: func(c draw.Canvas) []mark { return drawFlow(c, payments, parties, total) },
	}
}

// shownPayments returns the table of payments with those of each group as one.
func (x *run) shownPayments(t *Table) *Table {
	out := &Table{Name: t.Name, Title: t.Title, Columns: t.Columns}
	for _, p := range x.groupedPayments() {
		out.add(p.From, p.To, p.For, p.Amount)
	}
	if len(out.Rows) < len(t.Rows) {
		out.Title += "; the file has each DER of a group"
	}
	return out
}

// groupedPayments returns the payments with those of all DERs of a group as
// one: 22 payments to cars for "energy sold" are one payment to "22 × car".
func (x *run) groupedPayments() []statistics.Payment {
	// Members of a group in different VPPs stay apart, because other parties
	// pay them.
	count := map[string]int{} // by group and VPP
	for _, u := range x.result.DERs {
		count[x.group[u.Name]+"\x00"+u.Choice]++
	}
	var out []statistics.Payment
	for _, p := range x.payments() {
		// Both ends of a payment are renamed, so that a group has one name in
		// the whole figure. The other party of a DER is its VPP.
		rename := func(name, vppName string) string {
			if g := x.group[name]; g != "" && count[g+"\x00"+vppName] > 1 {
				return several(count[g+"\x00"+vppName], g)
			}
			return name
		}
		p.From, p.To = rename(p.From, p.To), rename(p.To, p.From)
		k := slices.IndexFunc(out, func(q statistics.Payment) bool { return q.From == p.From && q.To == p.To && q.For == p.For })
		if k < 0 {
			out = append(out, p)
		} else {
			out[k].Amount += p.Amount
		}
	}
	return out
}

// parties returns the parties in the order markets, VPPs, DERs, with their
// sums, and the sum of all payments. Markets are first on both sides, so that
// their bands seldom cross those of members.
func (x *run) parties(payments []statistics.Payment) (out []*payer, total float64) {
	of := map[string]*payer{}
	party := func(name string) *payer {
		p, ok := of[name]
		if !ok {
			p = &payer{name: name, ink: x.partyInk(name)}
			of[name] = p
		}
		return p
	}
	for _, p := range payments {
		party(p.From).out += p.Amount
		party(p.To).in += p.Amount
		total += p.Amount
	}
	// A VPP stands once, although it occurs in many payments.
	order := []string{statistics.ElectricityMarket, statistics.ImbalanceMarket, statistics.CarbonMarket, statistics.CertificateMarket}
	order = append(order, x.choices()...)
	// The rest in the order of the payments: DERs and their groups.
	for _, p := range payments {
		order = append(order, p.From, p.To)
	}
	for _, name := range order {
		if p, ok := of[name]; ok && !slices.Contains(out, p) {
			out = append(out, p)
		}
	}
	return out, total
}

// partyInk returns the colour of a party; groups have that of their members,
// markets that of trade.
func (x *run) partyInk(name string) ink {
	if k, ok := x.vppInk[name]; ok && name != trigrid.Outside {
		return k
	}
	if k, ok := x.derInk[name]; ok {
		return k
	}
	for _, u := range x.result.DERs {
		if g := x.group[u.Name]; g != "" && strings.HasSuffix(name, " × "+g) {
			return x.derInk[u.Name]
		}
	}
	return trade
}

// Sizes in points.
const (
	nodeWidth vg.Length = 9
	nodeGap   vg.Length = 18 // between parties, for the labels of thin ones
)

// drawFlow draws payments as bands and returns a mark for each end of each
// band. Parties stand one below the other on both sides, each as tall as its
// sum:
//
//	pays                      receives
//	market  ███───────╮   ╭───█  market
//	VPP1    ███═══════╪═══╪═══███  W1
//	ES      █─────────┴───┴───██  VPP1
//
// total is the sum of all payments; the result has two marks per band.
func drawFlow(c draw.Canvas, payments []statistics.Payment, parties []*payer, total float64) (marks []mark) {
	c = draw.Crop(c, 1, -1, 1, -1)
	labelWidth, room, narrow := vg.Length(215), nodeGap, c.Size().X < half
	if narrow {
		labelWidth, room = 100, 26 // for two lines
	}
	style := plain(text, 11)
	heading := plain(muted, 11)
	c.FillText(heading, vg.Point{X: c.Min.X, Y: c.Max.Y - 12}, "pays")
	heading.XAlign = draw.XRight
	c.FillText(heading, vg.Point{X: c.Max.X, Y: c.Max.Y - 12}, "receives")
	// The gaps of both sides, which the bands cannot use.
	var pays, receives vg.Length
	for _, p := range parties {
		if p.out > 0 {
			pays += room
		}
		if p.in > 0 {
			receives += room
		}
	}
	// One scale for both sides, set by the side with more gaps: the sums of
	// both sides are equal.
	top := c.Max.Y - 24
	scale := (top - c.Min.Y - max(pays, receives)) / vg.Length(total)
	left, right := c.Min.X+labelWidth, c.Max.X-labelWidth
	sides := [2]vg.Length{top, top}
	for _, p := range parties {
		for side, amount := range []float64{p.out, p.in} {
			if amount == 0 {
				continue
			}
			// A party stands at the next free place of the side, with its label
			// outside. An amount of almost nothing stays visible with the
			// height of one point.
			y, tall := sides[side], max(1, scale*vg.Length(amount))
			x := left
			label := style
			label.XAlign, label.YAlign = draw.XRight, draw.YCenter
			at := vg.Point{X: left - 6, Y: y - tall/2}
			if side == 1 {
				x = right - nodeWidth
				label.XAlign = draw.XLeft
				at.X = right + 6
			}
			fill(c, p.ink, 1, rectangle(x, y-tall, x+nodeWidth, y))
			if narrow {
				c.FillText(label, vg.Point{X: at.X, Y: at.Y + 6}, short(p.name, 18))
				c.FillText(label, vg.Point{X: at.X, Y: at.Y - 6}, number(amount, 2))
			} else {
				c.FillText(label, at, short(p.name, 20)+": "+number(amount, 2))
			}
			if side == 0 {
				p.left = y
			} else {
				p.right = y
			}
			// Each side is filled from above, with room for the next label.
			sides[side] -= tall + room
		}
	}
	at := func(name string) *payer {
		return parties[slices.IndexFunc(parties, func(p *payer) bool { return p.name == name })]
	}
	for _, p := range bySide(payments, parties) {
		// The next band of a party begins at the end of this one, on both
		// sides.
		from, to := at(p.From), at(p.To)
		tall := scale * vg.Length(p.Amount)
		x0, x1, y0, y1 := left+nodeWidth, right-nodeWidth, from.left, to.right
		fill(c, from.ink, 0.4, ribbon(x0, y0, x1, y1, max(tall, 0.6)))
		from.left -= tall
		to.right -= tall
		words := fmt.Sprintf("%s pays %s %s currency for %s", p.From, p.To, number(p.Amount, 2), p.For)
		// A band has a mark at each end, where bands do not cross.
		for _, end := range [][3]vg.Length{{x0 - nodeWidth, x0 + 60, y0}, {x1 - 60, x1 + nodeWidth, y1}} {
			marks = append(marks, mark{vg.Rectangle{Min: vg.Point{X: end[0], Y: end[2] - max(tall, 3)}, Max: vg.Point{X: end[1], Y: end[2]}}, words})
		}
	}
	return marks
}

// bySide orders payments by payer and then by payee, so that bands of a party
// do not cross at it.
func bySide(payments []statistics.Payment, parties []*payer) []statistics.Payment {
	place := map[string]int{}
	for i, p := range parties {
		place[p.name] = i
	}
	out := slices.Clone(payments)
	slices.SortStableFunc(out, func(a, b statistics.Payment) int {
		if d := place[a.From] - place[b.From]; d != 0 {
			return d
		}
		return place[a.To] - place[b.To]
	})
	return out
}

// fill fills a path.
func fill(c draw.Canvas, k ink, opacity float64, path vg.Path) {
	c.SetColor(k.fade(opacity))
	c.Fill(path)
}

// rectangle returns a rectangle.
func rectangle(x0, y0, x1, y1 vg.Length) vg.Path {
	return vg.Rectangle{Min: vg.Point{X: x0, Y: y0}, Max: vg.Point{X: x1, Y: y1}}.Path()
}

// ribbon returns a band of constant height from one side to the other, with its
// upper edge at y0 and y1. Its edges are Bézier curves that start and end
// horizontally.
func ribbon(x0, y0, x1, y1, tall vg.Length) vg.Path {
	// Both control points lie in the middle, so that the edges leave and arrive
	// horizontally.
	middle := (x0 + x1) / 2
	var p vg.Path
	p.Move(vg.Point{X: x0, Y: y0})
	p.CubeTo(vg.Point{X: middle, Y: y0}, vg.Point{X: middle, Y: y1}, vg.Point{X: x1, Y: y1})
	p.Line(vg.Point{X: x1, Y: y1 - tall})
	p.CubeTo(vg.Point{X: middle, Y: y1 - tall}, vg.Point{X: middle, Y: y0 - tall}, vg.Point{X: x0, Y: y0 - tall})
	p.Close()
	return p
}
