#include "atlas/control/certificates/tls_contexts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "atlas/base/file.h"
#include "atlas/tls/self_signed.h"
#include "atlas/tls/test_connection.h"

namespace atlas::control::certificates {
namespace {

using handoff::EventId;
using query::Transport;
using std::chrono::hours;
using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

// No file can grow while it lives.
class FullDisk {
 public:
  FullDisk() : handler_(::signal(SIGXFSZ, SIG_IGN)) {
    ::getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit none{.rlim_cur = 0, .rlim_max = before_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &none);
  }
  ~FullDisk() {
    ::setrlimit(RLIMIT_FSIZE, &before_);
    ::signal(SIGXFSZ, handler_);
  }

 private:
  rlimit before_{};
  sighandler_t handler_;
};

class TlsContextsTest : public ::testing::Test {
 protected:
  TlsContextsTest() {
    std::string pattern = (std::filesystem::temp_directory_path() / "atlas-tls-XXXXXX").string();
    folder_ = ::mkdtemp(pattern.data());
    config_.paths.state = folder_ / "state";
    for (const auto& [address, transport] :
         {std::pair("127.0.0.1:853", Transport::kTls), std::pair("127.0.0.1:443", Transport::kHttps)}) {
      config::ListenAddress listener;
      listener.endpoint = net::Endpoint::parse(address, 0).value();
      listener.transport = transport;
      config_.listen.push_back(listener);
    }
  }
  ~TlsContextsTest() override { std::filesystem::remove_all(folder_); }

  TlsContexts load(const TlsContexts* before = nullptr) {
    auto loaded = TlsContexts::load(config_, before, events_);
    EXPECT_TRUE(loaded) << loaded.error().message;
    return std::move(*loaded);
  }
  void write_keys(const std::string& octets) {
    config_.tls.ticket_key_file = folder_ / "keys";
    ASSERT_TRUE(base::replace_file(config_.tls.ticket_key_file, octets));
  }
  static std::string octets_of(const tls::TicketKeys& keys) { return std::string(keys.octets().reveal()); }

  // Looks twice, as what has just changed is left for the next look.
  bool refresh(TlsContexts& contexts) {
    bool changed = false;
    for (int i = 0; i < 2; ++i) {
      changed = contexts.refresh(base::MonotonicTime(now_), wall_now_) || changed;
      now_ += seconds(2);
    }
    return changed;
  }

  // A handshake over TLS: the ticket that it brought, and whether it resumed one.
  struct Handshake {
    std::optional<tls::ResumptionTicket> ticket;
    bool resumed = false;
  };
  Handshake shake_hands(const TlsContexts& contexts, const tls::ResumptionTicket* ticket = nullptr) const {
    tls::TestConnection both(contexts.contexts().tls[static_cast<size_t>(Transport::kTls)], client_,
                             {.name = "localhost"}, ticket);
    EXPECT_TRUE(both.shake_hands()) << both.server.failure_text();
    return {both.client.ticket(), both.server.handshake().resumed};
  }

  // The texts of the events of a kind since the last call.
  std::vector<std::string> reported(EventId id) {
    events_.emit(EventId::kServerStopped);  // take() waits for one
    std::vector<std::string> texts;
    for (const handoff::Event& event : events_.take().events) {
      if (event.id == id) texts.push_back(message_of(event));
    }
    return texts;
  }

  static std::shared_ptr<const tls::ClientContext> client_context() {
    tls::ClientPolicy policy;
    policy.verification = tls::ServerVerification::kNone;
    policy.tls.alpn = {"dot"};
    return tls::ClientContext::make(policy).value();
  }

  std::filesystem::path folder_;
  config::Config config_;
  handoff::EventQueue events_;
  std::shared_ptr<const tls::ClientContext> client_ = client_context();
  std::chrono::nanoseconds now_{seconds(1000)};
  base::WallTime wall_now_ = base::wall_now();
};

TEST_F(TlsContextsTest, WithoutListenersThereIsNothing) {
  config_.listen.clear();
  TlsContexts contexts = load();
  EXPECT_FALSE(refresh(contexts));
  EXPECT_FALSE(std::filesystem::exists(folder_ / "state"));
}

TEST_F(TlsContextsTest, TicketsOutliveAReload) {
  const TlsContexts before = load();
  const Handshake first = shake_hands(before);
  ASSERT_TRUE(first.ticket);
  EXPECT_FALSE(first.resumed);
  EXPECT_TRUE(shake_hands(load(&before), &*first.ticket).resumed);
  EXPECT_FALSE(shake_hands(load(), &*first.ticket).resumed) << "a restart has new keys";
}

TEST_F(TlsContextsTest, TicketsOutliveRotationsAndThenAreForgotten) {
  config_.tls.ticket_rotation = std::chrono::hours(1);
  TlsContexts contexts = load();
  EXPECT_FALSE(refresh(contexts));
  const Handshake first = shake_hands(contexts);
  for (size_t rotation = 1; rotation < tls::kTicketKeysMax; ++rotation) {
    now_ += hours(1);
    EXPECT_TRUE(refresh(contexts));
    EXPECT_TRUE(shake_hands(contexts, &*first.ticket).resumed) << rotation;
    EXPECT_FALSE(refresh(contexts)) << "once an hour";
  }
  now_ += hours(1);
  EXPECT_TRUE(refresh(contexts));
  EXPECT_FALSE(shake_hands(contexts, &*first.ticket).resumed);
}

TEST_F(TlsContextsTest, ServersWithOneKeyFileResumeEachOthersSessions) {
  write_keys(octets_of(tls::TicketKeys::random()));
  TlsContexts one = load(), other = load();
  const Handshake first = shake_hands(one);
  EXPECT_TRUE(shake_hands(other, &*first.ticket).resumed);
  // Its owner rotates the file, not Atlas.
  now_ += hours(1);
  EXPECT_FALSE(refresh(one));
}

TEST_F(TlsContextsTest, AnotherKeyFileIsReadWhenItHasSettled) {
  const tls::TicketKeys old_keys = tls::TicketKeys::random();
  write_keys(octets_of(old_keys));
  TlsContexts contexts = load();
  const Handshake first = shake_hands(contexts);
  write_keys(octets_of(old_keys.rotated()));
  EXPECT_FALSE(contexts.refresh(base::MonotonicTime(now_), wall_now_)) << "it may still be written";
  now_ += seconds(2);
  EXPECT_TRUE(refresh(contexts));
  const Handshake second = shake_hands(contexts, &*first.ticket);
  EXPECT_TRUE(second.resumed) << "the old key is the second one";
  write_keys(octets_of(tls::TicketKeys::random()));
  EXPECT_TRUE(refresh(contexts));
  EXPECT_FALSE(shake_hands(contexts, &*second.ticket).resumed);
}

TEST_F(TlsContextsTest, AKeyFileOfAnotherSizeIsRefused) {
  write_keys(std::string(tls::kTicketKeyOctets - 1, 'x'));
  const auto refused = TlsContexts::load(config_, nullptr, events_);
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message, HasSubstr((folder_ / "keys").string() + ": 79 octets"));
  config_.tls.ticket_key_file = folder_ / "absent";
  EXPECT_FALSE(TlsContexts::load(config_, nullptr, events_));

  write_keys(octets_of(tls::TicketKeys::random()));
  TlsContexts contexts = load();
  const Handshake first = shake_hands(contexts);
  write_keys("x");
  EXPECT_FALSE(refresh(contexts));
  EXPECT_FALSE(refresh(contexts));
  EXPECT_EQ(reported(EventId::kTlsNotReloaded).size(), 1u);
  EXPECT_TRUE(shake_hands(contexts, &*first.ticket).resumed) << "they stay what they were";
  // Each change is tried, whatever came of the one before.
  write_keys("y");
  EXPECT_FALSE(refresh(contexts));
  EXPECT_EQ(reported(EventId::kTlsNotReloaded).size(), 1u);
}

TEST_F(TlsContextsTest, EveryTransportLogsKeysWhereAsked) {
  config_.tls.key_log_file = folder_ / "log";
  const TlsContexts contexts = load();
  size_t lines = 0;
  for (const Transport transport : {Transport::kTls, Transport::kHttps}) {
    tls::ClientPolicy policy;
    policy.verification = tls::ServerVerification::kNone;
    tls::TestConnection both(contexts.contexts().tls[static_cast<size_t>(transport)],
                             tls::ClientContext::make(policy).value(), {.name = "localhost"});
    ASSERT_TRUE(both.shake_hands());
    const auto log = base::read_file(config_.tls.key_log_file, 1 << 20);
    const auto now = static_cast<size_t>(std::ranges::count(*log, '\n'));
    EXPECT_GT(now, lines);
    lines = now;
  }
  config_.tls.key_log_file = folder_ / "absent/log";
  const auto refused = TlsContexts::load(config_, nullptr, events_);
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message, HasSubstr("absent/log"));
}

// RFC 9103 9.3.3.
TEST_F(TlsContextsTest, ClientsThatTakeZonesAreAskedForCertificates) {
  const auto mode = [](const TlsContexts& contexts, Transport transport) {
    return contexts.contexts().tls[static_cast<size_t>(transport)]->policy().client_certificates.mode;
  };
  using enum tls::ClientCertificateMode;
  EXPECT_EQ(mode(load(), Transport::kTls), kNone);
  const auto make_authority = [this](const char* name) {
    const tls::CertificateFiles files{.chain = folder_ / name, .key = folder_ / "authority.key"};
    EXPECT_TRUE(tls::make_self_signed({.dns_names = {"authority.test"}}, files));
    return files.chain;
  };
  config_.transfers.client_authorities_file = make_authority("authority.pem");
  TlsContexts contexts = load();
  EXPECT_EQ(mode(contexts, Transport::kTls), kRequest);
  EXPECT_EQ(mode(contexts, Transport::kHttps), kNone);
  const auto before = shake_hands(contexts);
  EXPECT_TRUE(before.ticket) << "without one";
  EXPECT_TRUE(shake_hands(contexts, &*before.ticket).resumed);
  // Other authorities are read when they have settled.
  EXPECT_FALSE(refresh(contexts));
  make_authority("authority.pem");
  EXPECT_TRUE(refresh(contexts));
  EXPECT_FALSE(shake_hands(contexts, &*before.ticket).resumed);
  config_.transfers.client_authorities_file = folder_ / "absent.pem";
  const auto refused = TlsContexts::load(config_, nullptr, events_);
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message, HasSubstr("absent.pem"));
}

TEST_F(TlsContextsTest, ASelfSignedCertificateIsRenewedInTime) {
  TlsContexts contexts = load();
  const base::WallTime first_end = contexts.not_after();
  EXPECT_THAT(reported(EventId::kSelfSignedMade), ElementsAre(HasSubstr("state/self-signed.pem")));
  EXPECT_EQ(load().not_after(), first_end) << "the next start finds it";
  wall_now_ = first_end - hours(24 * 31);
  EXPECT_FALSE(refresh(contexts));
  wall_now_ = first_end - hours(24 * 29);
  EXPECT_TRUE(refresh(contexts));
  EXPECT_GT(contexts.not_after(), first_end + hours(24 * 300));
  EXPECT_EQ(reported(EventId::kSelfSignedMade).size(), 1u);
}

TEST_F(TlsContextsTest, ACertificateThatCannotBeRenewedIsReportedOnce) {
  config_.tls.ticket_rotation = hours(24);
  TlsContexts contexts = load();
  const base::WallTime end = contexts.not_after();
  wall_now_ = end - hours(24 * 29);
  bool changed = false;
  {
    const FullDisk full;
    for (int i = 0; i < 1000; ++i) changed = refresh(contexts) || changed;
  }
  EXPECT_FALSE(changed);
  EXPECT_THAT(reported(EventId::kTlsNotReloaded), ElementsAre(HasSubstr("self-signed")));
  EXPECT_EQ(contexts.not_after(), end);
  // It was not given up.
  now_ += std::chrono::minutes(10);
  EXPECT_TRUE(refresh(contexts));
  EXPECT_GT(contexts.not_after(), end);
}

}  // namespace
}  // namespace atlas::control::certificates
