#include "atlas/quic/library.h"

#include <gnutls/gnutls.h>
#include <ngtcp2/ngtcp2.h>

namespace atlas::quic {

void LibraryFree::operator()(gnutls_anti_replay_st* object) const {
  gnutls_anti_replay_deinit(object);
}
void LibraryFree::operator()(gnutls_certificate_credentials_st* object) const {
  gnutls_certificate_free_credentials(object);
}
void LibraryFree::operator()(gnutls_priority_st* object) const {
  gnutls_priority_deinit(object);
}
void LibraryFree::operator()(gnutls_session_int* object) const {
  gnutls_deinit(object);
}
void LibraryFree::operator()(ngtcp2_conn* object) const {
  ngtcp2_conn_del(object);
}

std::string library_text(int code) {
  return gnutls_strerror(code);
}

}  // namespace atlas::quic
