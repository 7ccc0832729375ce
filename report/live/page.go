package live

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html/template"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/trigrid/trigrid"
)

var (
	//go:embed page.html
	pageTemplate string
	//go:embed page.css
	styleSheet string
	//go:embed page.js
	script string
)

// Page is the page of one run, an [http.Handler] with the paths "/" and
// "/state". The zero value works. All methods can be called at once by several
// goroutines.
//
// Behind a prefix, the path must end with a slash: http.StripPrefix("/run",
// page) for "/run/".
type Page struct {
	Region string // heading; set before the first request

	mu    sync.Mutex
	state State
	read  time.Time     // of the last request while the run worked
	shown chan struct{} // closed when the page with the end is read; nil before the end
	once  sync.Once     // closes shown
}

var _ http.Handler = (*Page)(nil)

// Observe shows a report of a run, see [trigrid.Options.Observe].
//
// It only stores the report and returns at once, so that the page does not slow
// the run:
//
//	trigrid.Options{Observe: page.Observe}
func (p *Page) Observe(report trigrid.Progress) {
	s := progress(p.Region, report)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.state = s
}

// End shows the end of a run: its result, or the error without one. A result
// that is cut is shown without its error. files are the paths of written files,
// which the page lists.
//
// For example, page.End(result, nil, "demo/report/index.html"). The state keeps
// the stage of the last report.
func (p *Page) End(res *trigrid.Result, err error, files ...string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.state = ended(p.state, res, err, files)
	if p.shown == nil {
		p.shown = make(chan struct{})
	}
}

// State returns the present state.
//
// It is the JSON of the path "state". Before the first report the status is
// [Waiting].
func (p *Page) State() State {
	p.mu.Lock()
	s := p.state
	p.mu.Unlock()
	s.Region = p.Region
	if s.Status == "" {
		s.Status = Waiting
	}
	s.Text = map[string]string{}
	for _, r := range s.rows() {
		s.Text[r.Key] = r.Text
	}
	return s
}

// ServeHTTP implements [http.Handler]. It refuses requests as the package
// comment states.
func (p *Page) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Security-Policy", policy())
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("X-Content-Type-Options", "nosniff")
	if err := local(r); err != nil {
		http.Error(w, err.Error(), http.StatusForbidden)
		return
	}
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		h.Set("Allow", "GET, HEAD")
		http.Error(w, "live: only GET and HEAD are answered", http.StatusMethodNotAllowed)
		return
	}
	switch r.URL.Path {
	case "/", "":
		p.serve(w, "text/html; charset=utf-8", html)
	case "/state":
		p.serve(w, "application/json", func(s State) ([]byte, error) { return json.Marshal(s) })
	default:
		http.Error(w, "live: there are only the paths / and /state", http.StatusNotFound)
	}
}

// serve answers with the present state. The page with the end, not its JSON,
// counts as shown: a script reads both.
//
// The time of the last reading decides whether [Server.Close] waits for a
// browser.
func (p *Page) serve(w http.ResponseWriter, kind string, encode func(State) ([]byte, error)) {
	s := p.State()
	data, err := encode(s)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", kind)
	_, err = w.Write(data)
	p.mu.Lock()
	defer p.mu.Unlock()
	if !s.Status.Ended() {
		p.read = time.Now()
	} else if err == nil && kind != "application/json" {
		p.once.Do(func() { close(p.shown) })
	}
}

// html returns the page of a state. The template escapes all names.
func html(s State) ([]byte, error) {
	type payoff struct{ Name, Choice, Payoff string }
	data := struct {
		State         State
		Ended         bool
		Rows          []row
		Recommended   string
		Payoffs       []payoff
		Style, Script template.HTML
	}{
		State: s, Ended: s.Status.Ended(), Rows: s.rows(),
		Style: template.HTML("<style>" + styleSheet + "</style>"), Script: template.HTML("<script>" + script + "</script>"),
	}
	if s.Status.Ended() { // no program is in work any more
		data.Rows = slices.DeleteFunc(data.Rows, func(r row) bool { return r.Text == none })
	}
	if s.Result != nil {
		data.Recommended = profile(s.Result.Profile)
		if s.Result.Welfare != nil {
			data.Recommended += "\nwelfare " + amounts("", s.Result.Welfare, s.Bound)
		}
		for _, name := range names(s.Result.Profile) {
			data.Payoffs = append(data.Payoffs, payoff{name, s.Result.Profile[name], money(s.Result.Payoffs[name])})
		}
	}
	// Style and script stay as they are, because the policy has their hashes.
	parsed, err := template.New("page").Parse(pageTemplate)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	err = parsed.Execute(&out, data)
	return out.Bytes(), err
}

// policy returns the content security policy: the page runs its own style and
// script only, loads nothing from other hosts, and stands in no frame.
//
// A name of a DER with a script in it stays text, because the template escapes
// it, and would not run in any case, because its hash is another one.
func policy() string {
	return fmt.Sprintf("default-src 'none'; style-src '%s'; script-src '%s'; connect-src 'self'; "+
		"base-uri 'none'; form-action 'none'; frame-ancestors 'none'", digest(styleSheet), digest(script))
}

// digest returns the hash of an inline element, as a policy names it.
//
// For example, "sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=" for an
// empty text.
func digest(text string) string {
	sum := sha256.Sum256([]byte(text))
	return "sha256-" + base64.StdEncoding.EncodeToString(sum[:])
}
