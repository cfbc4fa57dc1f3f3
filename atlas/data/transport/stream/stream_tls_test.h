// For tests: a transport under TLS, whose handshakes are made when the test says so.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "atlas/data/tls_client.h"
#include "atlas/data/transport/stream/stream_test.h"

namespace atlas::data::transport::stream {

class StreamTlsTest : public StreamTest {
 protected:
  explicit StreamTlsTest(query::Transport transport = query::Transport::kTls, bool proxy = false,
                         const char* forwarded_field = "")
      : StreamTest(transport, proxy, forwarded_field) {
    snapshot_->tls[static_cast<size_t>(query::Transport::kTls)] = test_certificate().server_context({"dot"});
    snapshot_->tls[static_cast<size_t>(query::Transport::kHttps)] =
        test_certificate().server_context({"h2", "http/1.1"});
  }

  TlsClient tls_client(std::vector<std::string> alpn = {"dot"}) { return {client(), std::move(alpn)}; }

  // The handshake thread's part, by our own hands.
  void make_handshakes() {
    while (handshakes_.queues(0).tls.work()) continue;
  }

  void carry(TlsClient& client, int rounds = 6) {
    for (int i = 0; i < rounds; ++i) {
      client.exchange();
      take_turns(4);
      make_handshakes();
      take_turns(2);
    }
    client.exchange();
  }

  TlsClient open_client(std::vector<std::string> alpn = {"dot"}) {
    TlsClient client = tls_client(std::move(alpn));
    carry(client);
    EXPECT_TRUE(client.session.is_open());
    return client;
  }

  uint64_t failures(tls::Failure failure) const {
    return counters_.tls_failures[static_cast<size_t>(failure)].read();
  }
};

}  // namespace atlas::data::transport::stream
