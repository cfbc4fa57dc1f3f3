// One connection, as its worker remembers it.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <string>

#include "atlas/data/transfers.h"
#include "atlas/data/transport/slab.h"
#include "atlas/data/transport/stream/pending_octets.h"
#include "atlas/http/server_codec.h"
#include "atlas/net/address.h"
#include "atlas/net/file_descriptor.h"
#include "atlas/query/query.h"
#include "atlas/tls/server_session.h"

namespace atlas::data::transport::stream {

// What comes next on a connection.
enum class Stage : uint8_t { kProxyHeader, kHandshake, kQueries };

// Answers of several messages: the first is under way, the others wait.
struct Transfers {
  std::deque<Transfer> waiting;  // none, while the client takes the last message
  uint32_t kernel_octets = 0;    // not acknowledged by the client, when it last took some
};

struct Connection {
  net::FileDescriptor fd;
  uint32_t index = 0;
  uint32_t generation = 0;  // tells events of the slot's earlier connections
  net::Endpoint remote;
  net::Endpoint local;
  uint64_t opened_ms = 0;
  uint64_t active_ms = 0;  // when it was last answered or took an answer

  query::Transport transport = query::Transport::kTcp;
  Stage stage = Stage::kQueries;
  std::unique_ptr<tls::ServerSession> session;   // null while a handshake thread has it, too
  std::unique_ptr<http::ServerCodec> http;       // once its version is known
  std::unique_ptr<const std::string> tls_names;  // see query::Client; null if it has shown no certificate
  std::unique_ptr<Transfers> transfers;          // null without any

  PendingOctets input;   // part of a message, or messages that wait for room; before: part of a PROXY header
  PendingOctets output;  // what the kernel did not take yet: messages, or records of TLS
  uint32_t pending_answers = 0;         // in `output`
  uint32_t pending_replies = 0;         // that control owes
  uint32_t first_unit_octets_left = 0;  // of the first message or record in `output`

  bool at_handshake_thread = false;  // the session is
  bool counted = false;              // among the connections of its client
  bool transfers_barred = false;     // see query::Client
  bool retired = false;              // has lived long enough, but for what it is owed
  bool closing = false;              // nothing more is read; closed once all is sent
  bool readable = false;             // since the last event, until the socket is found empty
  bool writable = true;              // until the socket is found full
  bool peer_finished = false;        // the kernel saw the client's FIN; what came before may still be unread
  bool end_of_stream = false;        // all has been read
  bool queued = false;               // waits for a visit

  Links by_activity;
  Links by_age;
  Links by_setup;  // until stage kQueries
  Links by_queue;

  bool is_used() const { return static_cast<bool>(fd); }
  bool is_encrypted() const { return query::is_encrypted(transport); }
  uint32_t open_transfers() const {
    return transfers == nullptr ? 0 : static_cast<uint32_t>(transfers->waiting.size());
  }
};

}  // namespace atlas::data::transport::stream
