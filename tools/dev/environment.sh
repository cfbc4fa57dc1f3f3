# shellcheck shell=bash
# What the subcommands of ./dev share. They source it from the repository's root.

say() { printf '\n==> %s\n' "$*"; }
die() {
  printf 'dev: %s\n' "$*" >&2
  exit 1
}

# One compiler for each core, but no more than memory holds: the largest file needs about 1.3 GB.
jobs_max() {
  local by_memory
  by_memory=$(awk '/^MemAvailable:/ {print int($2 / 1300000)}' /proc/meminfo)
  local by_cores
  by_cores=$(nproc)
  local jobs=$((by_memory < by_cores ? by_memory : by_cores))
  echo $((jobs > 0 ? jobs : 1))
}

# Runs tests: Debian's own Python, with what tests/requirements.txt adds to it.
# shellcheck disable=SC2034
python=build/python/bin/python3

# Installs the packages of the groups that are missing.
need() { tools/dev/setup --quiet "$@"; }

# build PRESET [TARGET...]: configures build/PRESET and builds the targets.
build() {
  local preset=$1 output
  shift
  say "build $preset${*:+: $*}"
  output=$(cmake --preset "$preset" 2>&1) || {
    printf '%s\n' "$output"
    die "cmake --preset $preset failed"
  }
  ninja -C "build/$preset" -j "$(jobs_max)" "$@"
}
