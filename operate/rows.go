package operate

import (
	"encoding/csv"
	"io"
	"strconv"
	"time"

	"github.com/trigrid/trigrid"
	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/vpp"
)

// Row is one party in one step, as realised. A season has a row per day, step
// and party, in this order. Quantities that a party does not have are 0.
type Row struct {
	Day, Step int       // from 1, from 0
	Time      time.Time // beginning of the step
	Party     string
	Role      Role
	VPP       string // that a DER chose, "" outside

	Delivered    float64 // power into the grid or into the VPP, MW; withdrawal is negative
	DayAhead     float64 // scheduled, MW
	ImbalanceMWh float64 // (Delivered − DayAhead) Δ; its sign is that of a surplus
	RenewableMWh float64
	AvailableMWh float64
	EmissionT    float64 // t CO2; of a VPP with its purchases

	Trade       float64 // currency, received positive, as the five amounts that follow
	Imbalance   float64
	Carbon      float64
	Certificate float64
	Reserve     float64 // for reserve that was sold and held
	Payment     float64 // under the tariff; a VPP pays its members
	Gain        float64 // part of the coalition gain; a VPP pays its members
	OwnCost     float64 // of a DER, spent positive; of a kind without steps on the last step

	Minor int64 // settled, minor units, received positive
}

// Rows returns the tidy table of the season. Only results of [Run] have the
// plans for it.
//
// For example, the deviation of a VPP over a day is the sum of ImbalanceMWh of
// its rows, and the units of all rows of a step sum to zero. Package results
// has a table with all paths and states.
func (r *Result) Rows() []Row {
	var out []Row
	for i := range r.Days {
		out = append(out, r.Days[i].rows(r.Parties)...)
	}
	return out
}

// rows returns the rows of a day, step by step and in each step in the order of
// the parties. Amounts follow from the metered plans; the settled units are
// those of the day.
func (d *Day) rows(parties []Party) []Row {
	n := len(parties)
	out := make([]Row, n*d.Steps)
	index := make(map[string]int, n)
	for i, p := range parties {
		index[p.Name] = i
	}
	row := func(party string, t int) *Row { return &out[t*n+index[party]] }
	hours := 0.0
	for t := range d.Steps {
		for i, p := range parties {
			x := &out[t*n+i]
			*x = Row{Day: d.Number, Step: t, Party: p.Name, Role: p.Role, Minor: d.Settled[t][i]}
			if set := d.Plans[0].Setting.Set; i == 0 {
				hours += set.HoursAt(t)
			}
			x.Time = d.Plans[0].Setting.Set.Grid().Time(t)
			if v := d.Choices[p.Name]; p.Role == RoleDER && v != "" && v != trigrid.Outside {
				x.VPP = v
			}
		}
	}
	for _, plan := range d.Plans {
		d.addVPP(plan, hours, row)
	}
	return out
}

// addVPP adds a VPP and its members.
func (d *Day) addVPP(plan *vpp.Plan, hours float64, row func(string, int) *Row) {
	set, context := plan.Setting.Set, contextOf(plan)
	for t, mw := range plan.Net[0] {
		x := row(plan.VPP.Name, t)
		x.Delivered, x.DayAhead = mw, plan.DayAhead[t]
		// A village that schedules −1 MW and takes −3 MW has an imbalance of −2
		// MWh in an hour.
		x.ImbalanceMWh = (mw - plan.DayAhead[t]) * set.HoursAt(t)
		// Purchases carry the emission of the grid; sales carry none.
		if factors := plan.Setting.Markets.GridEmission; factors != nil {
			x.EmissionT = factors.At(t) * max(0, -mw) * set.HoursAt(t)
		}
	}
	for _, item := range plan.MoneyByStep(0) {
		for t, amount := range item.Amounts {
			switch x := row(plan.VPP.Name, t); item.What {
			case "energy trade":
				x.Trade = amount
			case "imbalance":
				x.Imbalance = amount
			case "carbon":
				x.Carbon = amount
			case "certificates":
				x.Certificate = amount
			case "reserve":
				x.Reserve = amount
			}
		}
	}
	for i := range plan.Members {
		m := &plan.Members[i]
		ports, name := &m.Schedule.Realised[0], m.DER.Name()
		for t := range d.Steps {
			x, of := row(name, t), row(plan.VPP.Name, t)
			x.Delivered, x.DayAhead = ports.Net(t), m.Schedule.DayAhead[t]
			x.ImbalanceMWh = (x.Delivered - x.DayAhead) * set.HoursAt(t)
			x.RenewableMWh, x.AvailableMWh, x.EmissionT = value(ports.Renewable, t), value(ports.Available, t), value(ports.Emission, t)
			// The agreed gain of a day is paid in equal parts per hour, and the
			// VPP pays it.
			x.Gain = d.Gains[name] * set.HoursAt(t) / hours
			of.Gain -= x.Gain
			of.RenewableMWh += x.RenewableMWh
			of.AvailableMWh += x.AvailableMWh
			of.EmissionT += x.EmissionT
		}
		// A payment is a transfer between the VPP and its member.
		paid := context.PaymentByStep(m.Schedule, 0)
		for _, item := range paid {
			for t, amount := range item.Amounts {
				row(name, t).Payment += amount
				row(plan.VPP.Name, t).Payment -= amount
			}
		}
		stepwise, ok := der.As[der.Stepwise](m.DER)
		if !ok {
			row(name, d.Steps-1).OwnCost = m.Cost
			continue
		}
		// The own cost is the payment less the benefit, step by step.
		for t := range d.Steps {
			row(name, t).OwnCost = row(name, t).Payment
		}
		for _, item := range stepwise.BenefitByStep(m.Schedule, context, 0) {
			for t, amount := range item.Amounts {
				row(name, t).OwnCost -= amount
			}
		}
	}
}

// value returns the value of a port in a step, 0 without the port. For example,
// a battery has no renewable energy.
func value(path []float64, t int) float64 {
	if path == nil {
		return 0
	}
	return path[t]
}

// WriteCSV writes rows as comma-separated values with a header. Numbers keep
// all bits.
func WriteCSV(w io.Writer, rows []Row) error {
	out := csv.NewWriter(w)
	if err := out.Write([]string{
		"day", "step", "time", "party", "role", "vpp", "delivered_mw", "day_ahead_mw", "imbalance_mwh", "renewable_mwh", "available_mwh",
		"emission_t", "trade", "imbalance", "carbon", "certificates", "reserve", "payment", "gain", "own_cost", "minor_units",
	}); err != nil {
		return err
	}
	number := func(v float64) string { return strconv.FormatFloat(v+0, 'g', -1, 64) } // without −0
	for i := range rows {
		x := &rows[i]
		if err := out.Write([]string{
			strconv.Itoa(x.Day), strconv.Itoa(x.Step), x.Time.Format(time.RFC3339), x.Party, string(x.Role), x.VPP,
			number(x.Delivered), number(x.DayAhead), number(x.ImbalanceMWh), number(x.RenewableMWh), number(x.AvailableMWh),
			number(x.EmissionT), number(x.Trade), number(x.Imbalance), number(x.Carbon), number(x.Certificate), number(x.Reserve),
			number(x.Payment), number(x.Gain), number(x.OwnCost), strconv.FormatInt(x.Minor, 10),
		}); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}
