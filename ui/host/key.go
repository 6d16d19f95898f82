package host

import (
	"crypto/ed25519"
	"crypto/rand"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"

	"golang.org/x/crypto/ssh"
)

// hostKey reads the key at path, an ed25519 key that nobody else may read, or makes
// it. A new key is written whole or not at all, so a crash leaves no half of one.
func hostKey(path string) (ssh.Signer, error) {
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return newHostKey(path)
	}
	if err != nil {
		return nil, fmt.Errorf("open host key: %w", err)
	}
	if mode := info.Mode().Perm(); runtime.GOOS != "windows" && mode&0o077 != 0 {
		return nil, fmt.Errorf("open host key: others may read %s (mode %04o): chmod 600 it, or remove it for a new one", path, mode)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("open host key: %w", err)
	}
	signer, err := ssh.ParsePrivateKey(text)
	if err != nil {
		return nil, fmt.Errorf("read host key %s: %w", path, err)
	}
	if kind := signer.PublicKey().Type(); kind != ssh.KeyAlgoED25519 {
		return nil, fmt.Errorf("read host key %s: it is %s, and must be %s", path, kind, ssh.KeyAlgoED25519)
	}
	return signer, nil
}

func newHostKey(path string) (ssh.Signer, error) {
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("make host key: %w", err)
	}
	block, err := ssh.MarshalPrivateKey(key, "tring")
	if err != nil {
		return nil, fmt.Errorf("make host key: %w", err)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, fmt.Errorf("make host key: %w", err)
	}
	file, err := os.CreateTemp(filepath.Dir(path), ".key-*") // its mode is 0600
	if err != nil {
		return nil, fmt.Errorf("make host key: %w", err)
	}
	_, err = file.Write(pem.EncodeToMemory(block))
	// Link, unlike rename, never takes the place of a key that another host made meanwhile.
	if err = errors.Join(err, file.Sync(), file.Close()); err == nil {
		err = os.Link(file.Name(), path)
	}
	if err = errors.Join(err, os.Remove(file.Name())); err != nil {
		return nil, fmt.Errorf("make host key: %w", err)
	}
	return ssh.NewSignerFromKey(key)
}
