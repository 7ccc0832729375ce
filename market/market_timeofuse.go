package market

import (
	"fmt"
	"math"
	"time"
)

// TimeOfUse contains 24 hourly electricity prices that repeat every day.
// Package market/published has tables from the literature.
type TimeOfUse struct {
	Source string      // publication of the prices
	Buy    [24]float64 // price of a purchase by hour of the day, CNY per MWh
	Sell   []float64   // price paid for a sale, 24 values, CNY per MWh; nil if the source has none
}

// SellingAt returns the same day with selling prices that are a fraction of the
// buying prices. At a negative buying price they equal it: a fraction of it
// would earn more than buying costs.
func (d TimeOfUse) SellingAt(fraction float64) TimeOfUse {
	d.Sell = make([]float64, len(d.Buy))
	for h, buy := range d.Buy {
		d.Sell[h] = min(buy, buy*fraction)
	}
	return d
}

// Tariff repeats the day over a calendar that starts at midnight, or at
// [Calendar.Start], whose time zone gives the hours of the clock on days of 23
// and 25 hours. Limits of trade may be set on the result. It returns an error
// for an invalid calendar, for settlement periods that span a change of the
// hour, and for a day without selling prices; [TimeOfUse.SellingAt] sets them.
func (d TimeOfUse) Tariff(calendar Calendar) (*Tariff, error) {
	if err := calendar.Validate(); err != nil {
		return nil, fmt.Errorf("time-of-use tariff: %w", err)
	}
	if len(d.Sell) != len(d.Buy) {
		return nil, fmt.Errorf(
			"time-of-use tariff (%s): %d selling prices for %d hours; set them with SellingAt",
			d.Source, len(d.Sell), len(d.Buy))
	}
	if calendar = calendar.normal(); calendar.StepLengths == nil {
		calendar.StepHours = calendar.Hours() // the prices belong to steps of this length
	}
	m := &Tariff{Calendar: calendar, Good: Electricity}
	const tolerance = 1e-9 // hours; steps of a third of an hour have no exact binary form
	for p := range calendar.Periods() {
		from, to := calendar.Span(p)
		start, end := calendar.HoursTo(from), calendar.HoursTo(to)
		hour := math.Floor(start + tolerance)
		change := hour + 1
		if calendar.StepLengths != nil && !calendar.Start.IsZero() { // such steps follow the clock
			at := calendar.Start.Add(time.Duration(math.Round(start * float64(time.Hour))))
			past := time.Duration(at.Minute())*time.Minute + time.Duration(at.Second())*time.Second + time.Duration(at.Nanosecond())
			change = start + 1 - past.Hours()
		}
		if end > change+tolerance {
			return nil, fmt.Errorf("time-of-use tariff: "+
				"period %d runs from hour %v to %v across a change of price; settle by the hour",
				p, start, end)
		}
		h := int(hour) % len(d.Buy)
		if !calendar.Start.IsZero() {
			h = calendar.Start.Add(time.Duration(math.Round(start * float64(time.Hour)))).Hour()
		}
		m.Buy = append(m.Buy, d.Buy[h])
		m.Sell = append(m.Sell, d.Sell[h])
	}
	return m, m.Validate()
}
