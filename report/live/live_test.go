package live_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"math"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid"
	"github.com/trigrid/trigrid/casefile"
	"github.com/trigrid/trigrid/internal/testsolver"
	"github.com/trigrid/trigrid/milp"
	"github.com/trigrid/trigrid/report/live"
)

// gate passes programs on as the test allows.
type gate struct {
	milp.Solver
	entered, pass chan struct{}
}

func (g gate) Solve(ctx context.Context, m *milp.Model) (*milp.Solution, error) {
	g.entered <- struct{}{}
	<-g.pass
	return g.Solver.Solve(ctx, m)
}

// serve serves a page until the end of the test.
func serve(t *testing.T, page *live.Page) *live.Server {
	t.Helper()
	server, err := live.Serve("127.0.0.1:0", page)
	require.NoError(t, err)
	t.Cleanup(func() {
		ctx, stop := context.WithCancel(context.Background())
		stop()
		server.Close(ctx)
	})
	return server
}

// get returns the status and the body of a request, which change adapts.
func get(t *testing.T, url string, change func(*http.Request)) (int, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	require.NoError(t, err)
	if change != nil {
		change(r)
	}
	answer, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	require.NoError(t, err)
	return answer.StatusCode, string(body)
}

func state(t *testing.T, url string) (s live.State) {
	t.Helper()
	status, body := get(t, url+"state", nil)
	require.Equal(t, http.StatusOK, status, body)
	require.NoError(t, json.Unmarshal([]byte(body), &s))
	return s
}

// A run of 8 programs stops in the first one, and after the one that makes a
// profile known. Each state has the programs done, the program in work and the
// best profile so far; the last one has the result.
func TestThreeStatesOfARun(t *testing.T) {
	testsolver.New(t)
	c, err := casefile.Load(os.DirFS("../../cmd/trigrid/testdata"), "small.json")
	require.NoError(t, err)
	region, err := c.Region(t.Context(), casefile.Options{})
	require.NoError(t, err)
	page := &live.Page{Region: region.Name}
	url := serve(t, page).URL()
	waiting := state(t, url)
	assert.Equal(t, live.Waiting, waiting.Status)

	solver := gate{trigrid.DefaultSolver(), make(chan struct{}), make(chan struct{})}
	type outcome struct {
		res *trigrid.Result
		err error
	}
	ended := make(chan outcome, 1)
	go func() {
		res, err := trigrid.Run(t.Context(), region, trigrid.Options{Solver: solver, Workers: 1, Budget: -1, Observe: page.Observe})
		ended <- outcome{res, err}
	}()
	// A report comes at least every second, also while a program is in work.
	await := func(reached func(live.State) bool) (s live.State) {
		t.Helper()
		require.Eventually(t, func() bool { s = state(t, url); return reached(s) }, 20*time.Second, 20*time.Millisecond)
		return s
	}
	<-solver.entered
	first := await(func(s live.State) bool { return s.Program != nil })
	assert.Equal(t, live.Running, first.Status)
	assert.Equal(t, trigrid.Coalitions, first.Stage)
	assert.Equal(t, []int{0, 8}, []int{first.Done, first.Total})
	assert.Equal(t, &live.Program{VPP: "north", Members: []string{"W", "S"}, Working: first.Program.Working}, first.Program)
	assert.Nil(t, first.Profile)
	assert.Nil(t, first.Welfare)
	assert.Nil(t, first.Result)

	// A profile is known as soon as each VPP has a plan. One worker has
	// reported a program before the next one begins.
	passed := 0
	for ; state(t, url).Profile == nil; passed++ {
		require.Less(t, passed, 50) // a coalition can need several solutions
		solver.pass <- struct{}{}
		<-solver.entered
	}
	second := state(t, url)
	assert.Positive(t, second.Done)
	assert.LessOrEqual(t, second.Done, passed)
	assert.Equal(t, 8, second.Total)
	require.NotNil(t, second.Welfare)
	assert.Len(t, second.Profile, 2)
	_, html := get(t, url, nil)
	assert.Contains(t, html, `<noscript><meta http-equiv="refresh" content="2"></noscript>`)
	assert.Contains(t, html, second.Text["profile"])
	assert.Contains(t, html, second.Text["welfare"])

	go func() {
		for range solver.entered {
			solver.pass <- struct{}{}
		}
	}()
	solver.pass <- struct{}{}
	end := <-ended
	close(solver.entered)
	require.NoError(t, end.err)
	page.End(end.res, nil, "out/index.html")
	third := state(t, url)
	assert.Equal(t, live.Done, third.Status)
	assert.Equal(t, third.Profile, end.res.Game.Best[0])
	assert.InDelta(t, end.res.Game.BestWelfare, *third.Welfare, 1e-6)
	assert.Greater(t, *third.Welfare, *second.Welfare)
	require.NotNil(t, third.Result)
	assert.Equal(t, end.res.Recommendation.Profile, third.Result.Profile)
	assert.Equal(t, end.res.Game.Verdict, third.Result.Verdict)
	assert.Equal(t, end.res.DERs[0].Payoff, third.Result.Payoffs["W"])
	_, html = get(t, url, nil)
	assert.NotContains(t, html, "http-equiv", "the last page stays")
	assert.NotContains(t, html, "<script>")
	for _, want := range []string{end.res.Game.Verdict, "out/index.html", "<td>W</td>"} {
		assert.Contains(t, html, want)
	}
}

// A name that resolves to 127.0.0.1, a page of another origin and other methods
// get no state.
func TestForeignRequestsAreRefused(t *testing.T) {
	page := &live.Page{Region: "secret"}
	url := serve(t, page).URL()
	own := strings.TrimSuffix(strings.TrimPrefix(url, "http://"), "/")
	_, port, err := net.SplitHostPort(own)
	require.NoError(t, err)
	for _, c := range []struct {
		name   string
		change func(*http.Request)
		want   int
	}{
		{"own", nil, http.StatusOK},
		{"localhost", func(r *http.Request) { r.Host = "localhost:" + port }, http.StatusOK},
		{"own origin", func(r *http.Request) { r.Header.Set("Origin", "http://"+own) }, http.StatusOK},
		{"HEAD", func(r *http.Request) { r.Method = http.MethodHead }, http.StatusOK},
		{"foreign host", func(r *http.Request) { r.Host = "attacker.example:" + port }, http.StatusForbidden},
		{"foreign host below localhost", func(r *http.Request) { r.Host = "localhost.attacker.example:" + port }, http.StatusForbidden},
		{"foreign host like an address", func(r *http.Request) { r.Host = "127.0.0.1.attacker.example:" + port }, http.StatusForbidden},
		{"any interface", func(r *http.Request) { r.Host = "0.0.0.0:" + port }, http.StatusForbidden},
		{"no port", func(r *http.Request) { r.Host = "127.0.0.1" }, http.StatusForbidden},
		{"other port", func(r *http.Request) { r.Host = "127.0.0.1:1" }, http.StatusForbidden},
		{"foreign origin", func(r *http.Request) { r.Header.Set("Origin", "http://attacker.example") }, http.StatusForbidden},
		{"origin of a file", func(r *http.Request) { r.Header.Set("Origin", "null") }, http.StatusForbidden},
		{"origin of another port", func(r *http.Request) { r.Header.Set("Origin", "http://127.0.0.1:1") }, http.StatusForbidden},
		{"two origins", func(r *http.Request) { r.Header["Origin"] = []string{"http://" + own, "http://attacker.example"} }, http.StatusForbidden},
		{"POST", func(r *http.Request) { r.Method = http.MethodPost }, http.StatusMethodNotAllowed},
		{"OPTIONS", func(r *http.Request) { r.Method = http.MethodOptions }, http.StatusMethodNotAllowed},
		{"other path", func(r *http.Request) { r.URL.Path = "/etc/passwd" }, http.StatusNotFound},
	} {
		for _, path := range []string{"", "state"} {
			status, body := get(t, url+path, c.change)
			assert.Equal(t, c.want, status, "%s: %s", c.name, body)
			assert.Equal(t, c.want == http.StatusOK && c.name != "HEAD", strings.Contains(body, "secret"), "%s: %s", c.name, body)
		}
	}
}

// A handler in another server keeps the rules.
func TestHandlerRefusesOtherMachines(t *testing.T) {
	page := new(live.Page)
	for _, c := range []struct {
		remote, host string
		local        net.Addr
		want         int
	}{
		{"127.0.0.1:9", "127.0.0.1:80", nil, http.StatusOK},
		{"[::1]:9", "[::1]", nil, http.StatusOK},
		{"[::ffff:127.0.0.1]:9", "localhost", nil, http.StatusOK},
		{"127.0.0.1:9", "localhost:80", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 80}, http.StatusOK},
		{"192.0.2.1:9", "127.0.0.1:80", nil, http.StatusForbidden},
		{"", "127.0.0.1:80", nil, http.StatusForbidden},
		{"127.0.0.1:9", "localhost:80", &net.TCPAddr{IP: net.IPv4(192, 0, 2, 1), Port: 80}, http.StatusForbidden},
		{"127.0.0.1:9", "localhost:80", &net.UnixAddr{Name: "/tmp/x"}, http.StatusForbidden},
		{"127.0.0.1:9", "", nil, http.StatusForbidden},
	} {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.RemoteAddr, r.Host = c.remote, c.host
		if c.local != nil {
			r = r.WithContext(context.WithValue(r.Context(), http.LocalAddrContextKey, c.local))
		}
		w := httptest.NewRecorder()
		page.ServeHTTP(w, r)
		assert.Equal(t, c.want, w.Code, "%+v: %s", c, w.Body)
		assert.Contains(t, w.Header().Get("Content-Security-Policy"), "default-src 'none'")
	}
}

func TestAddressesOfOtherInterfacesAreRefused(t *testing.T) {
	for _, address := range []string{"127.0.0.1:0", "localhost:8080", "[::1]:0", "127.8.9.1:65535"} {
		assert.NoError(t, live.CheckAddress(address))
	}
	for address, want := range map[string]string{
		":0": "loopback", "0.0.0.0:0": "loopback", "[::]:0": "loopback", "192.0.2.1:80": "loopback",
		"example.org:80": "loopback", "127.0.0.1": "host:port", "": "host:port", "127.0.0.1:http": "port", "127.0.0.1:65536": "port",
	} {
		assert.ErrorContains(t, live.CheckAddress(address), want, address)
		_, err := live.Serve(address, new(live.Page))
		assert.ErrorContains(t, err, want, address)
	}
	used := serve(t, new(live.Page))
	_, err := live.Serve(strings.Trim(used.URL(), "htp:/"), new(live.Page))
	assert.ErrorContains(t, err, "port 0 is any free port")
}

// Names are texts of the page, and values that JSON lacks are null.
func TestNamesAreEscapedAndUnknownValuesAreNull(t *testing.T) {
	const name = `<img src=x onerror=alert(1)>`
	page := &live.Page{Region: name}
	url := serve(t, page).URL()
	page.Observe(trigrid.Progress{
		Stage: trigrid.Coalitions, VPP: name, Members: []string{name}, Best: math.NaN(), Bound: math.Inf(1),
		Profile: trigrid.Profile{name: name}, Welfare: 1, WelfareBound: math.MaxFloat64, Remaining: -1,
	})
	check := func() {
		for _, path := range []string{"", "state"} {
			_, body := get(t, url+path, nil)
			assert.NotContains(t, body, "<img")
			assert.Contains(t, body, "onerror")
		}
	}
	check()
	s := state(t, url)
	assert.Nil(t, s.Program.Best)
	assert.Nil(t, s.Program.Bound)
	assert.Nil(t, s.Bound)
	assert.Nil(t, s.Remaining)
	assert.Equal(t, name+": "+name, s.Text["profile"])
	assert.Equal(t, "1.00", s.Text["welfare"])
	page.Observe(trigrid.Progress{Profile: trigrid.Profile{name: name}, Welfare: -0.001, WelfareBound: math.NaN()})
	assert.Equal(t, "0.00", state(t, url).Text["welfare"])
	page.End(&trigrid.Result{
		Game: trigrid.GameResult{Verdict: name}, DERs: []trigrid.DERResult{{Name: name, Payoff: math.NaN()}},
		Settlement:     []trigrid.Line{{Party: name}},
		Recommendation: &trigrid.Recommendation{Profile: trigrid.Profile{name: trigrid.Outside}, Welfare: 2, Bound: math.MaxFloat64},
	}, nil, name)
	check()
	assert.Equal(t, 2.0, *state(t, url).Result.Welfare)
}

// A run can fail, be cut by an interrupt, or end without a feasible profile.
func TestEndsOfARun(t *testing.T) {
	interrupted := errors.New("interrupt")
	for _, c := range []struct {
		res    *trigrid.Result
		err    error
		status live.Status
		text   string
	}{
		{nil, errors.New("no solver"), live.Failed, "failed: no solver"},
		{&trigrid.Result{Cut: true}, interrupted, live.Cut, "cut: the run ended before all verdicts were proven"},
		{&trigrid.Result{}, errors.New("disk full"), live.Failed, "failed: disk full"},
		{&trigrid.Result{Recommendation: &trigrid.Recommendation{Explanation: "no VPP can run"}}, nil, live.Done, "done"},
	} {
		page := new(live.Page)
		page.End(c.res, c.err)
		s := page.State()
		assert.Equal(t, c.status, s.Status)
		assert.Equal(t, c.text, s.Text["status"])
		assert.Equal(t, c.res == nil, s.Result == nil)
	}
}

// Close waits for a browser that showed the run, until it has read the result.
func TestCloseLetsABrowserReadTheResult(t *testing.T) {
	page := new(live.Page)
	server, err := live.Serve("localhost:0", page)
	require.NoError(t, err)
	state(t, server.URL())
	page.End(nil, errors.New("no solver"))
	closed := make(chan error, 1)
	go func() { closed <- server.Close(context.Background()) }()
	state(t, server.URL()) // is not the page with the result
	select {
	case <-closed:
		t.Fatal("closed before the result was read")
	case <-time.After(100 * time.Millisecond):
	}
	_, html := get(t, server.URL(), nil)
	assert.Contains(t, html, "no solver")
	require.NoError(t, <-closed)
	_, err = http.Get(server.URL())
	assert.Error(t, err, "nothing is served any more")

	// Without a browser, and after an interrupt, it does not wait.
	unread, err := live.Serve("127.0.0.1:0", &live.Page{})
	require.NoError(t, err)
	require.NoError(t, unread.Close(context.Background()))
	page = new(live.Page)
	watched, err := live.Serve("127.0.0.1:0", page)
	require.NoError(t, err)
	state(t, watched.URL())
	page.End(nil, context.Canceled)
	ctx, stop := context.WithCancel(t.Context())
	stop()
	require.NoError(t, watched.Close(ctx))
	_, err = http.Get(watched.URL())
	assert.Error(t, err)
}

func TestReportsAndRequestsAtOnce(t *testing.T) {
	page := new(live.Page)
	url := serve(t, page).URL()
	var group sync.WaitGroup
	for i := range 4 {
		group.Go(func() {
			for range 50 {
				page.Observe(trigrid.Progress{Stage: trigrid.Coalitions, Done: i, Profile: trigrid.Profile{"W": "VPP1"}})
			}
		})
		group.Go(func() {
			for range 20 {
				assert.NotEmpty(t, state(t, url).Text)
			}
		})
	}
	group.Wait()
	page.End(nil, errors.New("end"))
}

// A run without an allocation has no payoffs; its result has zeros in their
// place.
func TestNoPayoffsWithoutAnAllocation(t *testing.T) {
	page := &live.Page{}
	res := &trigrid.Result{
		Cut: true, DERs: []trigrid.DERResult{{Name: "W"}},
		Recommendation: &trigrid.Recommendation{Reason: trigrid.NothingSolved, Explanation: "no time"},
	}
	page.End(res, nil)
	state := page.State()
	require.NotNil(t, state.Result)
	assert.Empty(t, state.Result.Payoffs)
	assert.Nil(t, state.Result.Welfare)
	assert.Equal(t, "no time", state.Result.Explanation)
}
