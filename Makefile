# ReplenishKit. `make help` lists what there is.
SHELL := /bin/bash
.DEFAULT_GOAL := help
ARCH ?= arm64
RELEASE ?=
BOARD ?=
WITH ?=
PREFIX ?= /usr/local
SYSROOT ?=
JOBS ?= 2
SECONDS_EACH ?= 300
PYTEST_FLAGS ?= -v -rs

.PHONY: help packages build demo demo-cloud test test-swift test-cloud test-interop test-e2e test-c lint boards-check sysroot library install core-size board emulate image qemu qemu-shell qemu-test qemu-soak sizes deb test-packaging fuzz bench bench-cloud docs clean

help: ## This list
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

packages: ## Install the Debian packages that building and testing need (or print the command)
	@.ci/packages

build: packages ## Build the device side and the host programs
	swift build -j $(JOBS)

demo: ## From a button press to an order, on this machine, in one go
	@Examples/Demo/run

demo-cloud: ## The maker's cloud: claim, link, press, a smart home, erase
	@Examples/Demo/cloud

test: packages lint test-swift test-cloud test-interop test-e2e test-c ## Everything that proves the code (what CI runs)

test-swift: packages ## Unit tests, power cuts, vectors, corpora
	@.ci/test swift test -j $(JOBS)

test-cloud: packages ## The authorization server, the local Amazon and the maker's cloud
	@.ci/test swift test -j $(JOBS) --package-path Examples/Cloud

test-interop: packages ## The local Amazon and the maker's cloud against OAuth libraries from elsewhere; vectors recomputed
	swift build -j $(JOBS) --package-path Examples/Cloud --build-tests
	@.ci/test Tests/Interop/run --emulator $(CURDIR)/Examples/Cloud/.build/debug/amazon-emulator \
	  --cloud $(CURDIR)/Examples/Cloud/.build/debug/replenish-cloud $(PYTEST_FLAGS)

test-e2e: packages ## The daemon, the companion and replenishctl against the local Amazon and the maker's cloud
	swift build -j $(JOBS)
	swift build -j $(JOBS) --package-path Examples/Cloud --build-tests
	@.ci/test Tests/EndToEnd/run $(PYTEST_FLAGS)

test-c: packages ## The C library as firmware gets it: misuse, lives under valgrind, packaging
	swift build -j $(JOBS)
	swift build -j $(JOBS) --package-path Examples/Cloud --build-tests
	Boards/library --host --jobs $(JOBS)
	@.ci/test Tests/CFirmware/run $(PYTEST_FLAGS)

lint: ## Format and shell checks
	swift format lint --strict --recursive --parallel Package.swift Sources Tests Examples/DashButton Examples/Companion Examples/Cloud/Package.swift Examples/Cloud/Sources Examples/Cloud/Tests Examples/Cloud/Bench
	shellcheck -x $$(git grep -lE '^#!.*(bash|/sh)' -- . ':!*.md')

sysroot: ## Libraries and headers of another architecture (ARCH=arm64 RELEASE=trixie)
	Boards/sysroot $(if $(RELEASE),--release $(RELEASE)) $(ARCH)

# Without ARCH on the command line, for this machine.
library: ## The C library with headers, pkg-config and CMake files, for this machine (or ARCH=arm64)
	@Boards/library $(if $(filter command,$(firstword $(origin ARCH))),--arch $(ARCH),--host) --jobs $(JOBS)

install: ## Install the C library that `make library` built (DESTDIR= PREFIX=/usr/local LIBDIR=)
	@Boards/install $(if $(filter command,$(firstword $(origin ARCH))),--from .build-library/$(ARCH)) --destdir "$(DESTDIR)" --prefix "$(PREFIX)" $(if $(LIBDIR),--libdir $(LIBDIR))

core-size: ## What the pure core adds to a C program (ARCH=arm64)
	@Boards/core-size --arch $(ARCH) --jobs $(JOBS)

board: ## Compile the programs and libraries of a board into .build-board (BOARD=raspberry-pi-4)
	@Boards/build --jobs $(JOBS) $(if $(SYSROOT),--sysroot $(SYSROOT)) $(BOARD)

emulate: ## Test a board's programs on its CPU, emulated (BOARD=...)
	@Boards/emulate $(BOARD)

image: ## Make a board's bootable image in .build-image (BOARD=qemu-virt-arm64; RELEASE=bookworm WITH=bluez for tests)
	@Boards/image --jobs $(JOBS) $(if $(RELEASE),--release $(RELEASE)) $(if $(WITH),--with $(WITH)) $(BOARD)

qemu: ## Boot a board's image in QEMU, its console here (BOARD=qemu-virt-arm64)
	@Boards/qemu $(BOARD)

qemu-shell: ## The same with a prompt
	@Boards/qemu --shell $(BOARD)

qemu-test: packages image ## Test a board's image in QEMU (BOARD=qemu-virt-arm64, TEST=press for some of them)
	swift build -j $(JOBS)
	swift build -j $(JOBS) --package-path Examples/Cloud --product amazon-emulator
	@.ci/test Tests/Board/run --board $(BOARD) $(if $(TEST),-k $(TEST),--lanes) $(PYTEST_FLAGS)

qemu-soak: packages ## The long run: a hundred power cuts and links, every flush, every phone, ARMv7, raspi3b
	swift build -j $(JOBS)
	swift build -j $(JOBS) --package-path Examples/Cloud --product amazon-emulator
	@Tests/Board/soak --jobs $(JOBS)

sizes: ## Build for every board and write Boards/SIZES.md
	Boards/sizes

boards-check: ## Compile the device side as Embedded Swift for a board, and look at what came out
	Boards/check --arch $(ARCH)

deb: ## A Debian package of the daemon for a board (BOARD=raspberry-pi-4)
	@Boards/deb $(BOARD)

test-packaging: packages ## Boards' folders, Debian package, Buildroot and Yocto trees
	@.ci/test Tests/Packaging/run $(PYTEST_FLAGS)

fuzz: packages ## Fuzz every remote parser, SECONDS_EACH=300 each
	Tests/Fuzz/run --seconds $(SECONDS_EACH)

bench: packages ## Memory, press to wire, start to ready, side by side with curl
	Tests/Bench/run

bench-cloud: packages ## The maker's cloud: presses beside a bare endpoint, two instances, 10,000 devices that wait
	Tests/Bench/cloud

docs: ## Build the documentation, warnings as errors
	Tests/Docs/check

clean: ## Remove what was built
	swift package clean
	rm -rf .build-*
