# make run      the phone, with all that it needs
# make install  puts it into ~/.local/bin
# make test     every test, with all that they need

GO       ?= go
VERSION  := $(shell git describe --tags --always --dirty 2>/dev/null || echo devel)
LDFLAGS  := -X main.version=$(VERSION)
# The echo canceller is in where its library is (asked when used: deps may install it).
TAGS      = $(shell pkg-config --exists webrtc-audio-processing 2>/dev/null && command -v c++ >/dev/null 2>&1 && echo apm)
STATICCHECK := honnef.co/go/tools/cmd/staticcheck@v0.7.0
GOFUMPT  := mvdan.cc/gofumpt@v0.9.2
TESTSUM  := gotest.tools/gotestsum@v1.13.0

.PHONY: run build install test check lint bench sound load kill fuzz mutate protocol pictures deps deps-test clean

run: build
	@bin/tring

build: deps
	@mkdir -p bin
	$(GO) build -tags '$(TAGS)' -ldflags '$(LDFLAGS)' -o bin/tring .

# Into ~/.local/bin, or into bin of another PREFIX; DESTDIR is for packagers.
PREFIX ?= $(HOME)/.local
install: build
	mkdir -p '$(DESTDIR)$(PREFIX)/bin'
	install -m 755 bin/tring '$(DESTDIR)$(PREFIX)/bin/tring'

deps:
	@packaging/deps build

deps-test:
	@packaging/deps test

# Race tests of every package and of the whole program by its scripts; then what
# the race detector is too slow for, and the twins of what needs C. Real servers,
# terminals and sound cards may starve on a busy machine: a few tests that failed, if
# none raced, are run once more, and are named at the end.
test: deps-test check
	$(GO) run $(TESTSUM) --format pkgname --rerun-fails=1 --rerun-fails-max-failures=6 --rerun-fails-abort-on-data-race \
		--packages ./... -- -tags '$(TAGS)' -race -timeout 20m
	$(GO) test -run TestSpeech ./audio
	CGO_ENABLED=0 $(GO) test -run TestWithoutCgo ./audio/opus ./audio/portaudio ./audio/speex

# What needs no running: formatting, vet, static checks, and a build without cgo.
check: deps
	@bad=$$(gofmt -l $$(git ls-files '*.go')); [ -z "$$bad" ] || { echo "not formatted: $$bad"; exit 1; }
	$(GO) vet ./...
	$(GO) vet -tags '$(TAGS)' ./audio/... ./ui/cli
	CGO_ENABLED=0 $(GO) build ./...
	CGO_ENABLED=0 $(GO) vet ./...

# Stricter, and slower the first time: downloads the checkers.
lint: deps
	@bad=$$($(GO) run $(GOFUMPT) -l $$(git ls-files '*.go')); [ -z "$$bad" ] || { echo "not formatted by gofumpt: $$bad"; exit 1; }
	$(GO) run $(STATICCHECK) ./...

# The figures of docs/performance.md.
bench: deps-test
	$(GO) test -tags '$(TAGS)' -run '^$$' -bench . -benchmem ./...

# Whole calls in any weather, beside baresip's: the figures of docs/sound.md. Takes a
# quarter of an hour and root; baresip-core and alsa-utils make it whole.
sound: build
	@packaging/deps sound
	TRING_SOUND=$(CURDIR)/bin/tring $(GO) test -count=1 -run TestSoundFigures -v -timeout 60m .

# Every fuzz target for a while: make fuzz TIME=5m
TIME ?= 30s
fuzz: deps-test
	@for p in $$($(GO) list ./...); do \
		for f in $$($(GO) test -list '^Fuzz' $$p | grep '^Fuzz'); do \
			$(GO) test -run '^$$' -fuzz "^$$f\$$" -fuzztime $(TIME) $$p || exit 1; \
		done; \
	done

clean:
	rm -rf bin

# Deletes each guard of the model, one at a time: some test must fail for each.
mutate: deps
	$(GO) test -tags mutate -run TestEveryGuardIsTested -count=1 -timeout 60m ./calls

# docs/protocol.md, from the specification, the golden frames and the errors.
protocol:
	$(GO) test ./calls/wire -run TestTheProtocolPageIsFresh -update

# The pictures of the README, from the running program on a virtual screen.
pictures:
	packaging/pictures

# A server process under load: the curve, idle memory, a reconnect storm, a soak.
load:
	TRING_LOAD=1 $(GO) test -count=1 -run 'TestLoadCurve|TestIdleMemory|TestReconnectStorm|TestSoak' -v -timeout 20m ./calls/server

# Kills a server 200 times and compares what phones were told with what is left.
kill:
	TRING_KILLS=200 $(GO) test -count=1 -run TestServerIsKilled -v -timeout 10m ./calls/server
