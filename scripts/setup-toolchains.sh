#!/bin/sh
# Installs what building the conformance guests and running them in a browser needs and what is not there yet, on Debian
# and Ubuntu, as root: clang with its WASI libraries, Go, the Rust target wasm32-wasip1, Chromium and wrk. Nothing else in this
# repository installs anything.
set -eu

has() { command -v "$1" >/dev/null 2>&1; }

links_for_wasi() {
  has clang && clang --target=wasm32-wasi -mexec-model=reactor -x c /dev/null -o /dev/null >/dev/null 2>&1
}

# Go gained //go:wasmexport for reactors in 1.24.
has_go() {
  has go && [ "$(go version | sed -n 's/.*go1\.\([0-9]*\).*/\1/p')" -ge 24 ]
}

# Ubuntu's package of this name only stands for a snap, which may not be startable: what counts is that it starts.
has_chromium() {
  "${CHROMIUM:-chromium}" --version >/dev/null 2>&1
}

packages=
links_for_wasi || packages="$packages clang lld wasi-libc libclang-rt-dev-wasm32"
has_go || packages="$packages golang-go"
has cargo || packages="$packages cargo rustc libstd-rust-dev-wasm32"
has_chromium || packages="$packages chromium"
# The benchmark loads servers with it.
has wrk || packages="$packages wrk"

if [ -n "$packages" ]; then
  export DEBIAN_FRONTEND=noninteractive
  apt-get update
  # shellcheck disable=SC2086 # The list is meant to be split.
  apt-get install -y --no-install-recommends $packages
fi
if has rustup; then rustup target add wasm32-wasip1; fi

links_for_wasi || { echo 'clang still cannot link for WASI' >&2; exit 1; }
has_go || { echo 'the distribution has no Go 1.24 or later: install it from https://go.dev/dl' >&2; exit 1; }
has_chromium || { echo 'chromium still cannot be started: set CHROMIUM to the path of a browser that can' >&2; exit 1; }
