package audio

import (
	"fmt"
	"strings"
)

// Guess is what a phone takes its devices for, and so whether it needs an echo
// canceller: sound that goes into ears does not come back.
type Guess struct {
	Echo bool   // the canceller is of use
	Why  string // for people: `speaker "Built-in Audio" — echo canceller on`
}

// GuessEcho guesses from the names of the devices, as ALSA, PulseAudio,
// PipeWire, Core Audio and Windows give them; an empty name is the system's
// default. When in doubt there is an echo: one that stays is worse than a
// canceller too many.
func GuessEcho(microphone, speaker string) Guess {
	switch place, known := placeOf(speaker); {
	case known && place == atEars:
		return guess("headphones", speaker, false)
	case known:
		return guess("speaker", speaker, true)
	}
	// A speaker of which nothing is known is that of the headset whose
	// microphone is in use, when both are one device or both the default.
	if place, known := placeOf(microphone); known && place == atEars && (speaker == "" || speaker == microphone) {
		return guess("headset", microphone, false)
	}
	return guess("speaker", speaker, true)
}

func guess(kind, name string, echo bool) Guess {
	if name == "" {
		kind, name = "default "+kind, ""
	} else {
		name = fmt.Sprintf(" %q", name)
	}
	on := "off"
	if echo {
		on = "on"
	}
	return Guess{Echo: echo, Why: fmt.Sprintf("%s%s — echo canceller %s", kind, name, on)}
}

// place is where a device sounds.
type place int

const (
	inRoom place = iota
	atEars
)

// placeOf finds where a device sounds by the words in its name. Those for rooms
// go first: a "Jabra SPEAK 510" is a speaker whatever else Jabra makes, and
// systems call any Bluetooth device that takes calls a headset.
//
// Windows calls an end "Speakers (HyperX Cloud II)": what is in brackets tells
// more.
func placeOf(name string) (place, bool) {
	if _, model, ok := strings.Cut(name, "("); ok {
		if place, known := placeOf(model); known {
			return place, true
		}
	}
	folded := " " + strings.Join(strings.FieldsFunc(strings.ToLower(name), separates), " ") + " "
	if has(folded, roomWords) {
		return inRoom, true
	}
	if has(folded, earWords) {
		return atEars, true
	}
	return inRoom, false
}

// separates tells what stands between the words of device names, such as
// alsa_output.usb-Jabra_EVOLVE_30-00.analog-stereo.
func separates(r rune) bool {
	return !(r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r > 127)
}

// has tells whether a name holds one of the words, at the start of a word; a
// space after it makes it a whole one.
func has(name string, words []string) bool {
	for _, w := range words {
		if strings.Contains(name, " "+w) {
			return true
		}
	}
	return false
}

var roomWords = []string{
	// What systems say.
	"speaker", "lautsprecher", "haut parleur", "altavo", "altoparlant", "built in", "builtin", "internal", "hdmi", "displayport",
	"monitor", "line out", "lineout", "spdif", "s pdif", "iec958", "toslink", "webcam", "camera", "facetime", "soundbar", "sound bar",
	"macbook", "imac", "mac mini", "thunderbolt display", "studio display", "laptop", "tv ",
	// Speakerphones and speakers that people have on the desk.
	"speakerphone", "conference", "jabra speak", "speak 4", "speak 5", "speak 7", "speak2", "poly sync", "plantronics sync", "calisto",
	"powerconf", "emeet", "homepod", "echo dot", "sonos", "beats pill", "soundlink", "flip", "charge", "boombox", "ue boom", "boom ", "megaboom",
	"wonderboom", "logitech z", "creative pebble", "stanmore", "marshall acton", "meetup", "rally", "brio", "c920", "c922", "c930",
}

var earWords = []string{
	// What systems say.
	"headset", "headphone", "head phone", "earphone", "earpiece", "earbud", "buds", "in ear", "handset",
	"kopfhörer", "casque", "écouteur", "auricular", "cuffie", "hands free ag", "handsfree", "hands free",
	// Makes and models that have no such word in their names.
	"airpods", "beats", "earpods", "jabra", "plantronics", "poly ", "blackwire", "voyager", "savi", "encorepro", "epos", "sennheiser",
	"momentum", "wh 1000", "wf 1000", "wh ch", "wf c", "linkbuds", "bose qc", "quietcomfort", "bose nc", "galaxy bud", "pixel buds",
	"hyperx", "cloud ii", "cloud flight", "cloud alpha", "arctis", "void ", "kraken", "blackshark", "barracuda", "g pro x", "g432", "g435",
	"g533", "g633", "g635", "g733", "g933", "g935", "logitech h", "logi zone", "zone vibe", "zone wired", "zone wireless", "lifechat",
	"freebuds", "tozo", "soundpeats", "aftershokz", "shokz", "openrun",
}
