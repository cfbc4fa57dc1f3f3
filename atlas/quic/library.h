// Objects of GnuTLS and ngtcp2 without their headers, for the files of this module that share them.
#pragma once

#include <memory>
#include <string>

struct gnutls_anti_replay_st;
struct gnutls_certificate_credentials_st;
struct gnutls_priority_st;
struct gnutls_session_int;
struct ngtcp2_conn;

namespace atlas::quic {

struct LibraryFree {
  void operator()(gnutls_anti_replay_st* object) const;
  void operator()(gnutls_certificate_credentials_st* object) const;
  void operator()(gnutls_priority_st* object) const;
  void operator()(gnutls_session_int* object) const;
  void operator()(ngtcp2_conn* object) const;
};

template <class T>
using Owned = std::unique_ptr<T, LibraryFree>;

// What GnuTLS means by a code.
std::string library_text(int code);

}  // namespace atlas::quic
