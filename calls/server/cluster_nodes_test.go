package server

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"testing"

	natsserver "github.com/nats-io/nats-server/v2/server"
)

// natsNode is one node of a NATS cluster, as an administrator runs it: a process
// of its own, so that a kill is a kill.
type natsNode struct {
	name, url string
	process   *exec.Cmd
	stdin     io.Closer // the node ends with it
}

// nodeOptions are what a node is told.
type nodeOptions struct {
	Name, Host, Store string
	Port, Route       int
	Routes            []string
}

const nodeVariable = "TRING_TEST_NATS_NODE"

// TestNATSNode is no test: it is the process of a node.
func TestNATSNode(t *testing.T) {
	text := os.Getenv(nodeVariable)
	if text == "" {
		return // the tests of the cluster start it
	}
	var o nodeOptions
	if err := json.Unmarshal([]byte(text), &o); err != nil {
		t.Fatal(err)
	}
	routes := ""
	for _, r := range o.Routes {
		routes += r + ","
	}
	options := &natsserver.Options{
		ServerName: o.Name, Host: o.Host, Port: o.Port, JetStream: true, StoreDir: o.Store, NoSigs: true, NoLog: true,
		Cluster: natsserver.ClusterOpts{Name: "tring", Host: o.Host, Port: o.Route},
		Routes:  natsserver.RoutesFromStr(routes[:len(routes)-1]),
	}
	ns, err := natsserver.NewServer(options)
	if err != nil {
		t.Fatal(err)
	}
	ns.Start()
	if !ns.ReadyForConnections(patience) {
		t.Fatal("the node did not start")
	}
	fmt.Println("ready")
	_, _ = io.Copy(io.Discard, os.Stdin) // until the test ends, however it ends
	ns.Shutdown()
	ns.WaitForShutdown()
}

// natsCluster starts three nodes on loopback.
func natsCluster(t *testing.T) []*natsNode {
	t.Helper()
	host := loopback()
	ports := freePorts(t, host, 6)
	var routes []string
	for _, p := range ports[3:] {
		routes = append(routes, fmt.Sprintf("nats://%s:%d", host, p))
	}
	nodes := make([]*natsNode, 3)
	for i := range nodes {
		name := fmt.Sprintf("node%d", i+1)
		nodes[i] = startNode(t, nodeOptions{Name: name, Host: host, Store: t.TempDir(), Port: ports[i], Route: ports[3+i], Routes: routes})
	}
	return nodes
}

func startNode(t *testing.T, o nodeOptions) *natsNode {
	t.Helper()
	text, err := json.Marshal(o)
	if err != nil {
		t.Fatal(err)
	}
	n := &natsNode{name: o.Name, url: fmt.Sprintf("nats://%s:%d", o.Host, o.Port)}
	n.process = exec.Command(os.Args[0], "-test.run=^TestNATSNode$")
	n.process.Env = append(os.Environ(), nodeVariable+"="+string(text))
	n.process.Stderr = os.Stderr
	in, err := n.process.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	n.stdin = in
	out, err := n.process.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := n.process.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(n.kill)
	if line, err := bufio.NewReader(out).ReadString('\n'); line != "ready\n" {
		t.Fatalf("%s says %q (%v)", o.Name, line, err)
	}
	return n
}

// kill is SIGKILL; a second one does nothing.
func (n *natsNode) kill() {
	_ = n.process.Process.Kill() // it may be gone
	n.stdin.Close()
	_ = n.process.Wait() // it was killed
}

// loopback is an address of this machine, where it has more of them one that no
// other test has, so that nobody takes a port that was found to be free.
func loopback() string {
	address := fmt.Sprintf("127.%d.%d.%d", 1+rand.N(250), rand.N(250), 1+rand.N(250))
	l, err := net.Listen("tcp", address+":0")
	if err != nil {
		return "127.0.0.1"
	}
	l.Close()
	return address
}

// freePorts finds ports of an address that nobody uses. The system gives none of them to whoever
// asks for any port: those begin at 32768 at the earliest.
func freePorts(t *testing.T, host string, n int) []int {
	t.Helper()
	var ports []int
	for range 1000 {
		port := 10000 + rand.N(20000)
		l, err := net.Listen("tcp", fmt.Sprintf("%s:%d", host, port))
		if err != nil {
			continue // somebody has it
		}
		defer l.Close()
		if ports = append(ports, port); len(ports) == n {
			return ports
		}
	}
	t.Fatal("no port is free")
	return nil
}

// gatewayOn opens a gateway on the nodes; kill cuts it off as the loss of its
// machine does: nobody hears a goodbye.
func gatewayOn(t *testing.T, nodes []*natsNode, timers Timers) (s *Server, kill func()) {
	t.Helper()
	var urls []string
	for _, n := range nodes {
		urls = append(urls, n.url)
	}
	s = opened(t, Config{
		Listen: "127.0.0.1:0", Data: folder(t), NATS: urls, TURN: "off", Timers: unhurried(timers),
		Limits: Limits{Requests: 1000, RequestBurst: 1000, Initiates: 1000, InitiateBurst: 1000},
	})
	ctx, cancel := context.WithCancel(context.Background())
	served := make(chan struct{})
	go func() {
		defer close(served)
		_ = s.Serve(ctx) // of a killed one it is an error
	}()
	t.Cleanup(func() { cancel(); <-served })
	return s, func() {
		s.store.nc.Close()
		s.listener.Close()
		s.gateway.mu.Lock()
		defer s.gateway.mu.Unlock()
		for c := range s.gateway.open {
			c.ws.NetConn().Close()
		}
	}
}
