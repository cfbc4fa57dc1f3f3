// Where Frame Streams go: a file, or a reader at a Unix socket. No call waits longer than kStallMax, so that
// a reader that is slow or has stopped cannot keep the server from stopping.
#pragma once

#include <sys/uio.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "atlas/base/clock.h"
#include "atlas/net/file_descriptor.h"

struct fstrm_rdwr;

namespace atlas::telemetry::dnstap {

inline constexpr std::chrono::milliseconds kStallMax{500};

class OutputStream {
 public:
  OutputStream(std::filesystem::path path, bool is_socket) : path_(std::move(path)), is_socket_(is_socket) {}

  // Files are begun anew.
  bool open();
  void close() { fd_ = {}; }
  // Exactly `size` octets.
  bool read(void* data, size_t size);
  // Kept until flush(), or until there are many.
  bool write(const iovec* parts, int count);
  bool flush();
  // What went wrong last.
  const std::string& error() const { return error_; }

  // Itself as libfstrm sees it; it must outlive that.
  fstrm_rdwr* as_fstrm();

 private:
  bool fail(const char* what);
  bool wait_for(short events, base::MonotonicTime end);

  const std::filesystem::path path_;
  const bool is_socket_;
  net::FileDescriptor fd_;
  std::vector<uint8_t> pending_;
  std::string error_;
};

}  // namespace atlas::telemetry::dnstap
