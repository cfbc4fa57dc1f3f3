#include "atlas/quic/engine.h"

#include <gnutls/gnutls.h>
#include <ngtcp2/ngtcp2.h>
#include <ngtcp2/ngtcp2_crypto.h>
#include <ngtcp2/ngtcp2_crypto_gnutls.h>

#include <algorithm>
#include <chrono>

#include "atlas/quic/library_policy.h"
#include "atlas/quic/library_values.h"
#include "atlas/quic/retry.h"

namespace atlas::quic {
namespace {

// Beside octets of streams that came out of order: ngtcp2's structures of a connection with all its streams.
constexpr size_t kMemoryOctets = 256 << 10;
constexpr size_t kMemoryOctetsPerStream = 1 << 10;
// Ids of the peer's that are kept for it to migrate with.
constexpr uint64_t kPeerIdsMax = 4;
// A state that ends by itself lasts three of the times after which a packet is said to be lost
// (RFC 9000 10.2).
constexpr uint64_t kProbeTimeouts = 3;

constexpr uint32_t kVersions[] = {NGTCP2_PROTO_VER_V1, NGTCP2_PROTO_VER_V2};

ngtcp2_conn* connection_of(ngtcp2_crypto_conn_ref* reference) {
  return static_cast<Engine*>(reference->user_data)->connection.get();
}

uint64_t nanoseconds(std::chrono::milliseconds time) {
  return static_cast<uint64_t>(std::chrono::nanoseconds(time).count());
}

}  // namespace

Engine::Engine(const Settings& wanted, const Path& first_path)
    : settings(wanted),
      memory(kMemoryOctets + wanted.connection_window_octets +
             kMemoryOctetsPerStream * (wanted.streams_max + wanted.unidirectional_streams_max)),
      path(first_path),
      heard_from(first_path.remote) {}

Engine::~Engine() = default;

void Engine::set_library_settings(ngtcp2_settings& library, Timestamp begin) const {
  ngtcp2_settings_default(&library);
  library.initial_ts = begin;
  library.handshake_timeout = nanoseconds(settings.handshake);
  library.max_tx_udp_payload_size = kDatagramOctetsMax;
  // The client chooses between both.
  library.preferred_versions = kVersions;
  library.preferred_versionslen = std::size(kVersions);
  library.available_versions = kVersions;
  library.available_versionslen = std::size(kVersions);
}

void Engine::set_transport_parameters(ngtcp2_transport_params& parameters) const {
  ngtcp2_transport_params_default(&parameters);
  parameters.initial_max_stream_data_bidi_local = settings.stream_window_octets;
  parameters.initial_max_stream_data_bidi_remote = settings.stream_window_octets;
  parameters.initial_max_stream_data_uni = settings.stream_window_octets;
  parameters.initial_max_data = settings.connection_window_octets;
  parameters.initial_max_streams_bidi = settings.streams_max;
  parameters.initial_max_streams_uni = settings.unidirectional_streams_max;
  parameters.max_idle_timeout = nanoseconds(settings.idle);
  parameters.max_udp_payload_size = kDatagramOctetsMax;
  parameters.active_connection_id_limit = kPeerIdsMax;
}

bool Engine::adopt_session(gnutls_session_int* made) {
  session.reset(made);
  reference.reset(new ngtcp2_crypto_conn_ref{.get_conn = connection_of, .user_data = this});
  gnutls_session_set_ptr(made, reference.get());
  const int configured = is_server() ? ngtcp2_crypto_gnutls_configure_server_session(made)
                                     : ngtcp2_crypto_gnutls_configure_client_session(made);
  if (configured != 0) return false;
  ngtcp2_conn_set_tls_native_handle(connection.get(), made);
  return true;
}

Engine& Engine::of(gnutls_session_int* session) {
  return *static_cast<Engine*>(
      static_cast<ngtcp2_crypto_conn_ref*>(gnutls_session_get_ptr(session))->user_data);
}

void Engine::tell(const Event& event, base::Bytes octets) {
  if (events != nullptr) {
    events->add(event, octets);
    return;
  }
  if (untold == nullptr) untold = std::make_unique<Events>();
  untold->add(event, octets);
}

void Engine::listen(Events& told) {
  events = &told;
  if (untold == nullptr) return;
  for (const Event& event : *untold) told.add(event, untold->octets_of(event));
  untold.reset();
}

void Engine::fail(int library_error) {
  if (!is_alive()) return;
  if (library_error == NGTCP2_ERR_NOMEM && memory.was_exceeded()) {
    fail(Failure::kFlood, NGTCP2_INTERNAL_ERROR);
    return;
  }
  fail(failure_of(library_error), ngtcp2_err_infer_quic_transport_error_code(library_error));
  if (library_error == NGTCP2_ERR_CRYPTO || library_error == NGTCP2_ERR_CALLBACK_FAILURE) {
    if (const uint8_t alert = ngtcp2_conn_get_tls_alert(connection.get()); alert != 0) {
      failure = Failure::kTls;
      goodbye->code = NGTCP2_CRYPTO_ERROR | alert;
    }
  }
}

void Engine::fail(Failure why, uint64_t transport_code) {
  if (!is_alive()) return;
  // What RFC 9000 has a code of its own for keeps it.
  const bool is_excessive = (why == Failure::kFlood || why == Failure::kUnacknowledged) &&
                            transport_code == NGTCP2_INTERNAL_ERROR && state == State::kOpen &&
                            settings.excessive_load != 0;
  failure = why;
  state = State::kClosing;
  goodbye = std::make_unique<Goodbye>();
  goodbye->by_application = is_excessive;
  goodbye->code = is_excessive ? settings.excessive_load : transport_code;
}

void Engine::forget(Failure why) {
  if (is_alive()) failure = why;
  state = State::kGone;
  goodbye.reset();
  held.reset();
}

void Engine::begin_draining(Timestamp now_) {
  if (state == State::kGone) return;
  if (is_alive()) {
    const ngtcp2_ccerr* said = ngtcp2_conn_get_ccerr(connection.get());
    if (failure != Failure::kStatelessReset) {
      peer_code = said->error_code;
      const bool in_peace = said->type == NGTCP2_CCERR_TYPE_APPLICATION
                                ? said->error_code == 0 || said->error_code == settings.no_error
                                : said->error_code == NGTCP2_NO_ERROR;
      if (!in_peace) failure = Failure::kPeer;
    }
  }
  state = State::kDraining;
  goodbye.reset();
  held.reset();
  gone_at = now_ + kProbeTimeouts * ngtcp2_conn_get_pto(connection.get());
}

void Engine::note_result(int library_error, Timestamp now_) {
  switch (library_error) {
    case 0:
      return;
    case NGTCP2_ERR_DRAINING:
      return begin_draining(now_);
    case NGTCP2_ERR_CLOSING:
      return;
    case NGTCP2_ERR_DROP_CONN:
      return forget(Failure::kProtocol);
    case NGTCP2_ERR_RETRY:
      return ask_to_retry(now_);
    case NGTCP2_ERR_IDLE_CLOSE:
    case NGTCP2_ERR_HANDSHAKE_TIMEOUT:
    case NGTCP2_ERR_RECV_VERSION_NEGOTIATION:
      return forget(failure_of(library_error));
    default:
      return fail(library_error);
  }
}

void Engine::ask_to_retry(Timestamp now_) {
  Hello hello;
  hello.version = ngtcp2_conn_get_client_chosen_version(connection.get());
  hello.destination = first_id;
  hello.source = from_library(*ngtcp2_conn_get_dcid(connection.get()));
  hello.issued = random_server_id(worker);
  state = State::kClosing;
  goodbye = std::make_unique<Goodbye>();
  goodbye->datagram.resize(kDatagramOctetsMax);
  goodbye->datagram.resize(write_retry(hello, path, server->token_secret(), now_, goodbye->datagram));
  gone_at = now_;
}

void Engine::note_progress() {
  if (!handshake_done) return;
  if (early_data_rejected) {
    early_data_rejected = false;
    resend_early_data();
  }
  // A server has sent its tickets, and a client of QUIC has nothing more to say in TLS (RFC 9001 6); keys are
  // updated without it.
  if (is_server() && session != nullptr) {
    ngtcp2_conn_set_tls_native_handle(connection.get(), nullptr);
    session.reset();
    reference.reset();
  }
}

bool note_facts(Engine& engine) {
  gnutls_session_t session = engine.session.get();
  const tls::TlsPolicy& policy =
      engine.is_server() ? engine.server->policy().tls : engine.client->policy().tls;
  gnutls_datum_t protocol{};
  if (gnutls_alpn_get_selected_protocol(session, &protocol) < 0) return false;
  const auto chosen = std::ranges::find(policy.alpn, base::text_of({protocol.data, protocol.size}));
  if (chosen == policy.alpn.end()) return false;
  engine.facts.alpn = *chosen;
  engine.facts.version = tls::ProtocolVersion::kTls13;
  if (const auto suite = cipher_suite_of(session)) engine.facts.cipher_suite = *suite;
  engine.facts.group = group_of(session);
  engine.facts.resumed = gnutls_session_is_resumed(session) != 0;
  return true;
}

void Engine::close_stream(Stream& stream, ErrorCode code, bool by_error) {
  const StreamId id = stream.id;
  if (by_error && !stream.reset && stream.outgoing.kept > 0) {
    tell({.kind = Event::Kind::kStreamStopped, .stream = id, .code = code});
  }
  outgoing.clear(stream.outgoing);
  streams.remove(stream);
  tell({.kind = Event::Kind::kStreamClosed, .stream = id, .code = code});
}

void Engine::resend_early_data() {
  std::vector<StreamId> ids;
  streams.visit([&ids, this](const Stream& stream) {
    if (is_by_client(stream.id) != is_server()) ids.push_back(stream.id);
  });
  // Ids are given in this order.
  std::ranges::sort(ids);
  for (const StreamId id : ids) {
    Stream& stream = *streams.find(id);
    StreamId opened = -1;
    const int result = is_bidirectional(id) ? ngtcp2_conn_open_bidi_stream(connection.get(), &opened, nullptr)
                                            : ngtcp2_conn_open_uni_stream(connection.get(), &opened, nullptr);
    if (result != 0 || opened != id) {
      close_stream(stream, 0, true);
      continue;
    }
    OutgoingOctets::rewind(stream.outgoing);
    stream.fin_sent = stream.blocked = false;
    if (stream.wants_to_send()) streams.enqueue(stream);
  }
}

}  // namespace atlas::quic
