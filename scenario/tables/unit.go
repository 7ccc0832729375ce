package tables

import (
	"regexp"
	"strings"
)

// quantity is the kind of a series, which decides how it is converted and
// resampled.
type quantity int

const (
	other  quantity = iota // such as a temperature or a share: not converted
	power                  // MW
	energy                 // MWh per step
	price                  // currency per MWh
)

// unit is a unit of a file.
//
// For example, "ct/kWh" has the factor 10: 1 ct/kWh is 10 currency units per
// MWh.
type unit struct {
	quantity quantity
	factor   float64 // to MW, MWh or currency per MWh; 1 for other
	name     string  // of the result, such as "MW" or "EUR/MWh"
}

var (
	// Factors to MW.
	powers = map[string]float64{"w": 1e-6, "kw": 1e-3, "mw": 1, "gw": 1e3, "tw": 1e6}
	// Codes of ISO 4217. The dollar sign alone names no currency.
	currencies = map[string]string{
		"eur": "EUR", "€": "EUR", "euro": "EUR", "gbp": "GBP", "£": "GBP", "usd": "USD", "us$": "USD", "$": "$", "aud": "AUD",
		"chf": "CHF", "dkk": "DKK", "sek": "SEK", "nok": "NOK", "pln": "PLN", "czk": "CZK", "huf": "HUF", "ron": "RON", "bgn": "BGN",
		"cad": "CAD", "cny": "CNY", "jpy": "JPY", "inr": "INR", "brl": "BRL", "try": "TRY", "uah": "UAH", "currency": "currency",
	}
	// Hundredths of a currency, which "ct" and "c" leave open.
	cents = map[string]string{"ct": "currency", "cent": "currency", "c": "currency", "eurct": "EUR", "eurocent": "EUR", "p": "GBP", "pence": "GBP", "öre": "SEK", "øre": "DKK"}
	// Factors to a price per MWh.
	perEnergy = map[string]float64{"mwh": 1, "kwh": 1e3, "gwh": 1e-3}

	// Wind Onshore (MWh), also with square brackets
	unitInBrackets = regexp.MustCompile(`[\[(]([^\[\]()]+)[\])]`)
	// load_kw, price_eur_mwh
	unitAtEnd = regexp.MustCompile(`(?i)[_ ,]+(?:in[_ ])?([a-zA-Z€$£%]+(?:(?:/|_per_|_)[km]?wh)?)$`)
	// Names behind which a final W means watts, not west.
	powerName = regexp.MustCompile(`(?i)power|load|demand|gen|pv|solar|wind|^p_|leistung|last|consum|import|export`)
	// Names of prices, for ends such as "_per_mwh" that name no currency.
	priceName = regexp.MustCompile(`(?i)price|preis|cost|tariff|rrp|lmp`)
	// Ends of the names of columns in files of SMARD.
	resolutionWord = regexp.MustCompile(`(?i) *(?:original|calculated) resolutions?$| *(?:originalauflösung(?:en)?|berechnete auflösung(?:en)?)$`)
)

// unitOf returns the unit that a text names. The text "" is a series without
// unit. For an unknown text it returns false and a unit of this name, whose
// values stay as they are.
//
//	kW, MWh/h, GWh, kWh per step, EUR/MWh, € / kWh, ct/kWh, eur_mwh, $/MWHr
func unitOf(text string) (unit, bool) {
	text = strings.NewReplacer("²", "2").Replace(clean(text))
	if text == "" {
		return unit{factor: 1}, true
	}
	lower := strings.TrimSuffix(strings.ToLower(text), "r") // MWHr
	if !strings.HasSuffix(lower, "wh") {
		lower = strings.ToLower(text)
	}
	lower = strings.NewReplacer(" per step", "", " per ", "/", "_per_", "/", " / ", "/").Replace(lower)
	if f, ok := powers[lower]; ok {
		return unit{power, f, "MW"}, true
	}
	// MWh/h is energy per hour, which is power.
	if f, ok := powers[strings.TrimSuffix(lower, "h/h")]; ok && strings.HasSuffix(lower, "h/h") {
		return unit{power, f, "MW"}, true
	}
	if f, ok := powers[strings.TrimSuffix(lower, "h")]; ok && strings.HasSuffix(lower, "h") {
		return unit{energy, f, "MWh"}, true
	}
	money, per, ok := strings.Cut(lower, "/")
	if !ok {
		money, per, ok = strings.Cut(lower, "_") // eur_mwh
	}
	if f, isEnergy := perEnergy[per]; ok && isEnergy {
		if name, ok := currencies[money]; ok {
			return unit{price, f, name + "/MWh"}, true
		}
		if name, ok := cents[money]; ok {
			return unit{price, f / 100, name + "/MWh"}, true
		}
	}
	// Units that are known and not converted.
	for _, known := range []string{"%", "°c", "m/s", "w/m2", "kwh/m2", "j/cm2", "g/kwh", "t/mwh", "mvar", "kvar", "mva", "hz", "kv", "p.u."} {
		if lower == known {
			return unit{other, 1, text}, true
		}
	}
	return unit{factor: 1, name: text}, false
}

// unitInName returns the unit in the name of a column, such as MWh in "Wind
// Onshore (MWh) Originalauflösungen", and the name without it. A unit in
// brackets is sure; one at the end, such as kw in load_kw, is a reading of the
// name.
func unitInName(name string) (found unit, short string, sure, ok bool) {
	name = resolutionWord.ReplaceAllString(name, "")
	all := unitInBrackets.FindAllStringSubmatchIndex(name, -1)
	for i := len(all) - 1; i >= 0; i-- {
		m := all[i]
		if u, ok := unitOf(name[m[2]:m[3]]); ok {
			return u, clean(name[:m[0]] + " " + name[m[1]:]), true, true
		}
	}
	if m := unitAtEnd.FindStringSubmatchIndex(name); m != nil {
		// The pattern can take a word before the unit: "load_kwh" of
		// "site_load_kwh". The loop drops it.
		for text := name[m[2]:m[3]]; ; {
			// A final W can also mean west, as in Node_W.
			watts := strings.EqualFold(text, "w") || strings.EqualFold(text, "wh")
			if u, ok := unitOf(text); ok && u.quantity != other && (!watts || powerName.MatchString(name)) {
				return u, name, false, true // the unit stays in names such as load_kw
			}
			if per, ok := strings.CutPrefix(strings.ToLower(text), "per_"); ok {
				if priceName.MatchString(name) {
					return unit{price, perEnergy[per], "currency/MWh"}, name, false, true
				}
				break // such as t_per_mwh
			}
			_, rest, more := strings.Cut(text, "_")
			if !more {
				break
			}
			text = rest
		}
	}
	return unit{factor: 1}, name, false, false
}

// ruleFor returns the unit of the first rule that fits one of the names of a
// column.
func ruleFor(rules []UnitRule, names ...string) (unit, bool) {
	for _, r := range rules {
		for _, name := range names {
			if fits(fold(r.Columns), fold(name)) {
				u, _ := unitOf(r.Unit)
				return u, true
			}
		}
	}
	return unit{}, false
}

// fits reports whether a name fits a pattern with "*" for any text. Other signs
// stand for themselves: names of columns have the brackets and slashes that
// path.Match reads as signs.
//
// For example, "*load*" fits "total load", and "rrp" does not fit "nsw1.rrp".
func fits(pattern, name string) bool {
	parts := strings.Split(pattern, "*")
	if len(parts) == 1 {
		return pattern == name
	}
	rest, ok := strings.CutPrefix(name, parts[0])
	if !ok {
		return false
	}
	for _, part := range parts[1 : len(parts)-1] {
		i := strings.Index(rest, part)
		if i < 0 {
			return false
		}
		rest = rest[i+len(part):]
	}
	return strings.HasSuffix(rest, parts[len(parts)-1])
}
