package der

// Benefit is what a schedule is worth to a unit's owner, item by item in the order in which they were
// added. Amounts are in currency; received is positive.
type Benefit struct {
	Items []Item
}

// Item is one line of a benefit.
type Item struct {
	What   string
	Amount float64 // currency, received positive
}

// Earn adds money received.
func (b *Benefit) Earn(what string, amount float64) { b.Items = append(b.Items, Item{what, amount}) }

// Pay adds money spent; a positive amount lowers the benefit.
func (b *Benefit) Pay(what string, amount float64) { b.Items = append(b.Items, Item{what, -amount}) }

// Total returns the sum of all items, currency.
func (b Benefit) Total() float64 {
	sum := 0.0
	for _, item := range b.Items {
		sum += item.Amount
	}
	return sum
}

// Item returns the sum of all items of one name, currency.
func (b Benefit) Item(what string) float64 {
	sum := 0.0
	for _, item := range b.Items {
		if item.What == what {
			sum += item.Amount
		}
	}
	return sum
}
