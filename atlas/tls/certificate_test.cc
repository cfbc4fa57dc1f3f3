#include "atlas/tls/certificate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "atlas/base/file.h"
#include "atlas/tls/self_signed.h"
#include "atlas/tls/test_authority.h"

namespace atlas::tls {
namespace {

using std::filesystem::path;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class CertificateTest : public ::testing::Test {
 protected:
  // What is said of files that cannot be used.
  static base::Error error(const CertificateFiles& files) {
    const auto loaded = Certificate::load(files);
    return loaded ? base::Error{"it can be used", {}} : loaded.error();
  }
  path write(std::string_view name, std::string_view content) const {
    std::ofstream(folder_ / name) << content;
    return folder_ / name;
  }
  static std::string read(const path& file) { return base::read_file(file, 1 << 20).value(); }

  TestFolder folder_;
  TestAuthority authority_{folder_, "authority"};
  const CertificateFiles good_ = authority_.issue(
      {.name = "good",
       .dns_names = {"Good.test", "*.good.test"},
       .addresses = {*net::IpAddress::parse("192.0.2.1"), *net::IpAddress::parse("2001:db8::1")}});
};

TEST_F(CertificateTest, TellsWhatItSays) {
  const auto certificate = Certificate::load(good_);
  ASSERT_TRUE(certificate) << certificate.error().message;
  const CertificateFacts& facts = certificate->facts();
  EXPECT_THAT(facts.dns_names, ElementsAre("good.test", "*.good.test"));
  EXPECT_THAT(facts.addresses,
              ElementsAre(*net::IpAddress::parse("192.0.2.1"), *net::IpAddress::parse("2001:db8::1")));
  EXPECT_EQ(facts.key_type, KeyType::kEcdsa);
  EXPECT_EQ(facts.key_bits, 256u);
  EXPECT_EQ(facts.subject, "CN=good");
  EXPECT_EQ(facts.issuer, "CN=authority");
  EXPECT_EQ(facts.pin.size(), 44u);
  EXPECT_EQ(facts.not_after - facts.not_before, std::chrono::hours(25));
  EXPECT_THAT(certificate->warnings(), IsEmpty());
  EXPECT_EQ(certificate->chain_pem(), read(good_.chain));
  EXPECT_EQ(certificate->key_pem().reveal(), read(good_.key));
  EXPECT_EQ(certificate->files(), good_);
}

TEST_F(CertificateTest, TellsTheKindOfKey) {
  const auto certificate = Certificate::load(authority_.issue({.name = "rsa", .rsa_bits = 2048}));
  ASSERT_TRUE(certificate) << certificate.error().message;
  EXPECT_EQ(certificate->facts().key_type, KeyType::kRsa);
  EXPECT_EQ(certificate->facts().key_bits, 2048u);
}

TEST_F(CertificateTest, NamesTheFileThatIsWrong) {
  EXPECT_THAT(error({folder_ / "none", good_.key}).message, HasSubstr("none: cannot open: No such file"));
  EXPECT_THAT(error({good_.chain, folder_ / "none"}).message, HasSubstr("none: cannot open: No such file"));
  EXPECT_THAT(error({write("text", "hello"), good_.key}).message, HasSubstr("text: holds no certificate"));
  EXPECT_THAT(error({good_.key, good_.key}).message, HasSubstr("good.key: holds no certificate"));
  EXPECT_THAT(error({good_.chain, good_.chain}).message, HasSubstr("good.pem: holds no private key"));
}

TEST_F(CertificateTest, ABrokenFileIsNotHalfUsed) {
  const std::string chain = read(good_.chain);
  const size_t second = chain.rfind("-----BEGIN");
  const std::string broken = chain.substr(0, second + 60) + "\n-----END CERTIFICATE-----\n";
  EXPECT_THAT(error({write("broken.pem", broken), good_.key}).message,
              HasSubstr("broken.pem: certificate 2 cannot be read"));
  const std::string cut = chain.substr(0, second + 200);
  EXPECT_THAT(error({write("cut.pem", cut), good_.key}).message,
              HasSubstr("cut.pem: certificate 2 cannot be read"));
  std::string key = read(good_.key);
  key.erase(40, 20);
  EXPECT_THAT(error({good_.chain, write("broken.key", key)}).message,
              HasSubstr("broken.key: the private key cannot be read"));
}

TEST_F(CertificateTest, KeyAndCertificateMustBelongTogether) {
  const CertificateFiles other = authority_.issue({.name = "other", .dns_names = {"other.test"}});
  const base::Error mixed = error({good_.chain, other.key});
  EXPECT_THAT(mixed.message, HasSubstr("other.key: the key does not belong to the certificate in"));
  EXPECT_THAT(mixed.hint, HasSubstr("CN=good"));
  const path reversed = write("reversed.pem", read(authority_.file()) + read(good_.chain));
  EXPECT_THAT(error({reversed, good_.key}).message, HasSubstr("is not the first in the file"));
}

TEST_F(CertificateTest, AnEncryptedKeyIsCalledSo) {
  const std::string command = "openssl ec -aes128 -passout pass:x -in " + good_.key.string() + " -out " +
                              (folder_ / "locked.key").string() + " 2>/dev/null";
  ASSERT_EQ(std::system(command.c_str()), 0);
  const base::Error locked = error({good_.chain, folder_ / "locked.key"});
  EXPECT_THAT(locked.message, HasSubstr("locked.key: the private key is encrypted"));
  EXPECT_THAT(locked.hint, HasSubstr("openssl pkey"));
}

TEST_F(CertificateTest, TheTimeMustBeRight) {
  using std::chrono::hours;
  const base::Error expired =
      error(authority_.issue({.name = "old", .begins = hours(-48), .ends = hours(-24)}));
  EXPECT_THAT(expired.message, HasSubstr("old.pem: the certificate has expired at 2"));
  const base::Error early = error(authority_.issue({.name = "new", .begins = hours(24), .ends = hours(48)}));
  EXPECT_THAT(early.message, HasSubstr("new.pem: the certificate is not valid before 2"));
  EXPECT_THAT(early.hint, HasSubstr("clock"));
}

TEST_F(CertificateTest, AWeakKeyIsRefused) {
  const base::Error weak = error(authority_.issue({.name = "weak", .rsa_bits = 1024}));
  EXPECT_THAT(weak.message, HasSubstr("weak.pem: cannot be used: ee key too small"));
  EXPECT_THAT(weak.hint, HasSubstr("2048"));
}

TEST_F(CertificateTest, WarnsOfWhatWorksButShouldNotBe) {
  std::filesystem::permissions(good_.key, std::filesystem::perms::others_read,
                               std::filesystem::perm_options::add);
  EXPECT_THAT(Certificate::load(good_)->warnings(), ElementsAre(HasSubstr("everybody on this machine")));
  const CertificateFiles other = authority_.issue({.name = "other"});
  const TestAuthority stranger(folder_, "stranger");
  const std::string leaf = read(other.chain).substr(0, read(other.chain).rfind("-----BEGIN"));
  const path chain = write("odd.pem", leaf + read(stranger.file()));
  EXPECT_THAT(Certificate::load({chain, other.key})->warnings(),
              ElementsAre(HasSubstr("odd.pem: certificate 2 is not the issuer")));
}

TEST_F(CertificateTest, OnlyAStapleThatHelpsIsUsed) {
  using std::chrono::hours;
  const auto warnings = [](const CertificateFiles& files) {
    const auto certificate = Certificate::load(files);
    EXPECT_EQ(certificate->ocsp_staple().empty(), !certificate->warnings().empty());
    return certificate->warnings();
  };
  EXPECT_THAT(warnings(authority_.staple(good_, true, hours(1))), IsEmpty());
  EXPECT_THAT(warnings(authority_.staple(good_, false, hours(1))),
              ElementsAre(HasSubstr("good.ocsp: not stapled: it does not say that the certificate is good")));
  EXPECT_THAT(warnings(authority_.staple(good_, true, hours(-1))), ElementsAre(HasSubstr("is good until")));
  CertificateFiles other = authority_.issue({.name = "other"});
  other.ocsp_staple = authority_.staple(good_, true, hours(1)).ocsp_staple;
  EXPECT_THAT(warnings(other), ElementsAre(HasSubstr("is about another certificate")));
  other.ocsp_staple = write("text.ocsp", "hello");
  EXPECT_THAT(warnings(other), ElementsAre(HasSubstr("is no OCSP response")));
  other.ocsp_staple = folder_ / "none.ocsp";
  EXPECT_THAT(warnings(other), ElementsAre(HasSubstr("cannot open")));
}

TEST_F(CertificateTest, ASelfSignedOneCanBeMadeAndLoaded) {
  const CertificateFiles files{.chain = folder_ / "self.pem", .key = folder_ / "self.key"};
  const SelfSignedRequest request{.dns_names = {"ns1.example", "*.example"},
                                  .addresses = {*net::IpAddress::parse("::1")}};
  ASSERT_TRUE(make_self_signed(request, files));
  const auto certificate = Certificate::load(files);
  ASSERT_TRUE(certificate) << certificate.error().message;
  EXPECT_THAT(certificate->warnings(), IsEmpty());
  EXPECT_THAT(certificate->facts().dns_names, ElementsAre("ns1.example", "*.example"));
  EXPECT_THAT(certificate->facts().addresses, ElementsAre(*net::IpAddress::parse("::1")));
  EXPECT_EQ(certificate->facts().subject, "CN=ns1.example");
  EXPECT_EQ(certificate->facts().issuer, "CN=ns1.example");
  EXPECT_EQ(std::filesystem::status(files.key).permissions(), std::filesystem::perms(0600));
  EXPECT_EQ(std::filesystem::status(files.chain).permissions(), std::filesystem::perms(0644));
}

TEST_F(CertificateTest, NamesOfHostsMakeAText) {
  EXPECT_EQ(dns_names_text({}), "");
  CertificateFacts facts;
  facts.dns_names = {"a.test", "b.test c.test", "*.d_e-9.test", std::string("x\0.test", 7)};
  EXPECT_EQ(dns_names_text(facts), "a.test *.d_e-9.test");
}

TEST_F(CertificateTest, ASelfSignedOneNeedsNamesThatAreNames) {
  const CertificateFiles files{.chain = folder_ / "self.pem", .key = folder_ / "self.key"};
  EXPECT_FALSE(make_self_signed({}, files));
  EXPECT_FALSE(make_self_signed({.dns_names = {"a.test,IP:192.0.2.1"}}, files));
  EXPECT_FALSE(std::filesystem::exists(files.key));
  EXPECT_THAT(
      make_self_signed({.dns_names = {"a.test"}}, {folder_ / "x/y.pem", folder_ / "x/y.key"}).error().message,
      HasSubstr("y.key: cannot create"));
}

}  // namespace
}  // namespace atlas::tls
