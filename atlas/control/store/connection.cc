#include "atlas/control/store/connection.h"

#define SQLITE_HAS_CODEC 1
#include <sqlite3.h>

#include <cstring>

namespace atlas::control::store {
namespace {

// Binding a null pointer would bind NULL.
constexpr char kNothing[1] = {};

// Of SQLCipher: what the pages are sealed with. SHA-256 has instructions of its own on most machines; the
// salt is only for keys that are made of passwords, and if it lay in the file alone, damage to it would cost
// everything.
constexpr char kSalt[] = "41746c61732773206f776e2073746f72";
constexpr char kCipherSettings[] =
    "PRAGMA cipher_page_size=4096;"
    "PRAGMA cipher_hmac_algorithm=HMAC_SHA256;"
    "PRAGMA cipher_memory_security=OFF;"
    "PRAGMA cipher_log_level=NONE;";
constexpr char kPlainHeader[] = "PRAGMA cipher_plaintext_header_size=32;";

// Rows up to this lie in one page, whatever their numbers take.
constexpr size_t kRowOctetsInPage = kPageOctets - 300;

// Calls of SQLite's engine between two looks at the clock.
constexpr int kStepsPerLook = 1000;

std::string key_text(const base::Secret& key) {
  std::string text = "x'";
  for (const char octet : key.reveal()) {
    text += "0123456789abcdef"[static_cast<uint8_t>(octet) >> 4];
    text += "0123456789abcdef"[static_cast<uint8_t>(octet) & 15];
  }
  return text + kSalt + '\'';
}

int is_late(void* deadline) {
  return base::monotonic_now() >= *static_cast<const base::MonotonicTime*>(deadline) ? 1 : 0;
}

Trouble trouble_of(int code) {
  switch (code & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return Trouble::kBusy;
    case SQLITE_FULL:
      return Trouble::kFull;
    case SQLITE_READONLY:
    case SQLITE_PERM:
      return Trouble::kReadOnly;
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN:
      return Trouble::kIo;
    // What SQLCipher says of a page whose authentication fails.
    case SQLITE_ERROR:
    case SQLITE_CORRUPT:
      return Trouble::kDamaged;
    case SQLITE_NOTADB:
      return Trouble::kForeign;
    case SQLITE_CONSTRAINT:
      return Trouble::kConstraint;
    case SQLITE_INTERRUPT:
      return Trouble::kInterrupted;
    default:
      return Trouble::kOther;
  }
}

}  // namespace

Statement::~Statement() {
  sqlite3_finalize(handle_);
}

bool Statement::is_running() const {
  return sqlite3_stmt_busy(handle_) != 0;
}

void Statement::bind(int parameter, int64_t value) {
  sqlite3_bind_int64(handle_, parameter + 1, value);
}

void Statement::bind_text(int parameter, std::string_view text) {
  sqlite3_bind_text64(handle_, parameter + 1, text.empty() ? kNothing : text.data(), text.size(),
                      SQLITE_STATIC, SQLITE_UTF8);
}

void Statement::bind_octets(int parameter, base::Bytes octets) {
  sqlite3_bind_blob64(handle_, parameter + 1,
                      octets.empty() ? static_cast<const void*>(kNothing) : octets.data(), octets.size(),
                      SQLITE_STATIC);
}

void Statement::bind_nothing(int parameter) {
  sqlite3_bind_null(handle_, parameter + 1);
}

void Statement::bind_from(int parameter, const Statement& other, int column) {
  sqlite3_bind_value(handle_, parameter + 1, sqlite3_column_value(other.handle_, column));
}

Step Statement::step() {
  switch (sqlite3_step(handle_)) {
    case SQLITE_ROW:
      return Step::kRow;
    case SQLITE_DONE:
      return Step::kDone;
    default:
      return Step::kFailed;
  }
}

void Statement::reset() {
  sqlite3_reset(handle_);
}

bool Statement::is_null(int column) const {
  return sqlite3_column_type(handle_, column) == SQLITE_NULL;
}
bool Statement::is_integer(int column) const {
  return sqlite3_column_type(handle_, column) == SQLITE_INTEGER;
}
bool Statement::is_text(int column) const {
  return sqlite3_column_type(handle_, column) == SQLITE_TEXT;
}
bool Statement::is_octets(int column) const {
  return sqlite3_column_type(handle_, column) == SQLITE_BLOB;
}

int Statement::columns() const {
  return sqlite3_column_count(handle_);
}

bool Statement::is_large() const {
  size_t octets = 0;
  for (int column = 0, count = columns(); column < count; ++column) {
    const int type = sqlite3_column_type(handle_, column);
    if (type == SQLITE_TEXT || type == SQLITE_BLOB) {
      octets += static_cast<size_t>(sqlite3_column_bytes(handle_, column));
    }
  }
  return octets >= kRowOctetsInPage;
}

int64_t Statement::integer(int column) const {
  return sqlite3_column_int64(handle_, column);
}

std::string_view Statement::text(int column) const {
  const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(handle_, column));
  if (text == nullptr) return {};
  return {text, static_cast<size_t>(sqlite3_column_bytes(handle_, column))};
}

base::Bytes Statement::octets(int column) const {
  const auto* octets = static_cast<const uint8_t*>(sqlite3_column_blob(handle_, column));
  if (octets == nullptr) return {};
  return {octets, static_cast<size_t>(sqlite3_column_bytes(handle_, column))};
}

Connection::~Connection() {
  close();
}

void Connection::close() {
  sentinel_ = {};
  // Statements that are still there end it when they go.
  sqlite3_close_v2(std::exchange(handle_, nullptr));
}

void Connection::keep_log() {
  sqlite3_db_config(handle_, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
}

base::Result<Connection> Connection::open(const DatabaseFile& file) {
  sqlite3* handle = nullptr;
  const int status = sqlite3_open_v2(
      file.path.c_str(), &handle,
      SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, file.vfs);
  Connection connection(handle, file.path);
  if (status != SQLITE_OK) return connection.failed("open it");
  std::string text = key_text(file.key);
  const int keyed = sqlite3_key_v2(handle, "main", text.data(), static_cast<int>(text.size()));
  ::explicit_bzero(text.data(), text.size());
  if (keyed != SQLITE_OK) return connection.failed("set its key");
  if (auto set = connection.execute(kCipherSettings); !set) return std::unexpected(std::move(set.error()));
  if (file.plain_header) {
    if (auto set = connection.execute(kPlainHeader); !set) return std::unexpected(std::move(set.error()));
  }
  return connection;
}

base::Result<Statement> Connection::prepare(std::string_view sql) {
  sqlite3_stmt* handle = nullptr;
  if (sqlite3_prepare_v3(handle_, sql.data(), static_cast<int>(sql.size()), SQLITE_PREPARE_PERSISTENT,
                         &handle, nullptr) != SQLITE_OK) {
    return failed("prepare \"" + std::string(sql.substr(0, 60)) + "...\"");
  }
  return Statement(handle);
}

base::Result<void> Connection::execute(const char* sql) {
  if (sqlite3_exec(handle_, sql, nullptr, nullptr, nullptr) == SQLITE_OK) return {};
  return failed("run \"" + std::string(std::string_view(sql).substr(0, 60)) + '"');
}

base::Result<int64_t> Connection::integer(std::string_view sql) {
  auto statement = prepare(sql);
  if (!statement) return std::unexpected(std::move(statement.error()));
  if (statement->step() != Step::kRow) return failed("read \"" + std::string(sql) + '"');
  return statement->integer(0);
}

int64_t Connection::rows_changed() const {
  return sqlite3_changes64(handle_);
}

bool Connection::in_transaction() const {
  return sqlite3_get_autocommit(handle_) == 0;
}

void Connection::roll_back() {
  // Some errors have rolled back by themselves.
  if (in_transaction()) sqlite3_exec(handle_, "ROLLBACK", nullptr, nullptr, nullptr);
}

void Connection::set_deadline(const base::MonotonicTime* deadline) {
  sqlite3_progress_handler(handle_, kStepsPerLook, deadline == nullptr ? nullptr : is_late,
                           const_cast<base::MonotonicTime*>(deadline));
}

base::Result<void> Connection::checkpoint(bool truncate) {
  const int mode = truncate ? SQLITE_CHECKPOINT_TRUNCATE : SQLITE_CHECKPOINT_PASSIVE;
  if (sqlite3_wal_checkpoint_v2(handle_, nullptr, mode, nullptr, nullptr) == SQLITE_OK) return {};
  return failed("move its log into it");
}

base::Result<void> Connection::copy_to(const DatabaseFile& target) {
  auto copy = open(target);
  if (!copy) return std::unexpected(std::move(copy.error()));
  sqlite3_backup* backup = sqlite3_backup_init(copy->handle_, "main", handle_, "main");
  if (backup == nullptr) return copy->failed("begin a copy");
  sqlite3_backup_step(backup, -1);
  if (sqlite3_backup_finish(backup) == SQLITE_OK) return {};
  return copy->failed("copy " + path_.filename().string());
}

bool Connection::is_sound(const Statement& statement) {
  if (!statement.is_large()) return true;
  if (!sentinel_) {
    auto prepared = prepare("SELECT rowid FROM sqlite_schema LIMIT 1");
    if (!prepared) return false;
    sentinel_ = std::move(*prepared);
  }
  const Running running(sentinel_);
  return sentinel_.step() != Step::kFailed;
}

Trouble Connection::trouble() const {
  return trouble_of(sqlite3_extended_errcode(handle_));
}

base::Error Connection::error(std::string_view doing) const {
  const int code = handle_ == nullptr ? SQLITE_NOMEM : sqlite3_extended_errcode(handle_);
  base::Error error;
  error.message = path_.string() + ": cannot " + std::string(doing) + ": ";
  switch (trouble_of(code)) {
    case Trouble::kBusy:
      error.message += "it is in use by another process";
      error.hint = "one server uses a state folder: stop the other one, or give this one a folder of its own";
      break;
    case Trouble::kFull:
      error.message += "the disk is full";
      error.hint = "nothing was written; make room, and try again";
      break;
    case Trouble::kReadOnly:
      error.message += "it cannot be written";
      error.hint = "its folder, its file and the files beside it must belong to the server's user";
      break;
    case Trouble::kIo:
      error.message += "the disk reports an error";
      if (const int number = sqlite3_system_errno(handle_)) {
        error.message += std::string(": ") + std::strerror(number);
      }
      error.hint = "look at the disk and at the kernel's log";
      break;
    case Trouble::kDamaged:
    case Trouble::kForeign:
      error.message +=
          std::string("it is damaged (") + sqlite3_errstr(code) + ", " + sqlite3_errmsg(handle_) + ')';
      error.hint = "the next start of the server puts the file aside and takes over what can be read";
      break;
    default:
      error.message += handle_ == nullptr ? sqlite3_errstr(code) : sqlite3_errmsg(handle_);
  }
  return error;
}

}  // namespace atlas::control::store
