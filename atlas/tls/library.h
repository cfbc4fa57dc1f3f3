// OpenSSL's objects without its headers, for the files of this module that share them.
#pragma once

#include <memory>
#include <string>

#include "atlas/base/bytes.h"
#include "atlas/base/octet_buffer.h"
#include "atlas/tls/session.h"

struct bio_st;
struct evp_cipher_st;
struct evp_pkey_st;
struct ssl_ctx_st;
struct ssl_session_st;
struct ssl_st;
struct stack_st_X509;
struct x509_st;
struct x509_store_st;

namespace atlas::tls {

struct LibraryFree {
  void operator()(bio_st* object) const;
  void operator()(evp_cipher_st* object) const;
  void operator()(evp_pkey_st* object) const;
  void operator()(ssl_ctx_st* object) const;
  void operator()(ssl_session_st* object) const;
  void operator()(ssl_st* object) const;
  void operator()(stack_st_X509* object) const;  // with what it holds
  void operator()(x509_st* object) const;
  void operator()(x509_store_st* object) const;
};

template <class T>
using Owned = std::unique_ptr<T, LibraryFree>;

// The oldest error of this thread's queue in words, which is emptied.
std::string take_library_error();

// Where the library finds and leaves the octets of one call to a session, and what callbacks ask and tell.
struct Call {
  base::Bytes input;
  base::OctetBuffer& output;
  uint32_t key_updates_left = 0;
  Failure stop = Failure::kNone;  // no more input is given to the library then
  const ServerContext* server = nullptr;
};

// The call that a callback of the library runs in.
Call& current_call(ssl_st* ssl);

}  // namespace atlas::tls
