package dertest_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/der/dertest"
	"github.com/trigrid/trigrid/internal/testsolver"
)

// liar is a wind farm with one wrong answer.
type liar struct {
	der.Wind
	fault string
}

func (u *liar) Answer(p *der.Prices, c der.Context, s int, dst *der.Ports) float64 {
	worth := u.Wind.Answer(p, c, s, dst)
	switch u.fault {
	case "too much":
		return worth + 1
	case "without a schedule":
		if dst == nil {
			return worth + 1
		}
	case "another schedule":
		if dst != nil {
			dst.Injected[2] /= 2
		}
	case "beyond the program":
		if dst != nil {
			dst.Injected[2]++
		}
		return worth + p.Injected[2]
	}
	return worth
}

func (u *liar) Limits(c der.Context, s int) der.Ports {
	limits := u.Wind.Limits(c, s)
	if u.fault == "narrow limits" {
		limits.Injected = make([]float64, c.Steps())
	}
	return limits
}

func TestFleetAnswerReportsWrongAnswers(t *testing.T) {
	solver := testsolver.New(t)
	for fault, text := range map[string]string{
		"":                   "",
		"too much":           "but its schedule is worth",
		"without a schedule": "without a schedule and",
		"another schedule":   "but its schedule is worth",
		"beyond the program": "want the optimum of the program",
		"narrow limits":      "want at most Limits in absolute value",
	} {
		set := rainySet(t)
		var got record
		unit := &liar{der.Wind{ID: "farm", Available: set.Names()[0], Maintenance: 3}, fault}
		dertest.Answer(&got, solver, unit, der.Context{Set: set})
		if fault == "" {
			assert.Empty(t, got.failures)
			continue
		}
		assert.Contains(t, strings.Join(got.failures, "\n"), text, fault)
	}
}
