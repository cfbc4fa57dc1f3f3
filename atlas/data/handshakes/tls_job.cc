#include "atlas/data/handshakes/tls_job.h"

namespace atlas::data::handshakes {

void TlsJob::work() {
  if (session == nullptr) session = std::make_unique<tls::ServerSession>(std::move(context));
  // A session takes room for a whole record, which a job keeps only as much of as came.
  thread_local base::OctetBuffer record;
  record.clear();
  session->receive(received.bytes(), record, to_send);
  plain.append(record.bytes());
}

void TlsJob::clear() {
  context.reset();
  session.reset();
  received.clear();
  plain.clear();
  to_send.clear();
}

}  // namespace atlas::data::handshakes
