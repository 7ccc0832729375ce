package report_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"html"
	"math"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid"
	"github.com/trigrid/trigrid/report"
)

// The policy of the page has the hashes of exactly the script and the style
// that it contains.
func TestPolicyAllowsTheScriptOfThePageOnly(t *testing.T) {
	r, res := fixture(t)
	page := files(t, r, res)["index.html"]
	policy := html.UnescapeString(regexp.MustCompile(`http-equiv="Content-Security-Policy" content="([^"]*)"`).FindStringSubmatch(page)[1])
	hash := func(begin, end string) string {
		_, rest, _ := strings.Cut(page, begin)
		content, _, _ := strings.Cut(rest, end)
		require.NotEmpty(t, content)
		sum := sha256.Sum256([]byte(content))
		return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
	}
	assert.Contains(t, policy, "default-src 'none'")
	assert.Contains(t, policy, "script-src "+hash("<script>", "</script>")+";")
	assert.Contains(t, policy, "style-src-elem "+hash("<style>", "</style>")+";")
}

// pageData is the data of the page's script as far as the tests need it.
type pageData struct {
	Steps         []string
	Probabilities []float64
	DERs          []struct{ Name, Group string }
	Charts        map[string]struct {
		Panels []struct {
			Series []struct {
				Name  string
				Parts []struct {
					DER       string
					Mean, Use []float64
					Paths     [][]float64
				}
			}
		}
	}
}

func dataOf(t *testing.T, page string) (out pageData) {
	t.Helper()
	_, rest, _ := strings.Cut(page, `<script type="application/json" id="data">`)
	text, _, _ := strings.Cut(rest, "</script>")
	assert.NotContains(t, text, "<", "names in the data cannot end the element")
	require.NoError(t, json.Unmarshal([]byte(text), &out))
	return out
}

// The wind farm of the fixture feeds in 4, 5, 6 MW with probability 0.75, and
// 2, 1, 3 MW otherwise; the battery charges 1 MW in step 0 of the first
// scenario and 2 MW in step 2 of the second.
func TestDataOfTheScriptAreThoseOfTheTables(t *testing.T) {
	r, res := fixture(t)
	data := dataOf(t, files(t, r, res)["index.html"])
	assert.Equal(t, []string{"00:00", "02:00", "04:00", "06:00"}, data.Steps)
	stack := data.Charts["dispatch-1"].Panels[0].Series
	require.Len(t, stack, 4)
	assert.Equal(t, windName, stack[0].Name)
	assert.Equal(t, []float64{3.5, 4, 5.25}, stack[0].Parts[0].Mean)
	assert.Equal(t, [][]float64{{4, 5, 6}, {2, 1, 3}}, stack[0].Parts[0].Paths)
	assert.Equal(t, []float64{0, 0.5, 0.75}, stack[1].Parts[0].Mean)
	assert.Equal(t, []float64{0.75, 0, 0.5}, stack[1].Parts[0].Use)
	assert.Equal(t, storeName, stack[1].Parts[0].DER)
	assert.Nil(t, stack[3].Parts[0].Paths, "the demand is the same in all scenarios")
}

// Of 30 DERs the 22 cars and the three wind farms are groups, the two roofs are
// not.
func TestManyDERsAreGrouped(t *testing.T) {
	r, res := large(t)
	of := files(t, r, res)
	data := dataOf(t, of["index.html"])
	group := map[string]int{}
	for _, d := range data.DERs {
		group[d.Group]++
	}
	assert.Equal(t, map[string]int{"car": 22, "wind": 3, "": 5}, group)
	var names []string
	for _, s := range data.Charts["dispatch-1"].Panels[0].Series {
		names = append(names, s.Name)
		if s.Name == "car" {
			assert.Len(t, s.Parts, 15)
		}
	}
	assert.Equal(t, []string{"wind", "roof 2", "turbine", "engine", "car", "market", "load north"}, names)
	figures, err := report.Figures(r, res)
	require.NoError(t, err)
	assert.Less(t, len(figures), 30, "no figure per car")
	assert.Contains(t, of["index.html"], "15 × car: energy")
	assert.Len(t, read(t, of, "ders"), 30, "tables keep each DER")
}

func TestOpenVerdictsAreListedAndMarked(t *testing.T) {
	r, res := large(t)
	of := files(t, r, res)
	for _, want := range []string{
		`<span class="badge">not proven</span>`, `<span class="badge">best known profile, which DERs may leave</span>`,
		"The run ended before all verdicts were proven: 2 programs are open, 1 without a plan.", "The run searched first",
		">the time ended</td>", ">12.5000</td>",
	} {
		assert.Contains(t, of["index.html"], want)
	}
	assert.Equal(t, "12.5", read(t, of, "open").where(t, "vpp", "north")["absolute_gap_currency"])
	assert.Equal(t, "false", read(t, of, "equilibria")[0]["proven"])
	assert.Equal(t, "false", read(t, of, "summary").where(t, "quantity", "verdict_proven")["value"])

	res.Cut, res.OpenPrograms, res.Game.Proven, res.Game.Nash[0].Proven = false, nil, true, true
	res.Recommendation.Reason, res.Recommendation.Proven, res.Recommendation.Highest = trigrid.DynamicEnd, true, true
	of = files(t, r, res)
	assert.NotContains(t, of["index.html"], "not proven</span>")
	assert.NotContains(t, of["index.html"], "Open verdicts")
	assert.NotContains(t, of, "tables/open.csv")
	assert.Contains(t, of["index.html"], `<span class="badge good">highest welfare</span>`)
	assert.Equal(t, "true", read(t, of, "equilibria")[0]["proven"])
}

// A margin of −0 is 0 in the file and on the page.
func TestNoNumberIsANegativeZero(t *testing.T) {
	r, res := fixture(t)
	res.Game.Margin, res.Game.Nash[0].Margin = math.Copysign(0, -1), math.Copysign(0, -1)
	of := files(t, r, res)
	assert.Equal(t, "0", read(t, of, "equilibria")[0]["margin_currency"])
	for name, content := range of {
		if strings.HasSuffix(name, ".csv") {
			assert.NotRegexp(t, `(^|,)-0(,|\r)`, content, name)
		}
	}
	assert.NotRegexp(t, `[−-]0(\.0*)?<`, of["index.html"])
}

// By default each figure has three files, and the page links them.
func TestEachFigureHasThreeFormats(t *testing.T) {
	r, res := fixture(t)
	list, err := report.Files(r, res)
	require.NoError(t, err)
	of := map[string]string{}
	for _, f := range list {
		of[f.Name] = string(f.Data)
	}
	for extension, begin := range map[string]string{"svg": "<svg", "png": "\x89PNG", "pdf": "%PDF-"} {
		assert.True(t, strings.HasPrefix(of["figures/dispatch-1."+extension], begin), extension)
		assert.Contains(t, of["index.html"], `href="figures/dispatch-1.`+extension+`" download>`+strings.ToUpper(extension)+`</a>`)
	}
}

// A PDF is one page of the figure's size with its texts, and the same at any
// time.
func TestFiguresAsPDF(t *testing.T) {
	r, res := fixture(t)
	figures, err := report.Figures(r, res)
	require.NoError(t, err)
	for _, f := range figures {
		var first, second bytes.Buffer
		require.NoError(t, f.PDF(&first))
		require.NoError(t, f.PDF(&second))
		assert.Equal(t, first.Bytes(), second.Bytes(), f.Name)
		assert.True(t, bytes.HasPrefix(first.Bytes(), []byte("%PDF-")), f.Name)
		assert.Regexp(t, `/MediaBox \[0 0 (470|960)\.00 `, first.String(), f.Name)
		assert.Contains(t, first.String(), "/FontFile2", f.Name)
		assert.Less(t, first.Len(), 200_000, f.Name)
	}
}

// A DER of the other run that this run lacks stands without numbers of this
// run.
func TestRunsAreComparedByName(t *testing.T) {
	r, res := fixture(t)
	_, earlier := fixture(t)
	earlier.DERs[0].Payoff -= 234.5678
	earlier.DERs[1].Name = "gone"
	earlier.Plans, earlier.Trajectory = nil, nil // as read from JSON
	list, err := report.FilesWith(r, res, report.Options{Other: &report.Run{Name: "earlier", Result: earlier}, Formats: []report.Format{report.SVG}})
	require.NoError(t, err)
	of := map[string]string{}
	for _, f := range list {
		of[f.Name] = string(f.Data)
	}
	table := read(t, of, "comparison")
	row := table.where(t, "about", windName, "quantity", "payoff_currency")
	assert.InDelta(t, 234.5678, value(t, row["difference"]), 1e-9)
	assert.Equal(t, "1000", row["other_run"])
	row = table.where(t, "about", "gone", "quantity", "payoff_currency")
	assert.Empty(t, row["this_run"])
	assert.Equal(t, "55.5", row["other_run"])
	assert.Empty(t, row["difference"])
	assert.Equal(t, "0", table.where(t, "about", "grid", "quantity", "settlement_currency")["difference"])
	assert.Contains(t, of["index.html"], "payoff, earlier")
	assert.Contains(t, of["index.html"], ">&#43;234.57</td>")
	assert.NotContains(t, of, "figures/comparison-1.svg", "without plans there is no delivery")

	_, err = report.FilesWith(r, res, report.Options{Formats: []report.Format{"gif"}})
	assert.ErrorContains(t, err, `Formats has "gif", want "svg", "png" or "pdf"`)
	_, err = report.FilesWith(r, res, report.Options{Other: &report.Run{}})
	assert.ErrorContains(t, err, "other run: there is no result")
	_, err = report.FilesWith(r, res, report.Options{Other: &report.Run{Result: &trigrid.Result{}}})
	assert.ErrorContains(t, err, "want at least one of each")
}

// Each payment is a band of the flow with its amount, and the alternative text
// lists them.
func TestFlowOfMoneyShowsEachPayment(t *testing.T) {
	r, res := large(t)
	of := files(t, r, res)
	payments := read(t, of, "payments")
	var cars float64
	for _, p := range payments {
		if p["from"] == "north" && strings.HasPrefix(p["to"], "car ") && p["for"] == "energy sold" {
			cars += value(t, p["amount_currency"])
		}
	}
	figures, err := report.Figures(r, res)
	require.NoError(t, err)
	for _, f := range figures {
		if f.Name == "payments" {
			assert.Contains(t, f.Alt, "north pays 15 × car "+commas(cars)+" for energy sold;")
		}
	}
	assert.Contains(t, of["index.html"], "<title>north pays 15 × car "+commas(cars)+" currency for energy sold</title>")
	assert.Contains(t, of["index.html"], "<title>car 1 ", "payoffs are not grouped")
}

// commas formats an amount between 1,000 and 1,000,000 as the page does.
func commas(amount float64) string {
	text := strings.Split(strings.TrimSpace(strings.ReplaceAll(string(mustJSON(math.Round(100*amount)/100)), " ", "")), ".")
	whole := text[0][:len(text[0])-3] + "," + text[0][len(text[0])-3:]
	if len(text) == 1 {
		return whole + ".00"
	}
	return whole + "." + (text[1] + "0")[:2]
}

func mustJSON(v any) []byte {
	out, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return out
}

// Every text of a figure states its width in Liberation Sans, which keeps
// legends apart in any font.
func TestTextsOfFiguresStateTheirWidth(t *testing.T) {
	r, res := fixture(t)
	svg := files(t, r, res)["figures/dispatch-1.svg"]
	texts := regexp.MustCompile(`<text ([^>]*)>([^<]*)</text>`).FindAllStringSubmatch(svg, -1)
	require.NotEmpty(t, texts)
	for _, text := range texts {
		if len([]rune(html.UnescapeString(text[2]))) > 1 {
			assert.Contains(t, text[1], "textLength=", text[2])
		}
	}
	// By hand, from the font's advance widths in 1/2048 em at 11 points: d
	// 1139, e 1139, m 1706, a 1139, n 1139, d 1139 are 7401, which are 39.75
	// points.
	assert.Contains(t, svg, `<text textLength="39.8" lengthAdjust="spacingAndGlyphs" `)
}
