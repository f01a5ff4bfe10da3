# shellcheck shell=bash
# What both demos have in common; sourced, not run. Whoever sources it names in `logs` what is shown when a step fails.

keep=no verbose=no binaries='' emulator=''
logs=()

# Takes the options that are the same in both; `usage` is the demo's own.
take_options() {
  local name=$1
  shift
  while (($#)); do
    case "$1" in
      --keep) keep=yes ;;
      --verbose) verbose=yes ;;
      --binaries) binaries=$2; shift ;;
      --emulator) emulator=$2; shift ;;
      -h | --help) usage; exit 0 ;;
      *) echo "demo: unknown argument '$1'; see Examples/Demo/$name --help" >&2; exit 2 ;;
    esac
    shift
  done
}

if [[ -t 1 ]]; then bold=$'\e[1m' dim=$'\e[2m' plain=$'\e[0m'; else bold='' dim='' plain=''; fi
step() { printf '\n%s%s%s\n' "$bold" "$*" "$plain"; }
say() { printf '   %s\n' "$*"; }
quote() { sed "s/^/   ${dim}| /; s/\$/${plain}/"; }

home='' pids=()
finish() {
  local status=$?
  exec {leash}>&- 2>/dev/null || true
  if ((${#pids[@]})); then kill "${pids[@]}" 2>/dev/null || true; fi
  wait 2>/dev/null || true
  if [[ -n $home ]]; then
    if ((status != 0)) || [[ $verbose == yes ]]; then
      for log in "${logs[@]}"; do
        [[ -s $home/$log.log ]] && { echo; echo "--- $log.log (the end of it)"; tail -n 30 "$home/$log.log"; }
      done
    fi
    if [[ $keep == yes ]]; then echo "   kept: $home"; else rm -rf "$home"; fi
  fi
  ((status == 0)) || printf '\n%sThe demo stopped: not every step happened.%s\n' "$bold" "$plain" >&2
  exit "$status"
}
fail() { printf '   FAILED: %s\n' "$*" >&2; exit 1; }

# Waits until a command succeeds, a minute at most.
until_true() {
  local what=$1 tries=0
  shift
  until "$@" >/dev/null 2>&1; do
    ((++tries < 600)) || fail "$what did not happen within a minute"
    sleep 0.1
  done
}

# Builds what was not given, and makes the demo's folder.
build() {
  local root
  root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
  step "1. Building"
  "$root/.ci/packages"
  if [[ -z $binaries ]]; then
    swift build --package-path "$root" -j 2
    binaries=$(swift build --package-path "$root" --show-bin-path)
  fi
  if [[ -z $emulator ]]; then
    say "the stand-in for Amazon (the first time takes some minutes: it is a whole HTTPS server)"
    # With the tests, as 'make test' builds it: the package manager builds all of it anew for another set of targets.
    swift build --package-path "$root/Examples/Cloud" -j 2 --build-tests
    emulator=$(swift build --package-path "$root/Examples/Cloud" --show-bin-path)/amazon-emulator
  fi
  PATH=$binaries:$PATH
  home=$(mktemp -d)
  chmod 700 "$home"
  # Programs with this as their standard input end when it closes, so that they cannot outlive the demo.
  mkfifo "$home/leash"
  exec {leash}<>"$home/leash"
}

# Starts a program that ends when the demo does, however that ends.
leashed() {
  local log=$1
  shift
  (exec {leash}>&- <"$home/leash"; exec "$@") >"$home/$log.log" 2>&1 &
  pids+=($!)
}

# Starts the stand-in for Amazon, with these options besides.
start_amazon() {
  leashed emulator "$emulator" --port 0 --ready-file "$home/port" --ca-out "$home/ca.pem" --exit-with-parent "$@"
  until_true "the start of the stand-in" test -s "$home/port"
  amazon=https://localhost:$(<"$home/port")
  ask /emulator/state >"$home/state.json" || fail "the stand-in does not answer over HTTPS"
}

ask() { curl -sS --max-time 10 --cacert "$home/ca.pem" "$amazon$1" "${@:2}"; }
ctl() { replenishctl --socket "$home/control" "$@"; }
shows() { ctl status | grep -q "$1"; }
