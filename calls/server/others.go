package server

import (
	"context"
	"encoding/json"
	"sync"
	"time"

	"github.com/nats-io/nats.go"

	"tring/calls"
	"tring/calls/wire"
)

// others is what this gateway knows of the others that share the NATS cluster:
// their connections, under a lease. With JetStream inside the process there are
// none. Its lock is taken last and never held for long.
type others struct {
	server *Server
	nc     *nats.Conn // nil: there are no other gateways
	me     string

	mu       sync.Mutex
	gateways map[string]*peerGateway
	subs     map[*conn]*nats.Subscription
}

type peerGateway struct {
	devices map[calls.Viewer]string // labels
	listing map[calls.Viewer]string // of a list that goes on
	heard   time.Time
}

// notice is what gateways tell each other, on core NATS.
type notice struct {
	Gateway string           `json:"gateway"`
	Kind    string           `json:"kind"` // online, offline, list, bye, sign, state
	Devices []onlineDevice   `json:"devices,omitempty"`
	Part    int              `json:"part,omitempty"` // of a list, from 0
	More    bool             `json:"more,omitempty"` // of a list: it goes on in the next notice
	Call    calls.ID         `json:"call,omitempty"`
	Signs   []calls.DeviceID `json:"signs,omitempty"`
	State   *stored          `json:"state,omitempty"`
}

type onlineDevice struct {
	calls.Viewer
	Label string `json:"label,omitempty"`
}

const (
	// maxListed is how many devices one notice lists: of 150 bytes each, far below
	// the 1 MiB that NATS takes.
	maxListed     = 1000
	noticeSubject = "tring.gateways"
	deviceSubject = "tring.device."
)

func newOthers(s *Server) *others {
	o := &others{server: s, me: randomID(), gateways: map[string]*peerGateway{}, subs: map[*conn]*nats.Subscription{}}
	if s.store.embedded == nil {
		o.nc = s.store.nc
	}
	return o
}

// run tells and hears until ctx ends.
func (o *others) run(ctx context.Context) {
	if o.nc == nil {
		return
	}
	sub, err := o.nc.Subscribe(noticeSubject, func(m *nats.Msg) {
		var n notice
		if json.Unmarshal(m.Data, &n) == nil && n.Gateway != o.me {
			o.take(n)
		}
	})
	if err != nil {
		o.server.log.Error("hear other gateways", "err", err)
		return
	}
	defer func() {
		o.publish(notice{Kind: "bye"})
		_ = sub.Unsubscribe() // the connection is closed next
	}()
	tick := time.NewTicker(min(o.server.timers.Gateway/3, listEvery))
	defer tick.Stop()
	for {
		o.list(o.server.hub.devices())
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			o.expire()
		}
	}
}

// list tells of all devices, some at a time.
func (o *others) list(devices []onlineDevice) {
	for part := 0; ; part++ {
		n := min(len(devices), maxListed)
		o.publish(notice{Kind: "list", Devices: devices[:n], Part: part, More: n < len(devices)})
		if devices = devices[n:]; len(devices) == 0 {
			return
		}
	}
}

func (o *others) publish(n notice) {
	n.Gateway = o.me
	data, err := json.Marshal(n)
	if err == nil {
		err = o.nc.Publish(noticeSubject, data)
	}
	if err != nil {
		o.server.log.Warn("tell other gateways", "err", err)
	}
}

// take hears one notice.
func (o *others) take(n notice) {
	switch {
	case n.Kind == "sign":
		o.server.hub.sign(n.Call, n.Signs...)
		return
	case n.State != nil:
		o.server.hub.change(*n.State, heard)
		return
	}
	o.mu.Lock()
	g := o.gateways[n.Gateway]
	if g == nil {
		g = &peerGateway{devices: map[calls.Viewer]string{}}
		o.gateways[n.Gateway] = g
	}
	g.heard = time.Now()
	was := g.devices
	switch n.Kind {
	case "online", "offline":
		g.devices = map[calls.Viewer]string{}
		for v, label := range was {
			g.devices[v] = label
		}
		for _, list := range []map[calls.Viewer]string{g.devices, g.listing} {
			for _, d := range n.Devices {
				delete(list, d.Viewer)
				if n.Kind == "online" && list != nil {
					list[d.Viewer] = d.Label
				}
			}
		}
	case "list":
		g.list(n)
	case "bye":
		g.devices = map[calls.Viewer]string{}
		delete(o.gateways, n.Gateway)
	}
	now := g.devices
	o.mu.Unlock()
	o.server.hub.moved(was, now, n.Kind == "online")
}

// list takes one part of a list; what it lists counts when it is complete.
func (g *peerGateway) list(n notice) {
	if n.Part == 0 || g.listing == nil {
		g.listing = map[calls.Viewer]string{}
	}
	for _, d := range n.Devices {
		g.listing[d.Viewer] = d.Label
	}
	if !n.More {
		g.devices, g.listing = g.listing, nil
	}
}

func (o *others) expire() {
	o.mu.Lock()
	lost := map[calls.Viewer]string{}
	for id, g := range o.gateways {
		if time.Since(g.heard) > o.server.timers.Gateway {
			for v, label := range g.devices {
				lost[v] = label
			}
			delete(o.gateways, id)
		}
	}
	o.mu.Unlock()
	o.server.hub.moved(lost, nil, false)
}

// announce tells of a connection that came or went, and takes what other
// gateways relay to it.
func (o *others) announce(c *conn, on bool) {
	if o.nc == nil {
		return
	}
	kind := "offline"
	o.mu.Lock()
	if on {
		kind = "online"
		sub, err := o.nc.Subscribe(deviceOf(c.viewer()), o.relayed)
		if err != nil {
			o.server.log.Error("subscribe for a phone", "err", err)
		} else {
			o.subs[c] = sub
		}
	}
	o.mu.Unlock()
	o.publish(notice{Kind: kind, Devices: []onlineDevice{{c.viewer(), c.device.Label}}})
}

// forget takes no more relays for a connection.
func (o *others) forget(c *conn) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if sub := o.subs[c]; sub != nil {
		_ = sub.Unsubscribe() // fails only when the connection is closed
		delete(o.subs, c)
	}
}

func deviceOf(v calls.Viewer) string {
	return deviceSubject + keyToken(string(v.User)) + "." + string(v.Device)
}

// remoteRelay is a relay between gateways.
type remoteRelay struct {
	To  calls.Viewer `json:"to"`
	Rev uint64       `json:"rev"`
	Msg wire.Relayed `json:"msg"`
}

func (o *others) relayed(m *nats.Msg) {
	var r remoteRelay
	if json.Unmarshal(m.Data, &r) == nil {
		o.server.hub.relay(relay{to: r.To, rev: r.Rev, msg: r.Msg})
	}
}

// relay hands a signal to the gateway that holds the phone, if one does.
func (o *others) relay(r relay) {
	if o.nc == nil || !o.online(r.to) {
		return
	}
	data, err := json.Marshal(remoteRelay{r.to, r.rev, r.msg})
	if err == nil {
		err = o.nc.Publish(deviceOf(r.to), data)
	}
	if err != nil {
		o.server.log.Warn("relay to another gateway", "err", err)
	}
}

// sign tells the others of a sign of life.
func (o *others) sign(id calls.ID, devices []calls.DeviceID) {
	if o.nc != nil {
		o.publish(notice{Kind: "sign", Call: id, Signs: devices})
	}
}

// state tells the others of a state that was just written. They would hear of it
// from the store as well, but when a node of that is lost, only many seconds later.
func (o *others) state(st stored) {
	if o.nc != nil {
		o.publish(notice{Kind: "state", State: &st})
	}
}

// count is how many other gateways there are.
func (o *others) count() int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return len(o.gateways)
}

func (o *others) known() bool { return o.count() > 0 }

func (o *others) online(v calls.Viewer) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, g := range o.gateways {
		if _, ok := g.devices[v]; ok {
			return true
		}
	}
	return false
}

// phones are the phones of a user at other gateways, with their labels. One that
// moved from a gateway that died to another is there once.
func (o *others) phones(u calls.UserID) map[calls.DeviceID]string {
	o.mu.Lock()
	defer o.mu.Unlock()
	phones := map[calls.DeviceID]string{}
	for _, g := range o.gateways {
		for v, label := range g.devices {
			if v.User == u {
				phones[v.Device] = label
			}
		}
	}
	return phones
}

// users adds those who have a phone at another gateway.
func (o *others) users(online map[calls.UserID]bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, g := range o.gateways {
		for v := range g.devices {
			online[v.User] = true
		}
	}
}
