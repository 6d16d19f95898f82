package media

import (
	"strings"
	"sync/atomic"

	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"
)

// mimeRED is not among pion's names.
const mimeRED = "audio/red"

// track is what pion sends for us: Opus, in RED where both sides know it. Pion's
// own tracks have one payload type; ours has two. It is safe for concurrent use.
type track struct{ bound atomic.Pointer[binding] }

// binding is what was negotiated.
type binding struct {
	voice, red uint8
	ssrc       uint32
	writer     webrtc.TrackLocalWriter
}

// Bind implements [webrtc.TrackLocal]: pion tells what was negotiated.
func (t *track) Bind(c webrtc.TrackLocalContext) (webrtc.RTPCodecParameters, error) {
	voice, red := payloadTypes(c.CodecParameters())
	if voice == nil {
		return webrtc.RTPCodecParameters{}, webrtc.ErrUnsupportedCodec
	}
	b := &binding{voice: uint8(voice.PayloadType), ssrc: uint32(c.SSRC()), writer: c.WriteStream()}
	if red != nil {
		b.red = uint8(red.PayloadType)
	}
	t.bound.Store(b)
	return *voice, nil
}

// payloadTypes finds the codecs among those negotiated; nil where one is not.
func payloadTypes(codecs []webrtc.RTPCodecParameters) (voice, red *webrtc.RTPCodecParameters) {
	for i := range codecs {
		switch c := &codecs[i]; {
		case strings.EqualFold(c.MimeType, webrtc.MimeTypeOpus) && voice == nil:
			voice = c
		case strings.EqualFold(c.MimeType, mimeRED) && red == nil:
			red = c
		}
	}
	return voice, red
}

// Unbind implements [webrtc.TrackLocal].
func (t *track) Unbind(webrtc.TrackLocalContext) error {
	t.bound.Store(nil)
	return nil
}

// ID implements [webrtc.TrackLocal].
func (t *track) ID() string { return "voice" }

// RID implements [webrtc.TrackLocal].
func (t *track) RID() string { return "" }

// StreamID implements [webrtc.TrackLocal].
func (t *track) StreamID() string { return "tring" }

// Kind implements [webrtc.TrackLocal].
func (t *track) Kind() webrtc.RTPCodecType { return webrtc.RTPCodecTypeAudio }

// negotiated are the payload types of Opus and RED; zero where RED is not used.
func (t *track) negotiated() (voice, red uint8) {
	if b := t.bound.Load(); b != nil {
		return b.voice, b.red
	}
	return opusPayloadType, 0
}

// write sends a packet; before anything was negotiated it does nothing.
func (t *track) write(h *rtp.Header, payload []byte) error {
	b := t.bound.Load()
	if b == nil {
		return nil
	}
	h.SSRC = b.ssrc
	_, err := b.writer.WriteRTP(h, payload)
	return err
}
