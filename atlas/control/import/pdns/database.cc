#include "atlas/control/import/pdns/database.h"

#include <sqlite3.h>

#include <algorithm>
#include <memory>
#include <optional>

#include "atlas/base/file.h"
#include "atlas/control/import/source.h"

namespace atlas::control::import::pdns {
namespace {

// Longer than any record.
constexpr int kValueOctetsMax = 1 << 20;
constexpr size_t kRowsMax = 50'000'000;  // of one zone
constexpr size_t kKeysMax = 100'000;
// Places of a database's header, https://www.sqlite.org/fileformat.html.
constexpr size_t kHeaderOctets = 100;
constexpr size_t kWriteVersionOffset = 18;
constexpr char kWriteVersionWal = 2;

using Connection = std::shared_ptr<sqlite3>;

std::string error_of(sqlite3* connection, const std::string& doing) {
  return doing + ": " + ::sqlite3_errmsg(connection);
}

std::optional<std::string> text_at(sqlite3_stmt* statement, int column) {
  const auto* const text = ::sqlite3_column_text(statement, column);
  if (text == nullptr) return {};
  return std::string(reinterpret_cast<const char*>(text),
                     static_cast<size_t>(::sqlite3_column_bytes(statement, column)));
}

std::optional<uint32_t> number_at(sqlite3_stmt* statement, int column) {
  if (::sqlite3_column_type(statement, column) == SQLITE_NULL) return {};
  const int64_t value = ::sqlite3_column_int64(statement, column);
  return static_cast<uint32_t>(std::clamp<int64_t>(value, 0, UINT32_MAX));
}

// Calls `visit` for each row until it says false. `id` is what "?" stands for.
template <class Visit>
base::Result<void> query(sqlite3* connection, const char* sql, std::optional<int64_t> id,
                         const Visit& visit) {
  sqlite3_stmt* prepared = nullptr;
  if (::sqlite3_prepare_v2(connection, sql, -1, &prepared, nullptr) != SQLITE_OK) {
    return base::fail(error_of(connection, "the database is none of PowerDNS"),
                      "its tables are those of the schema of gsqlite3");
  }
  const std::unique_ptr<sqlite3_stmt, int (*)(sqlite3_stmt*)> statement(prepared, ::sqlite3_finalize);
  if (id) ::sqlite3_bind_int64(statement.get(), 1, *id);
  int outcome = ::sqlite3_step(statement.get());
  while (outcome == SQLITE_ROW) {
    if (!visit(statement.get())) return {};
    outcome = ::sqlite3_step(statement.get());
  }
  if (outcome != SQLITE_DONE) return base::fail(error_of(connection, "the database cannot be read"));
  return {};
}

// A view could compute without end.
base::Result<void> check_tables(sqlite3* connection) {
  size_t found = 0;
  const auto done = query(connection,
                          "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name IN "
                          "('domains', 'records', 'domainmetadata', 'cryptokeys', 'tsigkeys')",
                          {}, [&](sqlite3_stmt*) { return ++found < 6; });
  if (!done) return done;
  if (found != 5) {
    return base::fail("the database is none of PowerDNS: tables are missing",
                      "they are domains, records, domainmetadata, cryptokeys and tsigkeys");
  }
  return {};
}

base::Result<void> read_metadata(sqlite3* connection, Domain& domain) {
  auto done = query(connection, "SELECT kind, content FROM domainmetadata WHERE domain_id = ? ORDER BY id",
                    domain.id, [&](sqlite3_stmt* row) {
                      const auto kind = text_at(row, 0);
                      const auto content = text_at(row, 1);
                      if (kind) domain.metadata[*kind].push_back(content.value_or(""));
                      return domain.metadata.size() < kKeysMax;
                    });
  if (!done) return done;
  return query(connection, "SELECT 1 FROM cryptokeys WHERE domain_id = ? AND active LIMIT 1", domain.id,
               [&](sqlite3_stmt*) {
                 domain.is_signed = true;
                 return false;
               });
}

base::Result<void> read_domain(sqlite3* connection, Domain& domain) {
  bool too_many = false;
  auto done =
      query(connection,
            "SELECT id, name, type, content, ttl, prio, disabled FROM records WHERE domain_id = ? "
            "ORDER BY id",
            domain.id, [&](sqlite3_stmt* row) {
              // A name without a record, which there is to be found.
              const auto type = text_at(row, 2);
              if (!type || type->empty()) return true;
              if (::sqlite3_column_int64(row, 6) != 0) {
                ++domain.disabled;
                return true;
              }
              too_many = domain.rows.size() == kRowsMax;
              if (too_many) return false;
              domain.rows.push_back({::sqlite3_column_int64(row, 0), text_at(row, 1).value_or(""), *type,
                                     text_at(row, 3).value_or(""), number_at(row, 4), number_at(row, 5)});
              return true;
            });
  if (!done) return done;
  if (too_many) return base::fail("a zone of more than " + std::to_string(kRowsMax) + " records");
  return read_metadata(connection, domain);
}

base::Result<void> read_domains(sqlite3* connection, const std::function<void(Domain&)>& visit) {
  std::vector<Domain> domains;
  // Older schemas have no catalogs.
  bool has_catalogs = false;
  auto done =
      query(connection, "SELECT 1 FROM pragma_table_info('domains') WHERE name IN ('catalog', 'options')", {},
            [&](sqlite3_stmt*) { return has_catalogs = true; });
  if (!done) return done;
  const char* const sql =
      has_catalogs ? "SELECT id, name, type, master, catalog, options FROM domains ORDER BY name, id"
                   : "SELECT id, name, type, master, NULL, NULL FROM domains ORDER BY name, id";
  done = query(connection, sql, {}, [&](sqlite3_stmt* row) {
    Domain domain;
    domain.id = ::sqlite3_column_int64(row, 0);
    domain.name = text_at(row, 1).value_or("");
    domain.type = text_at(row, 2).value_or("");
    domain.master = text_at(row, 3).value_or("");
    domain.catalog = text_at(row, 4).value_or("");
    domain.options = text_at(row, 5).value_or("");
    domains.push_back(std::move(domain));
    return domains.size() < kZonesMax;
  });
  if (!done) return done;
  for (Domain& domain : domains) {
    done = read_domain(connection, domain);
    if (!done) return done;
    visit(domain);
    domain = {};
  }
  return {};
}

// The way to open it that changes nothing beside it.
base::Result<std::string> uri_of(const std::filesystem::path& path) {
  auto file = base::InputFile::open_regular(path);
  if (!file) return std::unexpected(std::move(file.error()));
  char header[kHeaderOctets] = {};
  const auto read = file->read_some(0, header);
  if (!read) return std::unexpected(read.error());
  if (!std::string_view(header, sizeof header).starts_with("SQLite format 3")) {
    return base::fail("\"" + path.string() + "\" is no SQLite database");
  }
  std::string uri = "file:";
  for (const char c : std::filesystem::absolute(path).string()) {
    constexpr std::string_view kHex = "0123456789abcdef";
    const auto octet = static_cast<unsigned char>(c);
    if (c == '?' || c == '#' || c == '%') {
      uri.append(1, '%').append(1, kHex[octet >> 4]).append(1, kHex[octet & 15]);
    } else {
      uri += c;
    }
  }
  // With a write-ahead log, reading would make files beside it; an immutable database is read without.
  std::error_code ignored;
  const bool is_wal = header[kWriteVersionOffset] == kWriteVersionWal;
  const uintmax_t log_octets = std::filesystem::file_size(path.string() + "-wal", ignored);
  if (is_wal && !ignored && log_octets != 0) {
    return base::fail(
        "\"" + path.string() + "\" has changes in its write-ahead log",
        "stop pdns_server, or copy it: sqlite3 " + path.string() + " \"VACUUM INTO 'copy.db'\"");
  }
  return uri + (is_wal ? "?mode=ro&immutable=1" : "?mode=ro");
}

}  // namespace

base::Result<Database> open_database(const std::filesystem::path& path) {
  const auto uri = uri_of(path);
  if (!uri) return std::unexpected(uri.error());
  sqlite3* opened = nullptr;
  const int outcome = ::sqlite3_open_v2(
      uri->c_str(), &opened, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX, nullptr);
  const Connection connection(opened, ::sqlite3_close);
  if (outcome != SQLITE_OK) return base::fail(error_of(opened, "\"" + path.string() + "\" cannot be opened"));
  ::sqlite3_limit(opened, SQLITE_LIMIT_LENGTH, kValueOctetsMax);
  ::sqlite3_db_config(opened, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
  ::sqlite3_db_config(opened, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  auto done = check_tables(opened);
  if (!done) return std::unexpected(done.error());
  Database database;
  done =
      query(opened, "SELECT name, algorithm, secret FROM tsigkeys ORDER BY name", {}, [&](sqlite3_stmt* row) {
        database.keys.push_back(
            {text_at(row, 0).value_or(""), text_at(row, 1).value_or(""), text_at(row, 2).value_or("")});
        return database.keys.size() < kKeysMax;
      });
  if (!done) return std::unexpected(done.error());
  database.for_each_domain = [connection](const std::function<void(Domain&)>& visit) {
    return read_domains(connection.get(), visit);
  };
  return database;
}

}  // namespace atlas::control::import::pdns
