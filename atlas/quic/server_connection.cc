#include "atlas/quic/server_connection.h"

#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <ngtcp2/ngtcp2.h>
#include <ngtcp2/ngtcp2_crypto.h>

#include <algorithm>
#include <array>

#include "atlas/base/clock.h"
#include "atlas/quic/client_hello.h"
#include "atlas/quic/engine.h"
#include "atlas/quic/library_policy.h"
#include "atlas/quic/library_values.h"
#include "atlas/quic/server_contents.h"

namespace atlas::quic {
namespace {

// After each handshake; RFC 8446 C.4 has clients use a ticket once.
constexpr unsigned kTicketsPerHandshake = 1;
constexpr size_t kTicketNameOctets = 16;
// Nothing is sent as early data but what flow control allows (RFC 9001 4.6.1).
constexpr size_t kEarlyDataOctets = 0xffff'ffff;
// RFC 8446 6.2.
constexpr uint64_t kNoApplicationProtocol = 120;

const ServerContents& contents_of(const Engine& engine) {
  return ServerContents::of(*engine.server);
}

bool use_ticket_key(gnutls_session_t session, const TicketMasterKey& key) {
  const gnutls_datum_t datum{const_cast<unsigned char*>(key.data()), static_cast<unsigned>(key.size())};
  return gnutls_session_ticket_enable_server(session, &datum) == 0;
}

// Before GnuTLS has looked at it: certificate, keys and order of suites follow from the hello.
int on_client_hello(gnutls_session_t session, unsigned, unsigned when, unsigned incoming,
                    const gnutls_datum_t* message) {
  if (when != GNUTLS_HOOK_PRE || incoming == 0) return 0;
  Engine& engine = Engine::of(session);
  const ServerContents& contents = contents_of(engine);
  const ClientHello hello = look_at_client_hello({message->data, message->size});
  const size_t certificate = hello.server_name.empty() ? 0 : contents.parts->find(hello.server_name);
  engine.server_name = hello.server_name;
  int code =
      gnutls_credentials_set(session, GNUTLS_CRD_CERTIFICATE, contents.parts->credentials[certificate].get());
  if (code < 0) return code;
  if (hello.first_suite == static_cast<uint16_t>(tls::CipherSuite::TLS_CHACHA20_POLY1305_SHA256)) {
    code = gnutls_priority_set(session, contents.parts->priorities_without_aes.get());
    if (code < 0) return code;
  }
  // In the second hello, after a HelloRetryRequest, the key is there already.
  if (contents.parts->policy.session_tickets) {
    (void)use_ticket_key(session, contents.ticket_key(certificate, hello.first_ticket));
  }
  return 0;
}

int log_key(gnutls_session_t session, const char* label, const gnutls_datum_t* secret) {
  const tls::KeyLog* log = contents_of(Engine::of(session)).parts->key_log.get();
  if (log != nullptr) write_key(*log, session, label, {secret->data, secret->size});
  return 0;
}

bool set_up_session(Engine& engine) {
  const ServerParts& parts = *contents_of(engine).parts;
  const bool early_data = engine.settings.early_data && parts.policy.session_tickets;
  unsigned flags = GNUTLS_SERVER | GNUTLS_NO_AUTO_SEND_TICKET | GNUTLS_NO_END_OF_EARLY_DATA;
  if (early_data) flags |= GNUTLS_ENABLE_EARLY_DATA;
  if (!parts.policy.session_tickets) flags |= GNUTLS_NO_TICKETS;
  gnutls_session_t session = nullptr;
  if (gnutls_init(&session, flags) < 0) return false;
  if (!engine.adopt_session(session)) return false;
  gnutls_session_set_keylog_function(session, log_key);
  gnutls_handshake_set_hook_function(session, GNUTLS_HANDSHAKE_CLIENT_HELLO, GNUTLS_HOOK_PRE,
                                     on_client_hello);
  gnutls_db_set_cache_expiration(session, static_cast<int>(parts.policy.ticket_lifetime.count()));
  if (early_data) {
    gnutls_anti_replay_enable(session, parts.anti_replay.get());
    gnutls_record_set_max_early_data_size(session, kEarlyDataOctets);
  }
  switch (parts.policy.client_certificates.mode) {
    case tls::ClientCertificateMode::kNone:
      break;
    case tls::ClientCertificateMode::kRequest:
      gnutls_certificate_server_set_request(session, GNUTLS_CERT_REQUEST);
      break;
    case tls::ClientCertificateMode::kRequire:
      gnutls_certificate_server_set_request(session, GNUTLS_CERT_REQUIRE);
  }
  return gnutls_priority_set(session, parts.priorities.get()) == 0 &&
         gnutls_credentials_set(session, GNUTLS_CRD_CERTIFICATE, parts.credentials.front().get()) == 0 &&
         set_protocols(parts.policy.tls, session);
}

bool set_up_connection(Engine& engine, const Hello& hello) {
  ngtcp2_callbacks callbacks;
  Engine::set_callbacks(callbacks);
  ngtcp2_settings library_settings;
  engine.set_library_settings(library_settings, engine.now);
  if (hello.validated) {
    library_settings.token = hello.token.data();
    library_settings.tokenlen = hello.token.size();
    library_settings.token_type =
        hello.original.size > 0 ? NGTCP2_TOKEN_TYPE_RETRY : NGTCP2_TOKEN_TYPE_NEW_TOKEN;
  }
  ngtcp2_transport_params parameters;
  engine.set_transport_parameters(parameters);
  parameters.original_dcid = to_library(hello.original.size > 0 ? hello.original : hello.destination);
  parameters.original_dcid_present = 1;
  if (hello.original.size > 0) {
    parameters.retry_scid = to_library(hello.destination);
    parameters.retry_scid_present = 1;
  }
  const ngtcp2_cid issued = to_library(hello.issued);
  const ngtcp2_cid client = to_library(hello.source);
  const TokenSecret& secret = engine.server->token_secret();
  if (ngtcp2_crypto_generate_stateless_reset_token(parameters.stateless_reset_token, secret.octets.data(),
                                                   secret.octets.size(), &issued) != 0) {
    return false;
  }
  parameters.stateless_reset_token_present = 1;
  SocketPath addresses(engine.path);
  const ngtcp2_path path = to_library(addresses);
  ngtcp2_conn* made = nullptr;
  const int result =
      ngtcp2_conn_server_new(&made, &client, &issued, &path, hello.version, &callbacks, &library_settings,
                             &parameters, engine.memory.functions(), &engine);
  // What is left there after a failure has been freed.
  if (result != 0) return false;
  engine.connection.reset(made);
  return true;
}

// A ticket must not outlive the certificate that the client has shown, which is not looked at again.
bool may_have_ticket(gnutls_session_t session, const tls::ServerPolicy& policy) {
  if (!policy.session_tickets) return false;
  const time_t expires = gnutls_certificate_expiration_time_peers(session);
  return expires == -1 ||
         base::WallTime::clock::from_time_t(expires) > base::wall_now() + policy.ticket_lifetime;
}

void send_token(Engine& engine) {
  const TokenSecret& secret = engine.server->token_secret();
  SocketPath addresses(engine.path);
  std::array<uint8_t, NGTCP2_CRYPTO_MAX_REGULAR_TOKENLEN> token;
  const ngtcp2_ssize size = ngtcp2_crypto_generate_regular_token(
      token.data(), secret.octets.data(), secret.octets.size(), to_library(addresses).remote.addr,
      addresses.remote_size, engine.now);
  if (size > 0)
    ngtcp2_conn_submit_new_token(engine.connection.get(), token.data(), static_cast<size_t>(size));
}

}  // namespace

const TicketMasterKey& ServerContents::ticket_key(size_t certificate, base::Bytes ticket) const {
  const std::vector<TicketMasterKey>& keys = ticket_keys[certificate];
  if (keys.size() == 1 || ticket.size() < kTicketNameOctets) return keys.front();
  const auto seconds = static_cast<uint64_t>(base::WallTime::clock::to_time_t(base::wall_now()));
  const uint64_t period = seconds / (3 * static_cast<uint64_t>(parts->policy.ticket_lifetime.count()));
  for (const TicketMasterKey& key : keys) {
    // A ticket begins with the name of the key, of which GnuTLS makes one for each period, and takes that of
    // the one before. Were it ever to do this otherwise, handshakes would be full ones.
    for (uint64_t back = 0; back <= 1; ++back) {
      std::array<uint8_t, 8 + sizeof(TicketMasterKey)> input;
      base::ByteWriter(input).u64(period - back);
      std::ranges::copy(key, input.begin() + 8);
      std::array<uint8_t, 64> derived{};
      if (gnutls_hash_fast(GNUTLS_DIG_SHA3_512, input.data(), input.size(), derived.data()) == 0 &&
          std::equal(ticket.begin(), ticket.begin() + kTicketNameOctets, derived.begin())) {
        return key;
      }
    }
  }
  return keys.front();
}

int verify_client_certificate(gnutls_session_int* session) {
  const tls::ClientCertificatePolicy& rules =
      contents_of(Engine::of(session)).parts->policy.client_certificates;
  if (unsigned count = 0; gnutls_certificate_get_peers(session, &count) == nullptr || count == 0) {
    return rules.mode == tls::ClientCertificateMode::kRequire ? -1 : 0;
  }
  gnutls_typed_vdata_st purpose{
      .type = GNUTLS_DT_KEY_PURPOSE_OID,
      .data = reinterpret_cast<unsigned char*>(const_cast<char*>(GNUTLS_KP_TLS_WWW_CLIENT)),
      .size = 0};
  unsigned status = 0;
  if (gnutls_certificate_verify_peers(session, &purpose, 1, &status) < 0 || status != 0) return -1;
  if (rules.names.empty()) return 0;
  const auto facts = peer_facts(session);
  const bool allowed = facts && std::ranges::any_of(rules.names, [&facts](const std::string& name) {
                         return has_name(*facts, name, false);
                       });
  return allowed ? 0 : -1;
}

void finish_server_handshake(Engine& engine) {
  gnutls_session_t session = engine.session.get();
  if (!note_facts(engine)) {
    engine.fail(Failure::kTls, NGTCP2_CRYPTO_ERROR | kNoApplicationProtocol);
    return;
  }
  note_client_names(engine);
  if (may_have_ticket(session, contents_of(engine).parts->policy)) {
    (void)gnutls_session_ticket_send(session, kTicketsPerHandshake, 0);
  }
  send_token(engine);
  engine.tell({.kind = Event::Kind::kIdRetired, .id = engine.first_id});
}

void note_client_names(Engine& engine) {
  const auto facts = peer_facts(engine.session.get());
  engine.client_names = facts ? tls::dns_names_text(*facts) : std::string();
}

std::string_view ServerConnection::client_names() const {
  return engine().client_names;
}

std::unique_ptr<ServerConnection> ServerConnection::make(std::shared_ptr<const ServerContext> context,
                                                         const Settings& settings, const Hello& hello,
                                                         const Path& path, uint8_t worker, Timestamp now) {
  auto engine = std::make_unique<Engine>(settings, path);
  engine->server = std::move(context);
  engine->worker = worker;
  engine->now = now;
  engine->first_id = hello.destination;
  if (!set_up_connection(*engine, hello) || !set_up_session(*engine)) return nullptr;
  engine->tell({.kind = Event::Kind::kIdIssued, .id = hello.destination});
  engine->tell({.kind = Event::Kind::kIdIssued, .id = hello.issued});
  return std::unique_ptr<ServerConnection>(new ServerConnection(std::move(engine)));
}

}  // namespace atlas::quic
