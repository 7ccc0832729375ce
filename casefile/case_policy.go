package casefile

import (
	"github.com/trigrid/trigrid/weights"
)

// readPolicy reads the policy of the grid, a table of rules:
//
//	{"kind": "volatility", "threshold": 0.1, "full": 0.3, "raise": 0.5}       one rule
//	{"kind": "directional", "supply_margin": {"threshold": 0.2}}              three rules
//	{"kind": "table", "rules": [{"signal": "volatility", "dimension": "risk", …}]}
//
// An absent number is that of [weights.Directional], and an absent base is the
// weights of the case.
func (c *Case) readPolicy(v Fields) weights.Policy {
	names := weights.TableNames()
	kind := v.At("kind").Text()
	t, err := weights.TableByName(kind)
	if kind != "table" && err != nil {
		if kind != "" { // an absent kind is reported already
			v.At("kind").Wrong(oneOf("one of the kinds", kind, append(names, "table")))
		}
		v.value.Ignore() // the keys depend on the kind
		return nil
	}
	t.Base = c.setting.Weights
	if base := v.At("base"); base.Given() {
		t.Base = readWeights(base)
	}
	switch kind {
	case "table":
		for _, item := range v.At("rules").List() {
			if item.Object() {
				t.Rules = append(t.Rules, readTableRule(item))
			}
		}
	case "directional":
		for i := range t.Rules {
			if rule := v.At(names[i]); rule.Given() && rule.Object() {
				readRule(rule, &t.Rules[i])
			}
		}
	default:
		readRule(v, &t.Rules[0])
	}
	return t
}

// readRule replaces the numbers of a rule by those that are given.
func readRule(v Fields, r *weights.Rule) {
	r.Threshold = v.At("threshold").NumberOr(r.Threshold, -unbounded, unbounded)
	r.Full = v.At("full").NumberOr(r.Full, -unbounded, unbounded)
	r.Raise = v.At("raise").NumberOr(r.Raise, 0, unbounded)
	r.Steps = v.At("steps").CountOr(r.Steps, 1, 1_000_000)
	checkRule(v, r)
}

// readTableRule reads a rule without defaults.
func readTableRule(v Fields) weights.Rule {
	signals := weights.TableNames()[:3]
	r := weights.Rule{
		Signal:    weights.Signal(v.At("signal").OneOf(signals...)),
		Dimension: weights.Dimension(v.At("dimension").OneOf("economic", "risk", "environment")),
		Threshold: v.At("threshold").Number(-unbounded, unbounded),
		Full:      v.At("full").Number(-unbounded, unbounded),
		Raise:     v.At("raise").Number(0, unbounded),
		Steps:     v.At("steps").CountOr(0, 1, 1_000_000),
	}
	// Neither has a default: a rule without its signal would read another one.
	for _, key := range []string{"signal", "dimension"} {
		if !v.At(key).Given() {
			v.At(key).Text()
		}
	}
	checkRule(v, &r)
	return r
}

// checkRule requires that a signal can be between Threshold and Full.
func checkRule(v Fields, r *weights.Rule) {
	if r.Threshold == r.Full && !v.At("threshold").rejected() && !v.At("full").rejected() {
		v.Bad("threshold and full are both %v, want two numbers; the weight rises from the first to the second", r.Full)
	}
}
