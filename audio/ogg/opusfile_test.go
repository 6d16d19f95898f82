//go:build cgo && !nolibopusfile

package ogg_test

import (
	"errors"
	"io"
	"os"
	"testing"

	libopus "github.com/hraban/opus"

	"tring/audio"
)

// TestLibopusfilePlaysARecording: the reference player reads the same sound, to
// the sample.
func TestLibopusfilePlaysARecording(t *testing.T) {
	const samples = 3*audio.Rate + 123
	path := record(t, samples, true)
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	stream, err := libopus.NewStream(file)
	if err != nil {
		t.Fatal(err)
	}
	defer stream.Close()
	var theirs [2][]int16
	buffer := make([]int16, 2*5760)
	for {
		n, err := stream.Read(buffer)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		for i, v := range buffer[:2*n] {
			theirs[i&1] = append(theirs[i&1], v)
		}
	}
	ours := decode(t, path, 0)
	checkSides(t, theirs[:])
	for i := range theirs {
		if len(theirs[i]) != samples || len(ours[i]) != samples {
			t.Fatalf("channel %d has %d samples there and %d here, not %d", i, len(theirs[i]), len(ours[i]), samples)
		}
		for j, v := range theirs[i] {
			if d := int(v) - int(ours[i][j]); d > 32 || d < -32 { // they round with dither
				t.Fatalf("channel %d, sample %d: %d there and %d here", i, j, v, ours[i][j])
			}
		}
	}
}
