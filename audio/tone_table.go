package audio

import (
	_ "embed"
	"strconv"
	"strings"
	"time"
)

// toneTable has a line for each country: its code, and the four tones of
// nationalOrder.
//
//go:embed tones.txt
var toneTable string

// defaultCountry is the line for countries that have none.
const defaultCountry = "EU"

// nationalTone is a country's tone, or Europe's. A tone that is not national has
// no bursts.
func nationalTone(country string, t Tone) []burst {
	fields, ok := nationalTones(strings.ToUpper(country))
	if !ok {
		fields, _ = nationalTones(defaultCountry)
	}
	for i, national := range []Tone{ToneRingback, ToneBusy, ToneCongestion, ToneWaiting} {
		if national == t && i < len(fields) {
			return parseBursts(fields[i])
		}
	}
	return nil
}

// Countries are the codes of the countries that have tones of their own, and EU
// for most of Europe's.
func Countries() []string {
	var codes []string
	for line := range strings.Lines(toneTable) {
		if fields := strings.Fields(line); len(fields) > 1 && fields[0] != "#" {
			codes = append(codes, fields[0])
		}
	}
	return codes
}

// nationalTones are the columns of a country's line.
func nationalTones(country string) ([]string, bool) {
	for line := range strings.Lines(toneTable) {
		fields := strings.Fields(line)
		if len(fields) > 1 && fields[0] == country {
			return fields[1:], true
		}
	}
	return nil, false
}

// parseBursts reads "400+450/400,0/200". The table is part of the program and
// tested, so what it cannot read is left out.
func parseBursts(list string) []burst {
	var bursts []burst
	for _, element := range strings.Split(list, ",") {
		pitch, span, _ := strings.Cut(element, "/")
		millis, err := strconv.Atoi(span)
		if err != nil || millis <= 0 {
			continue
		}
		long := time.Duration(millis) * ms
		if pitch == "0" && len(bursts) > 0 {
			bursts[len(bursts)-1].off += long
			continue
		}
		b := burst{on: long, modulated: strings.Contains(pitch, "*")}
		for i, hz := range strings.FieldsFunc(pitch, func(r rune) bool { return r == '+' || r == '*' }) {
			if i < len(b.hz) {
				b.hz[i], _ = strconv.ParseFloat(hz, 64) // 0 is silence
			}
		}
		bursts = append(bursts, b)
	}
	return bursts
}
