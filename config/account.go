package config

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/BurntSushi/toml"
)

// Account is one person on one server, and the key that proves it.
type Account struct {
	Server string `toml:"server"` // ws://… or wss://…
	Pin    string `toml:"pin,omitempty"`
	User   string `toml:"user"`
	Name   string `toml:"name,omitempty"`
	Key    Key    `toml:"key"`
}

// accountsFile is accounts.toml; the first account is the one in use.
type accountsFile struct {
	Accounts []Account `toml:"account"`
}

// LoadAccount is the account in use; false if there is none yet.
func LoadAccount(p Paths) (Account, bool, error) {
	all, err := Accounts(p)
	if err != nil || len(all) == 0 {
		return Account{}, false, err
	}
	return all[0], true, nil
}

// SaveAccount puts an account into the file and makes it the one in use.
func SaveAccount(p Paths, a Account) error {
	all, err := Accounts(p)
	if err != nil {
		return err
	}
	all = slices.DeleteFunc(all, a.Same)
	return saveAccounts(p, append([]Account{a}, all...))
}

// UseAccount makes one of the accounts the one in use.
func UseAccount(p Paths, server, user string) error {
	all, err := Accounts(p)
	if err != nil {
		return err
	}
	wanted := Account{Server: server, User: user}
	i := slices.IndexFunc(all, wanted.Same)
	if i < 0 {
		return fmt.Errorf("there is no account %s on %s any more; log in again with  tring login %[2]s --user %[1]s", user, server)
	}
	first := all[i]
	return saveAccounts(p, append([]Account{first}, slices.Delete(all, i, i+1)...))
}

// Same says whether both are the same person on the same server.
func (a Account) Same(o Account) bool { return place(o.Server) == place(a.Server) && o.User == a.User }

func saveAccounts(p Paths, all []Account) error {
	for i := range all {
		all[i].Key.File = p.inside(all[i].Key.File)
	}
	var out bytes.Buffer
	out.WriteString("# Written by tring login. The first account is the one in use.\n\n")
	if err := toml.NewEncoder(&out).Encode(accountsFile{all}); err != nil {
		return fmt.Errorf("save account: %w", err)
	}
	return write(p.Accounts(), out.Bytes())
}

// Accounts are all accounts, the one in use first.
func Accounts(p Paths) ([]Account, error) {
	data, err := os.ReadFile(p.Accounts())
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", p.Accounts(), reason(err))
	}
	var f accountsFile
	if _, err := toml.Decode(string(data), &f); err != nil {
		return nil, fmt.Errorf("%w, or move the file away and run  tring login  again", malformed(p.Accounts(), err))
	}
	for i, a := range f.Accounts {
		if a.Key.File != "" && !filepath.IsAbs(a.Key.File) {
			f.Accounts[i].Key.File = filepath.Join(p.Config, a.Key.File)
		}
		if a.Server == "" || a.User == "" || a.Key == (Key{}) {
			return nil, fmt.Errorf("%s: an account lacks its server, user or key; move the file away and run  tring login  again", p.Accounts())
		}
	}
	return f.Accounts, nil
}

// place is where a server is, however its address was written: ws and wss to one
// host and port are the same server, as is the usual port or none.
func place(server string) string {
	if _, rest, ok := strings.Cut(server, "://"); ok {
		server = rest
	}
	return strings.TrimSuffix(strings.ToLower(strings.TrimRight(server, "/")), usualPort)
}

const usualPort = ":7433"

// inside is a file as accounts.toml names it: one of the same folder relative to
// it, so that the folder may be copied or moved.
func (p Paths) inside(file string) string {
	if rel, err := filepath.Rel(p.Config, file); err == nil && filepath.IsAbs(file) && filepath.IsLocal(rel) {
		return rel
	}
	return file
}
