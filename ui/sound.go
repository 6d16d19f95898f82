package ui

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// What a machine may lack, and what follows for the person.
const (
	NoSound      = "No sound device found: calls work, silently."
	NoMicrophone = "No microphone found: others will not hear you."
	NoSpeaker    = "No speaker found: you will not hear others."
	NoLine       = "No sound: log in with  tring ssh HOST  instead, or add  ssh HOST audio."
)

// SoundFault is what is wrong with the devices, as the engine's levels have it,
// in words short enough for one row: each thing once, without the advice.
func (l Language) SoundFault(fault string) string {
	var said []string
	mic, speaker := strings.Contains(fault, "no microphone found"), strings.Contains(fault, "no speaker found")
	switch {
	case mic && speaker:
		said = append(said, l.Say(NoSound))
	case mic:
		said = append(said, l.Say(NoMicrophone))
	case speaker:
		said = append(said, l.Say(NoSpeaker))
	}
	for _, clause := range strings.Split(fault, "; ") {
		what, why, ok := strings.Cut(clause, ": ")
		if !ok || strings.Contains(clause, " found: plug ") {
			continue // advice, or said above
		}
		clause = l.clauses(what + ": " + why)
		first, size := utf8.DecodeRuneInString(clause)
		clause = Clean(string(unicode.ToUpper(first))+clause[size:], maxNotice) + "."
		said = append(said, clause)
	}
	return strings.Join(said, " ")
}

// Covers says whether a note on what the machine lacks says the fault as well.
func Covers(note, fault string) bool {
	return fault == note || note == NoSound && (fault == NoMicrophone || fault == NoSpeaker)
}
