package server

import (
	"encoding/binary"
	"sync"
	"time"

	"tring/calls/wire"
)

// outgoing is one frame on its way to a phone: encoded already, or by the writer,
// so that nobody encodes under a lock.
type outgoing struct {
	frame wire.Frame
	text  []byte
}

func (o outgoing) encode() ([]byte, error) {
	if o.text != nil {
		return o.text, nil
	}
	return wire.Encode(o.frame)
}

// buffers of the writers; most connections are idle and have none.
type buffers struct{ pool sync.Pool }

func (b *buffers) get() *[]byte {
	if buf, ok := b.pool.Get().(*[]byte); ok {
		return buf
	}
	buf := make([]byte, 0, batchSize)
	return &buf
}

func (b *buffers) put(buf *[]byte) {
	if cap(*buf) <= 4*batchSize {
		*buf = (*buf)[:0]
		b.pool.Put(buf)
	}
}

// batchSize is about how many bytes go to the socket in one write.
const batchSize = 16 << 10

// take empties the queue. An empty queue keeps no memory.
func (c *conn) take() []outgoing {
	c.mu.Lock()
	defer c.mu.Unlock()
	taken := c.queue
	c.queue = nil
	return taken
}

// drain writes what is queued, as many frames at once as there are; false if the
// socket fails.
func (c *conn) drain() bool {
	buf := c.server.buffers.get()
	defer c.server.buffers.put(buf)
	for queued := c.take(); len(queued) > 0 && !c.slow(); queued = c.take() {
		for _, o := range queued {
			data, err := o.encode()
			if err != nil {
				c.server.log.Error("encode frame", "type", o.frame.Body.Type(), "err", err)
				continue
			}
			*buf = appendText(*buf, data)
			if len(*buf) >= batchSize && !c.flush(buf) {
				return false
			}
		}
		if !c.flush(buf) {
			return false
		}
	}
	return true
}

// flush hands whole WebSocket frames to the socket in one write, between which
// the reader's pongs may come.
func (c *conn) flush(buf *[]byte) bool {
	if len(*buf) == 0 {
		return true
	}
	socket := c.ws.NetConn()
	_ = socket.SetWriteDeadline(time.Now().Add(writeWait)) // fails only with the socket
	_, err := socket.Write(*buf)
	*buf = (*buf)[:0]
	return err == nil
}

// appendText appends one unfragmented text message (RFC 6455 §5.2), which a
// server does not mask.
func appendText(buf, data []byte) []byte {
	const finText = 0x81
	switch n := len(data); {
	case n < 126:
		buf = append(buf, finText, byte(n))
	case n < 1<<16:
		buf = binary.BigEndian.AppendUint16(append(buf, finText, 126), uint16(n))
	default:
		buf = binary.BigEndian.AppendUint64(append(buf, finText, 127), uint64(n))
	}
	return append(buf, data...)
}
