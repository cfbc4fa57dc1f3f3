// A certificate for a first start, before there is one from an authority.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "atlas/base/clock.h"
#include "atlas/base/result.h"
#include "atlas/net/address.h"
#include "atlas/tls/policy.h"

namespace atlas::tls {

struct SelfSignedRequest {
  std::vector<std::string> dns_names = {};  // the first, or "atlas" without any, is the subject too
  std::vector<net::IpAddress> addresses = {};
  std::chrono::hours lifetime = std::chrono::hours(24 * 365);
};

// Makes a key (ECDSA P-256) and a certificate signed with it, and puts them into files.key (mode 0600) and
// files.chain (0644), each replaced as a whole, the key first. Fails if there is neither name nor address, or
// if a file cannot be written.
base::Result<void> make_self_signed(const SelfSignedRequest& request, const CertificateFiles& files,
                                    base::WallTime now = base::wall_now());

}  // namespace atlas::tls
