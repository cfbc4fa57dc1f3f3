#include "atlas/tls/key_log.h"

#include <fcntl.h>
#include <openssl/ssl.h>
#include <sys/uio.h>

#include <cerrno>
#include <cstring>

namespace atlas::tls {

struct KeyLogCallback {
  static void write(const SSL* ssl, const char* line) {
    static_cast<const KeyLog*>(SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl)))->write(line);
  }
};

void KeyLog::write(std::string_view line) const {
  char newline = '\n';
  const iovec pieces[] = {{const_cast<char*>(line.data()), line.size()}, {&newline, 1}};
  // One call, so that lines of several threads do not mix. A line that is lost is a session that cannot be
  // read.
  (void)!::writev(file_.get(), pieces, 2);
}

base::Result<std::unique_ptr<const KeyLog>> KeyLog::open(const std::filesystem::path& path) {
  net::FileDescriptor file(::open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY, 0600));
  if (!file) return base::fail(path.string() + ": cannot open the key log: " + std::strerror(errno));
  return std::unique_ptr<const KeyLog>(new KeyLog(std::move(file)));
}

void KeyLog::log_sessions_of(ssl_ctx_st* context) const {
  SSL_CTX_set_app_data(context, const_cast<KeyLog*>(this));
  SSL_CTX_set_keylog_callback(context, KeyLogCallback::write);
}

}  // namespace atlas::tls
