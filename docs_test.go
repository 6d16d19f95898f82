package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestTroublesQuoteTheProgram: what docs/ssh.md says that one sees is what the
// program says.
func TestTroublesQuoteTheProgram(t *testing.T) {
	text, err := os.ReadFile("docs/ssh.md")
	if err != nil {
		t.Fatal(err)
	}
	_, troubles, found := strings.Cut(string(text), "## Troubles")
	if !found {
		t.Fatal("docs/ssh.md has no troubles")
	}
	said := sources(t, "ui", "ui/host", "ui/cli")
	quoted := 0
	for _, row := range strings.Split(troubles, "\n") {
		cells := strings.Split(row, "|")
		if len(cells) < 3 {
			continue
		}
		for _, quote := range regexp.MustCompile("`([^`]*)`").FindAllStringSubmatch(cells[1], -1) {
			words, _, _ := strings.Cut(quote[1], "SHA256:")
			if strings.HasPrefix(words, "tring ") { // a command
				continue
			}
			if quoted++; !strings.Contains(said, words) {
				t.Errorf("nothing says %q", words)
			}
		}
	}
	if quoted < 10 {
		t.Errorf("only %d texts are quoted", quoted)
	}
}

// sources are the texts of packages, without their tests.
func sources(t *testing.T, folders ...string) string {
	t.Helper()
	var all strings.Builder
	for _, folder := range folders {
		files, err := filepath.Glob(filepath.Join(folder, "*.go"))
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			if strings.HasSuffix(file, "_test.go") {
				continue
			}
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			all.Write(text)
		}
	}
	return all.String()
}
