package main

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"sync"
	"syscall"
	"testing"
	"time"
	"unsafe"
)

// network is two machines with one cable between them, which is this process:
// two network namespaces, each with a TUN device whose other end is read here.
// Sound is delayed and lost as a weather says; signaling and ICE pass at once.
type network struct {
	names [2]string   // of the namespaces
	tuns  [2]*os.File // the cable's ends

	mu      sync.Mutex
	weather weather
	sent    [2][]sighting // by each, in this call
}

// sighting is a packet of sound as it entered the cable.
type sighting struct {
	at   time.Time
	time uint32 // RTP timestamp
	size int
}

// address of each machine.
var address = [2]string{"10.77.0.1", "10.77.0.2"}

// errNoNetwork: this machine does not let a program make networks.
var errNoNetwork = errors.New("no network namespaces with TUN devices here; run as root, where /dev/net/tun exists")

func newNetwork(t *testing.T) (*network, error) {
	n := &network{}
	for i := range n.names {
		n.names[i] = fmt.Sprintf("tring%d-%d", os.Getpid(), i)
		if out, err := exec.Command("ip", "netns", "add", n.names[i]).CombinedOutput(); err != nil {
			return nil, fmt.Errorf("%w (%s)", errNoNetwork, out)
		}
		t.Cleanup(func() { _ = exec.Command("ip", "netns", "delete", n.names[i]).Run() })
		var err error
		if n.tuns[i], err = openTUN(n.names[i]); err != nil {
			return nil, fmt.Errorf("%w (%w)", errNoNetwork, err)
		}
		for _, args := range [][]string{
			{"link", "set", "lo", "up"}, {"addr", "add", address[i] + "/24", "dev", "cable"}, {"link", "set", "cable", "up"},
		} {
			if out, err := exec.Command("ip", append([]string{"-n", n.names[i]}, args...)...).CombinedOutput(); err != nil {
				return nil, fmt.Errorf("set up %s: %s", n.names[i], out)
			}
		}
	}
	for i := range n.tuns {
		go n.carry(i)
		t.Cleanup(func() { _ = n.tuns[i].Close() })
	}
	return n, nil
}

// openTUN makes a TUN device in a namespace. The thread that went there is not
// fit for anything else: it ends with its goroutine, which never unlocks it.
func openTUN(namespace string) (*os.File, error) {
	type result struct {
		file *os.File
		err  error
	}
	done := make(chan result)
	go func() {
		runtime.LockOSThread()
		file, err := enterAndOpen(namespace)
		done <- result{file, err}
	}()
	r := <-done
	return r.file, r.err
}

func enterAndOpen(namespace string) (*os.File, error) {
	ns, err := os.Open("/run/netns/" + namespace)
	if err != nil {
		return nil, err
	}
	defer ns.Close()
	if _, _, e := syscall.RawSyscall(sysSetns, ns.Fd(), syscall.CLONE_NEWNET, 0); e != 0 {
		return nil, fmt.Errorf("enter namespace: %w", e)
	}
	fd, err := syscall.Open("/dev/net/tun", syscall.O_RDWR|syscall.O_NONBLOCK|syscall.O_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("/dev/net/tun: %w", err)
	}
	var request [40]byte
	copy(request[:], "cable")
	binary.NativeEndian.PutUint16(request[16:], syscall.IFF_TUN|syscall.IFF_NO_PI)
	if _, _, e := syscall.Syscall(syscall.SYS_IOCTL, uintptr(fd), syscall.TUNSETIFF, uintptr(unsafe.Pointer(&request[0]))); e != 0 {
		return nil, errors.Join(fmt.Errorf("make TUN device: %w", e), syscall.Close(fd))
	}
	return os.NewFile(uintptr(fd), "tun"), nil
}

// sysSetns is the number of setns(2), which package syscall does not have.
var sysSetns = map[string]uintptr{"amd64": 308, "arm64": 268, "386": 346, "arm": 375, "riscv64": 268}[runtime.GOARCH]

// carry takes what a machine sends to the other one.
func (n *network) carry(from int) {
	buffer := make([]byte, 1<<16)
	for {
		size, err := n.tuns[from].Read(buffer)
		if err != nil {
			return // closed
		}
		packet := append([]byte(nil), buffer[:size]...)
		wait := n.fate(from, packet)
		switch {
		case wait == lost:
		case wait == 0:
			n.deliver(1-from, packet)
		default:
			time.AfterFunc(wait, func() { n.deliver(1-from, packet) })
		}
	}
}

func (n *network) deliver(to int, packet []byte) {
	_, _ = n.tuns[to].Write(packet) // a network promises nothing
}

// fate is the delay of a packet, or lost; only RTP has weather.
func (n *network) fate(from int, packet []byte) time.Duration {
	payload, ok := rtpOf(packet)
	if !ok {
		return 0
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	count := len(n.sent[from])
	n.sent[from] = append(n.sent[from], sighting{time.Now(), binary.BigEndian.Uint32(payload[4:]), len(payload)})
	if count < calm {
		return 0
	}
	return n.weather.at(from, count-calm)
}

// rtpOf is the RTP packet in an IPv4 packet, if it holds one: its first byte says
// so (RFC 7983 §7), and its second that it is not RTCP (RFC 5761 §4).
func rtpOf(packet []byte) ([]byte, bool) {
	const udp = 17
	if len(packet) < 20 || packet[0]>>4 != 4 || packet[9] != udp {
		return nil, false
	}
	header := int(packet[0]&15)*4 + 8
	if len(packet) < header+12 {
		return nil, false
	}
	payload := packet[header:]
	kind := payload[1] & 0x7F
	return payload, payload[0] >= 128 && payload[0] < 192 && (kind < 64 || kind >= 96)
}

// begin forgets the last call and has this weather for the next one.
func (n *network) begin(w weather) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.weather, n.sent = w, [2][]sighting{}
}

// seen are the packets of sound that a machine sent in this call.
func (n *network) seen(from int) []sighting {
	n.mu.Lock()
	defer n.mu.Unlock()
	return append([]sighting(nil), n.sent[from]...)
}

// command runs a program on one of the machines.
func (n *network) command(on int, program string, args ...string) *exec.Cmd {
	return urgent("ip", append([]string{"netns", "exec", n.names[on], program}, args...)...)
}

// urgent is a program in real time, where that is permitted: whatever else the
// machine does, both telephones that are compared shall have their time.
func urgent(program string, args ...string) *exec.Cmd {
	if exec.Command("chrt", "--rr", "10", "true").Run() != nil {
		return exec.Command(program, args...)
	}
	return exec.Command("chrt", append([]string{"--rr", "10", program}, args...)...)
}
