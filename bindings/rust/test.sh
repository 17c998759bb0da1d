#!/bin/sh
# Checks and tests the Rust crates against the library of a build tree, without a network.
# usage: test.sh BUILD_DIR; exits 77 where there is no cargo.
set -eu
cd "$(dirname "$0")"
build=$(cd "${1:?the build directory}" && pwd)
if ! command -v cargo >/dev/null 2>&1; then
  echo "SKIPPED: cargo is not installed"
  exit 77
fi
for variable in OPENAI_API_KEY OPENAI_BASE_URL OPENAI_ORG_ID OPENAI_PROJECT_ID http_proxy all_proxy ALL_PROXY; do
  unset "$variable"
done
export BATCHROUTER_LIB_DIR="$build/src" BATCHROUTER_PROGRAM="${BATCHROUTER_PROGRAM:-$build/src/cli/batchrouter}"
export LD_LIBRARY_PATH="$build/src${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"
export CARGO_TARGET_DIR="$build/rust" CARGO_NET_OFFLINE=true CARGO_BUILD_JOBS="${CARGO_BUILD_JOBS:-2}"

if cargo fmt --version >/dev/null 2>&1; then cargo fmt --all --check; else echo "no rustfmt: format not checked"; fi
if cargo clippy --version >/dev/null 2>&1; then
  cargo clippy --offline --workspace --all-targets -- -D warnings
else
  echo "no clippy: not linted"
fi
cargo test --offline --workspace
RUSTDOCFLAGS="-D warnings" cargo doc --offline --workspace --no-deps
for crate in batchrouter-sys batchrouter; do
  cargo package --offline --allow-dirty --list -p "$crate" >/dev/null
done
# With a home and a target of its own: cargo keeps what it unpacked and built of an earlier package under the same version,
# however old.
rm -rf "$build/rust/home" "$build/rust/packaged"
CARGO_HOME="$build/rust/home" CARGO_TARGET_DIR="$build/rust/packaged" cargo package --offline --allow-dirty --workspace
