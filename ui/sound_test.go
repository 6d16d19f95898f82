package ui

import "testing"

func TestSoundFaultsAreSaidOnce(t *testing.T) {
	const (
		mic     = "no microphone: open default microphone: no microphone found: plug one in, or start the sound server; `tring audio list` shows what is there"
		speaker = "no speaker: open default speaker: no speaker found: plug one in, or start the sound server; `tring audio list` shows what is there"
	)
	for fault, want := range map[string]string{
		"": "", mic: NoMicrophone, speaker: NoSpeaker, mic + "; " + speaker: NoSound,
		"microphone lost: it has stopped moving sound":                    "Microphone lost: it has stopped moving sound.",
		"microphone lost: it has stopped moving sound; " + speaker:        NoSpeaker + " Microphone lost: it has stopped moving sound.",
		"no sound decoder: no sound codec is built in; speaker lost: EOF": "No sound decoder: no sound codec is built in. Speaker lost: EOF.",
	} {
		if got := (Language{}).SoundFault(fault); got != want {
			t.Errorf("%q becomes %q, want %q", fault, got, want)
		}
	}
}
