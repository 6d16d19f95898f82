package cli

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"tring/calls/server"
	"tring/config"
)

func (a *app) backupCommand() *cobra.Command {
	var f userFlags
	cmd := &cobra.Command{
		Use: "backup", Short: "Write a backup of the running server", Args: noArguments,
		Long: "Write accounts, invites, secrets and history of the server that runs on this machine\n" +
			"to the output, while it serves. Whoever has the backup can make call tokens and invites\n" +
			"valid: keep it as the data folder itself.",
		Example: "  umask 077; tring backup > tring.backup",
		RunE: a.does(func(ctx context.Context, _ []string) error {
			admin, err := a.admin(f)
			if err != nil {
				return err
			}
			return admin.Backup(ctx, a.out)
		}),
	}
	cmd.Flags().StringVar(&f.data, "data", "", "data folder of the running server")
	return cmd
}

func (a *app) restoreCommand() *cobra.Command {
	var c server.Config
	cmd := &cobra.Command{
		Use: "restore", Short: "Fill an empty server from a backup", Args: noArguments,
		Long: "Read a backup from the input into a data folder, or a NATS cluster, that has no accounts\n" +
			"yet. No server may run there. It is also the way from one node to a cluster.",
		Example: "  tring restore --data /var/lib/tring < tring.backup\n" +
			"  tring restore --nats nats://a,nats://b,nats://c < tring.backup",
		RunE: a.does(func(ctx context.Context, _ []string) error {
			if c.Data == "" {
				c.Data = config.Locate(a.getenv).Server()
			}
			if err := server.Restore(ctx, c, a.in); err != nil {
				return fmt.Errorf("restore: %w", err)
			}
			a.say("Restored.")
			return nil
		}),
	}
	cmd.Flags().StringVar(&c.Data, "data", "", "data folder of the server to be")
	cmd.Flags().StringSliceVar(&c.NATS, "nats", nil, "URLs of an outside NATS cluster, instead of the one inside")
	cmd.Flags().StringVar(&c.Creds, "nats-creds", "", "credentials file for that cluster")
	return cmd
}
