// What ngtcp2 calls while it reads and writes.
#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <ngtcp2/ngtcp2.h>
#include <ngtcp2/ngtcp2_crypto.h>

#include "atlas/quic/engine.h"
#include "atlas/quic/library_values.h"
#include "atlas/quic/opened_packets.h"

namespace atlas::quic {

// Only compared within one call, so that it does not matter which thread makes it.
thread_local uint64_t opened_packets = 0;

namespace {

// RFC 8446 6.2.
constexpr uint8_t kUnexpectedMessage = 10;

Engine& engine_of(void* engine) {
  return *static_cast<Engine*>(engine);
}

// One nuisance too many ends the connection.
int count(Engine& engine, Nuisance what) {
  if (!engine.floods.count(what)) return 0;
  engine.fail(Failure::kFlood, NGTCP2_INTERNAL_ERROR);
  return NGTCP2_ERR_CALLBACK_FAILURE;
}

int decrypt(uint8_t* to, const ngtcp2_crypto_aead* aead, const ngtcp2_crypto_aead_ctx* key,
            const uint8_t* from, size_t size, const uint8_t* nonce, size_t nonce_size, const uint8_t* header,
            size_t header_size) {
  const int result =
      ngtcp2_crypto_decrypt_cb(to, aead, key, from, size, nonce, nonce_size, header, header_size);
  if (result == 0) ++opened_packets;
  return result;
}

int on_crypto_data(ngtcp2_conn* connection, ngtcp2_encryption_level level, uint64_t offset,
                   const uint8_t* octets, size_t size, void* user) {
  Engine& engine = engine_of(user);
  if (engine.session == nullptr) {
    ngtcp2_conn_set_tls_alert(connection, kUnexpectedMessage);
    return NGTCP2_ERR_CRYPTO;
  }
  if (!engine.handshake_done) engine.useful = true;
  return ngtcp2_crypto_recv_crypto_data_cb(connection, level, offset, octets, size, user);
}

int on_handshake_completed(ngtcp2_conn*, void* user) {
  Engine& engine = engine_of(user);
  engine.handshake_done = true;
  if (engine.is_server()) {
    finish_server_handshake(engine);
  } else {
    finish_client_handshake(engine);
  }
  if (!engine.is_alive()) return NGTCP2_ERR_CALLBACK_FAILURE;
  engine.state = State::kOpen;
  engine.tell({.kind = Event::Kind::kOpened});
  return 0;
}

int on_stream_open(ngtcp2_conn*, StreamId id, void* user) {
  engine_of(user).streams.add(id);
  return 0;
}

int on_stream_data(ngtcp2_conn*, uint32_t flags, StreamId id, uint64_t, const uint8_t* octets, size_t size,
                   void* user, void*) {
  Engine& engine = engine_of(user);
  const bool fin = (flags & NGTCP2_STREAM_DATA_FLAG_FIN) != 0;
  engine.useful = true;
  if (fin) {
    if (Stream* stream = engine.streams.find(id)) stream->finished = true;
  }
  const bool early = (flags & NGTCP2_STREAM_DATA_FLAG_0RTT) != 0;
  // A ticket tells whose it is before the handshake is complete.
  if (early && engine.is_server() && engine.session != nullptr && engine.client_names.empty()) {
    note_client_names(engine);
  }
  engine.tell({.kind = Event::Kind::kStreamData, .fin = fin, .early = early, .stream = id}, {octets, size});
  if (!fin && size < FloodGuard::kFragmentOctets) return count(engine, Nuisance::kFragment);
  return 0;
}

int on_acknowledged(ngtcp2_conn*, StreamId id, uint64_t, uint64_t size, void* user, void*) {
  Engine& engine = engine_of(user);
  engine.useful = true;
  if (Stream* stream = engine.streams.find(id)) engine.outgoing.note_acknowledged(stream->outgoing, size);
  return 0;
}

int on_stream_reset(ngtcp2_conn*, StreamId id, uint64_t, uint64_t code, void* user, void*) {
  Engine& engine = engine_of(user);
  engine.tell({.kind = Event::Kind::kStreamReset, .stream = id, .code = code});
  return count(engine, Nuisance::kReset);
}

int on_stream_close(ngtcp2_conn*, uint32_t flags, StreamId id, uint64_t code, void* user, void*) {
  Engine& engine = engine_of(user);
  Stream* stream = engine.streams.find(id);
  if (stream == nullptr) return 0;
  const bool by_error = (flags & NGTCP2_STREAM_CLOSE_FLAG_APP_ERROR_CODE_SET) != 0;
  const bool complete = !by_error && stream->finished;
  engine.close_stream(*stream, code, by_error);
  if (complete) engine.floods.count_stream();
  return by_error ? count(engine, Nuisance::kReset) : 0;
}

int on_stream_window(ngtcp2_conn*, StreamId id, uint64_t, void* user, void*) {
  Engine& engine = engine_of(user);
  Stream* stream = engine.streams.find(id);
  if (stream == nullptr) return 0;
  stream->blocked = false;
  if (stream->wants_to_send()) engine.streams.enqueue(*stream);
  return 0;
}

int on_stateless_reset(ngtcp2_conn*, const ngtcp2_pkt_stateless_reset*, void* user) {
  engine_of(user).failure = Failure::kStatelessReset;
  return 0;
}

void on_random(uint8_t* to, size_t size, const ngtcp2_rand_ctx*) {
  (void)gnutls_rnd(GNUTLS_RND_NONCE, to, size);
}

int on_new_id(ngtcp2_conn*, ngtcp2_cid* id, uint8_t* token, size_t size, void* user) {
  Engine& engine = engine_of(user);
  if (!engine.is_server()) {
    id->datalen = size;
    fill_random({id->data, size});
    fill_random({token, NGTCP2_STATELESS_RESET_TOKENLEN});
  } else {
    *id = to_library(random_server_id(engine.worker));
    const TokenSecret& secret = engine.server->token_secret();
    if (ngtcp2_crypto_generate_stateless_reset_token(token, secret.octets.data(), secret.octets.size(), id) !=
        0) {
      return NGTCP2_ERR_CALLBACK_FAILURE;
    }
  }
  engine.tell({.kind = Event::Kind::kIdIssued, .id = from_library(*id)});
  return 0;
}

int on_id_retired(ngtcp2_conn*, const ngtcp2_cid* id, void* user) {
  engine_of(user).tell({.kind = Event::Kind::kIdRetired, .id = from_library(*id)});
  return 0;
}

int on_path_validation(ngtcp2_conn* connection, uint32_t, const ngtcp2_path* path, const ngtcp2_path*,
                       ngtcp2_path_validation_result result, void* user) {
  if (result != NGTCP2_PATH_VALIDATION_RESULT_SUCCESS) return 0;
  const Path validated = from_library(*path);
  if (validated == from_library(*ngtcp2_conn_get_path(connection))) engine_of(user).path = validated;
  return 0;
}

int on_new_token(ngtcp2_conn*, const uint8_t* token, size_t size, void* user) {
  engine_of(user).client_part->token = base::text_of({token, size});
  return 0;
}

int on_handshake_confirmed(ngtcp2_conn*, void* user) {
  engine_of(user).client_part->confirmed = true;
  return 0;
}

int on_early_data_rejected(ngtcp2_conn*, void* user) {
  engine_of(user).early_data_rejected = true;
  return 0;
}

}  // namespace

void Engine::set_callbacks(ngtcp2_callbacks& callbacks) {
  callbacks = {};
  callbacks.client_initial = ngtcp2_crypto_client_initial_cb;
  callbacks.recv_client_initial = ngtcp2_crypto_recv_client_initial_cb;
  callbacks.recv_crypto_data = on_crypto_data;
  callbacks.handshake_completed = on_handshake_completed;
  callbacks.handshake_confirmed = on_handshake_confirmed;
  callbacks.encrypt = ngtcp2_crypto_encrypt_cb;
  callbacks.decrypt = decrypt;
  callbacks.hp_mask = ngtcp2_crypto_hp_mask_cb;
  callbacks.recv_stream_data = on_stream_data;
  callbacks.acked_stream_data_offset = on_acknowledged;
  callbacks.stream_open = on_stream_open;
  callbacks.stream_close = on_stream_close;
  callbacks.recv_stateless_reset = on_stateless_reset;
  callbacks.recv_retry = ngtcp2_crypto_recv_retry_cb;
  callbacks.rand = on_random;
  callbacks.get_new_connection_id = on_new_id;
  callbacks.remove_connection_id = on_id_retired;
  callbacks.update_key = ngtcp2_crypto_update_key_cb;
  callbacks.path_validation = on_path_validation;
  callbacks.stream_reset = on_stream_reset;
  callbacks.extend_max_stream_data = on_stream_window;
  callbacks.recv_new_token = on_new_token;
  callbacks.delete_crypto_aead_ctx = ngtcp2_crypto_delete_crypto_aead_ctx_cb;
  callbacks.delete_crypto_cipher_ctx = ngtcp2_crypto_delete_crypto_cipher_ctx_cb;
  callbacks.get_path_challenge_data = ngtcp2_crypto_get_path_challenge_data_cb;
  callbacks.version_negotiation = ngtcp2_crypto_version_negotiation_cb;
  callbacks.tls_early_data_rejected = on_early_data_rejected;
}

}  // namespace atlas::quic
