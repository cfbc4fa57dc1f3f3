#include "atlas/tls/library.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

namespace atlas::tls {

void LibraryFree::operator()(bio_st* object) const {
  BIO_free_all(object);
}
void LibraryFree::operator()(evp_cipher_st* object) const {
  EVP_CIPHER_free(object);
}
void LibraryFree::operator()(evp_pkey_st* object) const {
  EVP_PKEY_free(object);
}
void LibraryFree::operator()(ssl_ctx_st* object) const {
  SSL_CTX_free(object);
}
void LibraryFree::operator()(ssl_session_st* object) const {
  SSL_SESSION_free(object);
}
void LibraryFree::operator()(ssl_st* object) const {
  SSL_free(object);
}
void LibraryFree::operator()(stack_st_X509* object) const {
  sk_X509_pop_free(object, X509_free);
}
void LibraryFree::operator()(x509_st* object) const {
  X509_free(object);
}
void LibraryFree::operator()(x509_store_st* object) const {
  X509_STORE_free(object);
}

std::string take_library_error() {
  const unsigned long code = ERR_peek_error();
  const char* reason = code == 0 ? nullptr : ERR_reason_error_string(code);
  ERR_clear_error();
  return reason == nullptr ? "no reason given" : reason;
}

Call& current_call(ssl_st* ssl) {
  return *static_cast<Call*>(BIO_get_data(SSL_get_rbio(ssl)));
}

}  // namespace atlas::tls
