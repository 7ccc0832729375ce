package contracts

import "errors"

// pad appends 0x80 and zeros up to the next power of two of at least floor
// bytes. The length then reveals only the order of magnitude of the content.
func pad(b []byte, floor int) []byte {
	n := floor
	for n < len(b)+1 {
		n *= 2
	}
	out := make([]byte, n)
	copy(out, b)
	out[len(b)] = 0x80
	return out
}

var errPadding = errors.New("ledger: padding not valid")

// unpad removes the padding of pad and rejects every other form.
func unpad(b []byte, floor int) ([]byte, error) {
	if len(b) < floor {
		return nil, errPadding
	}
	i := len(b) - 1
	for i >= 0 && b[i] == 0 {
		i--
	}
	if i < 0 || b[i] != 0x80 || len(pad(b[:i], floor)) != len(b) {
		return nil, errPadding
	}
	return b[:i], nil
}
