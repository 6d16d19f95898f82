package config

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"slices"

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
	all, err := accounts(p)
	if err != nil || len(all) == 0 {
		return Account{}, false, err
	}
	return all[0], true, nil
}

// SaveAccount puts an account into the file and makes it the one in use.
func SaveAccount(p Paths, a Account) error {
	all, err := accounts(p)
	if err != nil {
		return err
	}
	all = slices.DeleteFunc(all, func(o Account) bool { return o.Server == a.Server && o.User == a.User })
	var out bytes.Buffer
	out.WriteString("# Written by tring login. The first account is the one in use.\n\n")
	if err := toml.NewEncoder(&out).Encode(accountsFile{append([]Account{a}, all...)}); err != nil {
		return fmt.Errorf("save account: %w", err)
	}
	return write(p.Accounts(), out.Bytes())
}

func accounts(p Paths) ([]Account, error) {
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
	for _, a := range f.Accounts {
		if a.Server == "" || a.User == "" || a.Key == (Key{}) {
			return nil, fmt.Errorf("%s: an account lacks its server, user or key; move the file away and run  tring login  again", p.Accounts())
		}
	}
	return f.Accounts, nil
}
