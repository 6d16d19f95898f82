//go:build unix

package main

import (
	"encoding/binary"
	"os"
	"path/filepath"

	"github.com/rogpeppe/go-internal/testscript"

	"tring/audio/ogg"
	"tring/audio/opus"
	"tring/audio/wav"
)

// side FILE left|right OUT: one side of a recording, as a file of its own.
func side(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, !neg && len(args) == 3 && (args[1] == "left" || args[1] == "right"), "side FILE left|right OUT")
	var sides [2][]int16
	if filepath.Ext(args[0]) == ".wav" {
		b, err := os.ReadFile(ts.MkAbs(args[0]))
		ts.Check(err)
		if len(b) < 44 || binary.LittleEndian.Uint16(b[22:]) != 2 {
			ts.Fatalf("%s is no recording of two sides", args[0])
		}
		b = b[44:][:min(int(binary.LittleEndian.Uint32(b[40:])), len(b)-44)]
		for i := 0; i+1 < len(b); i += 2 {
			sides[i/2%2] = append(sides[i/2%2], int16(binary.LittleEndian.Uint16(b[i:])))
		}
	} else {
		file, err := os.Open(ts.MkAbs(args[0]))
		ts.Check(err)
		defer file.Close()
		channels, err := ogg.Decode(file, opus.Codec{}, 0)
		ts.Check(err)
		if len(channels) != 2 {
			ts.Fatalf("%s is no recording of two sides", args[0])
		}
		copy(sides[:], channels)
	}
	pcm := sides[0]
	if args[1] == "right" {
		pcm = sides[1]
	}
	ts.Check(wav.Write(ts.MkAbs(args[2]), pcm))
}
