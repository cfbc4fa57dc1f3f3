# shellcheck shell=bash
# The Debian packages of each group, and the peers: other servers that tests compare Atlas with.

group_packages() {
  case $1 in
    build)
      printf '%s\n' g++ cmake ninja-build ccache git pkg-config \
        libboost1.81-dev libboost-json1.81-dev libboost-url1.81-dev libcap-dev libcli11-dev libfmt-dev libfstrm-dev libidn2-dev \
        libnghttp2-dev libspdlog-dev libsqlcipher-dev libssl-dev libsystemd-dev libxxhash-dev libyaml-cpp-dev prometheus-cpp-dev \
        libgnutls28-dev libngtcp2-crypto-gnutls-dev libngtcp2-dev libnghttp3-dev
      ;;
    test)
      group_packages build
      printf '%s\n' libgmock-dev libgtest-dev \
        clang-19 libclang-rt-19-dev llvm-19 clang-format-19 shellcheck \
        python3 python3-dnspython python3-h2 python3-httpx python3-jsonschema python3-pytest python3-venv python3-yaml \
        bind9-dnsutils bind9-utils chromium curl faketime knot-dnssecutils knot-dnsutils ldnsutils libnss3-tools iproute2 openssl
      ;;
    check)
      group_packages test
      printf '%s\n' clang-tidy-19 debootstrap testssl.sh
      ;;
    bench)
      group_packages build
      printf '%s\n' libbenchmark-dev bind9-utils dnsperf openssl python3 python3-dnspython strace
      ;;
    interop)
      group_packages test
      find_go >/dev/null || echo golang-go
      ;;
  esac
}

# Packages that Debian 12 has too old, and the oldest that will do: they come from its backports there.
declare -A NEWER=(
  [libngtcp2-crypto-gnutls-dev]=1.11 [libngtcp2-dev]=1.11 [libnghttp3-dev]=1.8
  [libsqlcipher-dev]=4.6
  [golang-go]=2:1.21  # which fetches what a module asks for beyond it
)

# Every installed package, one a line.
INSTALLED=$(dpkg-query --show --showformat='${db:Status-Status} ${Package}\n' 2>/dev/null | sed -n 's/^installed //p')
is_installed() {
  grep --quiet --line-regexp --fixed-strings -- "$1" <<<"$INSTALLED" || return 1
  [[ -z ${NEWER[$1]:-} ]] || is_new_enough "$1" "$(dpkg-query --show --showformat='${Version}' "$1")"
}
is_new_enough() { dpkg --compare-versions "${2:-0}" ge "${NEWER[$1]}"; }

# Whether the package index offers this package new enough, before backports are asked.
index_has() { is_new_enough "$1" "$(apt-cache policy "$1" | awk '$1 == "Candidate:" {print $2}')"; }

codename() { (. /etc/os-release && echo "${VERSION_CODENAME:-}"); }

# What apt should read to find the backports of this Debian, at the mirror that it has already; empty if it has
# none, or if apt reads them.
# shellcheck disable=SC2016  # apt-get fills in what stands in $(...).
backports_source() {
  local codename mirror targets
  codename=$(codename)
  # shellcheck disable=SC2016  # apt's own variables
  targets=$(apt-get indextargets --format '$(CODENAME) $(REPO_URI)' 'Created-By: Packages' 'Origin: Debian')
  mirror=$(awk -v codename="$codename" '$1 == codename {print $2; exit}' <<<"$targets")
  # shellcheck disable=SC2016
  if [[ -z $mirror ]] || apt-get indextargets --format '$(CODENAME)' | grep -qx "$codename-backports"; then return; fi
  printf '%s\n' 'Types: deb' "URIs: $mirror" "Suites: $codename-backports" 'Components: main' \
    'Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg'
}

# Packages of Python that tests need and Debian has not are in build/python, beside those of Debian's own Python. It is
# made anew when either changes.
group_has_python() { [[ $1 == test || $1 == check || $1 == interop ]]; }
has_python() { python_contents tests/requirements.txt 2>/dev/null | cmp --quiet - build/python/contents; }
make_python() { make_environment build/python tests/requirements.txt --system-site-packages; }

python_contents() { /usr/bin/python3 --version && cat "$1"; }
# make_environment FOLDER REQUIREMENTS [OPTION]: packages of Python, in a folder of their own.
make_environment() {
  rm -rf "$1"
  /usr/bin/python3 -m venv ${3:+"$3"} "$1" || return 1
  "$1/bin/python3" -m pip --disable-pip-version-check install --quiet \
    --require-hashes --only-binary :all: --requirement "$2" || return 1
  python_contents "$2" >"$1/contents"
}

# Clients of dynamic updates that Debian has not are in build/clients: octodns and certbot, of Python, and external-dns,
# of Go.
EXTERNAL_DNS=v0.20.0
find_go() { PATH=$PATH:/usr/local/go/bin command -v go; }
has_clients() {
  python_contents tests/interop/requirements.txt 2>/dev/null | cmp --quiet - build/clients/python/contents &&
    [[ $(cat build/clients/external-dns.version 2>/dev/null) == "$EXTERNAL_DNS" ]]
}
make_clients() {
  mkdir -p build/clients
  make_environment build/clients/python tests/interop/requirements.txt || return 1
  GOBIN=$PWD/build/clients/bin "$(find_go)" install "sigs.k8s.io/external-dns@$EXTERNAL_DNS" || return 1
  echo "$EXTERNAL_DNS" >build/clients/external-dns.version
}

# Package and the file that is wanted of it, on the machine or below build/peers.
declare -A PEERS=(
  [nsd]=usr/sbin/nsd [knot]=usr/sbin/knotd [bind9]=usr/sbin/named
  [unbound]=usr/sbin/unbound [dnsdist]=usr/bin/dnsdist
  [pdns-server]=usr/sbin/pdns_server [pdns-backend-bind]='usr/lib/*/pdns/libbindbackend.so'
  [pdns-backend-sqlite3]='usr/lib/*/pdns/libgsqlite3backend.so'
  [lego]=usr/bin/lego [pebble]=usr/bin/pebble
  [kea-dhcp-ddns-server]=usr/sbin/kea-dhcp-ddns [kea-common]='usr/lib/*/libkea-asiodns.so.*'
)

group_peers() {
  case $1 in
    test) printf '%s\n' nsd knot bind9 unbound pdns-server pdns-backend-bind pdns-backend-sqlite3 ;;
    bench)
      group_peers test
      printf '%s\n' dnsdist
      ;;
    interop)
      group_peers test
      printf '%s\n' lego pebble kea-common kea-dhcp-ddns-server
      ;;
  esac
}

has_peer() { compgen -G "/${PEERS[$1]}" >/dev/null || compgen -G "build/peers/${PEERS[$1]}" >/dev/null; }

# The libraries that the peers would bring along, less the peers themselves.
peer_libraries() {
  apt-get --simulate --no-install-recommends install "$@" |
    awk '$1 == "Inst" && $2 ~ /^(lib|bind9-libs$|dns-root-data$)/ {print $2}'
}

unpack_peers() {
  mkdir -p build/peers/packages
  (cd build/peers/packages && apt-get -q -q download "$@")
  local package
  for package in build/peers/packages/*.deb; do
    dpkg --extract "$package" build/peers
  done
}
