# The only entry: people and CI run the same targets.

SHELL := /bin/bash
BUILD := swift build --explicit-target-dependency-import-check error
RELEASE := $(BUILD) -c release --static-swift-stdlib

.PHONY: help prepare build test unit-test system-test lab-test fuzz asan bench micro demo docs format lint tidy clean

help: ## these lines
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 14

prepare: ## installs the Debian packages that are missing; names a missing Swift
	@scripts/prepare

build: prepare ## the release executables, in .build/release
	$(RELEASE)

demo: build ## runs real programs under a private daemon and proves each claim
	@scripts/demo

test: build ## unit and system tests, lint and a short fuzzing
	@scripts/test

unit-test: prepare ## the tests of one module each
	$(BUILD) --build-tests
	@scripts/swift-test --skip SystemTests
	@PROXYD=debug scripts/swift-test --filter ProxydStage

system-test: build ## real binaries; as root all of it, else what needs no root
	$(BUILD) --build-tests
	@scripts/swift-test --filter SystemTests

lab-test: build ## as root: a root daemon and users' own, in a guest with a kernel of its own
	@Tests/lab/test

asan: prepare ## the unit tests under the address sanitizer
	$(BUILD) --build-tests --sanitize address --scratch-path .build-asan
	@# Not leaks: what Swift initializes lazily and keeps, XCTest's own objects too, looks like them.
	ASAN_OPTIONS=detect_leaks=0 swift test --skip-build --sanitize address --scratch-path .build-asan --skip 'SystemTests|LogdTests|ProxydStage'

fuzz: prepare ## FUZZ="frames request ..." (see fuzz/run) TIME=60 or RUNS=10000000
	@fuzz/run

bench: build ## figures as ratios to what users have: process managers, then servers
	@bench/run
	@bench/http

docs: prepare ## writes the tables of docs/CONFIG.md
	$(BUILD) --build-tests
	@APM_WRITE_DOCS=1 scripts/swift-test --filter ConfigDocTests

micro: prepare ## nanoseconds of a request in the pure half of the data plane
	@bench/micro

format: ## writes the house style
	swift format --in-place --recursive Package.swift Sources Tests fuzz bench

lint: ## checks the house style
	swift format lint --strict --recursive Package.swift Sources Tests fuzz bench

tidy: prepare ## the rules of the house, as a test
	$(BUILD) --build-tests
	@scripts/swift-test --filter TidyTests

clean: ## removes what was built
	rm -rf .build .build-asan fuzz/.build bench/.build
