// Peers that follow the protocol to make work: a client of OpenSSL's own, which does what ClientSession never
// would.
#include <gtest/gtest.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include "atlas/tls/library.h"
#include "atlas/tls/test_connection.h"

namespace atlas::tls {
namespace {

using namespace std::string_literals;

class FloodTest : public ConnectionTest {
 protected:
  FloodTest() : context_(SSL_CTX_new(TLS_client_method())), client_(SSL_new(context_.get())) {
    SSL_set_bio(client_.get(), BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
    SSL_set_connect_state(client_.get());
  }

  void open(int version) {
    SSL_set_max_proto_version(client_.get(), version);
    for (int i = 0; i < 4 && SSL_do_handshake(client_.get()) != 1; ++i) carry();
    carry();
    ASSERT_TRUE(server_.is_open()) << server_.failure_text();
  }
  // What the client has written goes to the server, and what that answers back.
  void carry() {
    char* octets = nullptr;
    const long size = BIO_get_mem_data(SSL_get_wbio(client_.get()), &octets);
    base::OctetBuffer answer;
    server_.receive(octets_of({octets, static_cast<size_t>(size)}), plain_, answer);
    BIO_reset(SSL_get_wbio(client_.get()));
    BIO_write(SSL_get_rbio(client_.get()), answer.bytes().data(), static_cast<int>(answer.size()));
  }
  void read() {
    char octets[16];
    SSL_read(client_.get(), octets, sizeof octets);
  }
  void update_key() {
    SSL_key_update(client_.get(), SSL_KEY_UPDATE_REQUESTED);
    SSL_do_handshake(client_.get());
  }

  Owned<SSL_CTX> context_;
  Owned<SSL> client_;
  ServerSession server_{server_context()};
  base::OctetBuffer plain_;
};

TEST_F(FloodTest, KeysMayBeUpdatedSometimes) {
  open(TLS1_3_VERSION);
  for (uint32_t i = 0; i < kKeyUpdatesFree; ++i) {
    update_key();
    carry();
    read();
    ASSERT_EQ(server_.state(), SessionState::kOpen) << i;
  }
  SSL_write(client_.get(), "still", 5);
  carry();
  EXPECT_EQ(text_of(plain_.bytes()), "still");
  update_key();
  carry();
  EXPECT_EQ(server_.failure(), Failure::kKeyUpdateFlood);
}

TEST_F(FloodTest, KeyUpdatesInOnePieceAreCountedToo) {
  open(TLS1_3_VERSION);
  for (uint32_t i = 0; i <= kKeyUpdatesFree; ++i) update_key();
  carry();
  EXPECT_EQ(server_.failure(), Failure::kKeyUpdateFlood);
  EXPECT_EQ(server_.failure_text(), "key-update-flood");
}

TEST_F(FloodTest, DataEarnsKeyUpdates) {
  open(TLS1_3_VERSION);
  const std::string data(16384, 'x');
  for (uint32_t i = 0; i < 3 * kKeyUpdatesFree; ++i) {
    for (size_t sent = 0; sent < kOctetsPerKeyUpdate; sent += data.size()) {
      SSL_write(client_.get(), data.data(), static_cast<int>(data.size()));
    }
    update_key();
    carry();
    read();
    plain_.clear();
    ASSERT_EQ(server_.state(), SessionState::kOpen) << i;
  }
}

TEST_F(FloodTest, AClientThatRenegotiatesIsLeft) {
  open(TLS1_2_VERSION);
  SSL_renegotiate(client_.get());
  SSL_do_handshake(client_.get());
  carry();
  EXPECT_EQ(server_.failure(), Failure::kRenegotiation);
  read();
  EXPECT_EQ(ERR_GET_REASON(ERR_peek_error()), SSL_R_NO_RENEGOTIATION) << "it was told";
  ERR_clear_error();
}

TEST_F(FloodTest, WarningsAreFew) {
  SSL_do_handshake(client_.get());
  carry();
  std::string flood;
  for (int i = 0; i < 100; ++i) flood += "\x15\3\3\0\2\1\x5a"s;  // user_canceled
  base::OctetBuffer answer;
  EXPECT_EQ(server_.receive(octets_of(flood), plain_, answer), SessionState::kFailed);
  EXPECT_EQ(server_.failure(), Failure::kRecordFlood) << server_.failure_text();
}

}  // namespace
}  // namespace atlas::tls
