package audio

// captureLoop sends a packet every 20 ms until its run ends. The microphone is
// its clock.
func (e *Engine) captureLoop(c *capturer, l *line[SourceCloser], run *capture, send func(Packet)) {
	frame := make(Frame, FrameSamples)
	adapt := newAdapter(e.dtx)
	for !ended(run.stop) {
		if !l.move(frame, run.stop) {
			clear(frame)
		}
		began := e.now()
		if coding, changed := adapt.step(began, *e.network.Load()); changed {
			e.coding.set(coding)
			if err := c.configure(coding); err != nil {
				e.fault(faultCodec, explain("the encoder does not adapt", err))
			}
		}
		packet, full, peak, err := c.step(frame, e.muted.Load())
		adapt.spent(e.now() - began)
		e.peakIn.Store(peak)
		if err != nil {
			e.fault(faultCodec, explain("no sound is sent", err))
		}
		if full && !ended(run.stop) {
			send(packet)
		}
	}
	l.shut()
	e.peakIn.Store(0)
	e.fault(faultMicrophone, "")
	e.endCapture(run, c.out.Sequence)
}

// startPlayout starts the playout loop unless it runs; mu is held.
func (e *Engine) startPlayout() {
	if e.playing {
		return
	}
	e.playing = true
	e.tasks.Go(e.playoutLoop)
}

// playoutLoop plays until there has been nothing to play for a second, then
// releases the speaker. The speaker is its clock.
func (e *Engine) playoutLoop() {
	l := &line[SinkCloser]{
		name: "speaker", open: e.device.OpenSink, do: SinkCloser.Write,
		fault: func(s string) { e.fault(faultSpeaker, s) }, spawn: e.tasks.Go, now: e.now,
	}
	p := newPlayer()
	for {
		_ = l.begin(openPatience, e.stop) // it is a fault by now, and the loop goes on silently
		for quiet := 0; quiet < linger && !ended(e.stop); quiet++ {
			peak, busy := p.step(e.now(), e.streams.Load(), e.order.Load())
			e.peakOut.Store(peak)
			if busy {
				quiet = 0
			}
			l.move(p.out[:], e.stop)
		}
		l.shut()
		if e.rest(p.order) {
			return
		}
	}
}

func ended(stop <-chan struct{}) bool {
	select {
	case <-stop:
		return true
	default:
		return false
	}
}
