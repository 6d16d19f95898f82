//go:build unix

package main

import (
	"encoding/binary"
	"errors"
	"os"
	"path/filepath"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"

	"tring/audio/ogg"
	"tring/audio/opus"
	"tring/audio/wav"
)

// errNoRecording is for a file that has not two sides, or not yet.
var errNoRecording = errors.New("no recording of two sides")

// readSound reads FILE at 48 kHz, of a recording FILE:left or FILE:right. One that
// is neither .wav nor .opus has bare samples.
func readSound(ts *testscript.TestScript, file string) ([]int16, error) {
	file, side, recorded := strings.Cut(file, ":")
	path, ext := ts.MkAbs(file), filepath.Ext(file)
	switch {
	case recorded:
		usage(ts, side == "left" || side == "right", "FILE:left or FILE:right")
		left, right, err := sides(path)
		if side == "right" {
			return right, err
		}
		return left, err
	case ext == ".wav":
		return wav.Read(path)
	}
	b, err := os.ReadFile(path)
	return samples16(b), err
}

// sides are both sides of a recording.
func sides(path string) (left, right []int16, err error) {
	if filepath.Ext(path) != ".wav" {
		file, err := os.Open(path)
		if err != nil {
			return nil, nil, err
		}
		defer file.Close()
		channels, err := ogg.Decode(file, opus.Codec{}, 0)
		if err == nil && len(channels) != 2 {
			err = errNoRecording
		}
		if err != nil {
			return nil, nil, err
		}
		return channels[0], channels[1], nil
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, nil, err
	}
	if len(b) < 44 || binary.LittleEndian.Uint16(b[22:]) != 2 {
		return nil, nil, errNoRecording
	}
	both := samples16(b[44:][:min(int(binary.LittleEndian.Uint32(b[40:])), len(b)-44)])
	for i := 0; i+1 < len(both); i += 2 {
		left, right = append(left, both[i]), append(right, both[i+1])
	}
	return left, right, nil
}

// samples16 are samples of 16 bits, the lower byte first.
func samples16(b []byte) []int16 {
	pcm := make([]int16, len(b)/2)
	for i := range pcm {
		pcm[i] = int16(binary.LittleEndian.Uint16(b[2*i:]))
	}
	return pcm
}
