package casefile

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"slices"
	"strconv"

	"github.com/trigrid/trigrid/internal/jsontree"
)

// Convert copies a case file or a result from r to w with the old keys replaced
// by the new ones. keys is [CaseKeys] for a case file and [ResultKeys] for a
// result. All other bytes stay: order, white space, numbers. A document without
// old keys is copied as it is. Only a byte order mark is left out, and UTF-16
// becomes UTF-8.
//
// Convert returns an error, and writes nothing, if the text is not JSON, has a
// key twice, or has an old key beside its new one.
func Convert(w io.Writer, r io.Reader, keys []Key) error {
	text, err := io.ReadAll(r)
	if err != nil {
		return fmt.Errorf("casefile: converting: %w", err)
	}
	text = jsontree.Text(text) // the spans of values count in it
	root, err := jsontree.Parse(bytes.NewReader(text))
	if err != nil {
		return fmt.Errorf("casefile: converting: %w", err)
	}
	// Edits of bytes keep the format of the file. The tree is renamed as well,
	// because the paths of later keys have new names.
	var edits []edit
	for _, key := range keys {
		for _, v := range places(root, key.Path) {
			if key.Text {
				if v.Is(key.Old) {
					edits = append(edits, edit{v.Span(), key.New})
				}
				continue
			}
			member, ok := v.Peek(key.Old)
			if !ok {
				continue
			}
			edits = append(edits, edit{v.KeySpan(key.Old), key.New})
			if !v.Rename(key.Old, key.New) {
				return fmt.Errorf("casefile: converting: %s: both %q and %q are given, want the new key only",
					member.Path(), key.Old, key.New)
			}
		}
	}
	_, err = w.Write(apply(text, edits))
	if err != nil {
		return fmt.Errorf("casefile: converting: %w", err)
	}
	return nil
}

// edit replaces the JSON text at the end of a span.
type edit struct {
	at  jsontree.Span
	new string
}

// apply returns text with the edits made.
//
// Spans are places in text, and do not overlap.
func apply(text []byte, edits []edit) []byte {
	slices.SortFunc(edits, func(a, b edit) int { return cmp.Compare(a.at.From, b.at.From) })
	var out []byte
	copied := int64(0)
	for _, e := range edits {
		// A span may begin with white space and a comma before the opening
		// quote.
		from := e.at.From + int64(bytes.IndexByte(text[e.at.From:e.at.To], '"'))
		out = append(out, text[copied:from]...)
		out = strconv.AppendQuote(out, e.new)
		copied = e.at.To
	}
	return append(out, text[copied:]...)
}
