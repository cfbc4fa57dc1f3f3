// Keys as command lines and files have them.
#include <cctype>

#include "atlas/base/encoding.h"
#include "atlas/tsig/key.h"

namespace atlas::tsig {
namespace {

std::string quoted(std::string_view text) {
  return '"' + std::string(text) + '"';
}

std::string algorithms_hint() {
  return "algorithms are hmac-sha256, hmac-sha512, hmac-sha384, hmac-sha224, hmac-sha1, hmac-md5, "
         "hmac-sha256-128, hmac-sha384-192 and hmac-sha512-256";
}

base::Result<void> set_name(Key& key, std::string_view text) {
  if (text.empty()) return base::fail("the key has no name");
  const auto name = dns::parse_name(text);
  if (!name) return base::fail("the key's name " + quoted(text) + ": " + name.error().message);
  key.name = *name;
  return {};
}

base::Result<void> set_algorithm(Key& key, std::string_view text) {
  const auto algorithm = parse_algorithm(text);
  if (!algorithm) {
    return base::fail("no algorithm " + quoted(text) + " signs transactions", algorithms_hint());
  }
  key.algorithm = *algorithm;
  return {};
}

// What is wrong is said without the secret.
base::Result<void> set_secret(Key& key, std::string_view text) {
  if (text.size() > kSecretOctetsMax / 3 * 4 + 4) return base::fail("the key's secret is too long");
  key.secret.reserve(text.size());  // so that no octets are left where they were moved away from
  base::Base64Decoder decoder;
  if (!decoder.decode(text, key.secret) || !decoder.finish()) {
    return base::fail("the key's secret is not base64");
  }
  if (key.secret.empty()) return base::fail("the key's secret is empty");
  if (key.secret.size() > kSecretOctetsMax) return base::fail("the key's secret is too long");
  return {};
}

// The words of a file in BIND's form, without its comments.
class Words {
 public:
  explicit Words(std::string_view text) : text_(text) {}

  // The next word, brace or semicolon; a string without its quotes. Empty at the end.
  std::string_view next() {
    skip_blanks();
    if (at_ == text_.size()) return {};
    const size_t begin = at_;
    if (text_[at_] == '"') {
      const size_t end = text_.find('"', begin + 1);
      at_ = end == std::string_view::npos ? text_.size() : end + 1;
      return text_.substr(begin + 1, end == std::string_view::npos ? end : end - begin - 1);
    }
    if (is_mark(text_[at_])) return text_.substr(at_++, 1);
    while (at_ < text_.size() && !is_mark(text_[at_]) && text_[at_] != '"' && !is_blank(text_[at_])) ++at_;
    return text_.substr(begin, at_ - begin);
  }

  size_t line() const {
    size_t line = 1;
    for (const char c : text_.substr(0, at_)) line += c == '\n';
    return line;
  }

 private:
  static bool is_mark(char c) { return c == '{' || c == '}' || c == ';'; }
  static bool is_blank(char c) { return std::isspace(static_cast<unsigned char>(c)) != 0; }
  void skip_to(std::string_view end, size_t behind) {
    const size_t found = text_.find(end, at_);
    at_ = found == std::string_view::npos ? text_.size() : found + behind;
  }
  void skip_blanks() {
    while (at_ < text_.size()) {
      const std::string_view rest = text_.substr(at_);
      if (is_blank(rest[0])) {
        ++at_;
      } else if (rest[0] == '#' || rest.starts_with("//")) {
        skip_to("\n", 1);
      } else if (rest.starts_with("/*")) {
        skip_to("*/", 2);
      } else {
        return;
      }
    }
  }

  std::string_view text_;
  size_t at_ = 0;
};

base::Result<void> expect(Words& words, std::string_view mark) {
  const std::string_view found = words.next();
  if (found == mark) return {};
  return base::fail(quoted(mark) + " is missing" + (found.empty() ? "" : " before " + quoted(found)));
}

base::Result<void> read_clause(Words& words, Key& key) {
  if (words.next() != "key") return base::fail("the file does not begin with a key");
  if (const auto name = set_name(key, words.next()); !name) return name;
  if (const auto open = expect(words, "{"); !open) return open;
  bool has_algorithm = false;
  while (true) {
    const std::string_view word = words.next();
    if (word == "}") break;
    const bool is_algorithm = word == "algorithm";
    if (!is_algorithm && word != "secret") {
      return base::fail(word.empty() ? "the key ends in its middle" : "a key has no " + quoted(word),
                        "a key has an algorithm and a secret");
    }
    if (is_algorithm ? has_algorithm : !key.secret.empty()) {
      return base::fail("the key has two of " + quoted(word));
    }
    has_algorithm |= is_algorithm;
    const std::string_view value = words.next();
    if (const auto set = is_algorithm ? set_algorithm(key, value) : set_secret(key, value); !set) return set;
    if (const auto close = expect(words, ";"); !close) return close;
  }
  if (const auto close = expect(words, ";"); !close) return close;
  if (!has_algorithm || key.secret.empty()) {
    return base::fail(has_algorithm ? "the key has no secret" : "the key has no algorithm",
                      "a key has an algorithm and a secret");
  }
  if (!words.next().empty()) return base::fail("something follows the key", "a file holds one key");
  return {};
}

}  // namespace

base::Result<Key> parse_key(std::string_view text) {
  Key key;
  const size_t last = text.rfind(':');
  if (last == std::string_view::npos) {
    return base::fail("the key has no secret", "a key is [ALGORITHM:]NAME:SECRET, the secret in base64");
  }
  std::string_view front = text.substr(0, last);
  if (const size_t colon = front.find(':'); colon != std::string_view::npos) {
    if (const auto set = set_algorithm(key, front.substr(0, colon)); !set)
      return std::unexpected(set.error());
    front.remove_prefix(colon + 1);
  }
  if (const auto set = set_name(key, front); !set) return std::unexpected(set.error());
  if (const auto set = set_secret(key, text.substr(last + 1)); !set) return std::unexpected(set.error());
  return key;
}

base::Result<Key> parse_key_file(std::string_view text) {
  Key key;
  Words words(text);
  if (auto read = read_clause(words, key); !read) {
    return base::fail("line " + std::to_string(words.line()) + ": " + read.error().message,
                      read.error().hint);
  }
  return key;
}

}  // namespace atlas::tsig
