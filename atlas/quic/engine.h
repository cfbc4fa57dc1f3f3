// What a Connection is made of: ngtcp2's connection, GnuTLS's session while there is a handshake, and what is
// kept for both.
#pragma once

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "atlas/quic/client_context.h"
#include "atlas/quic/connection.h"
#include "atlas/quic/flood_guard.h"
#include "atlas/quic/library.h"
#include "atlas/quic/library_memory.h"
#include "atlas/quic/server_context.h"
#include "atlas/quic/streams.h"
#include "atlas/tls/client_session.h"

struct ngtcp2_callbacks;
struct ngtcp2_crypto_conn_ref;
struct ngtcp2_settings;
struct ngtcp2_transport_params;

namespace atlas::quic {

struct Engine {
  Engine(const Settings& wanted, const Path& first_path);
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;
  ~Engine();

  // What connections of both sides have in common. The callbacks expect the Engine as their user data.
  static void set_callbacks(ngtcp2_callbacks& callbacks);
  void set_library_settings(ngtcp2_settings& library, Timestamp now) const;
  void set_transport_parameters(ngtcp2_transport_params& parameters) const;
  // Lets the TLS session find this Engine, and binds the two. False if the library refuses.
  bool adopt_session(gnutls_session_int* session);
  static Engine& of(gnutls_session_int* session);

  // Begins a call: what time it is. That of a connection never goes back, while threads which hand it to each
  // other may have read the clock in another order.
  Timestamp advance(Timestamp to) { return now = std::max(now, to); }

  // For what happens outside of a call that brings Events: told by the next one that does.
  void tell(const Event& event, base::Bytes octets = {});
  // Begins a call that brings `told`.
  void listen(Events& told);

  // Ends the connection for an error of the library or a reason of our own; says goodbye if it can.
  void fail(int library_error);
  void fail(Failure why, uint64_t transport_code);
  // No more is heard or said.
  void forget(Failure why);
  // The peer has said goodbye, or has forgotten the connection.
  void begin_draining(Timestamp now);
  void note_result(int library_error, Timestamp now);
  // The client must show its address first: it is told so, and begins again.
  void ask_to_retry(Timestamp now);
  // After each call that may have brought the handshake on.
  void note_progress();

  bool is_alive() const { return state == State::kHandshaking || state == State::kOpen; }
  bool is_server() const { return server != nullptr; }

  // Streams, with what the library has of them.
  void close_stream(Stream& stream, ErrorCode code, bool by_error);
  void resend_early_data();

  const Settings settings;
  std::shared_ptr<const ServerContext> server;  // one of both is null
  std::shared_ptr<const ClientContext> client;

  LibraryMemory memory;
  Owned<ngtcp2_conn> connection;
  Owned<gnutls_session_int> session;  // null when it is no longer needed
  std::unique_ptr<ngtcp2_crypto_conn_ref> reference;

  Path path;
  net::Endpoint heard_from;  // the last datagram came from there
  State state = State::kHandshaking;
  Failure failure = Failure::kNone;
  uint8_t worker = 0;
  std::optional<ErrorCode> peer_code;
  FloodGuard floods;

  Events* events = nullptr;  // of the call at hand
  std::unique_ptr<Events> untold;

  Streams streams;
  OutgoingOctets outgoing;

  // The first are the last, as long as there is a goodbye to say.
  struct Goodbye {
    bool by_application = false;
    uint64_t code = 0;
    uint8_t alert = 0;  // of TLS, which makes the code
    std::string reason;
    std::vector<uint8_t> datagram;  // once written
    uint32_t heard = 0;             // datagrams since
    bool due = true;
  };
  std::unique_ptr<Goodbye> goodbye;
  Timestamp gone_at = kNever;  // of a state that ends by itself
  Timestamp now = 0;           // of the call at hand

  // A datagram that did not fit behind others.
  struct Held {
    Path path;
    std::vector<uint8_t> octets;
  };
  std::unique_ptr<Held> held;

  tls::HandshakeFacts facts;
  std::string server_name;
  std::string client_names;  // see ServerConnection
  ConnectionId first_id;     // of a server: by which the client calls it until it knows another
  bool useful = false;       // the datagram at hand
  bool handshake_done = false;
  bool early_data_rejected = false;

  // Of clients.
  struct ClientPart {
    tls::ServerIdentity identity;
    std::array<uint8_t, 32> binding{};  // of tickets
    std::string token;                  // for the next connection
    uint64_t ticket_ends = 0;           // in seconds of the wall clock
    tls::VerificationFailure verification = tls::VerificationFailure::kNone;
    bool confirmed = false;  // the server has confirmed the handshake (RFC 9001 4.1.2)
    bool early_data_offered = false;
    bool early_data_accepted = false;
  };
  std::unique_ptr<ClientPart> client_part;
};

// Notes what was agreed on. False if that is no application protocol.
bool note_facts(Engine& engine);

// Each side's part of what happens when the handshake is complete.
void finish_server_handshake(Engine& engine);
// What the server knows of its client by now.
void note_client_names(Engine& engine);
void finish_client_handshake(Engine& engine);

}  // namespace atlas::quic
