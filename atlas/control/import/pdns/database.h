// The SQLite database of PowerDNS' backend gsqlite3.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "atlas/base/result.h"
#include "atlas/control/import/pdns/record_text.h"

namespace atlas::control::import::pdns {

struct Domain {
  int64_t id = 0;
  std::string name;
  std::string type;     // "NATIVE"
  std::string master;   // of a secondary: "192.0.2.1, 192.0.2.2:5300"
  std::string catalog;  // that it is a member of; empty: of none
  std::string options;  // JSON
  std::vector<Row> rows;
  size_t disabled = 0;  // records that are, and are not among the rows
  std::map<std::string, std::vector<std::string>> metadata;
  bool is_signed = false;  // it has active keys
};

struct TsigKey {
  std::string name;
  std::string algorithm;
  std::string secret;
};

struct Database {
  std::vector<TsigKey> keys;
  // Domains come one after the other: all of them may not fit into memory.
  std::function<base::Result<void>(const std::function<void(Domain&)>& visit)> for_each_domain;
};

// Opens the file read-only, and leaves nothing beside it. Fails if it holds changes that only the server that
// has it open can read.
base::Result<Database> open_database(const std::filesystem::path& path);

// How one is opened: tests and fuzz targets have none.
using OpenDatabase = std::function<base::Result<Database>(const std::filesystem::path& path)>;

}  // namespace atlas::control::import::pdns
