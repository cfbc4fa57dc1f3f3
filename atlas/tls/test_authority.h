// Certificates for tests, made while they run: what is kept in files expires.
#pragma once

#include <chrono>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "atlas/net/address.h"
#include "atlas/tls/policy.h"

namespace atlas::tls {

// A folder that goes with what it holds.
class TestFolder {
 public:
  TestFolder();
  TestFolder(const TestFolder&) = delete;
  TestFolder& operator=(const TestFolder&) = delete;
  ~TestFolder();

  std::filesystem::path operator/(std::string_view name) const { return path_ / name; }

 private:
  std::filesystem::path path_;
};

struct TestCertificate {
  std::string name = "server";  // of its files
  std::vector<std::string> dns_names = {};
  std::vector<net::IpAddress> addresses = {};
  std::chrono::seconds begins = std::chrono::hours(-1);  // from now
  std::chrono::seconds ends = std::chrono::hours(24);
  unsigned rsa_bits = 0;  // 0 = ECDSA P-256
};

// An authority with its own certificate in `file()`.
class TestAuthority {
 public:
  TestAuthority(const TestFolder& folder, std::string name);
  ~TestAuthority();

  std::filesystem::path file() const;
  // Writes NAME.pem (with the authority behind it) and NAME.key.
  CertificateFiles issue(const TestCertificate& wanted);
  // An OCSP response about `certificate`, which this authority has issued: NAME.ocsp.
  CertificateFiles staple(const CertificateFiles& certificate, bool good, std::chrono::seconds next_update);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace atlas::tls
