package main

import (
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// table is the one at the beginning of a page: its rows are found by their first
// cell, and a measurement replaces a cell and leaves the others.
type table struct {
	path          string
	before, after string
	rows          [][]string // without the first two lines
}

// The columns behind the name of a figure.
const tableHead = "| what | tring | must reach | baresip 1.0, same run |\n|---|---|---|---|\n"

func readTable(t *testing.T, path string) *table {
	t.Helper()
	page, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := strings.Cut(string(page), tableHead)
	if !ok {
		t.Fatalf("%s has no table of figures", path)
	}
	all := &table{path: path, before: before}
	for strings.HasPrefix(rest, "|") {
		var line string
		line, rest, _ = strings.Cut(rest, "\n")
		cells := strings.Split(strings.Trim(line, "|"), "|")
		for i := range cells {
			cells[i] = strings.TrimSpace(cells[i])
		}
		all.rows = append(all.rows, append(cells, make([]string, max(0, 4-len(cells)))...))
	}
	all.after = rest
	return all
}

// set replaces a cell: column 0 is tring's, 2 is baresip's. A figure without a
// row gets one.
func (t *table) set(what string, column int, value string) {
	i := slices.IndexFunc(t.rows, func(r []string) bool { return r[0] == what })
	if i < 0 {
		i = len(t.rows)
		t.rows = append(t.rows, []string{what, "", "", ""})
	}
	t.rows[i][1+column] = value
}

func (t *table) write(test *testing.T) {
	var page strings.Builder
	page.WriteString(t.before + tableHead)
	for _, r := range t.rows {
		page.WriteString("| " + strings.Join(r, " | ") + " |\n")
	}
	page.WriteString(t.after)
	if err := os.WriteFile(t.path, []byte(page.String()), 0o644); err != nil {
		test.Error(err)
	}
}

func installed(program string) bool {
	_, err := exec.LookPath(program)
	return err == nil
}

// until polls a condition of another process; false when patience ran out.
func until(holds func() bool) bool {
	over := time.After(patience)
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for !holds() {
		select {
		case <-tick.C:
		case <-over:
			return false
		}
	}
	return true
}

// step is one benchmark's result.
type step struct{ ns, allocations float64 }

// steps puts the benchmarks of coding and mixing into the table.
func (b *bench) steps(t *testing.T) {
	out, err := exec.Command("go", "test", "-run", "^$", "-bench", "^Benchmark(Encode|Decode|Mix|Receiver)$", "-benchmem",
		"./audio", "./audio/opus").CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	all, allocations := map[string]step{}, 0.0
	for _, m := range regexp.MustCompile(`(?m)^Benchmark(\S+?)(?:-\d+)?\s+\d+\s+([\d.]+) ns/op.*?(\d+) allocs/op`).FindAllStringSubmatch(string(out), -1) {
		ns, _ := strconv.ParseFloat(m[2], 64)
		n, _ := strconv.ParseFloat(m[3], 64)
		all[m[1]] = step{ns, n}
		allocations += n
	}
	// Mixing and receiving go by 10 ms.
	for _, row := range []struct {
		what, benchmark string
		times           float64
	}{
		{"encode 20 ms", "Encode/usual", 1},
		{"encode 20 ms, with FEC", "Encode/FEC", 1},
		{"decode 20 ms", "Decode", 1},
		{"mix 20 ms of seven people", "Mix", 2},
	} {
		s, ok := all[row.benchmark]
		if !ok {
			t.Errorf("there is no benchmark %s:\n%s", row.benchmark, out)
			continue
		}
		b.table.set(row.what, 0, fmt.Sprintf("%.1f µs", s.ns*row.times/1000))
	}
	b.table.set("allocations in encoding, decoding, receiving and mixing", 0, fmt.Sprintf("%.0f", allocations))
}

// receiver puts what the jitter buffer alone makes of the worst loss into the
// table, with and without the copies of RED: that a call does without them
// cannot be asked of a phone.
func (b *bench) receiver(t *testing.T) {
	const gate = "TestSpeechIsUnderstoodInSpiteOfLoss"
	out, err := exec.Command("go", "test", "-count=1", "-run", gate, "-v", "./audio").CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, row := range []struct{ what, test string }{
		{"20 % loss in bursts of 3, STOI, without RED, receiver alone", "a_fifth_lost,_in_bursts_of_three"},
		{"20 % loss in bursts of 3, STOI, with RED, receiver alone", "the_same_with_two_copies_of_each_packet"},
	} {
		found := regexp.MustCompile(regexp.QuoteMeta(row.test) + `\n\s+\S+: STOI ([\d.]+)`).FindSubmatch(out)
		if found == nil {
			t.Errorf("%s does not tell the STOI of %s:\n%s", gate, row.test, out)
			continue
		}
		b.table.set(row.what, 0, string(found[1]))
	}
}
