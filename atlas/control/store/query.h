// A statement that is prepared when it is first needed, and kept.
#pragma once

#include <string>
#include <utility>

#include "atlas/control/store/connection.h"

namespace atlas::control::store {

class Query {
 public:
  explicit Query(std::string sql) : sql_(std::move(sql)) {}

  base::Result<Statement*> ready(Connection& connection) {
    if (!statement_) {
      auto prepared = connection.prepare(sql_);
      if (!prepared) return std::unexpected(std::move(prepared.error()));
      statement_ = std::move(*prepared);
    }
    return &statement_;
  }
  // Another one of the same text, for whoever needs it while it runs.
  base::Result<Statement> another(Connection& connection) const { return connection.prepare(sql_); }

 private:
  std::string sql_;
  Statement statement_;
};

}  // namespace atlas::control::store
