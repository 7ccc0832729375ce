package docs_test

import (
	"go/ast"
	"go/build"
	"go/parser"
	"go/token"
	"path"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const module = "github.com/trigrid/trigrid"

// declared has the declarations of one package: "Run", and "Region.Validate"
// for methods, fields and methods of interfaces. embedded has the types that a
// type contains without a name.
type declared struct {
	names    map[string]bool
	embedded map[string][]string
	imports  map[string]string // path by local name, of all files together
	files    []*ast.File
}

// A link of a doc comment, such as [Region] or [vpp.Setting.Warnings], names a
// declaration of the package or of a package that it imports. Tools print other
// links as plain text.
func TestDocLinksNameDeclarations(t *testing.T) {
	set := token.NewFileSet()
	packages := map[string]*declared{}
	walk(t, func(file string) {
		if filepath.Ext(file) != ".go" || strings.HasSuffix(file, "_test.go") || strings.Contains(file, "testdata") {
			return
		}
		parsed, err := parser.ParseFile(set, file, nil, parser.ParseComments)
		require.NoError(t, err)
		root, err := filepath.Abs("..")
		require.NoError(t, err)
		folder, err := filepath.Rel(root, filepath.Dir(file))
		require.NoError(t, err)
		name := path.Join(module, filepath.ToSlash(folder))
		if packages[name] == nil {
			packages[name] = &declared{names: map[string]bool{}, embedded: map[string][]string{}, imports: map[string]string{}}
		}
		packages[name].add(parsed)
	})
	// A single letter is a type parameter or a symbol of an equation.
	link := regexp.MustCompile(`\[\*?([A-Za-z]\w*(?:\.[A-Za-z]\w*){0,2})\](?:[^(:\[\w]|$)`)
	links := 0
	for name, p := range packages {
		for _, file := range p.files {
			for _, group := range file.Comments {
				for _, line := range strings.Split(group.Text(), "\n") {
					if strings.HasPrefix(line, "\t") || strings.HasPrefix(line, " ") {
						continue // code
					}
					for _, m := range link.FindAllStringSubmatch(line, -1) {
						if to := m[1]; len(to) > 1 && token.IsExported(to) || strings.Contains(to, ".") {
							links++
							assert.True(t, resolves(packages, name, to), "%s: [%s] names nothing", set.Position(group.Pos()), to)
						}
					}
				}
			}
		}
	}
	require.Greater(t, links, 500)
}

// resolves reports whether a link in the comments of the package from names a
// declaration.
func resolves(packages map[string]*declared, from, to string) bool {
	p := packages[from]
	if p.has(to) {
		return true
	}
	first, rest, qualified := strings.Cut(to, ".")
	if !qualified {
		return false
	}
	at, imported := p.imports[first]
	switch other := packages[at]; {
	case imported && other != nil:
		return other.has(rest)
	case imported:
		return true // of another module
	}
	// Standard packages need no import.
	for _, folder := range []string{"", "encoding/", "io/", "go/", "math/", "testing/", "crypto/", "container/"} {
		if found, err := build.Import(folder+first, "", build.FindOnly); err == nil && found.Goroot {
			return true
		}
	}
	return false
}

// has reports whether the package declares a name, promoted fields and methods
// included.
func (p *declared) has(name string) bool {
	if p.names[name] {
		return true
	}
	owner, member, ok := strings.Cut(name, ".")
	for _, inner := range p.embedded[owner] {
		// A type of another package may promote any name.
		if ok && (strings.Contains(inner, ".") || p.has(inner+"."+member)) {
			return true
		}
	}
	return false
}

// add adds the declarations and imports of a file.
func (p *declared) add(file *ast.File) {
	p.files = append(p.files, file)
	for _, x := range file.Imports {
		at, _ := strconv.Unquote(x.Path.Value)
		name := path.Base(at)
		if regexp.MustCompile(`^v\d+$`).MatchString(name) {
			name = path.Base(path.Dir(at))
		}
		if x.Name != nil {
			name = x.Name.Name
		}
		p.imports[name] = at
	}
	for _, d := range file.Decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			if d.Recv == nil {
				p.names[d.Name.Name] = true
			} else {
				p.names[typeName(d.Recv.List[0].Type)+"."+d.Name.Name] = true
			}
		case *ast.GenDecl:
			for _, spec := range d.Specs {
				switch s := spec.(type) {
				case *ast.ValueSpec:
					for _, name := range s.Names {
						p.names[name.Name] = true
					}
				case *ast.TypeSpec:
					p.names[s.Name.Name] = true
					p.addMembers(s)
				}
			}
		}
	}
}

// addMembers adds the fields of a struct or the methods of an interface.
func (p *declared) addMembers(s *ast.TypeSpec) {
	var members *ast.FieldList
	switch x := s.Type.(type) {
	case *ast.StructType:
		members = x.Fields
	case *ast.InterfaceType:
		members = x.Methods
	default:
		p.embedded[s.Name.Name] = append(p.embedded[s.Name.Name], typeName(s.Type)) // an alias
		return
	}
	for _, m := range members.List {
		for _, name := range m.Names {
			p.names[s.Name.Name+"."+name.Name] = true
		}
		if inner := typeName(m.Type); m.Names == nil && inner != "" {
			p.embedded[s.Name.Name] = append(p.embedded[s.Name.Name], inner)
			p.names[s.Name.Name+"."+path.Base(strings.ReplaceAll(inner, ".", "/"))] = true
		}
	}
}

// typeName returns the name of a type without pointer and type arguments, such
// as "Region" or "ledger.Engine".
func typeName(x ast.Expr) string {
	switch x := x.(type) {
	case *ast.Ident:
		return x.Name
	case *ast.StarExpr:
		return typeName(x.X)
	case *ast.IndexExpr:
		return typeName(x.X)
	case *ast.IndexListExpr:
		return typeName(x.X)
	case *ast.SelectorExpr:
		return typeName(x.X) + "." + x.Sel.Name
	}
	return ""
}
