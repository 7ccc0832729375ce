package main

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

const stream = `{"Action":"start","Package":"a"}
{"Action":"run","Package":"a","Test":"TestGood"}
{"Action":"output","Package":"a","Test":"TestGood","Output":"=== RUN   TestGood\n"}
{"Action":"pass","Package":"a","Test":"TestGood/part","Elapsed":30}
{"Action":"pass","Package":"a","Test":"TestGood","Elapsed":30.4}
{"Action":"pass","Package":"a","Test":"TestShort","Elapsed":9.9}
{"Action":"pass","Package":"a","Test":"TestLonger","Elapsed":40.6}
{"Action":"output","Package":"a","Test":"TestSlow","Output":"=== RUN   TestSlow\n"}
{"Action":"output","Package":"a","Test":"TestSlow","Output":"    slow_test.go:7: first\n"}
{"Action":"output","Package":"a","Test":"TestSlow","Output":"    slow_test.go:9: needs TRIGRID_SLOW=1\n"}
{"Action":"skip","Package":"a","Test":"TestSlow"}
{"Action":"skip","Package":"a","Test":"TestSilent"}
{"Action":"output","Package":"a","Output":"PASS\n"}
{"Action":"output","Package":"a","Output":"ok  \ta\t0.1s\n"}
{"Action":"pass","Package":"a"}
{"ImportPath":"b","Action":"build-output","Output":"b.go:1: syntax error\n"}
{"Action":"output","Package":"c","Test":"TestBad","Output":"    c_test.go:3: want 1\n"}
{"Action":"output","Package":"c","Test":"TestBad","Output":"--- FAIL: TestBad (0.00s)\n"}
{"Action":"fail","Package":"c","Test":"TestBad"}
{"Action":"output","Package":"c","Test":"TestEndless","Output":"panic: test timed out\n"}
{"Action":"output","Package":"c","Output":"FAIL\tc\t0.2s\n"}
{"Action":"fail","Package":"c"}
{"Action":"output","Package":"d","Output":"?   \td\t[no test files]\n"}
{"Action":"skip","Package":"d"}
go: a plain line
`

func TestTallyPrintsPackagesFailuresLongTestsAndSkips(t *testing.T) {
	var out strings.Builder
	x := newTally(&out)
	for line := range strings.Lines(stream) {
		x.line([]byte(line))
	}
	x.close()
	assert.Equal(t, `ok  	a	0.1s
b.go:1: syntax error
    c_test.go:3: want 1
--- FAIL: TestBad (0.00s)
panic: test timed out
FAIL	c	0.2s
?   	d	[no test files]
go: a plain line
long: 41 s: a TestLonger
long: 30 s: a TestGood
skipped: 1: needs TRIGRID_SLOW=1
skipped: 1: no reason given
tests: 4 passed, 1 failed, 2 skipped
`, out.String())
}
