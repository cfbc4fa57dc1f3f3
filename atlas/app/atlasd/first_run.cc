#include "atlas/app/atlasd/first_run.h"

#include <unistd.h>

#include "atlas/base/file.h"

namespace atlas::app::atlasd {
namespace {

constexpr const char kConfiguration[] =
    R"(# Atlas, a node for trying things out. `atlasd --check --config FILE` checks a change; SIGHUP loads it.
config: 1

server:
  id: demo

listen:
  - {address: "127.0.0.1:5300"}
  - {address: "[::1]:5300"}
  - {address: "127.0.0.1:8530", transports: [tls]}
  - {address: "[::1]:8530", transports: [tls]}
  - {address: "127.0.0.1:8443", transports: [https]}
  - {address: "[::1]:8443", transports: [https]}
  - {address: "127.0.0.1:8530", transports: [quic]}
  - {address: "[::1]:8530", transports: [quic]}
  - {address: "127.0.0.1:8443", transports: [http3]}
  - {address: "[::1]:8443", transports: [http3]}

paths:
  state: state

control:
  socket: control.sock

zones:
  - {zone: demo.test, file: demo.zone}
)";

constexpr const char kDemoZone[] = R"($ORIGIN demo.test.
$TTL 1h
@        SOA   ns1 hostmaster 1 4h 1h 2w 5m
         NS    ns1
         NS    ns2
         MX    10 mail
         TXT   "v=spf1 mx -all"
         CAA   0 issue "ca.example"
         HTTPS 1 . alpn="h2,h3" ipv4hint=192.0.2.80
         A     192.0.2.80
         AAAA  2001:db8::80
ns1      A     192.0.2.1
ns2      AAAA  2001:db8::2
mail     A     192.0.2.25
www      CNAME @
; Any name below this one exists.
*.apps   A     192.0.2.99
; Another server's: answered with a referral.
sub      NS    ns.sub
ns.sub   A     192.0.2.53
; Everything below old.demo.test lives below demo.test now.
old      DNAME demo.test.
$GENERATE 1-20 host${0,2} A 192.0.2.$
)";

base::Result<void> write_if_absent(const std::filesystem::path& path, const char* content) {
  if (std::filesystem::exists(path)) return {};
  return base::replace_file(path, content);
}

}  // namespace

base::Result<std::filesystem::path> prepare_folder(const std::filesystem::path& folder) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) return base::fail("cannot make the folder " + folder.string() + ": " + error.message());
  const auto configuration = folder / "atlas.yaml";
  for (const auto& [path, content] :
       {std::pair(configuration, kConfiguration), {folder / "demo.zone", kDemoZone}}) {
    if (auto written = write_if_absent(path, content); !written) return std::unexpected(written.error());
  }
  return configuration;
}

std::string greeting(const std::filesystem::path& folder) {
  return "\nAtlas serves demo.test on 127.0.0.1 and [::1], port 5300 (UDP and TCP), 8530 (TLS and QUIC) and "
         "8443 (HTTPS and HTTP/3). To try it, in another terminal:\n\n"
         "  dig @127.0.0.1 -p 5300 www.demo.test\n"
         "  dig @::1 -p 5300 +tcp demo.test MX\n"
         "  dig @127.0.0.1 -p 5300 anything.apps.demo.test\n"
         "  dig @127.0.0.1 -p 5300 nothing.demo.test\n"
         "  kdig @127.0.0.1 -p 8530 +tls +tls-ca=" +
         (folder / "state/self-signed.pem").string() +
         " +tls-hostname=localhost www.demo.test\n"
         "  kdig @127.0.0.1 -p 8443 +https www.demo.test\n"
         "  curl --cacert " +
         (folder / "state/self-signed.pem").string() +
         " 'https://localhost:8443/resolve?name=www.demo.test&type=A'\n"
         "  build/release/bin/atlasctl query @127.0.0.1:8530 +quic www.demo.test\n"
         "  build/release/bin/atlasctl query @127.0.0.1:8443 +http3 www.demo.test\n"
         "  build/release/bin/atlasctl status --socket " +
         (folder / "control.sock").string() +
         "\n\n"
         "The configuration is " +
         (folder / "atlas.yaml").string() + ", the zone " + (folder / "demo.zone").string() +
         ". Change one, then: kill -HUP " + std::to_string(::getpid()) + "\nCtrl-C stops.\n\n";
}

}  // namespace atlas::app::atlasd
