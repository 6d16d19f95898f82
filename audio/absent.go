package audio

import "errors"

// absent stands in for a device or a codec that an Engine was made without:
// nothing opens, and what is received is silence.
type absent struct{}

var (
	errNoDevice = errors.New("no sound device is set up")
	errNoCodec  = errors.New("no sound codec is built in")
)

func (absent) OpenSource() (SourceCloser, error) { return nil, errNoDevice }
func (absent) OpenSink() (SinkCloser, error)     { return nil, errNoDevice }
func (absent) Describe() string                  { return "no sound device" }

func (absent) NewEncoder() (Encoder, error) { return nil, errNoCodec }
func (absent) NewDecoder() (Decoder, error) { return nil, errNoCodec }

func (absent) Decode(_ []byte, pcm []int16) (int, error) {
	clear(pcm[:PacketSamples])
	return PacketSamples, nil
}

func (absent) DecodeFEC(_ []byte, pcm []int16) error {
	clear(pcm)
	return nil
}

func (absent) Conceal(pcm []int16) error {
	clear(pcm)
	return nil
}
