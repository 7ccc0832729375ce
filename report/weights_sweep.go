package report

import (
	"fmt"
	"io"
	"strings"

	"gonum.org/v1/plot/vg"

	"github.com/trigrid/trigrid/sweep"
	"github.com/trigrid/trigrid/weights"
)

// WeightsTable returns the outcomes of a sweep over weights, one row per
// vector, in currency if no unit is given:
//
//	weight_economic, weight_risk, weight_environment    the vector
//	economic, risk, environment, total                  value by dimension and their sum
//	gain_economic, gain_risk, gain_environment          value minus that of the reference
//	regret_economic, regret_risk, regret_environment    best value of the sweep minus value
//	largest_regret                                      as a fraction of the span of its dimension
//	imbalance, deviation_mwh, used_mwh, available_mwh   see [sweep.Row]
//	added, reference, balanced, highest_total           flags; balanced has the smallest largest regret
func WeightsTable(res *sweep.Result) *Table {
	t := &Table{Name: "weights", Title: "Value by dimension under each weight vector, with gain over the reference and loss against the best"}
	for _, name := range []string{
		"weight_economic", "weight_risk", "weight_environment", "economic_currency", "risk_currency", "environment_currency", "total_currency",
		"gain_economic_currency", "gain_risk_currency", "gain_environment_currency",
		"regret_economic_currency", "regret_risk_currency", "regret_environment_currency", "largest_regret",
		"imbalance_currency", "deviation_mwh", "used_mwh", "available_mwh", "added", "reference", "balanced", "highest_total",
	} {
		t.Columns = append(t.Columns, Column{Name: name})
	}
	a := res.Analysis
	for i, r := range a.Rows {
		row := res.Rows[i]
		t.add(r.Weights.Economic, r.Weights.Risk, r.Weights.Environment, r.Value.Economic, r.Value.Risk, r.Value.Environment, r.Value.Total(),
			r.Gain.Economic, r.Gain.Risk, r.Gain.Environment, r.Regret.Economic, r.Regret.Risk, r.Regret.Environment, r.WorstRegret(),
			row.Imbalance, row.Deviation, row.Used, row.Available, row.Added, i == a.Reference, i == a.Compromise, i == a.HighestTotal)
	}
	return t
}

// WeightsFigure draws a sweep over weights: gain and loss of each vector by
// dimension against the reference, and its largest regret. The balanced point
// has the smallest one and is marked. Added corners are left out: a plan for
// one dimension alone loses so much in the others that the bars of mixed
// vectors would vanish. [WeightsTable] has all rows.
func WeightsFigure(res *sweep.Result) *Figure {
	var (
		names []string
		shown []int // rows of the figure
		a     = res.Analysis
		alt   = "Gain and loss by dimension against the weights of the region."
	)
	for i, row := range res.Rows {
		corner := max(row.Weights.Economic, row.Weights.Risk, row.Weights.Environment) == 1
		if row.Added && corner {
			continue
		}
		w := row.Weights
		name := fmt.Sprintf("%.3g/%.3g/%.3g", w.Economic, w.Risk, w.Environment)
		if i == a.Reference {
			name += " (reference)"
		}
		names, shown = append(names, name), append(shown, i)
	}
	s := &sheet{panels: [][]*panel{{}}, cols: []float64{1.35, 1, 1, 1}}
	for k, d := range weights.Dimensions() {
		own := names
		// Only the first panel has names; the rows of all panels are the same.
		if k > 0 {
			own = make([]string, len(names))
		}
		color := []ink{economic, risk, environment}[k]
		p := newRows("Gain, "+d.String(), own)
		for y, i := range shown {
			gain := a.Rows[i].Gain.At(d)
			b := box{min(0, gain), max(0, gain), float64(y) - 0.3, float64(y) + 0.3}
			p.Add(filled(color, 1, b))
			p.annotate(b, "%s, %s: %s currency", names[y], d, signed(gain, 2))
		}
		p.scaleX(3)
		s.panels[0] = append(s.panels[0], p)
	}
	p := newRows("Largest regret", make([]string, len(names)))
	for y, i := range shown {
		regret := a.Rows[i].WorstRegret()
		p.Add(dots(dot(muted, 4), xys{{X: regret, Y: float64(y)}}))
		// A ring around the dot marks the balanced point.
		if i == a.Compromise {
			p.Add(dots(ring(text, 7), xys{{X: regret, Y: float64(y)}}))
		}
		p.annotateAt(regret, y, "%s: largest regret %s", names[y], number(regret, 3))
		r := a.Rows[i]
		alt += fmt.Sprintf(" %s: economic %s, risk %s, environment %s, largest regret %s.", names[y],
			signed(r.Gain.Economic, 0), signed(r.Gain.Risk, 0), signed(r.Gain.Environment, 0), number(regret, 2))
	}
	// A regret is a fraction of the span of a dimension.
	p.X.Min, p.X.Max = 0, 1
	p.X.Tick.Marker = numeric([]float64{0, 0.5, 1}, 1)
	s.panels[0] = append(s.panels[0], p)
	s.legend = []key{
		keyBox("economic", economic, 1), keyBox("risk", risk, 1), keyBox("environment", environment, 1),
		keyGlyph("largest regret", dot(muted, 4)), keyGlyph("balanced point", ring(text, 7)),
	}
	alt += " The balanced point is at " + a.Rows[a.Compromise].Weights.String() + "."
	return &Figure{
		Name: "weights", Title: "Gain and loss by dimension", Table: "weights", section: values, Alt: alt,
		Caption: "Value under each weight vector (economic/risk/environment) less that under the weights of the region, currency; " +
			"largest regret: the largest loss against the best of the sweep, as a fraction of the span of a dimension.",
		width: full, height: 85 + 24*vg.Length(len(names)), draw: s.draw,
	}
}

// ThemedSVG writes the figure as a document of its own that follows the
// reader's preference of light or dark colours, on the background of either.
func (f *Figure) ThemedSVG(w io.Writer) error {
	style := fmt.Sprintf(`width="%g" height="%g" font-family="%s"`, f.width.Points(), f.height.Points(), fontFamily)
	sheet := "<style>svg{background:var(--paper);" + properties(false) + "}@media (prefers-color-scheme:dark){svg{" + properties(true) + "}}</style>\n"
	// The style sheet stands after the description, which readers of the
	// document need first.
	_, err := io.WriteString(w, strings.Replace(f.vector(style, ink.variable), "</desc>\n", "</desc>\n"+sheet, 1))
	return err
}
