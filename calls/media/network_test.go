package media

import (
	"fmt"
	"math/rand"
	"net"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pion/logging"
	"github.com/pion/transport/v4/vnet"
	"github.com/pion/turn/v5"
	"github.com/pion/webrtc/v4"

	"tring/calls"
)

// wan is a virtual network of two hosts, each with two addresses, and a third
// for a TURN server.
type wan struct {
	alice, bob *vnet.Net
	turn       *vnet.Net
	apart      atomic.Bool // alice and bob reach the third host only
	down       atomic.Bool
	blocked    atomic.Pointer[string] // an address that no longer works
	loss       atomic.Int32           // percent
	bursts     atomic.Bool            // a fifth is lost, in runs of three
}

const turnHost = "10.0.0.3"

// soon is what a quiet machine needs a small part of, and less than the wait for a
// server that does not answer.
const soon = 3 * time.Second

// newWAN comes before t.Parallel: vnet numbers its cards without a lock.
func newWAN(t *testing.T, delay time.Duration) *wan {
	t.Helper()
	quiet := logging.NewDefaultLoggerFactory()
	quiet.DefaultLogLevel = logging.LogLevelDisabled
	router, err := vnet.NewRouter(&vnet.RouterConfig{CIDR: "10.0.0.0/24", MinDelay: delay, LoggerFactory: quiet})
	if err != nil {
		t.Fatal(err)
	}
	w := &wan{}
	host := func(ips ...string) *vnet.Net {
		n, err := vnet.NewNet(&vnet.NetConfig{StaticIPs: ips})
		if err != nil {
			t.Fatal(err)
		}
		if err := router.AddNet(n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	w.turn = host(turnHost)
	w.alice, w.bob = host("10.0.0.1", "10.0.0.11"), host("10.0.0.2", "10.0.0.12")
	dice := rand.New(rand.NewSource(1)) //nolint:gosec // the same losses each time
	runs := map[string]int{}
	router.AddChunkFilter(func(c vnet.Chunk) bool {
		if w.down.Load() || int32(dice.Intn(100)) < w.loss.Load() || w.bursts.Load() && inBurst(dice, runs, c) {
			return false
		}
		if w.apart.Load() && host4(c.SourceAddr()) != turnHost && host4(c.DestinationAddr()) != turnHost {
			return false
		}
		blocked := w.blocked.Load()
		return blocked == nil || host4(c.SourceAddr()) != *blocked && host4(c.DestinationAddr()) != *blocked
	})
	if err := router.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := router.Stop(); err != nil {
			t.Error(err)
		}
	})
	return w
}

// inBurst decides for one direction's chunks which are lost: 3p/(1+2p) of them.
func inBurst(dice *rand.Rand, left map[string]int, c vnet.Chunk) bool {
	const p = 1.0 / 13
	from := host4(c.SourceAddr())
	if left[from] == 0 && dice.Float64() < p {
		left[from] = 3
	}
	lost := left[from] > 0
	left[from] = max(left[from]-1, 0)
	return lost
}

func host4(a net.Addr) string {
	host, _, err := net.SplitHostPort(a.String())
	if err != nil {
		return a.String()
	}
	return host
}

func TestLossAndDelay(t *testing.T) {
	w := newWAN(t, 50*time.Millisecond)
	t.Parallel()
	alice, bob := pair(t, newRoom(t), w.alice, w.bob)
	w.loss.Store(10)
	bob.hears(t, 1000)
	eventually(t, "the statistics tell of loss and distance", func() bool {
		s := alice.session.Stats()
		return s.LossPercent > 4 && s.LossPercent < 25 && s.PeerLossPercent > 4 && s.PeerLossPercent < 25 &&
			s.RoundTrip >= 100*time.Millisecond && s.RoundTrip < time.Second &&
			s.Recovered+s.Concealed > 0 && s.Lost > 0
	})
	eventually(t, "ten percent of loss are no lost connection", func() bool { return alice.state("bob") == calls.MediaConnected })
}

// The network goes away for a while, and signaling too: the old path is taken
// up again, without anybody's help.
func TestOutageOfEverything(t *testing.T) {
	w, r := newWAN(t, 5*time.Millisecond), newRoom(t)
	t.Parallel()
	alice, bob := pair(t, r, w.alice, w.bob)
	bob.hears(t, 1000)
	r.set(drop)
	w.down.Store(true)
	eventually(t, "both know that the media is lost", func() bool {
		return alice.state("bob") == calls.MediaLost && bob.state("alice") == calls.MediaLost
	})
	w.down.Store(false)
	connected(t, alice, bob)
	bob.hears(t, 1000)
	if alice.closedBy("bob") || bob.closedBy("alice") {
		t.Error("an outage counts as a hang-up")
	}
}

// An address stops working, as when a phone changes networks: ICE restarts on
// another path. The server carries the payloads meanwhile.
func TestPathSwitch(t *testing.T) {
	t.Parallel()
	for name, of := range map[string]func(alice, bob *phone) string{
		"the answerer's address": func(alice, _ *phone) string { return alice.address("bob") },
		"the offerer's address":  func(_, bob *phone) string { return bob.address("alice") },
	} {
		t.Run(name, func(t *testing.T) {
			w := newWAN(t, 5*time.Millisecond)
			t.Parallel()
			alice, bob := pair(t, newRoom(t), w.alice, w.bob)
			bob.hears(t, 1000)
			gone := of(alice, bob)
			if gone == "" {
				t.Fatal("they are connected without a path")
			}
			w.blocked.Store(&gone)
			began := time.Now()
			eventually(t, "both use another path", func() bool {
				now := of(alice, bob)
				return now != gone && now != "" && alice.state("bob") == calls.MediaConnected && bob.state("alice") == calls.MediaConnected
			})
			t.Logf("there is another path %v after the address stopped working", time.Since(began))
			bob.hears(t, 1000)
			alice.hears(t, 700)
			t.Logf("and whole after %v: %+v", time.Since(began), bob.session.Stats())
			if alice.closedBy("bob") || bob.closedBy("alice") {
				t.Error("a change of the network counts as a hang-up")
			}
		})
	}
}

// Where there is no direct path, TURN's is taken, and soon.
func TestRelayedByTURN(t *testing.T) {
	w, r := newWAN(t, 5*time.Millisecond), newRoom(t)
	t.Parallel()
	w.apart.Store(true)
	r.servers = append(r.servers, serveTURN(t, w.turn))
	began := time.Now()
	alice, bob := pair(t, r, w.alice, w.bob)
	t.Logf("connected through TURN after %v", time.Since(began))
	bob.hears(t, 1000)
	alice.hears(t, 700)
	eventually(t, "the path counts as relayed", func() bool {
		return alice.session.Stats().Relayed && bob.session.Stats().Relayed
	})
}

// The servers that a session is given later are those of the next path: this one
// began without any, and lives on through TURN when the direct path is gone.
func TestServersOfARestart(t *testing.T) {
	w, r := newWAN(t, 5*time.Millisecond), newRoom(t)
	t.Parallel()
	alice, bob := pair(t, r, w.alice, w.bob)
	bob.hears(t, 1000)
	servers := []calls.Server{serveTURN(t, w.turn)}
	alice.session.SetPeers([]calls.Peer{answers("bob")}, servers)
	bob.session.SetPeers([]calls.Peer{offers("alice")}, servers)
	w.apart.Store(true)
	eventually(t, "the path is a relayed one", func() bool {
		return alice.session.Stats().Relayed && bob.session.Stats().Relayed
	})
	bob.hears(t, 1000)
	alice.hears(t, 700)
}

func serveTURN(t *testing.T, host *vnet.Net) calls.Server {
	t.Helper()
	conn, err := host.ListenPacket("udp4", turnHost+":3478")
	if err != nil {
		t.Fatal(err)
	}
	quiet := logging.NewDefaultLoggerFactory()
	quiet.DefaultLogLevel = logging.LogLevelDisabled
	server, err := turn.NewServer(turn.ServerConfig{
		Realm: "test", LoggerFactory: quiet,
		AuthHandler: func(a *turn.RequestAttributes) (string, []byte, bool) {
			return a.Username, turn.GenerateAuthKey(a.Username, a.Realm, "secret"), true
		},
		PacketConnConfigs: []turn.PacketConnConfig{{
			PacketConn: conn,
			RelayAddressGenerator: &turn.RelayAddressGeneratorStatic{
				RelayAddress: net.ParseIP(turnHost), Address: turnHost, Net: host,
			},
		}},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.Close(); err != nil {
			t.Error(err)
		}
	})
	return calls.Server{URLs: []string{"turn:" + turnHost + ":3478?transport=udp"}, Username: "user", Credential: "secret"}
}

func TestCloseWhenThePeerIsGone(t *testing.T) {
	w := newWAN(t, 5*time.Millisecond)
	t.Parallel()
	atLast(t, func(t *testing.T) error {
		r := newRoom(t)
		defer r.hangUp()
		w.down.Store(false)
		alice, bob := pair(t, r, w.alice, w.bob)
		w.down.Store(true)
		r.set(drop)
		eventually(t, "alice knows that the media is lost", func() bool { return alice.state("bob") == calls.MediaLost })
		alice.media.closeMost = soon
		if err := alice.session.Close(); err != nil {
			return err
		}
		always(t, 500*time.Millisecond, "bob does not think that alice hung up", func() bool { return !bob.closedBy("alice") })
		return nil
	})
}

// A STUN or TURN server that does not answer delays neither the direct path
// nor the end.
func TestDeadServers(t *testing.T) {
	w := newWAN(t, 5*time.Millisecond)
	t.Parallel()
	atLast(t, func(t *testing.T) error {
		r := newRoom(t)
		defer r.hangUp()
		r.servers = []calls.Server{
			{URLs: []string{"stun:10.0.0.99:3478"}},
			{URLs: []string{"turn:10.0.0.99:3478", "turn:nowhere.invalid:3478"}, Username: "user", Credential: "secret"},
		}
		began := time.Now()
		alice, bob := pair(t, r, w.alice, w.bob)
		took := time.Since(began)
		searched := alice.session.peers["bob"].pc.ICEGatheringState() == webrtc.ICEGatheringStateComplete
		bob.hears(t, 1000)
		alice.media.closeMost = soon
		if err := alice.session.Close(); err != nil {
			return err
		}
		if took > soon && searched {
			return fmt.Errorf("connected after %v, when nobody waits for a server any more", took)
		}
		return nil
	})
}
