// chromedp does not build for js.

//go:build !js

package report_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid"
	"github.com/trigrid/trigrid/casefile"
	"github.com/trigrid/trigrid/internal/testsolver"
	"github.com/trigrid/trigrid/report"
)

// browser starts Chromium for a test, which skips without one.
func browser(t *testing.T) context.Context {
	t.Helper()
	if testing.Short() {
		t.Skip("Chromium takes a while")
	}
	if raceDetector {
		t.Skip("the race detector slows the drawing of pages; make browser runs this test without it")
	}
	program := ""
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if at, err := exec.LookPath(name); err == nil {
			program = at
			break
		}
	}
	if program == "" {
		t.Skip("Chromium is not installed; scripts/browser.sh installs it")
	}
	// Containers have no namespaces for the sandbox and little shared memory;
	// the only pages are those of this test.
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(program), chromedp.NoSandbox,
		chromedp.Flag("disable-dev-shm-usage", true), chromedp.Flag("font-render-hinting", "none"))
	allocated, stop := chromedp.NewExecAllocator(t.Context(), options...)
	t.Cleanup(stop)
	ctx, cancel := chromedp.NewContext(allocated)
	t.Cleanup(cancel)
	ctx, expire := context.WithTimeout(ctx, 4*time.Minute)
	t.Cleanup(expire)
	return ctx
}

// page is a report in a browser.
type page struct {
	t     *testing.T
	ctx   context.Context
	files map[string]string

	mu       sync.Mutex
	problems []string // errors on the console
}

// open writes a report and opens its page.
func open(t *testing.T, ctx context.Context, r trigrid.Region, res *trigrid.Result, o report.Options) *page {
	t.Helper()
	o.Formats = []report.Format{report.SVG}
	list, err := report.FilesWith(r, res, o)
	require.NoError(t, err)
	return openFiles(t, ctx, list)
}

// openFiles writes the files of a report and opens its page.
func openFiles(t *testing.T, ctx context.Context, list []report.File) *page {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "report")
	tab, done := chromedp.NewContext(ctx)
	t.Cleanup(done)
	p := &page{t: t, ctx: tab, files: map[string]string{}}
	for _, f := range list {
		p.files[f.Name] = string(f.Data)
		at := filepath.Join(dir, filepath.FromSlash(f.Name))
		require.NoError(t, os.MkdirAll(filepath.Dir(at), 0o777))
		require.NoError(t, os.WriteFile(at, f.Data, 0o666))
	}
	note := func(words string) {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.problems = append(p.problems, words)
	}
	require.NoError(t, chromedp.Listen(tab, func(event any) {
		switch e := event.(type) {
		case *runtime.EventExceptionThrown:
			note(e.ExceptionDetails.Text)
		case *runtime.EventConsoleAPICalled:
			note(fmt.Sprint("console: ", e.Type))
		case *log.EventEntryAdded: // violations of the policy and failed loads
			note(e.Entry.Text)
		}
	}))
	_, err := chromedp.Call(tab, log.Enable, cdp.Empty{})
	require.NoError(t, err)
	p.do(chromedp.Navigate("file://" + filepath.Join(dir, "index.html")))
	return p
}

// do runs actions of the browser.
func (p *page) do(actions ...chromedp.Action[chromedp.Void]) {
	p.t.Helper()
	require.NoError(p.t, chromedp.Do(p.ctx, actions...))
}

// script runs a statement of JavaScript.
func (p *page) script(statement string) {
	p.t.Helper()
	p.do(chromedp.Evaluate[chromedp.Void](statement))
}

// eval evaluates an expression of JavaScript.
func eval[T any](p *page, expression string) T {
	p.t.Helper()
	out, err := chromedp.Run(p.ctx, chromedp.Evaluate[T](expression))
	require.NoError(p.t, err)
	return out
}

// screen sets the width of the window and the theme.
func (p *page) screen(width int64, theme string) {
	p.t.Helper()
	_, err := chromedp.Call(p.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: theme}},
	})
	require.NoError(p.t, err)
	p.do(chromedp.EmulateViewport(width, 900), chromedp.Sleep(100*time.Millisecond))
}

// screenshot keeps a picture of the whole page.
func (p *page) screenshot(name string) {
	p.t.Helper()
	picture, err := chromedp.Run(p.ctx, chromedp.FullScreenshot(100))
	require.NoError(p.t, err)
	p.keep(name, picture)
}

// keep writes a picture into the folder of the variable TRIGRID_SCREENSHOTS, or
// into that of the test's artifacts.
func (p *page) keep(name string, picture []byte) {
	p.t.Helper()
	dir := os.Getenv("TRIGRID_SCREENSHOTS")
	if dir == "" {
		dir = p.t.ArtifactDir()
	}
	require.NoError(p.t, os.MkdirAll(dir, 0o777))
	require.NoError(p.t, os.WriteFile(filepath.Join(dir, name+".png"), picture, 0o666))
}

// hover moves the pointer over a share of the width of an element and returns
// the tooltip.
func (p *page) hover(selector string, share float64) string {
	p.t.Helper()
	// The event of a scroll can come late on a busy machine, and hides the
	// tooltip once more.
	for range 2 {
		if words := p.hoverOnce(selector, share); words != "" {
			return words
		}
	}
	return p.hoverOnce(selector, share)
}

// hoverOnce moves the pointer once.
func (p *page) hoverOnce(selector string, share float64) string {
	p.t.Helper()
	p.script(fmt.Sprintf(`document.querySelector(%q).scrollIntoView({block: "center", behavior: "instant"})`, selector))
	p.do(chromedp.Sleep(100 * time.Millisecond)) // scrolling hides the tooltip
	at := eval[[]float64](p, fmt.Sprintf(`(() => { const e = document.querySelector(%q);
		const b = e.getBoundingClientRect(), l = e.place ? e.place.left : 0, r = e.place ? e.place.right : b.width;
		return [b.left + l + %g * (r - l), b.top + b.height / 2]; })()`, selector, share))
	p.do(chromedp.MouseEvent(chromedp.MouseMoved, at[0], at[1]))
	return eval[string](p, `document.querySelector(".tip").hidden ? "" : document.querySelector(".tip").innerText`)
}

// settle fails if the console has an error, a figure has no data, or the page
// is wider than the window.
func (p *page) settle(where string) {
	p.t.Helper()
	p.mu.Lock()
	assert.Empty(p.t, p.problems, "%s: the console", where)
	p.mu.Unlock()
	for _, empty := range eval[[]string](p, `[...document.querySelectorAll("figure")].filter((f) => !f.hidden).filter((f) => {
		const live = f.querySelector(".chart"), svg = live || [...f.querySelectorAll("svg")].find((s) => s.getBoundingClientRect().width > 0);
		if (!svg) return true;
		const drawn = [...svg.querySelectorAll("path, rect")].filter((e) => { const b = e.getBBox(); return b.width > 0 || b.height > 0; });
		return svg.getBoundingClientRect().height < 30 || drawn.length === 0;
	}).map((f) => f.id)`) {
		assert.Fail(p.t, "a figure has no data", "%s: %s", where, empty)
	}
	assert.LessOrEqual(p.t, eval[int](p, `document.documentElement.scrollWidth - document.documentElement.clientWidth`), 0, "%s: the page is wider than the window", where)
}

// overlaps returns pairs of texts of a figure that cover each other.
const overlaps = `[...document.querySelectorAll("figure")].flatMap((f) => {
	const svgs = f.classList.contains("live") ? f.querySelectorAll(".chart svg") : f.querySelectorAll(".drawing svg");
	return [...svgs].flatMap((svg) => {
		const texts = [...svg.querySelectorAll("text")].map((t) => [t.textContent, t.getBoundingClientRect()]).filter(([, b]) => b.width > 0);
		return texts.flatMap(([a, p], i) => texts.slice(i + 1).filter(([, q]) =>
			Math.min(p.right, q.right) - Math.max(p.left, q.left) > 1 && Math.min(p.bottom, q.bottom) - Math.max(p.top, q.top) > 0.35 * Math.min(p.height, q.height)
		).map(([b]) => f.id + ": " + a + " | " + b));
	});
})`

// everyScreen examines the page at both widths and in both themes, and keeps
// pictures.
func (p *page) everyScreen(name string, check func(where string)) {
	for _, width := range []int64{1280, 390} {
		for _, theme := range []string{"light", "dark"} {
			where := fmt.Sprintf("%s-%d-%s", name, width, theme)
			p.screen(width, theme)
			p.settle(where)
			assert.Empty(p.t, eval[[]string](p, overlaps), where)
			p.screenshot(where)
			check(where)
		}
	}
	// The same page in a browser without scripts; the test's own expressions
	// still run there.
	p.screen(1280, "light")
	p.scripts(false)
	assert.Zero(p.t, eval[int](p, `document.querySelectorAll(".live, .tip").length`), "the script has not run")
	p.settle(name + " without script")
	assert.Empty(p.t, eval[[]string](p, overlaps), "%s without script", name)
	p.screenshot(name + "-still")
	p.scripts(true)
}

// scripts switches the scripts of pages on or off, and loads the page again.
func (p *page) scripts(on bool) {
	p.t.Helper()
	_, err := chromedp.Call(p.ctx, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: !on})
	require.NoError(p.t, err)
	p.do(chromedp.Reload())
}

// demo returns the region of the calibrated case with few scenarios, and its
// result.
func demo(t *testing.T) (trigrid.Region, *trigrid.Result) {
	t.Helper()
	solver := testsolver.New(t)
	solver.Gap, solver.AbsoluteGap = 0.01, 0 // the page needs no optimum
	folder := os.DirFS("../examples/threelevel")
	raw, err := fs.ReadFile(folder, "case.json")
	require.NoError(t, err)
	raw = regexp.MustCompile(`"keep": \d+`).ReplaceAll(raw, []byte(`"keep": 2`))
	small := fstest.MapFS{"case.json": {Data: raw}}
	c, err := casefile.Load(small, "case.json")
	require.NoError(t, err)
	r, err := c.Region(t.Context(), casefile.Options{})
	require.NoError(t, err)
	res, err := trigrid.Run(t.Context(), r, trigrid.Options{Solver: solver})
	require.NoError(t, err)
	return r, res
}

// The values under the pointer are those of the tables.
func TestBrowserShowsTheDemo(t *testing.T) {
	ctx := browser(t)
	r, res := demo(t)
	encoded, err := json.Marshal(res) // without plans
	require.NoError(t, err)
	other := &trigrid.Result{}
	require.NoError(t, json.Unmarshal(encoded, other))
	other.DERs[0].Payoff += 1000
	other.DERs[1].Name = "another"
	p := open(t, ctx, r, res, report.Options{Other: &report.Run{Name: "last year", Result: other}})
	dispatch := read(t, p.files, "dispatch")
	delivery := read(t, p.files, "delivery").where(t, "vpp", res.VPPs[0].Name, "step", "5")
	words := ""
	p.everyScreen("demo", func(where string) {
		// Step 5 of 24 lies at 5.5/24 of the width.
		words = p.hover("#dispatch-1 .chart svg", 5.5/24)
		for _, item := range append(res.VPPs[0].Members, "market") {
			row := dispatch.where(t, "vpp", res.VPPs[0].Name, "step", "5", "item", item)
			supply, use := value(t, row["supply_mw"]), value(t, row["use_mw"])
			shown := tipValues(t, words, item)
			if supply > 0 && use > 0 {
				require.Len(t, shown, 2, words)
				assert.InDelta(t, supply, shown[0], 0.0051, "%s: %s", where, item)
				assert.InDelta(t, -use, shown[1], 0.0051, "%s: %s", where, item)
			} else {
				require.Len(t, shown, 1, words)
				assert.InDelta(t, supply-use, shown[0], 0.0051, "%s: %s", where, item)
			}
		}
		assert.InDelta(t, value(t, delivery["day_ahead_mw"]), tipValues(t, words, "day-ahead schedule")[0], 0.0051, where)
		assert.InDelta(t, value(t, delivery["expected_mw"]), tipValues(t, words, "delivery")[0], 0.0051, where)
		p.glimpse(where + "-values")
	})

	// A scenario, by the list.
	p.script(`(() => { const s = document.querySelector("#view-scenario"); s.value = "1"; s.dispatchEvent(new Event("change")); })()`)
	words = p.hover("#dispatch-1 .chart svg", 5.5/24)
	assert.Contains(t, words, "scenario 1")
	assert.InDelta(t, value(t, delivery["scenario_1_mw"]), tipValues(t, words, "delivery")[0], 0.0051)

	// Zoom: hours 6 to 12 by the lists; the middle of the first of six steps is
	// step 6.
	p.script(`(() => { for (const [id, v] of [["#view-from", "6"], ["#view-to", "12"]]) { const s = document.querySelector(id); s.value = v; s.dispatchEvent(new Event("change")); } })()`)
	words = p.hover("#dispatch-1 .chart svg", 0.5/6)
	delivery = read(t, p.files, "delivery").where(t, "vpp", res.VPPs[0].Name, "step", "6")
	assert.InDelta(t, value(t, delivery["scenario_1_mw"]), tipValues(t, words, "delivery")[0], 0.0051)

	// Zoom by dragging over the figure, then back by a double click.
	p.script(`document.querySelector("#view button").click()`)
	p.drag("#dispatch-1 .chart svg", 2.5/24, 7.5/24)
	assert.Equal(t, "2 8", eval[string](p, `document.querySelector("#view-from").value + " " + document.querySelector("#view-to").value`))
	p.script(`document.querySelector("#dispatch-1 .chart svg").dispatchEvent(new MouseEvent("dblclick", {bubbles: true}))`)
	assert.Equal(t, "0 24", eval[string](p, `document.querySelector("#view-from").value + " " + document.querySelector("#view-to").value`))

	// Keys read the values aloud.
	p.script(`document.querySelector("#dispatch-1 .chart").focus()`)
	p.do(chromedp.KeyEvent(kb.Home), chromedp.KeyEvent(kb.ArrowRight))
	assert.Contains(t, eval[string](p, `document.querySelector(".said").textContent`), "01:00 to 02:00")

	// Hiding a member removes it from the figure, from the values and from the
	// tables.
	member := res.VPPs[0].Members[0]
	p.script(fmt.Sprintf(`[...document.querySelectorAll("#dispatch-1 .legend button")].find((b) => b.textContent === %q).click()`, member))
	assert.NotContains(t, p.hover("#dispatch-1 .chart svg", 0.5), member+"\t")
	assert.True(t, eval[bool](p, fmt.Sprintf(`[...document.querySelectorAll("tr[data-der]")].filter((r) => r.dataset.der === %q).every((r) => r.hidden)`, member)))
	for range 2 { // no DER, then all
		p.script(`document.querySelector("#view .ders input").click()`)
	}
	assert.True(t, eval[bool](p, `[...document.querySelectorAll("tr[data-der]")].every((r) => !r.hidden)`))

	// A figure without hours has the values of its marks.
	line := res.Settlement[0]
	words = p.hover("#settlement .both .marks rect", 0.5)
	assert.Contains(t, words, line.Party)
	assert.InDelta(t, float64(line.Minor)/100, tipValues(t, words+" ", line.Party)[0], 1e-9)
	assert.Regexp(t, `pays .* currency for `, p.hover("#payments .both .marks rect", 0.5))

	// Sorting by payoff, both ways.
	for _, order := range []string{"a <= b", "a >= b"} {
		assert.True(t, eval[bool](p, `(() => {
			const table = document.querySelector("#outcome table.sortable"), heads = [...table.tHead.rows[0].cells];
			const k = heads.findIndex((h) => h.textContent === "payoff");
			heads[k].querySelector("button").click();
			const v = [...table.tBodies[0].rows].map((r) => Number(r.cells[k].textContent.replaceAll(",", "").replace("−", "-")));
			return v.length > 1 && v.slice(1).every((b, i) => ((a, b) => `+order+`)(v[i], b));
		})()`), order)
	}
	p.settle("at the end")

	// The list of DERs and the values on a narrow screen.
	p.screen(390, "dark")
	p.hover("#dispatch-1 .chart svg", 0.5)
	p.script(`document.querySelector("#view details").open = true`)
	p.glimpse("demo-view")
	p.settle("with the list of DERs")
	assert.GreaterOrEqual(t, eval[float64](p, `document.querySelector("#view .ders").getBoundingClientRect().left`), 0.0)
	p.script(`document.querySelector("#view details").open = false`)

	// A tap shows the values until the next one.
	p.hover("#dispatch-1 .chart svg", 0.5) // scrolls
	at := eval[[]float64](p, `(() => { const b = document.querySelector("#dispatch-1 .chart svg").getBoundingClientRect(); return [b.left + b.width / 2, b.top + 40]; })()`)
	p.do(chromedp.MouseEvent(chromedp.MouseMoved, 1, 1), chromedp.TapXY(at[0], at[1]))
	assert.NotEmpty(t, eval[string](p, `document.querySelector(".tip").hidden ? "" : document.querySelector(".tip").innerText`))
	p.do(chromedp.TapXY(at[0], 880))
	assert.True(t, eval[bool](p, `document.querySelector(".tip").hidden`))
}

// glimpse keeps a picture of the visible part of the page.
func (p *page) glimpse(name string) {
	p.t.Helper()
	picture, err := chromedp.Run(p.ctx, chromedp.CaptureScreenshot())
	require.NoError(p.t, err)
	p.keep(name, picture)
}

// drag presses the pointer at one share of the width and releases it at
// another.
func (p *page) drag(selector string, from, to float64) {
	p.t.Helper()
	p.hover(selector, from)
	at := eval[[]float64](p, fmt.Sprintf(`(() => { const e = document.querySelector(%q), b = e.getBoundingClientRect();
		return [%g, %g].map((s) => b.left + e.place.left + s * (e.place.right - e.place.left)).concat(b.top + b.height / 2); })()`, selector, from, to))
	p.do(chromedp.MouseEvent(chromedp.MousePressed, at[0], at[2], chromedp.ButtonLeft),
		chromedp.MouseEvent(chromedp.MouseMoved, at[1], at[2], chromedp.ButtonLeft),
		chromedp.MouseEvent(chromedp.MouseReleased, at[1], at[2], chromedp.ButtonLeft))
}

// tipValues returns the numbers beside a name in a tooltip.
func tipValues(t *testing.T, words, name string) (out []float64) {
	t.Helper()
	for _, line := range strings.Split(words, "\n") {
		rest, found := strings.CutPrefix(strings.TrimSpace(line), name)
		if !found {
			continue
		}
		for _, text := range regexp.MustCompile(`[−+]?[0-9][0-9,]*\.[0-9]+`).FindAllString(rest, -1) {
			out = append(out, value(t, strings.NewReplacer("−", "-", ",", "", "+", "").Replace(text)))
		}
		return out
	}
	require.Fail(t, "the tooltip lacks a name", "%s in %q", name, words)
	return nil
}

func TestBrowserShowsThirtyDERs(t *testing.T) {
	r, res := large(t)
	p := open(t, browser(t), r, res, report.Options{})
	sum := 0.0
	n := 0
	for _, row := range read(t, p.files, "dispatch") {
		if row["vpp"] == "north" && row["step"] == "70" && strings.HasPrefix(row["item"], "car ") {
			sum += value(t, row["supply_mw"]) - value(t, row["use_mw"])
			n++
		}
	}
	// The cars of a VPP are one series, whose value is their sum.
	p.everyScreen("large", func(where string) {
		words := p.hover("#dispatch-1 .chart svg", 70.5/96)
		assert.InDelta(t, sum, tipValues(t, words, fmt.Sprintf("%d × car", n))[0], 0.0051, where)
	})
	// One car alone.
	p.script(`(() => { const tick = (name) => [...document.querySelectorAll("#view .ders label")].find((l) => l.textContent === name).querySelector("input");
		tick("22 × car").click(); tick("car 3").click(); })()`)
	row := read(t, p.files, "dispatch").where(t, "vpp", "north", "step", "70", "item", "car 3")
	assert.InDelta(t, value(t, row["supply_mw"])-value(t, row["use_mw"]), tipValues(t, p.hover("#dispatch-1 .chart svg", 70.5/96), "car 3")[0], 0.00051)
	p.settle("with one car")
}

// Names from files are text everywhere, whatever they contain.
func TestBrowserRunsNothingFromNames(t *testing.T) {
	r, res := fixture(t)
	p := open(t, browser(t), r, res, report.Options{Other: &report.Run{Name: storeName, Result: res, Region: &r}})
	p.everyScreen("names", func(where string) {
		assert.Contains(t, p.hover("#dispatch-1 .chart svg", 0.5), storeName, where)
	})
	assert.Equal(t, 2, eval[int](p, `document.scripts.length`))
	// The policy stops an inline script, also one that reaches the page.
	assert.Equal(t, "none", eval[string](p, `(() => { window.ran = "none"; const s = document.createElement("script"); s.textContent = "window.ran = 'ran'"; document.body.append(s); return window.ran; })()`))
	assert.NotEmpty(t, p.problems, "the browser reports the stopped script")
}

// A season has values per day and per step on one axis of time, and no console
// errors. Names contain markup.
func TestBrowserShowsASeason(t *testing.T) {
	list, err := report.SeasonFiles(seasonFixture(t), report.Options{Formats: []report.Format{report.SVG}})
	require.NoError(t, err)
	p := openFiles(t, browser(t), list)
	p.everyScreen("season", func(where string) {
		// The second of three days lies at half of the width.
		words := p.hover("#cost .chart svg", 0.5)
		assert.Contains(t, words, "31 Mar 00:00 to 1 Apr 00:00", where)
		assert.Equal(t, []float64{20}, tipValues(t, words, "perfect foresight"), where)
		assert.Equal(t, []float64{26}, tipValues(t, words, "rolling"), where)
		words = p.hover("#payments-2 .chart svg", 0.5)
		assert.Equal(t, []float64{-12}, tipValues(t, words, "grid, for the markets"), where)
		assert.Equal(t, []float64{5}, tipValues(t, words, windName), where)
		// Step 5 of twelve, the second of day 2.
		words = p.hover("#stores-1 .chart svg", 5.5/12)
		assert.Contains(t, words, "31 Mar 06:45 to 31 Mar 12:30", where)
		assert.Equal(t, []float64{6}, tipValues(t, words, storeName), where)
	})
	p.screen(1280, "light")
	// The lists offer days. Zoom to the second day: figures of days and of
	// steps follow.
	assert.Equal(t, "3", eval[string](p, `String(document.querySelector("#view-from").options.length)`))
	assert.Equal(t, "all days", eval[string](p, `document.querySelector("#view button").textContent`))
	p.script(`(() => { for (const [id, v] of [["#view-from", "4"], ["#view-to", "8"]]) { const s = document.querySelector(id); s.value = v; s.dispatchEvent(new Event("change")); } })()`)
	assert.Contains(t, p.hover("#imbalance .chart svg", 0.5), "31 Mar 00:00 to 1 Apr 00:00")
	assert.Equal(t, []float64{6}, tipValues(t, p.hover("#stores-2 .chart svg", 1.5/4), storeName))
	// A zoom inside a day keeps the whole day in figures of days.
	p.drag("#stores-1 .chart svg", 1.5/4, 2.5/4)
	assert.Contains(t, p.hover("#stores-1 .chart svg", 0.25), "31 Mar 06:45 to")
	assert.Contains(t, p.hover("#cost .chart svg", 0.1), "31 Mar 00:00 to 1 Apr 00:00")
	assert.Equal(t, "4 8", eval[string](p, `document.querySelector("#view-from").value + " " + document.querySelector("#view-to").value`))
	p.script(`document.querySelector("#view button").click()`)
	// Keys: two days to the right, and zoom.
	p.script(`document.querySelector("#cost .chart").focus()`)
	p.do(chromedp.KeyEvent(kb.Home), chromedp.KeyEvent(kb.ArrowRight), chromedp.KeyEvent(kb.ArrowRight))
	assert.Contains(t, eval[string](p, `document.querySelector(".said").textContent`), "1 Apr 00:00 to 2 Apr 00:00: perfect foresight 30.00 currency, rolling 36.00 currency")
	p.do(chromedp.KeyEvent("+"))
	assert.Contains(t, p.hover("#cost .chart svg", 0.9), "1 Apr 00:00 to 2 Apr 00:00")
	p.script(`document.querySelector("#cost .chart").focus()`)
	p.do(chromedp.KeyEvent("0"))
	// Marks of choices, and hiding of a DER.
	assert.Contains(t, p.hover("#choices-2 .both .marks rect", 0.5), windName+": P from 30 March to 1 April")
	p.script(fmt.Sprintf(`[...document.querySelectorAll("#payments-1 .legend button")].find((b) => b.textContent === %q).click()`, storeName))
	assert.NotContains(t, p.hover("#payments-2 .chart svg", 0.5), storeName)
	assert.True(t, eval[bool](p, `document.querySelector("#stores-1").hidden`))
	p.script(`document.querySelector("#view .ders input").click()`)
	p.script(`document.querySelector("#view .ders input").click()`)
	p.settle("at the end")
}
