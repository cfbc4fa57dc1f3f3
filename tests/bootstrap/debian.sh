#!/usr/bin/env bash
# The README's two commands, from a clone, in a Debian that was only just unpacked.
#
# usage: tests/bootstrap/debian.sh [--suite NAME] [--folder DIR] [--keep] [run|test]...
#
# Unpacks Debian (bookworm unless --suite says otherwise) into DIR (a new folder below /var/tmp), clones the commit that
# is checked out into it, and runs there, as root: `./dev run`, which must answer over UDP and TCP, IPv4 and IPv6, and
# stop on SIGINT with exit status 0; and `./dev test`, whose last line must be "N passed, 0 failed". Prints how long each took.
# Packages come from where this machine takes its own: nothing is written down here. Mounts and processes
# are in namespaces of their own and vanish with them. Needs root, debootstrap and dig; port 5300 must be free.
set -euo pipefail

repository=$(dirname "$(readlink -f "$0")")/../..
suite=bookworm
folder=
keep=false
parts=()
inside=false
while [[ $# -gt 0 ]]; do
  case $1 in
    --suite) suite=$2 && shift 2 ;;
    --folder) folder=$2 && shift 2 ;;
    --keep) keep=true && shift ;;
    --inside) inside=true && shift ;;
    run | test) parts+=("$1") && shift ;;
    *) echo "bootstrap: no option '$1'" >&2 && exit 2 ;;
  esac
done
[[ ${#parts[@]} -gt 0 ]] || parts=(run test)

fail() {
  echo "bootstrap: $*" >&2
  exit 1
}

# apt-get fills in what stands in $(...).
# shellcheck disable=SC2016
# The machine's own repository of Debian's main archive.
mirror() {
  apt-get indextargets --format '$(ORIGIN) $(LABEL) $(REPO_URI)' 'Created-By: Packages' |
    awk '$1 == "Debian" && $2 == "Debian" {print $3; exit}'
}

# The machine's own package sources and how it reaches them (proxies, certificates), for the suite of the new root.
# shellcheck disable=SC2016
copy_apt_settings() {
  local root=$1 here
  # shellcheck disable=SC1091
  here=$(. /etc/os-release && echo "$VERSION_CODENAME")
  rm -f "$root/etc/apt/sources.list"
  mkdir -p "$root/etc/apt/sources.list.d"
  local uri codename components
  apt-get indextargets --format '$(ORIGIN)|$(REPO_URI)|$(RELEASE)|$(COMPONENT)' 'Created-By: Packages' |
    sort -u | while IFS='|' read -r origin uri codename components; do
    [[ $origin == Debian ]] || continue
    echo "deb $uri ${codename/$here/$suite} $components"
  done >"$root/etc/apt/sources.list"
  apt-config dump | grep -E '^Acquire::(http|https|Check|AllowInsecure|Retries|::Proxy)[^ ]* "' \
    >"$root/etc/apt/apt.conf.d/90machine" || true
  [[ ! -f /etc/pip.conf ]] || cp /etc/pip.conf "$root/etc/"
  mkdir -p "$root/etc/ssl/certs" "$root/usr/local/share/ca-certificates"
  cp /usr/local/share/ca-certificates/*.crt "$root/usr/local/share/ca-certificates/" 2>/dev/null || true
  [[ ! -f /etc/ssl/certs/ca-certificates.crt ]] || cp /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/"
  cp -L /etc/resolv.conf /etc/hosts "$root/etc/"
}

if ! $inside; then
  [[ $(id -u) -eq 0 ]] || fail "needs root"
  if ss --no-header --listening --udp --tcp --numeric 'sport = :5300' | grep -q .; then
    fail "something listens on port 5300 already"
  fi
  [[ -n $folder ]] || folder=$(mktemp --directory /var/tmp/atlas-bootstrap-XXXXXX)
  arguments=(--inside --suite "$suite" --folder "$folder" "${parts[@]}")
  status=0
  unshare --mount --pid --fork --kill-child --mount-proc "$0" "${arguments[@]}" || status=$?
  if $keep; then
    echo "bootstrap: kept $folder"
  else
    rm -rf --one-file-system "$folder"
  fi
  exit $status
fi

mkdir -p "$folder"
root=$folder/root
started=$SECONDS
if [[ ! -d $root/usr ]]; then
  debootstrap --variant=minbase "$suite" "$root" "$(mirror)" >"$folder/debootstrap.log" 2>&1 ||
    fail "debootstrap failed: $(tail -n 5 "$folder/debootstrap.log")"
fi
copy_apt_settings "$root"
echo "unpacked Debian $(cat "$root/etc/debian_version") in $((SECONDS - started)) s"

mount --make-rprivate /
mount -t proc proc "$root/proc"
mount --rbind /dev "$root/dev"
mount -t sysfs -o ro sysfs "$root/sys" 2>/dev/null || mount --rbind /sys "$root/sys"

rm -rf "$root/root/atlas"
git clone --quiet --no-hardlinks "$repository" "$root/root/atlas"

# Replaces the shell that calls it.
exec_in_root() {
  exec env --ignore-environment PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8 TERM=dumb \
    chroot "$root" /bin/bash -c "cd /root/atlas && exec $*"
}

answers() {
  local option
  for option in "@127.0.0.1 +notcp" "@127.0.0.1 +tcp" "@::1 +notcp" "@::1 +tcp"; do
    # shellcheck disable=SC2086
    dig $option -p 5300 +norecurse +tries=1 +time=2 +short demo.test SOA | grep -q '^ns1' || return 1
  done
}

run_part() {
  local begun=$SECONDS server status=0
  (exec_in_root ./dev run >"$folder/run.log" 2>&1 </dev/null) &
  server=$!
  until answers; do
    kill -0 $server 2>/dev/null || fail "./dev run ended: $(tail -n 40 "$folder/run.log")"
    [[ $((SECONDS - begun)) -lt 1500 ]] || fail "./dev run does not answer: $(tail -n 40 "$folder/run.log")"
    sleep 1
  done
  echo "./dev run answered over UDP and TCP, IPv4 and IPv6 after $((SECONDS - begun)) s"
  # Every program on the way has replaced itself with the next: this is atlasd.
  kill -INT $server
  wait $server || status=$?
  [[ $status -eq 0 ]] || fail "./dev run ended with status $status on SIGINT: $(tail -n 20 "$folder/run.log")"
}

test_part() {
  local begun=$SECONDS status=0
  (exec_in_root ./dev test >"$folder/test.log" 2>&1 </dev/null) || status=$?
  local last
  last=$(tail -n 1 "$folder/test.log")
  if [[ $status -ne 0 || ! $last =~ ^[0-9]+\ passed,\ 0\ failed$ ]]; then
    tail -n 150 "$folder/test.log"
    fail "./dev test failed with status $status; its last line is: $last"
  fi
  echo "./dev test: $last, after $((SECONDS - begun)) s"
}

for part in "${parts[@]}"; do
  "${part}_part"
done
