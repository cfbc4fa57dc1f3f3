#include "atlas/control/import/named/tree.h"

#include <strings.h>

#include "atlas/control/import/named/scanner.h"

namespace atlas::control::import::named {
namespace {

constexpr const char* kSemicolonHint =
    "a statement ends with a semicolon, and so does what stands behind a }";

class Reader {
 public:
  Reader(Source& source, const std::filesystem::path& folder) : source_(source), folder_(folder) {}

  // The statements of a whole file, into `block`.
  std::optional<base::Diagnostic> read_file(uint16_t file, std::vector<Statement>& block, size_t nesting) {
    Scanner scanner(source_, file);
    return read_block(scanner, block, nesting, nullptr);
  }

 private:
  using Failure = std::optional<base::Diagnostic>;

  // Up to the brace that closes what `open` opened, or to the end of the file if it is null.
  Failure read_block(Scanner& scanner, std::vector<Statement>& block, size_t nesting, const Place* open) {
    if (nesting > kNestingMax) {
      return source_.error(*open, "blocks are nested more than " + std::to_string(kNestingMax) + " deep");
    }
    Statement statement;
    while (true) {
      auto token = scanner.next();
      if (!token) return std::move(token.error());
      switch (token->kind) {
        case Token::Kind::kWord:
        case Token::Kind::kString:
          statement.values.push_back(
              {token->kind == Token::Kind::kWord ? Value::Kind::kWord : Value::Kind::kString,
               token->place,
               std::move(token->text),
               {}});
          break;
        case Token::Kind::kNot:
          statement.values.push_back({Value::Kind::kWord, token->place, "!", {}});
          break;
        case Token::Kind::kOpen: {
          Value value{Value::Kind::kBlock, token->place, {}, {}};
          if (auto failure = read_block(scanner, value.block, nesting + 1, &token->place)) return failure;
          statement.values.push_back(std::move(value));
          break;
        }
        case Token::Kind::kSemicolon:
          if (statement.values.empty()) break;  // named takes one too many, too
          if (auto failure = end_statement(block, std::move(statement), nesting)) return failure;
          statement = {};
          break;
        case Token::Kind::kClose:
          if (open == nullptr) {
            return source_.error(token->place, "a } that closes nothing",
                                 "look for a { that is missing above");
          }
          if (!statement.values.empty()) {
            return source_.error(token->place, "a ; is missing before this }", kSemicolonHint);
          }
          return {};
        case Token::Kind::kEnd:
          if (!statement.values.empty()) {
            return source_.error(statement.place(), "this statement does not end", kSemicolonHint);
          }
          if (open != nullptr) return source_.error(*open, "this { is not closed", "it is closed by \"};\"");
          return {};
      }
      if (statement.values.size() > kStatementsMax) {
        return source_.error(statement.place(), "this statement does not end", kSemicolonHint);
      }
    }
  }

  Failure end_statement(std::vector<Statement>& block, Statement statement, size_t nesting) {
    if (++statements_ > kStatementsMax) {
      return source_.error(statement.place(), "more than " + std::to_string(kStatementsMax) + " statements");
    }
    if (is_named(statement, "include") && statement.values.size() == 2 && !statement.values[1].is_block()) {
      return include(block, statement.values[1], nesting);
    }
    if (is_named(statement, "directory") && statement.values.size() == 2 && nesting == 1) {
      // named changes to it as soon as it has read it.
      folder_ = (folder_ / statement.word(1)).lexically_normal();
    }
    block.push_back(std::move(statement));
    return {};
  }

  Failure include(std::vector<Statement>& block, const Value& named, size_t nesting) {
    if (++depth_ > kIncludeDepthMax) {
      return source_.error(named.place,
                           "files include each other more than " + std::to_string(kIncludeDepthMax) + " deep",
                           "does one of them include itself?");
    }
    const auto paths = source_.files().match((folder_ / named.text).lexically_normal());
    if (!paths) return source_.error(named.place, paths.error().message, paths.error().hint);
    for (const std::filesystem::path& path : *paths) {
      const auto file = source_.open(path, named.place);
      if (!file) return file.error();
      if (auto failure = read_file(*file, block, nesting)) return failure;
    }
    --depth_;
    return {};
  }

  Source& source_;
  std::filesystem::path folder_;
  size_t depth_ = 0;
  size_t statements_ = 0;
};

}  // namespace

std::string_view Statement::word(size_t index) const {
  if (index >= values.size() || values[index].is_block()) return {};
  return values[index].text;
}

const std::vector<Statement>* Statement::block() const {
  for (const Value& value : values) {
    if (value.is_block()) return &value.block;
  }
  return nullptr;
}

Parsed<std::vector<Statement>> read_tree(Source& source, uint16_t file, const std::filesystem::path& folder) {
  std::vector<Statement> block;
  Reader reader(source, folder);
  if (auto failure = reader.read_file(file, block, 0)) return std::unexpected(std::move(*failure));
  return block;
}

bool equal(std::string_view a, std::string_view b) {
  return a.size() == b.size() && ::strncasecmp(a.data(), b.data(), a.size()) == 0;
}

bool is_named(const Statement& statement, std::string_view name) {
  return !statement.values.front().is_block() && equal(statement.name(), name);
}

const Statement* find(const std::vector<Statement>& block, std::string_view name) {
  const Statement* found = nullptr;
  for (const Statement& statement : block) {
    if (is_named(statement, name)) found = &statement;
  }
  return found;
}

}  // namespace atlas::control::import::named
