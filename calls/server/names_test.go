package server

import (
	"slices"
	"testing"

	"tring/calls"
	"tring/calls/wire"
)

// A directory search needs no key for an accent, and does not mind one; the list
// is in the order without them.
func TestDirectoryWithoutAccents(t *testing.T) {
	s, _ := open(t, Config{})
	a := connect(t, s, addUser(t, s, "alice"), "A1")
	for user, name := range map[calls.UserID]string{
		"u1": "Zoë", "u2": "Zoe\u0308 the Second", "u3": "Zora", "u4": "Émile", "u5": "Ида\u0306", "u6": "Fred", "u7": "Łukasz Strauß", "u8": "Søren",
	} {
		if err := s.Admin().AddUser(t.Context(), user, name, ""); err != nil {
			t.Fatal(err)
		}
	}
	for _, tt := range []struct {
		query string
		want  []string
	}{
		{"zoe", []string{"u1", "u2"}},
		{"ZOË", []string{"u1", "u2"}},
		{"zoe\u0308", []string{"u1", "u2"}},
		{"zo", []string{"u1", "u2", "u3"}},
		{"emil", []string{"u4"}},
		{"ИДА", []string{"u5"}},
		{"U6", []string{"u6"}},
		{"luk", []string{"u7"}},
		{"STRAUSS", []string{"u7"}},
		{"straß", nil},
		{"rauß", []string{"u7"}},
		{"soren", []string{"u8"}},
		{"", []string{"u4", "u6", "u7", "u8", "u1", "u2", "u3", "u5"}},
	} {
		page := a.ask(wire.Directory{DirectoryQuery: calls.DirectoryQuery{Query: tt.query}}).(wire.DirectoryPage)
		var got []string
		for _, c := range page.Contacts {
			got = append(got, c.Receiver.ID)
		}
		if !slices.Equal(got, tt.want) {
			t.Errorf("%q finds %q, want %q", tt.query, got, tt.want)
		}
	}
}
