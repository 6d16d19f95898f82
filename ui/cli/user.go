package cli

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"slices"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/crypto/ssh"

	"tring/calls"
	"tring/calls/server"
	"tring/config"
	"tring/ui"
)

// inviteTime is how long an invite holds unless --ttl says so.
const inviteTime = 7 * 24 * time.Hour

type userFlags struct {
	data, key, name string
	ttl             time.Duration
	host, asJSON    bool
}

func (a *app) userCommand() *cobra.Command {
	var f userFlags
	add := &cobra.Command{
		Use: "add NAME", Short: "Add a person", Args: oneArgument("name"),
		Long: "Add a person. Without --key the output is an invite: it binds the first key that is\n" +
			"shown with it. Adding a person again makes a new invite, and an older one that was\n" +
			"not used serves no more.\n\n" +
			"With --host it is no person but a machine where people come by ssh (tring host): with\n" +
			"its key it signs in for all of them. Adding it again replaces the key.",
		Example: "  tring user add alice\n  tring user add bob --name \"Bob Miller\" --key bob.pub\n" +
			"  tring user add shell --host --key shell.pub",
		RunE: a.does(func(ctx context.Context, args []string) error { return a.addUser(ctx, args[0], f) }),
	}
	add.Flags().StringVar(&f.key, "key", "", "the person's public ssh key, in a file; no invite then")
	add.Flags().BoolVar(&f.host, "host", false, "an ssh host that signs in for people; with --key")
	add.Flags().StringVar(&f.name, "name", "", "the name that others see")
	add.Flags().DurationVar(&f.ttl, "ttl", inviteTime, "how long the invite holds; 7 days if not given")
	withoutDefault(add, "ttl")
	list := &cobra.Command{
		Use: "list", Short: "List the people", Args: noArguments,
		RunE: a.does(func(ctx context.Context, _ []string) error { return a.listUsers(ctx, f) }),
	}
	list.Flags().BoolVar(&f.asJSON, "json", false, "one JSON object a line")
	remove := &cobra.Command{
		Use: "remove NAME", Short: "Remove a person", Args: oneArgument("name"),
		RunE: a.does(func(ctx context.Context, args []string) error { return a.removeUser(ctx, args[0], f) }),
	}
	cmd := group("user", "Add, list and remove people, on the server's machine", add, list, remove)
	cmd.PersistentFlags().StringVar(&f.data, "data", "", "data folder of the running server")
	return cmd
}

func (a *app) admin(f userFlags) (*server.AdminClient, error) {
	if f.data == "" {
		f.data = config.Locate(a.getenv).Server()
	}
	return server.DialAdmin(f.data)
}

func (a *app) addUser(ctx context.Context, user string, f userFlags) error {
	if err := calls.UserID(user).Validate(); err != nil {
		return wrongUsage("%w", err)
	}
	if isTestLine(calls.UserID(user)) {
		return wrongUsage("%s is the name of a test line; choose another", user)
	}
	if f.ttl <= 0 {
		return wrongUsage("--ttl %v is not a time", f.ttl)
	}
	if f.host && f.key == "" {
		return wrongUsage("--host needs the host's public key: --key FILE; tring host shows it")
	}
	key := ""
	if f.key != "" {
		public, err := readPublicKey(f.key)
		if err != nil {
			return err
		}
		key = public
	}
	admin, err := a.admin(f)
	if err != nil {
		return err
	}
	url, err := admin.URL(ctx)
	if err != nil {
		return err
	}
	if key != "" {
		return a.addKey(ctx, admin, user, key, url, f)
	}
	invite, err := admin.InviteUser(ctx, calls.UserID(user), f.name, f.ttl)
	if err != nil {
		return fmt.Errorf("invite %s: %w", user, err)
	}
	a.say("Give this to %s; it serves once, within %s:  tring login %s --invite %s", user, span(f.ttl), url, invite)
	a.sayBySSH(ctx, admin, "ssh -t HOST join "+invite)
	_, err = fmt.Fprintln(a.out, invite)
	return err
}

// addKey lets a person sign in with a key, or a host for people.
func (a *app) addKey(ctx context.Context, admin *server.AdminClient, user, key, url string, f userFlags) error {
	if f.host {
		if err := admin.AddUser(ctx, calls.UserID(user), f.name, key, server.AsHost()); err != nil {
			return err
		}
		a.say("%s may sign in for people now, with:  tring host --server %s", user, url)
		return nil
	}
	if err := admin.AddUser(ctx, calls.UserID(user), f.name, key); err != nil {
		return err
	}
	a.say("%s may sign in now, with:  tring login %s --user %[1]s", user, url)
	a.sayBySSH(ctx, admin, "ssh HOST")
	return nil
}

// sayBySSH tells what somebody types to come by ssh, if there is a host.
func (a *app) sayBySSH(ctx context.Context, admin *server.AdminClient, command string) {
	users, err := admin.ListUsers(ctx)
	if err == nil && slices.ContainsFunc(users, func(u server.UserInfo) bool { return u.Host }) {
		a.say("Or by ssh, where HOST is the ssh host's address:  %s", command)
	}
}

// span is a time that is long, in whole days or as it is.
func span(d time.Duration) string {
	const day = 24 * time.Hour
	if d%day == 0 && d > day {
		return fmt.Sprintf("%d days", d/day)
	}
	return d.String()
}

// readPublicKey reads the first key of a .pub or authorized_keys file.
func readPublicKey(path string) (string, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return "", fmt.Errorf("read the public key: %w", err)
	}
	public, _, _, _, err := ssh.ParseAuthorizedKey(data)
	if err != nil {
		return "", fmt.Errorf("%s holds no public ssh key; it is one line such as \"ssh-ed25519 AAAA…\"", path)
	}
	return string(ssh.MarshalAuthorizedKey(public)), nil
}

func (a *app) listUsers(ctx context.Context, f userFlags) error {
	admin, err := a.admin(f)
	if err != nil {
		return err
	}
	users, err := admin.ListUsers(ctx)
	if err != nil {
		return fmt.Errorf("list users: %w", err)
	}
	if f.asJSON {
		return printJSON(a, users)
	}
	t := tabwriter.NewWriter(a.out, 0, 0, 2, ' ', 0)
	for _, u := range users {
		what := ""
		if u.Host {
			what = "\tssh host"
		}
		fmt.Fprintf(t, "%s\t%s%s\n", u.User, cmp.Or(ui.Clean(u.Name, cellWidth), string(u.User)), what)
	}
	return t.Flush()
}

func (a *app) removeUser(ctx context.Context, user string, f userFlags) error {
	admin, err := a.admin(f)
	if err != nil {
		return err
	}
	if err := admin.RemoveUser(ctx, calls.UserID(user)); err != nil {
		return err
	}
	a.say("%s is removed.", user)
	return nil
}
