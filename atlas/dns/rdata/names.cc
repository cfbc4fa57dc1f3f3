#include "atlas/dns/rdata/field.h"

namespace atlas::dns::rdata {
namespace {

// At least one octet each, so that a whole RDATA bounds them.
bool parse_names(TextReader& text) {
  while (!text.at_end()) {
    if (!take_name(text)) return false;
  }
  return true;
}

bool read_names(base::ByteReader& wire, std::string* text) {
  for (bool first = true; wire.remaining() > 0; first = false) {
    if (text != nullptr && !first) *text += ' ';
    if (!read_plain_name(wire, text)) return false;
  }
  return true;
}

}  // namespace

bool take_name(TextReader& text) {
  const RdataToken* token = text.next();
  if (token == nullptr) return false;
  Name name;
  if (auto parsed = parse_name(token->text, text.origin(), name); !parsed) {
    return text.fail(std::move(parsed.error().message), std::move(parsed.error().hint));
  }
  text.put(name.wire());
  return true;
}

bool read_plain_name(base::ByteReader& wire, std::string* text) {
  const auto name = view_name(wire.whole().subspan(wire.offset()));
  if (!name) return false;
  wire.skip(name->size());
  if (text != nullptr) append_text(*name, *text);
  return true;
}

constinit const Field kName{take_name, read_plain_name, NameUse::kKeep};
constinit const Field kNameLower{take_name, read_plain_name, NameUse::kLower};
constinit const Field kNameCompressed{take_name, read_plain_name, NameUse::kCompressed};
constinit const Field kNames{parse_names, read_names, NameUse::kKeep};

}  // namespace atlas::dns::rdata
