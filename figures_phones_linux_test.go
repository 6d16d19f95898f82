package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// program is a process whose output is kept and may be waited for.
type program struct {
	cmd  *exec.Cmd
	done chan struct{}

	mu  sync.Mutex
	out bytes.Buffer
}

func (p *program) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.out.Write(b)
}

func (p *program) said() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.out.String()
}

// launch starts a program that ends with the test at the latest.
func launch(t *testing.T, cmd *exec.Cmd, env ...string) *program {
	t.Helper()
	p := &program{cmd: cmd, done: make(chan struct{})}
	cmd.Stdout, cmd.Stderr = p, p
	cmd.Env = append(os.Environ(), env...)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		_ = cmd.Wait() // how it ended is in the process state
		close(p.done)
	}()
	t.Cleanup(func() { p.end(syscall.SIGKILL) })
	return p
}

// end sends a signal and waits.
func (p *program) end(s syscall.Signal) {
	_ = p.cmd.Process.Signal(s) // it may have ended
	select {
	case <-p.done:
	case <-time.After(patience):
		_ = p.cmd.Process.Kill()
		<-p.done
	}
}

// says waits for a line and returns the pattern's first group.
func (p *program) says(t *testing.T, pattern string) string {
	t.Helper()
	wanted := regexp.MustCompile("(?m)" + pattern)
	var found []string
	ok := until(func() bool {
		found = wanted.FindStringSubmatch(p.said())
		select {
		case <-p.done:
			return true
		default:
			return found != nil
		}
	})
	if !ok || found == nil {
		t.Fatalf("%v never said %q:\n%s", p.cmd.Args, pattern, p.said())
	}
	return found[len(found)-1]
}

// spent is the processor time of a running program.
func (p *program) spent() time.Duration {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", p.cmd.Process.Pid))
	if err != nil {
		return 0
	}
	// proc(5): the name, in brackets, may hold spaces; utime and stime are the
	// fields 14 and 15, in hundredths of a second.
	fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:]))
	user, _ := strconv.Atoi(fields[11])
	system, _ := strconv.Atoi(fields[12])
	return time.Duration(user+system) * 10 * time.Millisecond
}

// pair is two phones that can call each other over a network.
type pair struct {
	name  string
	start func(t *testing.T, sound [2]string, env ...string) (a, b *program)
	stats func(b *program) mediaFigures
}

// mediaFigures are what a phone itself says of a call.
type mediaFigures struct {
	Received  float64 `json:"received"`
	Lost      float64 `json:"lost"`
	Concealed float64 `json:"concealed"`
	Buffer    float64 `json:"buffer_ms"`
}

// tringPair has a server and two accounts on it. The sound is a value of --audio
// for each.
func tringPair(t *testing.T, n *network, tring string) pair {
	t.Helper()
	dir := t.TempDir()
	data := filepath.Join(dir, "srv")
	server := launch(t, n.command(0, tring, "serve", "--listen", address[0]+":7433", "--admin", "off", "--data", data))
	url := server.says(t, `Serving on ([^ ,]+)`)
	url = strings.NewReplacer("[::]", address[0], "0.0.0.0", address[0]).Replace(url)
	homes := [2]string{filepath.Join(dir, "alice"), filepath.Join(dir, "bob")}
	for i, name := range []string{"alice", "bob"} {
		invite, err := n.command(0, tring, "user", "add", name, "--data", data).Output()
		if err != nil {
			t.Fatalf("add %s: %v", name, err)
		}
		login := n.command(i, tring, "login", url, "--invite", strings.TrimSpace(string(invite)))
		login.Env = append(os.Environ(), "TRING_HOME="+homes[i])
		if out, err := login.CombinedOutput(); err != nil {
			t.Fatalf("log in: %v\n%s", err, out)
		}
	}
	return pair{
		name: "tring",
		start: func(t *testing.T, sound [2]string, env ...string) (a, b *program) {
			b = launch(t, n.command(1, tring, "answer", "--once", "--json", "--audio", sound[1]),
				append(env, "TRING_HOME="+homes[1])...)
			b.says(t, `"ConnectionChanged".*"connected"`)
			a = launch(t, n.command(0, tring, "call", "bob", "--json", "--audio", sound[0]),
				append(env, "TRING_HOME="+homes[0])...)
			b.says(t, `"event":"MediaConnected"`)
			a.says(t, `"event":"MediaConnected"`)
			return a, b
		},
		stats: lastStats,
	}
}

// lastStats is the last line about a call's media.
func lastStats(p *program) (last mediaFigures) {
	for lines := bufio.NewScanner(strings.NewReader(p.said())); lines.Scan(); {
		var line struct{ Stats *mediaFigures }
		if json.Unmarshal(lines.Bytes(), &line) == nil && line.Stats != nil {
			last = *line.Stats
		}
	}
	return last
}

// baresipPair calls directly, by SIP. The sound is "DRIVER,DEVICE DRIVER,DEVICE":
// microphone and speaker. Bitrate and complexity are tring's.
func baresipPair(t *testing.T, n *network, lossPercent int) pair {
	t.Helper()
	return pair{
		name: "baresip",
		start: func(t *testing.T, sound [2]string, env ...string) (a, b *program) {
			var dirs [2]string
			for i, name := range []string{"alice", "bob"} {
				dirs[i] = t.TempDir()
				in, out, _ := strings.Cut(sound[i], " ")
				config := fmt.Sprintf(baresipConfig, address[i], in, out, out, yes(lossPercent > 0), lossPercent)
				account := fmt.Sprintf("<sip:%s@%s>;regint=0;answermode=auto;mediaenc=srtp-mand\n", name, address[i])
				for file, text := range map[string]string{"config": config, "accounts": account, "contacts": ""} {
					if err := os.WriteFile(filepath.Join(dirs[i], file), []byte(text), 0o600); err != nil {
						t.Fatal(err)
					}
				}
			}
			b = launch(t, n.command(1, "baresip", "-4", "-f", dirs[1]), env...)
			b.says(t, `baresip is ready`)
			a = launch(t, n.command(0, "baresip", "-4", "-f", dirs[0], "-e", "/dial sip:bob@"+address[1]+":5060"), env...)
			a.says(t, `Call established`)
			b.says(t, `Call established`)
			return a, b
		},
		stats: func(*program) mediaFigures { return mediaFigures{} },
	}
}

func yes(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

// baresipConfig is what baresip 1.0 writes by itself as far as sound goes, with
// tring's coding: no canceller, no resampling.
const baresipConfig = `poll_method epoll
sip_listen %s:5060
audio_source %s
audio_player %s
audio_alert %s
ausrc_srate 48000
auplay_srate 48000
ausrc_channels 1
auplay_channels 1
audio_txmode poll
audio_buffer 20-160
audio_level no
rtp_stats yes
jitter_buffer_delay 5-10
module_path /usr/lib/baresip/modules
module opus.so
module alsa.so
module aufile.so
module aubridge.so
module srtp.so
module_tmp account.so
module_app menu.so
opus_bitrate 32000
opus_complexity 10
opus_application voip
opus_stereo no
opus_sprop_stereo no
opus_inbandfec %s
opus_packet_loss %d
ring_aufile none
ringback_aufile none
`
