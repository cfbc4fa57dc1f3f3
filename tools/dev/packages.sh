# shellcheck shell=bash
# The Debian packages of each group, and the peers: other servers that tests compare Atlas with.

group_packages() {
  case $1 in
    build)
      printf '%s\n' g++ cmake ninja-build ccache git pkg-config \
        libboost1.81-dev libboost-json1.81-dev libboost-url1.81-dev libcap-dev libcli11-dev libfmt-dev libfstrm-dev libidn2-dev \
        libspdlog-dev libssl-dev libsystemd-dev libyaml-cpp-dev prometheus-cpp-dev
      ;;
    test)
      group_packages build
      printf '%s\n' libgmock-dev libgtest-dev \
        clang-19 libclang-rt-19-dev llvm-19 clang-format-19 shellcheck \
        python3 python3-dnspython python3-jsonschema python3-pytest python3-yaml \
        bind9-dnsutils bind9-utils faketime knot-dnssecutils knot-dnsutils ldnsutils iproute2
      ;;
    check)
      group_packages test
      printf '%s\n' clang-tidy-19 debootstrap
      ;;
    bench)
      group_packages build
      printf '%s\n' libbenchmark-dev dnsperf python3 python3-dnspython
      ;;
  esac
}

# Every installed package, one a line.
INSTALLED=$(dpkg-query --show --showformat='${db:Status-Status} ${Package}\n' 2>/dev/null | sed -n 's/^installed //p')
is_installed() { grep --quiet --line-regexp --fixed-strings -- "$1" <<<"$INSTALLED"; }

# Package and the program that tests look for on PATH, to which build/peers is appended.
declare -A PEERS=([nsd]=nsd [knot]=knotd [bind9]=named)
PEER_PATH=$PWD/build/peers/usr/sbin:$PWD/build/peers/usr/bin

has_peer() { PATH=$PATH:/usr/sbin:$PEER_PATH type -P "${PEERS[$1]}" >/dev/null; }

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
