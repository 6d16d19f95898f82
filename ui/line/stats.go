package line

import (
	"math"
	"time"

	"tring/calls"
)

// Stats is what the media of a call does, a promise to scripts: the names are
// explained in the package's documentation. What is not known is left out, or
// zero where it is a count.
type Stats struct {
	Sent      uint64 `json:"sent"`
	Received  uint64 `json:"received"`
	Lost      uint64 `json:"lost"`
	Late      uint64 `json:"late"`
	Concealed uint64 `json:"concealed"`
	Recovered uint64 `json:"recovered"`
	Redundant uint64 `json:"redundant"`
	Copies    uint64 `json:"redundant_sent"`

	Loss             float64 `json:"loss_percent"`
	LossRun          float64 `json:"loss_run"`
	PeerLoss         float64 `json:"peer_loss_percent"`
	PeerLossRun      float64 `json:"peer_loss_run"`
	ConcealedPercent float64 `json:"concealed_percent"`

	Jitter    float64 `json:"jitter_ms"`
	RoundTrip float64 `json:"round_trip_ms"`
	Buffer    float64 `json:"buffer_ms"`
	Delay     float64 `json:"delay_ms,omitempty"`
	Relayed   bool    `json:"relayed"`

	BitrateSent     int    `json:"bitrate_sent"`
	BitrateReceived int    `json:"bitrate_received"`
	Available       int    `json:"bitrate_available,omitempty"`
	Coding          Coding `json:"coding"`

	Level     float64 `json:"level_dbfs"`
	PeerLevel float64 `json:"peer_level_dbfs"`

	Rating     float64 `json:"estimated_r,omitempty"`
	MOS        float64 `json:"estimated_mos,omitempty"`
	MOSLately  float64 `json:"estimated_mos_lately,omitempty"`
	PeerRating float64 `json:"peer_estimated_r,omitempty"`
}

// Coding is how this phone's sound is encoded and protected now.
type Coding struct {
	Bitrate    int  `json:"bitrate"`
	FEC        bool `json:"fec"`
	DTX        bool `json:"dtx"`
	Complexity int  `json:"complexity"`
	Copies     int  `json:"red_copies"`
	Switches   int  `json:"switches"`
}

// StatsOf is a sample of a call's media for output. Percentages and scores have
// two digits behind the point, which is more than they are worth.
func StatsOf(s calls.MediaStats) *Stats {
	ms := func(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
	two := func(v float64) float64 { return math.Round(100*v) / 100 }
	return &Stats{
		Sent: s.Sent, Received: s.Received, Lost: s.Lost, Late: s.Late,
		Concealed: s.Concealed, Recovered: s.Recovered, Redundant: s.Redundant, Copies: s.CopiesSent,
		Loss: two(s.LossPercent), LossRun: two(s.LossRun),
		PeerLoss: two(s.PeerLossPercent), PeerLossRun: two(s.PeerLossRun), ConcealedPercent: two(s.ConcealedPercent),
		Jitter: ms(s.Jitter), RoundTrip: ms(s.RoundTrip), Buffer: ms(s.BufferTime), Delay: ms(s.Delay), Relayed: s.Relayed,
		BitrateSent: s.BitrateSent, BitrateReceived: s.BitrateReceived, Available: s.Available,
		Coding: Coding{
			Bitrate: s.Coding.Bitrate, FEC: s.Coding.FEC, DTX: s.Coding.DTX, Complexity: s.Coding.Complexity,
			Copies: s.Copies, Switches: s.Switches,
		},
		Level: two(s.Level), PeerLevel: two(s.PeerLevel),
		Rating: two(s.Rating), MOS: two(s.MOS), MOSLately: two(s.MOSLately), PeerRating: two(s.PeerRating),
	}
}
