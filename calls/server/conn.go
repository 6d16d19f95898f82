package server

import (
	"context"
	"errors"
	"io"
	"net"
	"slices"
	"sync"
	"sync/atomic"
	"time"
	"unicode/utf8"

	"github.com/gorilla/websocket"
	"golang.org/x/time/rate"

	"tring/calls"
	"tring/calls/wire"
)

// queueSize is how many frames wait for a phone that reads slowly before it is
// cut off.
const queueSize = 256

// writeWait bounds one write to a socket, goodbyeWait the wait for the peer's
// end after ours.
const (
	writeWait   = 5 * time.Second
	goodbyeWait = 500 * time.Millisecond
)

// conn is the connection of one phone. After sign-in its reader goroutine reads
// and handles requests in order. A writer owns writing, and exists only while there
// is something to write: most connections are idle most of the time. It is a
// goroutine of its own, or for an answer the reader. Anybody may call send and cut.
type conn struct {
	ws     *websocket.Conn
	server *Server
	host   string // by which the phone reached the server
	remote string // the phone's address, without port

	user   calls.UserID
	device calls.Device
	kind   string
	// voucher is the ssh host that signed the phone in, if one did.
	voucher voucher

	challenge wire.Challenge

	// listed are the contacts that the phone was shown last, beside those that
	// everybody is shown.
	listed atomic.Pointer[[]calls.UserID]

	limit   *rate.Limiter
	written chan struct{} // closed when the last writer has ended

	mu      sync.Mutex
	queue   []outgoing // for the writer
	serving bool       // signed in: there may be a writer
	writing bool       // there is one
	code    int        // why the connection was cut; 0 is not
	reason  string
}

func (c *conn) viewer() calls.Viewer { return calls.Viewer{User: c.user, Device: c.device.ID} }

func (c *conn) actor() calls.Actor { return calls.Actor{User: c.user, Device: c.device} }

// send queues a frame, which the writer encodes. It never waits: a phone whose
// queue is full is cut off, so that it delays nobody.
func (c *conn) send(f wire.Frame) { c.enqueue(outgoing{frame: f}) }

// enqueue queues frames, which one write takes to the phone.
func (c *conn) enqueue(frames ...outgoing) {
	if len(frames) == 0 {
		return
	}
	c.mu.Lock()
	full := len(c.queue) >= queueSize
	if !full {
		c.queue = append(c.queue, frames...)
		c.needWriter()
	}
	c.mu.Unlock()
	if full {
		c.cut(wire.CloseSlow, "this phone does not read")
	}
}

// needWriter starts the writer if there is none, under the lock.
func (c *conn) needWriter() {
	if c.serving && !c.writing {
		c.writing = true
		go c.write()
	}
}

// start lets the writer begin; the reader waits for written at its end.
func (c *conn) start() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.serving = true
	c.needWriter()
}

// list notes whom the phone is shown from now on, also those of before as far as
// there is room.
func (c *conn) list(users []calls.UserID) {
	shown := slices.Clone(users)
	if before := c.listed.Load(); before != nil {
		for _, u := range *before {
			if len(shown) < maxContacts && !slices.Contains(shown, u) {
				shown = append(shown, u)
			}
		}
	}
	if len(shown) > 0 {
		c.listed.Store(&shown)
	}
}

// cut ends the connection with a close code; only the first call counts. What is
// queued is still written, unless the phone does not read.
func (c *conn) cut(code int, reason string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.code == 0 {
		c.code, c.reason = code, reason
		c.needWriter()
	}
}

// write is the writer: it ends when there is nothing more to write. The last one
// closes the socket.
func (c *conn) write() {
	for {
		alive := c.drain()
		c.mu.Lock()
		if alive && c.code == 0 && len(c.queue) == 0 {
			c.writing = false
			c.mu.Unlock()
			return
		}
		code, reason := c.code, c.reason
		again := alive && len(c.queue) > 0 && code != wire.CloseSlow
		c.mu.Unlock()
		if again {
			continue
		}
		if alive {
			c.closeWith(code, reason)
		}
		c.ws.Close()
		c.server.metrics.ended(code)
		close(c.written)
		return
	}
}

// slow says whether the phone was cut off for not reading.
func (c *conn) slow() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.code == wire.CloseSlow
}

func (c *conn) writeText(data []byte) error {
	_ = c.ws.SetWriteDeadline(time.Now().Add(writeWait)) // fails only with the socket
	return c.ws.WriteMessage(websocket.TextMessage, data)
}

// closeReason is a reason that fits: a control frame holds 125 bytes, two of them
// the code, and its text is UTF-8 (RFC 6455 §5.5).
func closeReason(reason string) string {
	const most = 123
	if len(reason) <= most {
		return reason
	}
	end := most
	for !utf8.RuneStart(reason[end]) {
		end--
	}
	return reason[:end]
}

// closeWith says goodbye and gives the peer a moment to answer, so that the
// close frame is not lost to a reset.
func (c *conn) closeWith(code int, reason string) {
	text := websocket.FormatCloseMessage(code, closeReason(reason))
	err := c.ws.WriteControl(websocket.CloseMessage, text, time.Now().Add(time.Second))
	if err != nil && !errors.Is(err, websocket.ErrCloseSent) { // the read limit sends its own
		return
	}
	socket := c.ws.NetConn()
	half, ok := socket.(interface{ CloseWrite() error })
	if !ok || half.CloseWrite() != nil {
		return
	}
	// No read deadline: the reader, which may be reading too, sets its own.
	end := time.AfterFunc(goodbyeWait, func() { socket.Close() })
	defer end.Stop()
	_, _ = io.CopyN(io.Discard, socket, 1<<20)
}

// errBadFrame is input that is no frame of the protocol.
var errBadFrame = errors.New("not a frame of this protocol")

// read reads one frame. An unknown type comes back with its Seq and
// wire.ErrUnknownType; anything else that is no frame is errBadFrame.
func (c *conn) read() (wire.Frame, error) {
	kind, data, err := c.ws.ReadMessage()
	if err != nil {
		return wire.Frame{}, err
	}
	if kind != websocket.TextMessage {
		return wire.Frame{}, errBadFrame
	}
	f, err := wire.Decode(data)
	if err != nil && !errors.Is(err, wire.ErrUnknownType) {
		return f, errors.Join(errBadFrame, err)
	}
	return f, err
}

// serve reads and answers requests until the connection ends.
func (c *conn) serve(ctx context.Context) {
	c.ws.SetReadLimit(wire.MaxFrame)
	alive := func() { _ = c.ws.SetReadDeadline(time.Now().Add(c.server.timers.Silence)) }
	c.ws.SetPingHandler(func(data string) error {
		alive()
		err := c.ws.WriteControl(websocket.PongMessage, []byte(data), time.Now().Add(writeWait))
		if ne, ok := errors.AsType[net.Error](err); ok && ne.Timeout() {
			return nil // a full socket: the queue decides, not the pong
		}
		return err
	})
	for {
		alive()
		f, err := c.read()
		switch {
		case errors.Is(err, errBadFrame):
			c.cut(wire.CloseBadFrame, "not a frame of this protocol")
			return
		case err != nil && !errors.Is(err, wire.ErrUnknownType):
			c.cut(closeCode(err), "")
			return
		case !c.limit.Allow():
			c.server.metrics.failed(calls.ErrRateLimited)
			c.answer(f.Seq, wire.ErrorOf(calls.ErrRateLimited))
		case err != nil:
			c.server.metrics.failed(calls.ErrInvalidRequest)
			c.answer(f.Seq, wire.Error{Code: calls.ErrInvalidRequest.Code, Text: "this server does not know that request"})
		default:
			c.answer(f.Seq, c.server.handle(ctx, c, f.Body))
		}
	}
}

// answer writes the answer to a request. The reader writes it itself unless there
// is a writer, or frames before it.
func (c *conn) answer(seq uint64, m wire.Message) {
	c.mu.Lock()
	mine := c.serving && !c.writing && len(c.queue) == 0
	if mine {
		c.queue = append(c.queue, outgoing{frame: wire.Frame{Re: seq, Body: m}})
		c.writing = true
	}
	c.mu.Unlock()
	if mine {
		c.write()
		return
	}
	c.send(wire.Frame{Re: seq, Body: m})
}

// closeCode is what the server answers to the end of reading.
func closeCode(err error) int {
	if errors.Is(err, websocket.ErrReadLimit) {
		return wire.CloseTooLarge
	}
	return websocket.CloseNormalClosure
}
