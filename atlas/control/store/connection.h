// SQLite's connection and statements as values that clean up after themselves. Its own header stays in .cc
// files.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>

#include "atlas/base/bytes.h"
#include "atlas/base/clock.h"
#include "atlas/base/result.h"
#include "atlas/base/secret.h"

struct sqlite3;
struct sqlite3_stmt;

namespace atlas::control::store {

inline constexpr uint32_t kPageOctets = 4096;

// Why the last call failed, as far as it matters what to do next.
enum class Trouble : uint8_t {
  kOther,
  kBusy,
  kFull,
  kReadOnly,
  kIo,
  kDamaged,
  kForeign,
  kConstraint,
  kInterrupted
};

enum class Step : uint8_t { kRow, kDone, kFailed };

// A prepared statement. Parameters and columns count from 0. What is bound must live until the statement is
// reset, what is read until the next step.
class Statement {
 public:
  Statement() = default;
  explicit Statement(sqlite3_stmt* handle) : handle_(handle) {}
  Statement(Statement&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
  Statement& operator=(Statement&& other) noexcept {
    std::swap(handle_, other.handle_);
    return *this;
  }
  ~Statement();

  explicit operator bool() const { return handle_ != nullptr; }
  bool is_running() const;

  void bind(int parameter, int64_t value);
  void bind_text(int parameter, std::string_view text);
  void bind_octets(int parameter, base::Bytes octets);
  void bind_nothing(int parameter);
  // What another statement has read.
  void bind_from(int parameter, const Statement& other, int column);

  Step step();
  void reset();

  bool is_null(int column) const;
  bool is_integer(int column) const;
  bool is_text(int column) const;
  bool is_octets(int column) const;
  int columns() const;
  // Whether the row is so large that part of it may lie in pages of its own.
  bool is_large() const;
  int64_t integer(int column) const;
  std::string_view text(int column) const;
  base::Bytes octets(int column) const;

 private:
  sqlite3_stmt* handle_ = nullptr;
};

// Resets a statement when a function is left: a statement that is not reset keeps its locks.
class Running {
 public:
  explicit Running(Statement& statement) : statement_(statement) {}
  Running(const Running&) = delete;
  Running& operator=(const Running&) = delete;
  ~Running() { statement_.reset(); }

 private:
  Statement& statement_;
};

// How a database file is opened. `vfs` names another way to the disk; tests have one that fails.
struct DatabaseFile {
  std::filesystem::path path;
  const base::Secret& key;
  const char* vfs = nullptr;
  // The first 32 octets are not encrypted: see repair.
  bool plain_header = false;
};

class Connection {
 public:
  Connection() = default;
  Connection(Connection&& other) noexcept
      : handle_(std::exchange(other.handle_, nullptr)),
        path_(std::move(other.path_)),
        sentinel_(std::move(other.sentinel_)) {}
  Connection& operator=(Connection&& other) noexcept {
    std::swap(handle_, other.handle_);
    path_.swap(other.path_);
    std::swap(sentinel_, other.sentinel_);
    return *this;
  }
  ~Connection();

  // Makes the file if there is none. Reads nothing of it so far.
  static base::Result<Connection> open(const DatabaseFile& file);
  void close();
  // As a crash would leave it: closing does not move the log into the database.
  void keep_log();

  const std::filesystem::path& path() const { return path_; }
  base::Result<Statement> prepare(std::string_view sql);
  base::Result<void> execute(const char* sql);
  // The one integer that `sql` gives.
  base::Result<int64_t> integer(std::string_view sql);
  int64_t rows_changed() const;
  bool in_transaction() const;
  void roll_back();
  // Ends whatever runs longer, until the limit is lifted with nullptr.
  void set_deadline(const base::MonotonicTime* deadline);

  // Pages written to the log and not yet to the database; moves them there as far as readers allow.
  // `truncate`: the log is empty afterwards.
  base::Result<void> checkpoint(bool truncate);
  // Copies everything to a file of the same key, which must not exist.
  base::Result<void> copy_to(const DatabaseFile& target);

  // Whether the row at which `statement` stands is what was written. SQLCipher gives zeros for a page whose
  // authentication fails, and an error with the next page only: of the last page of a large row there would
  // be none.
  bool is_sound(const Statement& statement);

  Trouble trouble() const;
  // What went wrong last, for people. `doing`: "write the changes".
  base::Error error(std::string_view doing) const;
  std::unexpected<base::Error> failed(std::string_view doing) const { return std::unexpected(error(doing)); }

 private:
  Connection(sqlite3* handle, std::filesystem::path path) : handle_(handle), path_(std::move(path)) {}

  sqlite3* handle_ = nullptr;
  std::filesystem::path path_;
  Statement sentinel_;
};

}  // namespace atlas::control::store
