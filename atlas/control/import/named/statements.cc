#include "atlas/control/import/named/statements.h"

#include <string>
#include <unordered_map>

#include "atlas/dns/name.h"

namespace atlas::control::import::named {
namespace {

struct Row {
  Treatment treatment;
  std::string_view words;  // separated by blanks
};

constexpr Row kRows[] = {
    {Treatment::kTaken,
     "directory port listen-on listen-on-v6 allow-query version server-id hostname minimal-responses "
     "minimal-any rate-limit tcp-clients tcp-idle-timeout max-udp-size edns-udp-size tls-port https-port "
     "recursion allow-transfer also-notify notify allow-notify allow-update-forwarding dnssec-policy "
     "auto-dnssec inline-signing masterfile-format "
     "allow-update update-policy allow-new-zones type file journal in-view match-clients "
     "match-destinations match-recursive-only zone key acl forwarders catalog-zones response-policy "
     "answer-cookie masters primaries allow-query-cache zero-no-soa-ttl"},
    {Treatment::kProcess,
     "pid-file session-keyfile session-keyname session-keyalg lock-file dump-file statistics-file "
     "memstatistics memstatistics-file recursing-file secroots-file managed-keys-directory bindkeys-file "
     "querylog coresize datasize files stacksize reserved-sockets interface-interval "
     "automatic-interface-scan tcp-listen-queue tcp-receive-buffer tcp-send-buffer udp-receive-buffer "
     "udp-send-buffer reuseport flush-zones-on-shutdown heartbeat-interval dialup zone-statistics "
     "geoip-directory lmdb-mapsize new-zones-directory random-device masterfile-style dnstap "
     "dnstap-identity dnstap-output dnstap-version fstrm-set-buffer-hint fstrm-set-flush-timeout "
     "fstrm-set-input-queue-size fstrm-set-output-notify-threshold fstrm-set-output-queue-model "
     "fstrm-set-output-queue-size fstrm-set-reopen-interval match-mapped-addresses dscp cache-file "
     "max-rsa-exponent-size tkey-dhkey statistics-channels trust-anchor-telemetry "
     "http-port http-listener-clients http-streams-per-connection tcp-initial-timeout "
     "tcp-keepalive-timeout tcp-advertised-timeout keep-response-order message-compression glue-cache "
     "update-quota acache-enable startup-notify-rate delegation-only"},
    {Treatment::kCheck,
     "check-dup-records check-integrity check-mx check-mx-cname check-names check-sibling check-spf "
     "check-srv-cname check-wildcard max-zone-ttl max-records max-records-per-type max-types-per-name "
     "check-svcb"},
    {Treatment::kResolver,
     "allow-query-cache-on allow-recursion allow-recursion-on attach-cache clients-per-query "
     "deny-answer-addresses deny-answer-aliases disable-algorithms disable-ds-digests disable-empty-zone "
     "dnssec-accept-expired dnssec-must-be-secure dnssec-validation dual-stack-servers empty-contact "
     "empty-server empty-zones-enable fetch-quota-params fetches-per-server fetches-per-zone forward "
     "lame-ttl max-cache-size max-cache-ttl max-clients-per-query max-ncache-ttl max-query-count "
     "max-query-restarts max-recursion-depth max-recursion-queries max-stale-ttl min-cache-ttl "
     "min-ncache-ttl nta-lifetime nta-recheck prefetch qname-minimization query-source query-source-v6 "
     "recursive-clients request-nsid resolver-nonbackoff-tries resolver-query-timeout "
     "resolver-retry-interval root-delegation-only root-key-sentinel send-cookie servfail-ttl "
     "stale-answer-client-timeout stale-answer-enable stale-answer-ttl stale-cache-enable "
     "stale-refresh-time synth-from-dnssec use-v4-udp-ports use-v6-udp-ports avoid-v4-udp-ports "
     "avoid-v6-udp-ports v6-bias validate-except zero-no-soa-ttl-cache server trust-anchors trusted-keys "
     "managed-keys additional-from-cache additional-from-auth dnssec-enable dnssec-lookaside "
     "ipv4only-enable ipv4only-contact ipv4only-server server-addresses server-names"},
    {Treatment::kTransfer,
     "alt-transfer-source alt-transfer-source-v6 ixfr-from-differences max-ixfr-ratio "
     "max-refresh-time max-retry-time max-transfer-idle-in max-transfer-idle-out max-transfer-time-in "
     "max-transfer-time-out min-refresh-time min-retry-time multi-master notify-delay notify-rate "
     "notify-source notify-source-v6 notify-to-soa provide-ixfr request-expire request-ixfr "
     "serial-query-rate transfer-format transfer-message-size transfer-source transfer-source-v6 "
     "transfers-in transfers-out transfers-per-ns try-tcp-refresh use-alt-transfer-source "
     "suppress-initial-notify"},
    {Treatment::kSigning,
     "checkds dnskey-sig-validity dnssec-dnskey-kskonly dnssec-loadkeys-interval "
     "dnssec-secure-to-insecure dnssec-update-mode key-directory nsec3-test-zone parental-agents "
     "parental-source parental-source-v6 sig-signing-nodes sig-signing-signatures sig-signing-type "
     "sig-validity-interval update-check-ksk"},
    {Treatment::kJournal, "max-journal-size serial-update-method"},
    {Treatment::kCookie, "cookie-algorithm cookie-secret nocookie-udp-size require-server-cookie"},
    {Treatment::kAnswer,
     "auth-nxdomain dns64 dns64-contact dns64-server dnsrps-enable dnsrps-options nxdomain-redirect "
     "preferred-glue response-padding rrset-order sortlist no-case-compress plugin dlz dyndb database"},
    {Treatment::kAccess,
     "allow-query-on blackhole tkey-domain tkey-gssapi-credential "
     "tkey-gssapi-keytab"},
};

std::unordered_map<std::string_view, Treatment> make_table() {
  std::unordered_map<std::string_view, Treatment> table;
  for (const Row& row : kRows) {
    std::string_view rest = row.words;
    while (!rest.empty()) {
      const size_t end = rest.find(' ');
      table.emplace(rest.substr(0, end), row.treatment);
      rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
    }
  }
  return table;
}

}  // namespace

Treatment treatment_of(std::string_view statement) {
  static const auto table = make_table();
  std::string name(statement);
  for (char& c : name) c = static_cast<char>(dns::ascii_lower(static_cast<uint8_t>(c)));
  const auto found = table.find(name);
  return found == table.end() ? Treatment::kUnknown : found->second;
}

}  // namespace atlas::control::import::named
