package media

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/pion/ice/v4"
	"github.com/pion/sdp/v3"
)

// What a payload may hold at most. A real offer has about 1,500 bytes.
const (
	maxPayload    = 16 << 10
	maxCandidates = 32  // in one payload
	maxCandidate  = 256 // bytes; RFC 8839 §5.1 lines have about 100
	maxRound      = 1 << 20
)

// kind says what a payload is.
type kind string

const (
	kindOffer     kind = "offer"     // SDP; the candidates known so far
	kindAnswer    kind = "answer"    // SDP for the offer of the same round; likewise
	kindCandidate kind = "candidate" // further candidates (trickle ICE, RFC 8838)
	kindRestart   kind = "restart"   // I miss something; Round is the last offer that I saw
)

// payload is what two devices of a session say to each other by way of the
// server, as JSON.
type payload struct {
	Kind       kind     `json:"kind"`
	Round      int      `json:"round"`
	SDP        string   `json:"sdp,omitempty"`
	Candidates []string `json:"candidates,omitempty"`
}

// encode makes the JSON; it cannot fail, for the fields are strings and a number.
func (m payload) encode() []byte {
	b, err := json.Marshal(m)
	if err != nil {
		panic("media: a payload of strings does not become JSON: " + err.Error())
	}
	return b
}

// decodePayload reads what another device sent, which may be anything at all.
func decodePayload(b []byte) (payload, error) {
	if len(b) > maxPayload {
		return payload{}, fmt.Errorf("%d bytes are more than %d", len(b), maxPayload)
	}
	var m payload
	if err := json.Unmarshal(b, &m); err != nil {
		return payload{}, fmt.Errorf("not JSON: %w", err)
	}
	if m.Round < 0 || m.Round > maxRound {
		return payload{}, fmt.Errorf("round %d is out of range", m.Round)
	}
	if len(m.Candidates) > maxCandidates {
		return payload{}, fmt.Errorf("%d candidates are more than %d", len(m.Candidates), maxCandidates)
	}
	for _, c := range m.Candidates {
		if err := checkCandidate(c); err != nil {
			return payload{}, err
		}
	}
	switch m.Kind {
	case kindOffer, kindAnswer:
		return m, checkSDP(m.SDP)
	case kindCandidate, kindRestart:
		return m, nil
	}
	return payload{}, fmt.Errorf("unknown kind %q", m.Kind)
}

func checkCandidate(text string) error {
	if len(text) > maxCandidate || !strings.HasPrefix(text, "candidate:") || strings.ContainsAny(text, "\r\n") {
		return errors.New("a candidate is malformed")
	}
	if _, err := ice.UnmarshalCandidate(text); err != nil {
		return fmt.Errorf("a candidate is malformed: %w", err)
	}
	return nil
}

// checkSDP lets only the one shape of description through that we make: a
// single audio section whose source is named. All else would make pion build
// things nobody asked for: without a name, a receiver for each source that it
// ever hears of.
func checkSDP(text string) error {
	var d sdp.SessionDescription
	if err := d.UnmarshalString(text); err != nil {
		return fmt.Errorf("not SDP: %w", err)
	}
	if len(d.MediaDescriptions) != 1 || d.MediaDescriptions[0].MediaName.Media != "audio" {
		return errors.New("the SDP is not that of one audio stream")
	}
	if n := len(d.MediaDescriptions[0].Attributes); n > 100 {
		return fmt.Errorf("the SDP has %d attributes", n)
	}
	if _, named := d.MediaDescriptions[0].Attribute(sdp.AttrKeySSRC); !named {
		return errors.New("the SDP does not name the source of the sound")
	}
	return nil
}
