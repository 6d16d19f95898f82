// Package line is the phone as lines: JSON for scripts, and words and numbered
// choices for people without a full screen (a screen reader, a dumb terminal).
//
//	calls.Event ─► JSON    ─► {"time":…,"event":"OutgoingCallAccepted","call":{…}}
//	calls.Event ─► Words   ─► "bob answered."
//	typed line  ─► Console ─► calls.Command
//
// The console has every function of the phone. Its lists are numbered, ten lines
// at a time; a number means the last list that was printed. What is to be known
// comes first on a line, times are whole words, and nothing is told twice: a
// screen reader reads all of it out. What the person asked the server holds the
// next input back, not the events; other acts hold back neither.
//
// It refuses to know where events come from and who carries commands out. Every
// name that another person chose passes [ui.Clean] before it is printed.
//
// # Statistics
//
// The "stats" of a "Stats" line are how the media of the call does, those of the
// line that says that a call is over are the last ones of it. "Of late" are the
// last five seconds; "estimated" is what no ear has judged.
//
//	sent, received, lost, late      packets; late ones came after their turn, and count as lost
//	concealed, recovered, redundant of the lost: made up, rebuilt from in-band FEC,
//	                                played from a copy in a later packet (RED, RFC 2198)
//	redundant_sent                  copies that were sent
//	loss_percent, loss_run          of late, packets that we miss: how many, how many in a row
//	peer_loss_percent, peer_loss_run  the same of ours, as the other side reports
//	concealed_percent               how much of all sound was made up
//	jitter_ms, round_trip_ms        RFC 3550 §6.4.1
//	buffer_ms                       how long sound waits in the jitter buffer
//	delay_ms                        from mouth to ear, estimated: all but the far microphone
//	relayed                         through TURN
//	bitrate_sent, bitrate_received  bit/s of late, of payload
//	bitrate_available               bit/s that the way carries, only where a limit was seen
//	coding                          bitrate (bit/s), fec, dtx, complexity, red_copies (in each
//	                                packet), and how often any of it was switched
//	level_dbfs, peer_level_dbfs     peaks of this moment, microphone and speaker
//	estimated_r                     the E-model's rating (ITU-T G.107), 0 to 93.2, of the whole call
//	estimated_mos                   the mean opinion score that it stands for, 1 to 4.5
//	estimated_mos_lately            of late
//	peer_estimated_r                the rating that the other side gives, of late
//
// Nothing is redrawn: one event, one line. Console reads its input in a
// goroutine of its own, which ends when the input does; everything else runs in
// the caller's.
package line
