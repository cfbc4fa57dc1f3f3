#include "atlas/control/store/salvage.h"

#include <optional>

namespace atlas::control::store {
namespace {

// A file with more holes than this is not worth the time.
constexpr size_t kGapsMax = 10'000;

class Scan {
 public:
  Scan(Connection& from, std::string_view source, std::string_view number, std::string_view columns)
      : from_(from),
        rows_sql_("SELECT " + std::string(columns) + ',' + std::string(number) + " FROM " +
                  std::string(source) + " AND " + std::string(number) + ">? ORDER BY " + std::string(number)),
        probe_sql_("SELECT " + std::string(number) + " FROM " + std::string(source) + " AND " +
                   std::string(number) + ">? ORDER BY " + std::string(number) + " LIMIT 1") {}

  // Gives rows behind `last`, and moves it on; true at the end, false before what cannot be read.
  base::Result<bool> run(int64_t& last, const std::function<base::Result<void>(const Statement&)>& take,
                         uint64_t& rows) {
    // Made anew each time: after an error a page is read again only by another statement.
    auto statement = from_.prepare(rows_sql_);
    if (!statement) return false;
    statement->bind(0, last);
    for (;;) {
      const Step step = statement->step();
      if (step == Step::kDone) return true;
      if (step == Step::kFailed || !from_.is_sound(*statement)) return false;
      if (auto taken = take(*statement); !taken) return std::unexpected(std::move(taken.error()));
      last = statement->integer(statement->columns() - 1);
      ++rows;
    }
  }

  // The smallest number behind which rows, or the end, can be reached again.
  std::optional<int64_t> next_readable(int64_t last) {
    int64_t bad = last;
    int64_t good = last;
    for (int64_t step = 1;; step *= 2) {
      if (good > INT64_MAX - step) return {};
      good += step;
      if (is_readable(good)) break;
      bad = good;
      if (step > INT64_MAX / 2) return {};
    }
    while (bad + 1 < good) {
      const int64_t middle = bad + (good - bad) / 2;
      (is_readable(middle) ? good : bad) = middle;
    }
    return good;
  }

 private:
  bool is_readable(int64_t after) {
    auto statement = from_.prepare(probe_sql_);
    if (!statement) return false;
    statement->bind(0, after);
    return statement->step() != Step::kFailed;
  }

  Connection& from_;
  std::string rows_sql_;
  std::string probe_sql_;
};

}  // namespace

base::Result<Salvaged> salvage(Connection& from, std::string_view source, std::string_view number,
                               std::string_view columns,
                               const std::function<base::Result<void>(const Statement&)>& take) {
  Scan scan(from, source, number, columns);
  Salvaged salvaged;
  for (int64_t last = 0;;) {
    const auto done = scan.run(last, take, salvaged.rows);
    if (!done) return std::unexpected(done.error());
    if (*done) return salvaged;
    const auto next = scan.next_readable(last);
    salvaged.gaps.push_back({last, next.value_or(INT64_MAX)});
    if (!next) return salvaged;
    if (salvaged.gaps.size() == kGapsMax) {
      salvaged.gaps.back().until = INT64_MAX;
      salvaged.is_complete = false;
      return salvaged;
    }
    last = *next;
  }
}

}  // namespace atlas::control::store
