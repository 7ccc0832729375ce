// Package published contains market data from the literature and from public notices.
package published
