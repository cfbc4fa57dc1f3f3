// Three ways to a store that nobody wrote: arbitrary octets as its file, a good file or log with octets
// replaced, and rows of any types and values behind the encryption.
#include <signal.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <string>
#include <string_view>

#include "atlas/base/assert.h"
#include "atlas/base/file.h"
#include "atlas/control/store/open_store.h"
#include "atlas/control/store/reader.h"
#include "atlas/control/store/rows.h"

namespace {

using namespace atlas;
using namespace atlas::control::store;

constexpr size_t kRowsMax = 16;
constexpr size_t kReplacedMax = 64;

struct Files {
  std::filesystem::path folder;
  std::string key;
  std::string database;
  std::string log;
};

ZoneRow make_zone(int64_t id) {
  ZoneRow zone;
  zone.id = static_cast<ZoneId>(id);
  zone.apex = dns::parse_name("zone" + std::to_string(id) + ".test.").value();
  return zone;
}

ChangeRow make_change(int64_t id, size_t octets) {
  ChangeRow row;
  row.id = static_cast<ChangeId>(id);
  row.zone = static_cast<ZoneId>(1 + id % 2);
  row.origin.actor = "user:root";
  row.diff.assign(octets, static_cast<uint8_t>(id));
  return row;
}

std::string content(const std::filesystem::path& path) {
  return base::read_file(path, uint64_t{1} << 30).value_or("");
}

// One for each process. A fuzzer ends without its farewells, so that those before have left theirs.
std::filesystem::path make_folder() {
  constexpr std::string_view kName = "atlas-store-fuzz-";
  const std::filesystem::path parent = "/dev/shm";
  for (const auto& entry : std::filesystem::directory_iterator(parent)) {
    const std::string name = entry.path().filename().string();
    if (!name.starts_with(kName)) continue;
    const int process = std::atoi(name.c_str() + kName.size());
    if (process > 0 && ::kill(process, 0) != 0) std::filesystem::remove_all(entry.path());
  }
  return parent / (std::string(kName) + std::to_string(::getpid()));
}

// A store with a log, as a crash leaves it.
const Files& sample() {
  static const Files files = [] {
    Files made;
    made.folder = make_folder();
    const auto folder = made.folder / "made";
    Batch batch;
    batch.zones = {make_zone(1), make_zone(2)};
    for (int64_t id = 1; id <= 100; ++id) batch.changes.push_back(make_change(id, id == 50 ? 9000 : 100));
    {
      ATLAS_ASSERT(std::move(*open_store({.folder = folder}))->commit(batch));
    }
    made.key = content(folder / "store.key");
    auto store = std::move(*open_store({.folder = folder}));
    for (int64_t id = 101; id <= 130; ++id) {
      Batch next;
      next.changes = {make_change(id, 200)};
      ATLAS_ASSERT(store->commit(next));
    }
    made.database = content(folder / "atlas.db");
    made.log = content(folder / "atlas.db-wal");
    return made;
  }();
  return files;
}

void read_everything(Reader& reader) {
  const auto zones = reader.zones();
  if (zones) {
    for (const ZoneRow& zone : *zones) {
      ATLAS_ASSERT(dns::view_name(zone.apex.wire())->size() == zone.apex.wire().size());
      (void)reader.replay(zone.id, zone.basis.change,
                          [](const ChangeRow& row) { return row.diff.size() > 1; });
    }
  }
  (void)reader.keys();
  for (const bool with_diff : {false, true}) {
    ChangeFilter filter;
    filter.with_diff = with_diff;
    const auto changes = reader.changes(filter);
    if (changes && !changes->empty()) (void)reader.change(changes->front().id);
    filter.since = base::WallTime{};
    filter.actor = "user:root";
    (void)reader.changes(filter);
  }
  (void)reader.leases(base::WallTime::max(), 100);
  (void)reader.next_expiry();
}

void open_and_read(const std::string& database, const std::string& log) {
  const auto folder = sample().folder / "opened";
  std::filesystem::remove_all(folder);
  std::filesystem::create_directory(folder);
  (void)base::replace_file(folder / "store.key", {{sample().key}}, 0600, base::Durability::kCache);
  (void)base::replace_file(folder / "atlas.db", {{database}}, 0600, base::Durability::kCache);
  if (!log.empty())
    (void)base::replace_file(folder / "atlas.db-wal", {{log}}, 0600, base::Durability::kCache);
  auto opened = open_database({.folder = folder});
  if (!opened) return;
  Reader reader(opened->connection);
  read_everything(reader);
}

void replace(base::ByteReader& octets, std::string& content) {
  for (size_t i = 0; i < kReplacedMax && octets.remaining() >= 4 && !content.empty(); ++i) {
    const size_t at = (size_t{octets.u8()} << 16 | octets.u16()) % content.size();
    content[at] = static_cast<char>(octets.u8());
  }
}

void bind_anything(base::ByteReader& octets, Statement& statement, int parameter) {
  switch (octets.u8() % 5) {
    case 0:
      statement.bind_nothing(parameter);
      break;
    case 1:
      statement.bind(parameter, static_cast<int64_t>(octets.u64()));
      break;
    case 2:
      statement.bind(parameter, octets.u8());
      break;
    case 3:
      statement.bind_text(parameter, base::text_of(octets.bytes(octets.u8() % (octets.remaining() + 1))));
      break;
    default:
      statement.bind_octets(parameter, octets.bytes(octets.u8() % (octets.remaining() + 1)));
  }
}

// The tables, but of columns that take any type.
Connection& loose_tables() {
  static Connection connection = [] {
    static const base::Secret key(std::string(32, 'k'));
    Connection made = std::move(*Connection::open({":memory:", key}));
    std::string sql;
    for (const char* const step : schema_steps()) sql += step;
    for (const std::string_view word :
         {" STRICT,", " STRICT", " NOT NULL", " REFERENCES tenants(id)", " REFERENCES zones(id)"}) {
      for (size_t at; (at = sql.find(word)) != std::string::npos;) sql.erase(at, word.size());
    }
    ATLAS_ASSERT(made.execute(sql.c_str()));
    return made;
  }();
  return connection;
}

void read_rows(base::ByteReader& octets) {
  Connection& connection = loose_tables();
  ATLAS_ASSERT(connection.execute("BEGIN"));
  for (size_t i = 0; i < kRowsMax && octets.remaining() > 0; ++i) {
    const TableForm* const forms[] = {&kZoneForm, &kKeyForm, &kChangeForm, &kLeaseForm};
    const TableForm& form = *forms[octets.u8() % 4];
    auto insert = connection.prepare(insert_into(form));
    ATLAS_ASSERT(insert);
    insert->bind(0, static_cast<int64_t>(octets.u8()));
    for (int column = 1; column < form.count; ++column) bind_anything(octets, *insert, column);
    (void)insert->step();
  }
  {
    Reader reader(connection);
    read_everything(reader);
  }
  connection.roll_back();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  base::ByteReader octets(base::Bytes(data, size));
  const uint8_t way = octets.u8();
  if (way < 16) {
    open_and_read(std::string(base::text_of(octets.rest())), "");
  } else if (way < 48) {
    std::string database = sample().database;
    std::string log = sample().log;
    replace(octets, way % 2 == 0 ? database : log);
    open_and_read(database, log);
  } else {
    read_rows(octets);
  }
  return 0;
}
