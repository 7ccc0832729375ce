package der

// Benefit is the owner's money for a schedule, item by item in the order in
// which items are added. Amounts are in currency, and money received is
// positive.
//
//	var b Benefit
//	b.Earn("energy sold", 120)
//	b.Pay("wear", 15)
//	b.Total() // 105
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

// Item returns the sum of all items with one name, currency; 0 if there is
// none.
func (b Benefit) Item(what string) float64 {
	sum := 0.0
	for _, item := range b.Items {
		if item.What == what {
			sum += item.Amount
		}
	}
	return sum
}
