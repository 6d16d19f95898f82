package server

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"golang.org/x/crypto/ssh"

	"tring/calls"
	"tring/calls/wire"
)

// The admin socket speaks JSON over HTTP. Whoever may open it administers the
// server: it is a file of mode 0600 in a folder of mode 0700.

func fingerprint(pub ssh.PublicKey) string { return ssh.FingerprintSHA256(pub) }

func socketPath(data string) string { return filepath.Join(data, "admin.sock") }

// maxSocketPath is the length of sun_path less its end, on the strictest system.
const maxSocketPath = 103

func listenAdmin(data string) (net.Listener, error) {
	path := socketPath(data)
	if len(path) > maxSocketPath {
		return nil, fmt.Errorf("the path of the admin socket %q has more than %d bytes; choose a data folder with a shorter path", path, maxSocketPath)
	}
	// The folder is locked: what lies here is left from a crash.
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("remove old admin socket: %w", err)
	}
	l, err := net.Listen("unix", path)
	if err != nil {
		return nil, fmt.Errorf("listen on admin socket: %w", err)
	}
	if err := os.Chmod(path, 0o600); err != nil {
		l.Close()
		return nil, fmt.Errorf("protect admin socket: %w", err)
	}
	return l, nil
}

// adminRequest is the body of every admin request; each uses what it needs.
type adminRequest struct {
	User     calls.UserID  `json:"user,omitempty"`
	Name     string        `json:"name,omitempty"`
	Key      string        `json:"key,omitempty"`
	TestLine bool          `json:"test_line,omitempty"`
	Host     bool          `json:"host,omitempty"`
	TTL      time.Duration `json:"ttl,omitempty"`
}

// adminAnswer is the body of every answer.
type adminAnswer struct {
	Error  *wire.Error `json:"error,omitempty"`
	Invite string      `json:"invite,omitempty"`
	Users  []UserInfo  `json:"users,omitempty"`
	URL    string      `json:"url,omitempty"`
}

func adminHandler(a Admin, url string) http.Handler {
	mux := http.NewServeMux()
	handle := func(path string, do func(context.Context, adminRequest) (adminAnswer, error)) {
		mux.HandleFunc("POST "+path, func(w http.ResponseWriter, r *http.Request) {
			var req adminRequest
			err := json.NewDecoder(io.LimitReader(r.Body, wire.MaxFrame)).Decode(&req)
			var answer adminAnswer
			if err == nil {
				answer, err = do(r.Context(), req)
			}
			if err != nil { // the administrator sees the whole text
				answer.Error = &wire.Error{Code: calls.Code(err), Text: err.Error()}
			}
			w.Header().Set("Content-Type", "application/json")
			_ = json.NewEncoder(w).Encode(answer) // the client is gone if this fails
		})
	}
	handle("/users/add", func(ctx context.Context, r adminRequest) (adminAnswer, error) {
		var options []UserOption
		if r.TestLine {
			options = append(options, AsTestLine())
		}
		if r.Host {
			options = append(options, AsHost())
		}
		return adminAnswer{}, a.AddUser(ctx, r.User, r.Name, r.Key, options...)
	})
	handle("/users/invite", func(ctx context.Context, r adminRequest) (answer adminAnswer, err error) {
		answer.Invite, err = a.InviteUser(ctx, r.User, r.Name, r.TTL)
		return answer, err
	})
	handle("/users/list", func(ctx context.Context, _ adminRequest) (answer adminAnswer, err error) {
		answer.Users, err = a.ListUsers(ctx)
		return answer, err
	})
	handle("/users/remove", func(ctx context.Context, r adminRequest) (adminAnswer, error) {
		return adminAnswer{}, a.RemoveUser(ctx, r.User)
	})
	handle("/url", func(context.Context, adminRequest) (adminAnswer, error) {
		return adminAnswer{URL: url}, nil
	})
	mux.HandleFunc("GET "+backupPath, serveBackup(a))
	return mux
}

// AdminClient administers a running server through its admin socket. Safe for
// concurrent use.
type AdminClient struct {
	path string
	http *http.Client
}

// DialAdmin finds the server that runs on this data folder.
func DialAdmin(data string) (*AdminClient, error) {
	path := socketPath(data)
	dial := func(ctx context.Context, _, _ string) (net.Conn, error) {
		var d net.Dialer
		return d.DialContext(ctx, "unix", path)
	}
	conn, err := dial(context.Background(), "", "")
	switch {
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, syscall.ECONNREFUSED):
		return nil, fmt.Errorf("no tring server runs on the data folder %q; start it with tring serve", data)
	case errors.Is(err, fs.ErrPermission):
		return nil, fmt.Errorf("the admin socket %q belongs to another user; run this as the user who runs the server", path)
	case err != nil:
		return nil, fmt.Errorf("open admin socket: %w", err)
	}
	conn.Close()
	transport := &http.Transport{DialContext: dial, DisableKeepAlives: true}
	return &AdminClient{path: path, http: &http.Client{Transport: transport}}, nil
}

func (c *AdminClient) do(ctx context.Context, path string, r adminRequest) (adminAnswer, error) {
	body, err := json.Marshal(r)
	if err != nil {
		return adminAnswer{}, fmt.Errorf("encode request: %w", err)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://admin"+path, bytes.NewReader(body))
	if err != nil {
		return adminAnswer{}, fmt.Errorf("make request: %w", err)
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return adminAnswer{}, fmt.Errorf("ask the server at %s: %w", c.path, err)
	}
	defer resp.Body.Close()
	var answer adminAnswer
	if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil {
		return answer, fmt.Errorf("read the server's answer: %w", err)
	}
	if answer.Error != nil {
		return answer, answer.Error.Err()
	}
	return answer, nil
}

// URL is where the server's phones connect to, as far as it knows.
func (c *AdminClient) URL(ctx context.Context) (string, error) {
	a, err := c.do(ctx, "/url", adminRequest{})
	return a.URL, err
}

// AddUser implements Admin.
func (c *AdminClient) AddUser(ctx context.Context, user calls.UserID, name, authorizedKey string, options ...UserOption) error {
	var o userOptions
	for _, option := range options {
		option(&o)
	}
	_, err := c.do(ctx, "/users/add", adminRequest{User: user, Name: name, Key: authorizedKey, TestLine: o.TestLine, Host: o.Host})
	return err
}

// InviteUser implements Admin.
func (c *AdminClient) InviteUser(ctx context.Context, user calls.UserID, name string, ttl time.Duration) (string, error) {
	a, err := c.do(ctx, "/users/invite", adminRequest{User: user, Name: name, TTL: ttl})
	return a.Invite, err
}

// ListUsers implements Admin.
func (c *AdminClient) ListUsers(ctx context.Context) ([]UserInfo, error) {
	a, err := c.do(ctx, "/users/list", adminRequest{})
	return a.Users, err
}

// RemoveUser implements Admin.
func (c *AdminClient) RemoveUser(ctx context.Context, user calls.UserID) error {
	_, err := c.do(ctx, "/users/remove", adminRequest{User: user})
	return err
}
