// The file that secrets are written to for Wireshark, in the format of NSS (SSLKEYLOGFILE).
#pragma once

#include <filesystem>
#include <memory>
#include <string_view>

#include "atlas/base/result.h"
#include "atlas/net/file_descriptor.h"

struct ssl_ctx_st;

namespace atlas::tls {

class KeyLog {
 public:
  // Appends to `path`, which is made with mode 0600 if it is not there.
  static base::Result<std::unique_ptr<const KeyLog>> open(const std::filesystem::path& path);

  // The context's sessions write here from now on. The log must outlive them.
  void log_sessions_of(ssl_ctx_st* context) const;
  // A line of another library's, without its end.
  void write(std::string_view line) const;

 private:
  explicit KeyLog(net::FileDescriptor file) : file_(std::move(file)) {}

  net::FileDescriptor file_;
};

}  // namespace atlas::tls
