#include "atlas/control/config/fields.h"

#include <algorithm>
#include <array>

namespace atlas::control::config {
namespace {

using namespace std::chrono_literals;
using std::string_view;

constexpr std::array<string_view, 4> kLevels = {"debug", "info", "warning", "error"};
constexpr std::array<string_view, 2> kFormats = {"text", "json"};
constexpr std::array<string_view, 2> kTlsVersions = {"1.2", "1.3"};
constexpr std::array<tls::ProtocolVersion, 2> kTlsVersionValues = {tls::ProtocolVersion::kTls12,
                                                                   tls::ProtocolVersion::kTls13};
constexpr std::array<string_view, 4> kDestinations = {"stderr", "file", "syslog", "journal"};

template <class Enum>
void choice(Fields& fields, Key key, Enum& value, std::span<const string_view> words) {
  auto index = static_cast<uint8_t>(value);
  fields.choice(key, index, words);
  value = static_cast<Enum>(index);
}

void visit(Fields& f, ServerSettings& server) {
  f.text({"version", "The text that version.bind and version.server (CHAOS TXT) answer. Empty: REFUSED."},
         server.version, 255);
  f.text({"id",
          "The text that id.server and hostname.bind (CHAOS TXT) answer, and the NSID of RFC 5001. Empty: "
          "none."},
         server.id, 255);
  f.text({"user", "The user to become once the sockets are open. Empty: stay who started the server."},
         server.user, 64);
  f.text({"group", "The group to become. Empty: the user's own group."}, server.group, 64);
  f.integer({"workers", "Threads that answer queries, each with sockets of its own. 0: one a core."},
            server.workers, 0, 256);
  f.integer({"zone-loaders", "Threads that read zone files. 0: one a core, at most 8."}, server.zone_loaders,
            0, 64);
  f.path({"pid-file", "Where to write the process id. Empty: nowhere."}, server.pid_file);
}

void visit(Fields& f, LogSettings& log) {
  choice(f, {"level", "The least severe events that are written."}, log.level, kLevels);
  choice(f, {"format", "One line of text or one JSON object an event."}, log.format, kFormats);
  choice(f, {"destination", "Where events go."}, log.destination, kDestinations);
  f.path({"file", "The file to append to with destination file; SIGUSR1 opens it anew."}, log.file);
}

void visit(Fields& f, RateLimitSettings& limit) {
  f.boolean({"enabled", "Limit the UDP responses that one network gets."}, limit.enabled);
  f.integer({"responses-per-second", "Responses a second to one network before limiting starts."},
            limit.responses_per_second, 1, 1'000'000);
  f.integer(
      {"slip",
       "Of the responses over the limit, one in this many goes out truncated, so that the client can come "
       "back over TCP; the others are dropped. 0: drop all."},
      limit.slip, 0, 100);
  f.integer({"ipv4-prefix", "Length of the prefix that counts as one IPv4 network."}, limit.ipv4_prefix, 8,
            32);
  f.integer({"ipv6-prefix", "Length of the prefix that counts as one IPv6 network."}, limit.ipv6_prefix, 16,
            128);
  f.integer({"table-size", "Networks that each worker remembers."}, limit.table_size, 1024, 16'777'216);
  f.prefixes({"exempt", "Clients that are never limited."}, limit.exempt);
}

void visit(Fields& f, TcpSettings& tcp) {
  f.integer(
      {"connections-max", "Connections over all workers. 0: as many as the limit of open files allows."},
      tcp.connections_max, 0, 10'000'000);
  f.integer({"connections-per-client-max", "Connections of one client address to one worker."},
            tcp.connections_per_client_max, 1, 1'000'000);
  f.duration({"idle", "A connection without a query is closed after this time (RFC 7766, 7828)."}, tcp.idle,
             100ms, 1h);
  f.duration({"idle-when-busy", "The same once three quarters of the connections are taken."},
             tcp.idle_when_busy, 10ms, 1h);
  f.duration({"connection-time-max", "A connection is closed after this time, whatever it does."},
             tcp.connection_time_max, 1s, 24h * 7);
  f.integer(
      {"pending-max", "Answers that a client has not taken yet before its queries are read no further."},
      tcp.pending_max, 1, 1024);
  f.duration({"setup-time-max",
              "A connection is closed if what comes before its first query is not over by then: a PROXY "
              "header, the handshake of TLS."},
             tcp.setup_time_max, 100ms, 1min);
}

void visit(Fields& f, TlsSettings& tls) {
  f.certificates(
      {"certificates",
       "Certificates, each a mapping of chain-file (PEM, the certificate first, then its issuers), key-file "
       "(PEM) and ocsp-staple-file (DER, may be left out). The name that a client asks for chooses among "
       "them; the first is for those that ask for none or for another. Files that change are read again. "
       "None: a self-signed one is made and kept in the state directory."},
      tls.certificates);
  auto version =
      static_cast<uint8_t>(std::ranges::find(kTlsVersionValues, tls.version_min) - kTlsVersionValues.begin());
  f.choice({"version-min", "The oldest version of TLS that clients may speak."}, version, kTlsVersions);
  tls.version_min = kTlsVersionValues[version];
  f.path({"key-log-file",
          "File that the secrets of all sessions are appended to, for Wireshark: whoever reads it reads the "
          "traffic. Empty: none."},
         tls.key_log_file);
  f.path({"ticket-key-file",
          "File with the keys of session tickets, one to four of 80 octets each, the newest first. Servers "
          "that share an address share it, so that a client can resume its session with any of them. Empty: "
          "made at the start, and never written down."},
         tls.ticket_key_file);
  f.duration({"ticket-rotation", "Age at which a ticket key that the server made is followed by a new one."},
             tls.ticket_rotation, 1min, 24h * 7);
  f.integer({"handshakes-max", "Handshakes that have begun and not ended, over all workers."},
            tls.handshakes_max, 1, 1'000'000);
  f.integer({"handshakes-per-client-max", "The same of one client address at one worker."},
            tls.handshakes_per_client_max, 1, 1'000'000);
}

void visit(Fields& f, HttpsSettings& https) {
  f.texts({"paths", "Paths that take DNS messages (RFC 8484)."}, https.paths, 255);
  f.text({"json-path", "Path that answers questions in JSON. Empty: none."}, https.json_path, 255);
  f.text({"forwarded-field",
          "Field in which a proxy of proxy.allow tells the client's address: x-forwarded-for, forwarded. "
          "Empty: none."},
         https.forwarded_field, 64);
}

void visit(Fields& f, QuicSettings& quic) {
  f.integer({"connections-max", "Connections over all workers."}, quic.connections_max, 1, 10'000'000);
  f.integer({"connections-per-client-max", "Connections of one client address to one worker."},
            quic.connections_per_client_max, 1, 1'000'000);
  f.duration({"idle", "A connection that is silent for so long is forgotten (RFC 9000 10.1)."}, quic.idle, 1s,
             1h);
  f.duration(
      {"idle-when-busy",
       "Once three quarters of the connections are taken, one that asks nothing for so long is closed."},
      quic.idle_when_busy, 10ms, 1h);
  f.duration({"setup-time-max", "A connection whose handshake is not over by then is given up."},
             quic.setup_time_max, 100ms, 1min);
  f.integer({"streams-max", "Queries that a client may have on their way on one connection."},
            quic.streams_max, 1, 10'000);
  f.boolean(
      {"early-data",
       "Let clients that come back send queries at once (0-RTT). Those that change something are refused "
       "there, since somebody could send them again."},
      quic.early_data);
  f.boolean(
      {"always-validate",
       "Let every new client show first that its address is its own (RFC 9000 8.1.2), which costs a round "
       "trip; otherwise only while there are many handshakes."},
      quic.always_validate);
}

void visit(Fields& f, TransferSettings& transfers) {
  f.integer({"out-max", "Transfers to others at a time, over all workers. Those beyond are refused."},
            transfers.out_max, 1, 100'000);
  f.integer({"out-per-client-max", "The same of one client address."}, transfers.out_per_client_max, 1,
            100'000);
  f.duration({"out-time-max", "A transfer that the client has not taken by then is given up."},
             transfers.out_time_max, 1s, 24h * 7);
  f.path({"client-authorities-file",
          "Who may issue the certificates of clients over TLS and QUIC, PEM: what rules with tls go by "
          "(RFC 9103 9.3.3). Empty: clients are not asked for one."},
         transfers.client_authorities_file);
  f.integer({"in-max", "Transfers from primaries at a time."}, transfers.in_max, 1, 10'000);
  f.integer({"in-per-primary-max", "The same from one primary."}, transfers.in_per_primary_max, 1, 10'000);
  f.size({"in-size-max", "Octets of one transfer; one that is longer is given up."}, transfers.in_size_max,
         uint64_t{1} << 16, uint64_t{1} << 44);
  f.count({"in-records-max", "The same in records."}, transfers.in_records_max, 1000, 100'000'000'000);
  f.duration({"in-time-max", "A transfer that has not ended by then is given up."}, transfers.in_time_max, 1s,
             24h * 7);
  f.duration({"refresh-min", "The shortest time between two questions to primaries, whatever the SOA says."},
             transfers.refresh_min, 1s, 24h * 365);
  f.duration({"refresh-max", "The longest."}, transfers.refresh_max, 1s, 24h * 365);
  f.duration({"retry-min", "The shortest time to the next attempt behind one that failed."},
             transfers.retry_min, 1s, 24h * 365);
  f.duration({"retry-max", "The longest."}, transfers.retry_max, 1s, 24h * 365);
  f.duration(
      {"expire-min", "The shortest time that an unconfirmed version is served, whatever the SOA says."},
      transfers.expire_min, 1s, 24h * 365);
}

}  // namespace

void visit(Fields& f, Config& config) {
  f.integer({"config", "Version of this format: 1. Must be there."}, config.format, 1, 1);
  f.includes({"include",
              "More files of this format, by name or pattern (zones.d/*.yaml). Sections of all files add up; "
              "lists are joined; a key set twice is an error."});
  f.open({"server", "Who this server is and how it runs."});
  visit(f, config.server);
  f.close();
  f.listeners(
      {"listen",
       "Addresses that answer queries, each \"address\", \"address:port\" or a mapping of address, "
       "transports "
       "(udp, tcp, tls, https, quic, http3; udp and tcp if none are given) and proxy: true where "
       "everything comes behind a PROXY header of version 2. Port 53 if none is given, 853 for tls and "
       "quic, 443 for https and http3."},
      config.listen);
  f.open({"paths", "Where things are kept."});
  f.path({"state", "Folder of what the server keeps: secrets that it made, and images of zones."},
         config.paths.state);
  f.close();
  f.open(
      {"images", "Images of zones: a start takes them instead of the text of zones that have not changed."});
  f.boolean({"enabled", "Keep an image of each zone in the folder images of the state directory."},
            config.images.enabled);
  f.close();
  f.open({"control", "The control socket, which atlasctl talks to."});
  f.path({"socket", "Path of the Unix socket."}, config.control.socket);
  f.mode({"mode", "Permissions of the socket, octal. Whoever can write to it can control the server."},
         config.control.mode);
  f.text({"group", "Group that owns the socket. Empty: the server's group."}, config.control.group, 64);
  f.close();
  f.open({"metrics", "Prometheus metrics at /metrics and health at /healthz."});
  f.endpoints({"listen", "Addresses of the HTTP listener. None: off. Port 9530 if none is given."},
              config.metrics.listen, kMetricsPort);
  f.close();
  f.open({"log", "Events, in words."});
  visit(f, config.log);
  f.close();
  f.open({"access", "Who may ask."});
  f.prefixes({"allow-query",
              "Clients that get answers, as addresses, prefixes, or the word any. Others get REFUSED."},
             config.access.allow_query);
  f.close();
  f.open({"rate-limit", "Response rate limiting over UDP, against reflection attacks."});
  visit(f, config.rate_limit);
  f.close();
  f.open({"cookies", "DNS cookies (RFC 7873, RFC 9018)."});
  f.boolean({"enabled", "Answer cookies, and let clients with a good one pass the rate limit."},
            config.cookies.enabled);
  f.path({"secret-file",
          "File with the secret: 32 hexadecimal digits; a second line holds the one before it, which is "
          "still accepted. Servers that share an address must share it. Empty: made at first start and "
          "kept in the state directory."},
         config.cookies.secret_file);
  f.duration({"rollover", "Age at which a secret that the server made is replaced. 0: never."},
             config.cookies.rollover, 0ms, 24h * 365);
  f.close();
  f.open({"tcp", "Limits of TCP connections, those under TLS included."});
  visit(f, config.tcp);
  f.close();
  f.open({"tls", "DNS over TLS (RFC 7858), HTTPS and QUIC: what listeners with these transports use."});
  visit(f, config.tls);
  f.close();
  f.open({"https", "DNS over HTTPS (RFC 8484), of every version of HTTP."});
  visit(f, config.https);
  f.close();
  f.open({"quic", "Limits of QUIC: DNS over QUIC (RFC 9250) and over HTTP/3."});
  visit(f, config.quic);
  f.close();
  f.open({"proxy", "Proxies and load balancers in front of this server."});
  f.prefixes({"allow",
              "Those who may say who their client is: by a PROXY header on listeners with proxy: true, which "
              "refuse all others, and by https.forwarded-field."},
             config.proxy.allow);
  f.close();
  f.open({"answers", "What responses look like."});
  f.boolean({"minimal-responses", "Leave out authority and additional records that nobody needs."},
            config.answers.minimal_responses);
  f.boolean({"minimal-any", "Answer type ANY with one RRset (RFC 8482), over TCP too, instead of with all."},
            config.answers.minimal_any);
  f.size({"udp-payload-size",
          "Largest UDP response, and the EDNS size announced. Larger than 1232 B risks fragments "
          "(RFC 9715)."},
         config.answers.udp_payload_size, 512, 4096);
  f.close();
  f.open(
      {"dnstap", "Copies of queries and responses, in dnstap's format. Give file or socket; neither: off."});
  f.path({"file", "File to write frame streams to."}, config.dnstap.file);
  f.path({"socket", "Unix socket of a frame streams reader; it is connected to again when it goes away."},
         config.dnstap.socket);
  f.boolean({"queries", "Write AUTH_QUERY messages."}, config.dnstap.queries);
  f.boolean({"responses", "Write AUTH_RESPONSE messages."}, config.dnstap.responses);
  f.close();
  f.open({"store", "What the server remembers: zones that it owns, keys, and the journal of all changes."});
  f.path({"folder", "Folder of the store. Empty: store in the state directory."}, config.store.folder);
  f.path({"key-file",
          "File with the key that the store is encrypted with; made if there is none. Without it the store "
          "cannot be "
          "read. Empty: store.key in the store's folder."},
         config.store.key_file);
  f.close();
  f.open({"updates", "Dynamic updates (RFC 2136)."});
  f.duration({"lease-min", "The shortest lease that clients get (RFC 9664)."}, config.updates.lease_min, 1s,
             24h * 365);
  f.duration({"lease-max", "The longest."}, config.updates.lease_max, 1s, 24h * 365);
  f.close();
  f.open({"history", "For how long changes can be looked at and undone."});
  f.duration({"keep", "Age at which changes are forgotten."}, config.history.keep, 1h, 24h * 3650);
  f.duration({"keep-deleted-zones", "Age at which deleted zones are gone for good."},
             config.history.keep_deleted_zones, 1h, 24h * 3650);
  f.close();
  f.keys({"keys",
          "Keys that sign transactions (RFC 8945), each a mapping of name, algorithm (hmac-sha256 if it is "
          "left out) and "
          "secret (base64) or secret-file, a file that holds nothing else."},
         config.keys);
  f.remotes({"remotes", "Other DNS servers: primaries and secondaries of zones here."}, config.remotes);
  f.open({"transfers", "Limits of zone transfers, to others and from primaries."});
  visit(f, config.transfers);
  f.close();
  f.open({"zone-defaults", "What zones of this configuration have unless they say otherwise."});
  f.path_pattern({"file", "Path of the zone file; {zone} stands for the zone's name without its final dot."},
                 config.zone_defaults.file);
  f.servers({"primaries",
             "Primaries of zones that have no file and are not made here: a zone that is a name alone is a "
             "secondary then."},
            config.zone_defaults.primaries);
  f.servers({"secondaries", "As zones[].secondaries."}, config.zone_defaults.secondaries);
  f.transfer_rules({"allow-transfer", "As zones[].allow-transfer."}, config.zone_defaults.allow_transfer);
  f.close();
  f.zones({"zones", "A list whose entries are a zone's name, or a mapping."}, config.zones,
          config.zone_defaults);
}

}  // namespace atlas::control::config
