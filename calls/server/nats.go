package server

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"time"

	natsserver "github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// store is the durable state: buckets and the history stream. Safe for
// concurrent use.
type store struct {
	embedded *natsserver.Server // nil with an outside cluster
	folder   string             // of the embedded one
	timers   Timers
	budget   time.Duration // how long one act may wait for its writes
	log      *slog.Logger
	down     atomic.Bool // it takes no writes: see watchStore
	broken   atomic.Bool // one of its streams failed, which the probe does not see
	doubts   chan struct{}

	batchFailed atomic.Int64 // when a batch was last refused, in Unix seconds

	nc *nats.Conn
	js jetstream.JetStream

	users, invites, secrets jetstream.KeyValue
	bucket                  jetstream.KeyValue // of calls, where they are shared
	calls                   callStore
	own                     *ownCalls // is calls, without an outside cluster
	claims                  claimStore
	history                 jetstream.Stream
	records                 jetstream.Stream // the history, for reading one record
}

const historySubject = "tring.history."

// markerTTL is how long the marker of a deleted key stays, for gateways whose
// watch is behind.
const markerTTL = time.Minute

func openStore(ctx context.Context, cfg Config, log *slog.Logger) (*store, error) {
	st := &store{
		log: log, folder: filepath.Join(cfg.Data, "jetstream"), doubts: make(chan struct{}, 1),
		timers: cfg.Timers.withDefaults(), budget: cmp.Or(cfg.Timers.Store, storeBudget),
	}
	if len(cfg.NATS) == 0 {
		st.budget = cmp.Or(cfg.Timers.Store, ownBudget)
	}
	err := st.connect(ctx, cfg, log)
	if err == nil {
		err = st.buckets(ctx, cfg)
	}
	if err != nil {
		st.close()
		return nil, err
	}
	return st, nil
}

func (st *store) connect(ctx context.Context, cfg Config, log *slog.Logger) (err error) {
	options := []nats.Option{
		nats.Name("tring"), nats.MaxReconnects(-1), nats.ReconnectWait(250 * time.Millisecond),
		nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) {
			log.Warn("nats", "err", err)
		}),
	}
	if cfg.Timers.Store > 0 {
		options = append(options, nats.Timeout(cfg.Timers.Store))
	}
	var js []jetstream.JetStreamOpt
	if len(cfg.NATS) == 0 {
		if st.embedded, err = st.startNATS(ctx); err != nil {
			return err
		}
		options = append(options, nats.InProcessServer(st.embedded), nats.Timeout(st.timers.Store))
		js = append(js, jetstream.WithDefaultTimeout(st.timers.Store))
	}
	if cfg.Creds != "" {
		options = append(options, nats.UserCredentials(cfg.Creds))
	}
	if st.nc, err = nats.Connect(strings.Join(cfg.NATS, ","), options...); err != nil {
		return fmt.Errorf("connect to NATS %s: %w; is it running, and are the credentials its own?", redacted(cfg.NATS), err)
	}
	if st.js, err = jetstream.New(st.nc, js...); err != nil {
		return fmt.Errorf("use JetStream: %w", err)
	}
	return nil
}

// redacted are URLs for people and logs, without passwords.
func redacted(urls []string) string {
	var shown []string
	for _, text := range urls {
		u, err := url.Parse(text)
		if err != nil {
			shown = append(shown, "(not a URL)")
			continue
		}
		shown = append(shown, u.Redacted())
	}
	return strings.Join(shown, ",")
}

// startNATS runs JetStream in this process. It listens nowhere, and syncs every
// write: an acknowledged transition survives a power failure. Reading the store
// knows no deadline of its own: on a disk that hangs, ctx ends the wait.
func (st *store) startNATS(ctx context.Context) (*natsserver.Server, error) {
	folder := st.folder
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return nil, fmt.Errorf("make store folder: %w", err)
	}
	ns, err := natsserver.NewServer(&natsserver.Options{
		ServerName: "tring", DontListen: true, JetStream: true, StoreDir: folder,
		SyncAlways: true, NoSigs: true, NoLog: true, DisableJetStreamBanner: true,
		MaxPayload: 1 << 20,
	})
	if err != nil {
		return nil, fmt.Errorf("open store in %q: %w", folder, err)
	}
	ns.SetLoggerV2(natsLog{st.log, st.failed}, false, false, false)
	started := make(chan bool, 1)
	go func() {
		ns.Start()
		started <- ns.ReadyForConnections(st.timers.Store) && ns.JetStreamEnabled()
	}()
	select {
	case ready := <-started:
		if ready && ctx.Err() == nil {
			return ns, nil
		}
		ns.Shutdown()
		ns.WaitForShutdown()
		if err := ctx.Err(); err != nil {
			return nil, fmt.Errorf("open store in %q: %w", folder, err)
		}
		return nil, fmt.Errorf("open store in %q: it did not start; is the disk full?", folder)
	case <-ctx.Done():
		stopped := make(chan struct{})
		go func() { <-started; ns.Shutdown(); ns.WaitForShutdown(); close(stopped) }()
		select {
		case <-stopped:
		case <-time.After(st.timers.Stop):
		}
		return nil, fmt.Errorf("open store in %q: still not read: %w; does the disk hang?", folder, context.Cause(ctx))
	}
}

func (st *store) buckets(ctx context.Context, cfg Config) error {
	replicas, err := st.replicas(ctx)
	if err != nil {
		return err
	}
	var claims jetstream.KeyValue
	buckets := map[string]*jetstream.KeyValue{
		"tring_users": &st.users, "tring_calls": &st.bucket, "tring_invites": &st.invites, "tring_secrets": &st.secrets,
	}
	if st.embedded != nil { // made again from the calls at each start: see reclaim
		st.claims = newOwnClaims()
	} else {
		buckets["tring_claims"] = &claims
	}
	for name, kv := range buckets {
		bucket, err := st.js.CreateOrUpdateKeyValue(ctx, bucketConfig(name, replicas))
		if err != nil {
			return fmt.Errorf("open bucket %s: %w", name, err)
		}
		if st.embedded == nil {
			if bucket, err = replicate(ctx, st.js, bucket); err != nil {
				return err
			}
		}
		*kv = bucket
	}
	if st.claims == nil {
		st.claims = sharedClaims{claims}
	}
	if err := st.openCalls(ctx, cfg); err != nil {
		return err
	}
	st.history, err = st.js.CreateOrUpdateStream(ctx, jetstream.StreamConfig{
		Name: "tring_history", Subjects: []string{historySubject + "*"},
		Storage: jetstream.FileStorage, Replicas: replicas, AllowDirect: true, MaxAge: cfg.KeepHistory,
	})
	if err != nil {
		return fmt.Errorf("open history: %w", err)
	}
	for _, stream := range []string{"KV_tring_calls", "tring_history"} {
		if err := st.allowBatches(ctx, stream); err != nil {
			return err
		}
	}
	if st.embedded == nil {
		st.records, err = leaderOnly(ctx, st.js, "tring_history")
	} else {
		st.records = st.history
	}
	return err
}

// openCalls opens the journal, or else the bucket that gateways share.
func (st *store) openCalls(ctx context.Context, cfg Config) error {
	if st.embedded == nil {
		st.calls = sharedCalls{st, st.bucket}
		return nil
	}
	own, err := openOwnCalls(filepath.Join(cfg.Data, journalFile), st.log)
	if err != nil {
		return err
	}
	st.calls, st.own = own, own
	return own.adopt(ctx, st.bucket)
}

func bucketConfig(name string, replicas int) jetstream.KeyValueConfig {
	return jetstream.KeyValueConfig{
		Bucket: name, Storage: jetstream.FileStorage, Replicas: replicas, History: 1, LimitMarkerTTL: markerTTL,
	}
}

// replicas is how many copies the store has: three in a cluster, one elsewhere.
// A cluster that is starting has no leader yet.
func (st *store) replicas(ctx context.Context) (int, error) {
	if st.embedded != nil {
		return 1, nil
	}
	c := bucketConfig("tring_secrets", 3)
	_, err := insist(ctx, func(ctx context.Context) (jetstream.KeyValue, error) { return st.js.CreateOrUpdateKeyValue(ctx, c) })
	if err == nil {
		return 3, nil
	}
	const notClustered = 10074 // JSStreamReplicasNotSupportedErr
	if api, ok := errors.AsType[*jetstream.APIError](err); ok && api.ErrorCode == notClustered {
		return 1, nil
	}
	return 0, fmt.Errorf("use NATS: %w; a cluster needs three nodes or more with JetStream, of which two copies may be lost", err)
}

func (st *store) close() {
	if st.own != nil {
		st.own.close()
	}
	if st.nc != nil {
		st.nc.Close()
	}
	if st.embedded != nil {
		st.embedded.Shutdown()
		st.embedded.WaitForShutdown()
	}
}

// probe says whether the store takes writes of calls, and those of NATS. On a full
// disk JetStream answers nothing at all, while it still calls itself enabled.
func (st *store) probe(ctx context.Context) error {
	err := sharedCalls{st, st.bucket}.probe(ctx)
	if err == nil && st.own != nil {
		err = st.own.probe(ctx)
	}
	if err != nil {
		return fmt.Errorf("write to the store: %w; is the disk full?", err)
	}
	return nil
}

// secret is a random value that all gateways share, made by whichever is first.
func (st *store) secret(ctx context.Context, name string) ([]byte, error) {
	made := randomBytes(32)
	_, err := st.secrets.Create(ctx, name, made)
	if err == nil {
		return made, nil
	}
	if !errors.Is(err, jetstream.ErrKeyExists) {
		return nil, fmt.Errorf("make secret %s: %w", name, err)
	}
	e, err := st.secrets.Get(ctx, name)
	if err != nil {
		return nil, fmt.Errorf("read secret %s: %w", name, err)
	}
	return e.Value(), nil
}

// keyToken makes a name usable as one token of a key or subject. No user id has
// an equals sign, so that two names never meet.
func keyToken(s string) string { return strings.ReplaceAll(s, ".", "=") }

// conflict says whether a write lost against another one.
func conflict(err error) bool {
	return errors.Is(err, jetstream.ErrKeyExists) || errors.Is(err, jetstream.ErrKeyRevisionMismatch)
}

// natsLog hands what the embedded NATS has to say to the server's log.
type natsLog struct {
	log    *slog.Logger
	failed func(text string) // hears errors
}

func (l natsLog) Noticef(f string, v ...any) { l.log.Debug("nats", "text", fmt.Sprintf(f, v...)) }
func (l natsLog) Warnf(f string, v ...any)   { l.log.Warn("nats", "text", fmt.Sprintf(f, v...)) }
func (l natsLog) Errorf(f string, v ...any) {
	text := fmt.Sprintf(f, v...)
	l.log.Error("nats", "text", text)
	l.failed(text)
}
func (l natsLog) Fatalf(f string, v ...any) { l.log.Error("nats", "text", fmt.Sprintf(f, v...)) }
func (l natsLog) Debugf(string, ...any)     {}
func (l natsLog) Tracef(string, ...any)     {}
