// Package media is the media session of a call: one WebRTC peer connection per
// other device (a mesh), carrying Opus in RTP between the network and
// [tring/audio].
//
//	agent ── Signal ─► peer: offer, answer, candidates ◄─► pion: ICE, DTLS-SRTP ◄─► the other device
//	     ◄─ notify ──┘                                        │              ▲
//	                                     track ─► Stream.Push ┘              │
//	                   Engine.StartCapture ─► one encode ─► outbox per peer ─┘ with copies
//
// It moves packets and knows no samples, no tones and no devices; it knows no
// server, no account and no rule of the ringing service. Its payloads are
// opaque to everybody else (see payload.go). Nothing of the other side is
// parsed, and nothing is captured or sent, before Open, which is this device's
// own accept.
//
// Once connected, two devices need nobody: sound, the mending of a path that
// the network still offers, and the hang-up (RTCP BYE, DTLS close) go directly.
//
// # Negotiation
//
// Of each pair one device is the offerer for good, so offers never cross. Each
// offer has a round, and answers and candidates name the round they are for,
// so late and repeated payloads do no harm. A payload may be lost: whoever
// misses something asks with "restart", naming the last round it saw. The
// offerer then repeats its offer, or, if that had been answered, restarts ICE.
// An offerer that lost its peer asks too and restarts only when the other side
// was heard: while signaling is away, the old path keeps its chance to recover.
//
// # Loss
//
// Each side tells the other once a second which of its packets came (RTCP, with
// RFC 3611's Loss RLE) and how it sounded (VoIP Metrics). From that follow, for
// each peer, how many copies of earlier packets go along in each packet (RED,
// RFC 2198, where both sides offer it), and an estimate of what the way carries;
// and, for the one encoder, the worst of all ways. Who knows neither RED nor the
// reports gets and gives neither.
//
//	peer's reports ─► measure ─► way ─► bandwidth ─► redundancy ─► copies, in the writer
//	                                └──────────────────────┴─────► Engine.SetNetwork
//
// A reader pushes a packet first and then those copies in it that did not come
// themselves. The E-model's ratings are estimates: see [audio.Heard].
//
// # Goroutines
//
// A Session owns, per peer, one loop that owns the peer connection, one writer,
// and readers of RTP and RTCP; and one that holds the microphone. All have
// ended when Close returns, or, when something hangs, soon after. Pion's own
// may linger for the seconds that it takes to give up on a silent TURN server.
package media
