#include "atlas/control/config/read_fields.h"

#include <algorithm>
#include <charconv>

#include "atlas/base/quantity.h"

namespace atlas::control::config {
namespace {

// More help nobody who reads them; the first ones usually explain the rest.
constexpr size_t kDiagnosticsMax = 100;

size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({replaced, row[j] + 1, row[j - 1] + 1});
    }
  }
  return row.back();
}

}  // namespace

std::string hint_for_unknown(std::string_view name, const std::vector<std::string_view>& known) {
  constexpr size_t kComparedOctetsMax = 64;
  std::string_view nearest;
  size_t least = name.size() / 3 + 2;
  for (const std::string_view candidate : known) {
    if (name.size() > kComparedOctetsMax) break;
    const size_t distance = edit_distance(name, candidate);
    if (distance < least) {
      least = distance;
      nearest = candidate;
    }
  }
  if (!nearest.empty()) return "did you mean \"" + std::string(nearest) + "\"?";
  std::string hint = "known here:";
  for (size_t i = 0; i < known.size(); ++i) hint += (i == 0 ? " " : ", ") + std::string(known[i]);
  return hint;
}

ReadFields::ReadFields(const Node& root, const Sources& sources, base::Diagnostics& diagnostics)
    : root_(root), sources_(sources), diagnostics_(diagnostics) {
  frames_.push_back({&root, {}});
}

void ReadFields::finish() {
  close();
  diagnostics_.insert(diagnostics_.end(), warnings_.begin(), warnings_.end());
}

void ReadFields::open(Key key) {
  const Node* node = find(key);
  if (node != nullptr && !node->is_mapping()) {
    if (node->kind != Node::Kind::kNull) wrong(*node, "is a section: a mapping of keys");
    node = nullptr;
  }
  frames_.push_back({node, {}});
}

void ReadFields::close() {
  const Frame frame = std::move(frames_.back());
  frames_.pop_back();
  if (frame.mapping == nullptr) return;
  for (const Node& child : frame.mapping->children) {
    if (std::ranges::find(frame.known, child.key) != frame.known.end()) continue;
    report(child, child.key_position, "unknown key \"" + child.key + '"',
           hint_for_unknown(child.key, frame.known));
  }
}

void ReadFields::boolean(Key key, bool& value) {
  const Node* node = scalar(key);
  if (node == nullptr) return;
  if (node->text != "true" && node->text != "false") {
    wrong(*node, "is either true or false, not \"" + node->text + '"');
    return;
  }
  value = node->text == "true";
}

void ReadFields::integer(Key key, uint32_t& value, uint32_t least, uint32_t most) {
  uint64_t number = value;
  count(key, number, least, most);
  value = static_cast<uint32_t>(number);
}

void ReadFields::count(Key key, uint64_t& value, uint64_t least, uint64_t most) {
  const Node* node = scalar(key);
  if (node == nullptr) return;
  uint64_t number = 0;
  const char* end = node->text.data() + node->text.size();
  const auto [stop, error] = std::from_chars(node->text.data(), end, number);
  if (error != std::errc{} || stop != end || number < least || number > most) {
    const std::string range = least == most
                                  ? std::to_string(least)
                                  : "a number from " + std::to_string(least) + " to " + std::to_string(most);
    wrong(*node, "is " + range + ", not \"" + node->text + '"');
    return;
  }
  value = number;
}

void ReadFields::size(Key key, uint64_t& octets, uint64_t least, uint64_t most) {
  const Node* node = scalar(key);
  if (node == nullptr) return;
  const auto parsed = base::parse_size(node->text);
  if (!parsed) {
    report(*node, node->position, parsed.error().message, parsed.error().hint);
  } else if (*parsed < least || *parsed > most) {
    wrong(*node,
          "is from " + base::size_text(least) + " to " + base::size_text(most) + ", not " + node->text);
  } else {
    octets = *parsed;
  }
}

void ReadFields::duration(Key key, milliseconds& value, milliseconds least, milliseconds most) {
  const Node* node = scalar(key);
  if (node == nullptr) return;
  const auto parsed = base::parse_duration(node->text);
  if (!parsed) {
    report(*node, node->position, parsed.error().message, parsed.error().hint);
  } else if (*parsed < least || *parsed > most) {
    wrong(*node, "is from " + base::duration_text(least) + " to " + base::duration_text(most) + ", not " +
                     node->text);
  } else {
    value = *parsed;
  }
}

void ReadFields::text(Key key, std::string& value, size_t octets_max) {
  const Node* node = scalar(key);
  if (node == nullptr) return;
  if (node->text.size() > octets_max) {
    wrong(*node, "is at most " + std::to_string(octets_max) + " octets long");
    return;
  }
  value = node->text;
}

void ReadFields::path(Key key, std::filesystem::path& value) {
  const Node* node = scalar(key);
  if (node == nullptr) return;
  value = node->text.empty() ? std::filesystem::path() : resolve(node->file, node->text);
}

void ReadFields::path_pattern(Key key, std::string& value) {
  const Node* node = scalar(key);
  if (node != nullptr) value = node->text;
  value = resolve(node != nullptr ? node->file : uint16_t{0}, value).string();
}

void ReadFields::choice(Key key, uint8_t& value, std::span<const std::string_view> words) {
  const Node* node = scalar(key);
  if (node == nullptr) return;
  const auto found = std::ranges::find(words, node->text);
  if (found != words.end()) {
    value = static_cast<uint8_t>(found - words.begin());
    return;
  }
  std::string list;
  for (const std::string_view word : words) list += (list.empty() ? "" : ", ") + std::string(word);
  wrong(*node, "is one of " + list + ", not \"" + node->text + '"');
}

void ReadFields::mode(Key key, uint32_t& value) {
  const Node* node = scalar(key);
  if (node == nullptr) return;
  uint32_t number = 0;
  const char* end = node->text.data() + node->text.size();
  const auto [stop, error] = std::from_chars(node->text.data(), end, number, 8);
  if (error != std::errc{} || stop != end || number > 0777) {
    wrong(*node, "is an octal number up to 0777, not \"" + node->text + '"', "as in mode: \"0660\"");
  } else if ((number & 0002) != 0) {
    wrong(*node, "must not let everybody write", "give the socket a group, and mode \"0660\"");
  } else {
    value = number;
  }
}

void ReadFields::prefixes(Key key, std::vector<net::Prefix>& value) {
  const Node* list = sequence(key);
  if (list == nullptr) return;
  value.clear();
  for (const Node& item : list->children) {
    if (!is_text(item, "an address or a prefix")) continue;
    if (item.text == "any") {
      value.emplace_back(net::IpAddress::v4(0), 0);
      value.emplace_back(net::IpAddress(), 0);
    } else if (const auto prefix = net::Prefix::parse(item.text)) {
      value.push_back(*prefix);
    } else {
      report(item, item.position, prefix.error().message, prefix.error().hint);
    }
  }
}

void ReadFields::endpoints(Key key, std::vector<net::Endpoint>& value, uint16_t default_port) {
  const Node* list = sequence(key);
  if (list == nullptr) return;
  value.clear();
  for (const Node& item : list->children) {
    if (!is_text(item, "an address")) continue;
    if (const auto endpoint = read_endpoint(item, default_port)) value.push_back(*endpoint);
  }
}

void ReadFields::texts(Key key, std::vector<std::string>& value, size_t octets_max) {
  const Node* list = sequence(key);
  if (list == nullptr) return;
  value.clear();
  for (const Node& item : list->children) {
    if (!is_text(item, "a text")) continue;
    if (item.text.size() > octets_max) {
      report(item, item.position, "is at most " + std::to_string(octets_max) + " octets long");
    } else {
      value.push_back(item.text);
    }
  }
}

// Expanded already.
void ReadFields::includes(Key key) {
  frames_.back().known.push_back(key.name);
}

void ReadFields::report_at(std::string_view section, std::string_view name, std::string message,
                           std::string hint) {
  const Node* node = root_.find(section);
  if (node != nullptr && !name.empty() && node->find(name) != nullptr) node = node->find(name);
  if (node == nullptr) {
    report(root_, {}, std::move(message), std::move(hint));
  } else {
    report(*node, node->key_position, std::move(message), std::move(hint));
  }
}

const Node* ReadFields::find(Key key) {
  Frame& frame = frames_.back();
  frame.known.push_back(key.name);
  return frame.mapping == nullptr ? nullptr : frame.mapping->find(key.name);
}

const Node* ReadFields::scalar(Key key) {
  const Node* node = find(key);
  if (node == nullptr || node->is_scalar()) return node;
  if (node->kind == Node::Kind::kNull) {
    report(*node, node->key_position, '"' + node->key + "\" has no value",
           "take the key out to use the default");
  } else {
    wrong(*node, "is a single value");
  }
  return nullptr;
}

const Node* ReadFields::sequence(Key key) {
  const Node* node = find(key);
  if (node == nullptr || node->is_sequence()) return node;
  if (node->kind != Node::Kind::kNull)
    wrong(*node, "is a list", "as in " + std::string(key.name) + ": [one, another]");
  return nullptr;
}

bool ReadFields::is_text(const Node& item, const char* what) {
  if (item.is_scalar()) return true;
  report(item, item.position, std::string("expected ") + what);
  return false;
}

std::filesystem::path ReadFields::resolve(uint16_t file, const std::string& text) const {
  return (sources_.path(file).parent_path() / text).lexically_normal();
}

std::optional<net::Endpoint> ReadFields::read_endpoint(const Node& item, uint16_t default_port) {
  const auto endpoint = net::Endpoint::parse(item.text, default_port);
  if (endpoint) return *endpoint;
  report(item, item.position, endpoint.error().message, endpoint.error().hint);
  return {};
}

std::optional<dns::Name> ReadFields::read_name(const Node& node) {
  auto name = dns::parse_name(node.text);
  if (!name) {
    report(node, node.position, name.error().message, name.error().hint);
    return {};
  }
  name->make_lower();
  return *name;
}

void ReadFields::wrong(const Node& node, const std::string& what, std::string hint) {
  report(node, node.position, '"' + node.key + "\" " + what, std::move(hint));
}

bool ReadFields::full() const {
  return diagnostics_.size() >= kDiagnosticsMax;
}

void ReadFields::report(const Node& node, base::TextPosition position, std::string message,
                        std::string hint) {
  if (full()) return;
  diagnostics_.push_back(sources_.diagnostic(node.file, position, std::move(message), std::move(hint)));
}

void ReadFields::warn(const Node& node, std::string message, std::string hint) {
  if (warnings_.size() >= kDiagnosticsMax) return;
  warnings_.push_back(sources_.diagnostic(node.file, node.position, std::move(message), std::move(hint)));
  warnings_.back().severity = base::Severity::kWarning;
}

}  // namespace atlas::control::config
