package trigrid

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
)

// maxListed is the number of open programs that JSON lists one by one. A search
// that its budget ends can have 20,000, whose list has more bytes than all
// other numbers of a run together.
const maxListed = 1000

// maxUnpacked protects readers against a packed list that would exhaust the
// memory, bytes.
const maxUnpacked = 1 << 30

// plainResult is a [Result] without methods.
type plainResult Result

// packedResult is the JSON of a [Result].
type packedResult struct {
	*plainResult

	// All open programs as JSON, by gzip in base64, if they are more than
	// maxListed. The key open_programs has the first of them.
	Packed string `json:"open_programs_gzip,omitempty"`
}

// MarshalJSON implements [json.Marshaler]. If there are more than 1,000 open
// programs, the key open_programs has the first 1,000, and open_programs_gzip
// all of them: their JSON by gzip in base64. UnmarshalJSON restores them. In
// Python:
//
//	json.loads(gzip.decompress(base64.b64decode(result["open_programs_gzip"])))
func (res Result) MarshalJSON() ([]byte, error) {
	out := packedResult{plainResult: (*plainResult)(&res)}
	if len(res.OpenPrograms) > maxListed {
		list, err := json.Marshal(res.OpenPrograms)
		if err != nil {
			return nil, err
		}
		var text bytes.Buffer
		encoder := base64.NewEncoder(base64.StdEncoding, &text)
		z := gzip.NewWriter(encoder)
		_, err = z.Write(list)
		if err := errors.Join(err, z.Close(), encoder.Close()); err != nil {
			return nil, err
		}
		out.Packed, res.OpenPrograms = text.String(), res.OpenPrograms[:maxListed]
	}
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false) // left to the caller's encoder
	err := encoder.Encode(out)
	return text.Bytes(), err
}

// UnmarshalJSON implements [json.Unmarshaler].
func (res *Result) UnmarshalJSON(data []byte) error {
	in := packedResult{plainResult: (*plainResult)(res)}
	if err := json.Unmarshal(data, &in); err != nil || in.Packed == "" {
		// The path of a wrong value has the keys of the file only, such as
		// vpps.economic.
		if wrong := (*json.UnmarshalTypeError)(nil); errors.As(err, &wrong) {
			wrong.Field = strings.TrimPrefix(wrong.Field, "plainResult.")
		}
		return err
	}
	const key = "open_programs_gzip"
	var list []byte
	z, err := gzip.NewReader(base64.NewDecoder(base64.StdEncoding, strings.NewReader(in.Packed)))
	if err == nil {
		list, err = io.ReadAll(io.LimitReader(z, maxUnpacked+1))
	}
	if err == nil && len(list) > maxUnpacked {
		err = fmt.Errorf("it has more than %d bytes", maxUnpacked)
	}
	if err == nil {
		res.OpenPrograms = nil
		err = json.Unmarshal(list, &res.OpenPrograms)
	}
	if wrong := (*json.UnmarshalTypeError)(nil); errors.As(err, &wrong) {
		wrong.Field = strings.TrimSuffix(key+"."+wrong.Field, ".")
	}
	if err != nil {
		return fmt.Errorf("result: %s is no packed list: %w", key, err)
	}
	return nil
}
