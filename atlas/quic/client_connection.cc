#include "atlas/quic/client_connection.h"

#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <ngtcp2/ngtcp2.h>
#include <ngtcp2/ngtcp2_crypto.h>

#include <algorithm>
#include <array>

#include "atlas/base/clock.h"
#include "atlas/quic/client_contents.h"
#include "atlas/quic/engine.h"
#include "atlas/quic/library_policy.h"
#include "atlas/quic/library_values.h"

namespace atlas::quic {
namespace {

// Of the ids that a client calls a server by until it hears of others (RFC 9000 7.2), and of its own.
constexpr size_t kFirstDestinationOctets = 18;
constexpr size_t kClientIdOctets = 8;
constexpr size_t kTransportParametersOctetsMax = 256;
constexpr size_t kTokenOctetsMax = 1024;
constexpr uint64_t kNoApplicationProtocol = 120;  // RFC 8446 6.2

using Digest = std::array<uint8_t, 32>;

Digest digest_of(std::string_view text) {
  Digest digest{};
  gnutls_hash_fast(GNUTLS_DIG_SHA256, text.data(), text.size(), digest.data());
  return digest;
}

uint64_t seconds_now() {
  return static_cast<uint64_t>(base::WallTime::clock::to_time_t(base::wall_now()));
}

// What a ticket is good for: the session of GnuTLS, the limits that early data keeps to, a token that shows
// our address. Before them stand what it is bound to and when it ends, and at the end a digest of all: GnuTLS
// takes for granted that a session is as it has written it.
struct Ticket {
  base::Bytes parameters, token, session;
};

std::optional<Ticket> parse_ticket(const tls::ResumptionTicket& ticket, base::Bytes binding) {
  std::string_view octets = ticket.octets().reveal();
  if (octets.size() < sizeof(Digest)) return {};
  const std::string_view digest = octets.substr(octets.size() - sizeof(Digest));
  octets.remove_suffix(sizeof(Digest));
  if (base::text_of(digest_of(octets)) != digest) return {};
  base::ByteReader reader(base::bytes_of(octets));
  const base::Bytes bound_to = reader.bytes(binding.size());
  // Of one that has ended, GnuTLS would begin a handshake that it cannot go on with.
  if (reader.u48() <= seconds_now()) return {};
  Ticket parsed;
  parsed.parameters = reader.bytes(reader.u16());
  parsed.token = reader.bytes(reader.u16());
  parsed.session = reader.rest();
  if (!reader.ok() || !std::ranges::equal(bound_to, binding)) return {};
  return parsed;
}

void append_sized(base::Bytes octets, std::string& text) {
  std::array<uint8_t, 2> size;
  base::store_u16(size.data(), static_cast<uint16_t>(octets.size()));
  text.append(base::text_of(size)).append(base::text_of(octets));
}

// What a session must have in common with one that it resumes.
Digest ticket_binding(const tls::ClientPolicy& policy, const tls::ServerIdentity& identity) {
  std::string text = std::to_string(static_cast<int>(policy.verification)) + '\n' +
                     policy.authorities_file.string() + '\n' + identity.name + '\n' + identity.told_name +
                     '\n' + (identity.address ? identity.address->to_text() : "") + '\n';
  for (const std::string& pin : policy.pins) text += pin + '\n';
  for (const std::string& protocol : policy.tls.alpn) text += protocol + '\n';
  return digest_of(text);
}

const ClientContents& contents_of(const Engine& engine) {
  return ClientContents::of(*engine.client);
}

int log_key(gnutls_session_t session, const char* label, const gnutls_datum_t* secret) {
  const tls::KeyLog* log = contents_of(Engine::of(session)).key_log.get();
  if (log != nullptr) write_key(*log, session, label, {secret->data, secret->size});
  return 0;
}

// A ticket has come; it begins with its lifetime in seconds (RFC 8446 4.6.1).
int on_ticket(gnutls_session_t session, unsigned, unsigned, unsigned incoming,
              const gnutls_datum_t* message) {
  base::ByteReader reader({message->data, message->size});
  if (incoming != 0) Engine::of(session).client_part->ticket_ends = seconds_now() + reader.u32();
  return 0;
}

tls::VerificationFailure failure_of_chain(unsigned status, const tls::CertificateFacts& facts) {
  using enum tls::VerificationFailure;
  if (status == 0) return kNone;
  if ((status & GNUTLS_CERT_SIGNER_NOT_FOUND) != 0) {
    return facts.subject == facts.issuer ? kSelfSigned : kUnknownAuthority;
  }
  if ((status & GNUTLS_CERT_EXPIRED) != 0) return kExpired;
  if ((status & GNUTLS_CERT_NOT_ACTIVATED) != 0) return kNotYetValid;
  if ((status & GNUTLS_CERT_INSECURE_ALGORITHM) != 0) return kWeak;
  constexpr unsigned kPurpose =
      GNUTLS_CERT_PURPOSE_MISMATCH | GNUTLS_CERT_SIGNER_NOT_CA | GNUTLS_CERT_SIGNER_CONSTRAINTS_FAILURE;
  return (status & kPurpose) != 0 ? kWrongPurpose : kOther;
}

tls::VerificationFailure verify(gnutls_session_t session, const tls::ClientPolicy& policy,
                                const tls::ServerIdentity& identity) {
  using enum tls::VerificationFailure;
  const auto facts = peer_facts(session);
  if (!facts) return kOther;
  if (policy.verification == tls::ServerVerification::kPins) {
    return std::ranges::count(policy.pins, facts->pin) > 0 ? kNone : kWrongPin;
  }
  gnutls_typed_vdata_st purpose{
      .type = GNUTLS_DT_KEY_PURPOSE_OID,
      .data = reinterpret_cast<unsigned char*>(const_cast<char*>(GNUTLS_KP_TLS_WWW_SERVER)),
      .size = 0};
  unsigned status = 0;
  if (gnutls_certificate_verify_peers(session, &purpose, 1, &status) < 0) return kOther;
  if (const auto failure = failure_of_chain(status, *facts); failure != kNone) return failure;
  // Without anybody to look for, any certificate would do.
  const bool is_named = !identity.name.empty() ? has_name(*facts, identity.name, true)
                                               : identity.address && has_address(*facts, *identity.address);
  return is_named ? kNone : kWrongName;
}

bool set_up_connection(Engine& engine, const std::optional<Ticket>& ticket) {
  ngtcp2_callbacks callbacks;
  Engine::set_callbacks(callbacks);
  ngtcp2_settings library_settings;
  engine.set_library_settings(library_settings, engine.now);
  if (ticket && !ticket->token.empty()) {
    library_settings.token = ticket->token.data();
    library_settings.tokenlen = ticket->token.size();
  }
  ngtcp2_transport_params parameters;
  engine.set_transport_parameters(parameters);
  ngtcp2_cid destination{.datalen = kFirstDestinationOctets, .data = {}};
  fill_random({destination.data, destination.datalen});
  ngtcp2_cid own{.datalen = kClientIdOctets, .data = {}};
  fill_random({own.data, own.datalen});
  SocketPath addresses(engine.path);
  const ngtcp2_path path = to_library(addresses);
  ngtcp2_conn* made = nullptr;
  const int result =
      ngtcp2_conn_client_new(&made, &destination, &own, &path, NGTCP2_PROTO_VER_V1, &callbacks,
                             &library_settings, &parameters, engine.memory.functions(), &engine);
  // What is left there after a failure has been freed.
  if (result != 0) return false;
  engine.connection.reset(made);
  engine.tell({.kind = Event::Kind::kIdIssued, .id = from_library(own)});
  return true;
}

bool set_up_session(Engine& engine) {
  const ClientContents& contents = contents_of(engine);
  unsigned flags = GNUTLS_CLIENT | GNUTLS_NO_END_OF_EARLY_DATA;
  if (engine.settings.early_data) flags |= GNUTLS_ENABLE_EARLY_DATA;
  gnutls_session_t session = nullptr;
  if (gnutls_init(&session, flags) < 0) return false;
  if (!engine.adopt_session(session)) return false;
  gnutls_session_set_keylog_function(session, log_key);
  gnutls_handshake_set_hook_function(session, GNUTLS_HANDSHAKE_NEW_SESSION_TICKET, GNUTLS_HOOK_PRE,
                                     on_ticket);
  gnutls_ocsp_status_request_enable_client(session, nullptr, 0, nullptr);
  const tls::ServerIdentity& identity = engine.client_part->identity;
  const std::string name = canonical_name(identity.told_name.empty() ? identity.name : identity.told_name);
  if (!name.empty()) gnutls_server_name_set(session, GNUTLS_NAME_DNS, name.data(), name.size());
  return gnutls_priority_set(session, contents.priorities.get()) == 0 &&
         gnutls_credentials_set(session, GNUTLS_CRD_CERTIFICATE, contents.credentials.get()) == 0 &&
         set_protocols(contents.policy.tls, session);
}

void resume(Engine& engine, const Ticket& ticket) {
  if (gnutls_session_set_data(engine.session.get(), ticket.session.data(), ticket.session.size()) < 0) return;
  if (!engine.settings.early_data || ticket.parameters.empty()) return;
  engine.client_part->early_data_offered =
      ngtcp2_conn_decode_and_set_0rtt_transport_params(engine.connection.get(), ticket.parameters.data(),
                                                       ticket.parameters.size()) == 0;
}

}  // namespace

int verify_server_certificate(gnutls_session_int* session) {
  Engine& engine = Engine::of(session);
  Engine::ClientPart& part = *engine.client_part;
  part.verification = verify(session, contents_of(engine).policy, part.identity);
  return part.verification == tls::VerificationFailure::kNone ? 0 : -1;
}

void finish_client_handshake(Engine& engine) {
  if (!note_facts(engine)) {
    engine.fail(Failure::kTls, NGTCP2_CRYPTO_ERROR | kNoApplicationProtocol);
    return;
  }
  Engine::ClientPart& part = *engine.client_part;
  engine.server_name = canonical_name(part.identity.name);
  part.early_data_accepted = (gnutls_session_get_flags(engine.session.get()) & GNUTLS_SFLAGS_EARLY_DATA) != 0;
  if (part.early_data_offered && !part.early_data_accepted &&
      ngtcp2_conn_get_tls_early_data_rejected(engine.connection.get()) == 0 &&
      ngtcp2_conn_tls_early_data_rejected(engine.connection.get()) != 0) {
    engine.fail(Failure::kInternal, NGTCP2_INTERNAL_ERROR);
  }
}

std::unique_ptr<ClientConnection> ClientConnection::make(std::shared_ptr<const ClientContext> context,
                                                         const Settings& settings,
                                                         const tls::ServerIdentity& identity,
                                                         const Path& path, Timestamp now,
                                                         const tls::ResumptionTicket* ticket) {
  auto engine = std::make_unique<Engine>(settings, path);
  engine->client = std::move(context);
  engine->now = now;
  engine->client_part = std::make_unique<Engine::ClientPart>();
  engine->client_part->identity = identity;
  engine->client_part->binding = ticket_binding(engine->client->policy(), identity);
  std::optional<Ticket> parsed;
  if (ticket != nullptr) parsed = parse_ticket(*ticket, engine->client_part->binding);
  if (!set_up_connection(*engine, parsed) || !set_up_session(*engine)) return nullptr;
  if (parsed) resume(*engine, *parsed);
  return std::unique_ptr<ClientConnection>(new ClientConnection(std::move(engine)));
}

bool ClientConnection::migrate(const net::Endpoint& local, Timestamp now) {
  Engine& e = engine();
  if (e.state != State::kOpen || !e.client_part->confirmed) return false;
  SocketPath addresses({.local = local, .remote = e.path.remote});
  const ngtcp2_path path = to_library(addresses);
  return ngtcp2_conn_initiate_immediate_migration(e.connection.get(), &path, e.advance(now)) == 0;
}

bool ClientConnection::update_keys(Timestamp now) {
  Engine& e = engine();
  // Earlier, ngtcp2 would give up the program.
  if (e.state != State::kOpen || !e.client_part->confirmed) return false;
  return ngtcp2_conn_initiate_key_update(e.connection.get(), e.advance(now)) == 0;
}

tls::VerificationFailure ClientConnection::verification_failure() const {
  return engine().client_part->verification;
}

std::optional<tls::CertificateFacts> ClientConnection::peer_certificate() const {
  return peer_facts(engine().session.get());
}

std::optional<tls::ResumptionTicket> ClientConnection::ticket() const {
  const Engine& e = engine();
  // Asked for without one, GnuTLS waits for it.
  if (e.state != State::kOpen ||
      (gnutls_session_get_flags(e.session.get()) & GNUTLS_SFLAGS_SESSION_TICKET) == 0) {
    return {};
  }
  gnutls_datum_t session{};
  if (gnutls_session_get_data2(e.session.get(), &session) < 0) return {};
  std::array<uint8_t, kTransportParametersOctetsMax> parameters;
  const ngtcp2_ssize size =
      ngtcp2_conn_encode_0rtt_transport_params(e.connection.get(), parameters.data(), parameters.size());
  std::string octets(base::text_of(e.client_part->binding));
  std::array<uint8_t, 6> ends;
  base::ByteWriter(ends).u48(e.client_part->ticket_ends);
  octets.append(base::text_of(ends));
  append_sized(base::Bytes(parameters).first(size > 0 ? static_cast<size_t>(size) : 0), octets);
  const std::string& token = e.client_part->token;
  append_sized(base::bytes_of(token.size() <= kTokenOctetsMax ? token : std::string_view()), octets);
  octets.append(base::text_of({session.data, session.size}));
  gnutls_free(session.data);
  octets.append(base::text_of(digest_of(octets)));
  return tls::ResumptionTicket::from_octets(base::Secret(std::move(octets)));
}

bool ClientConnection::early_data_accepted() const {
  return engine().client_part->early_data_accepted;
}

}  // namespace atlas::quic
