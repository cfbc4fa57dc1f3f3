// The SvcParams of SVCB and HTTPS, RFC 9460 2.1 and 2.2: key=value in any order as text, by ascending key in
// wire form. IANA's registry "DNS SVCB Service Parameter Keys" gives the keys.
#include <algorithm>

#include "atlas/base/encoding.h"
#include "atlas/dns/rdata/field.h"

namespace atlas::dns::rdata {
namespace {

using Octets = std::vector<uint8_t>;

// The forms that values have.
enum class Form : uint8_t {
  kOpaque,    // a <character-string> without meaning
  kKeys,      // mandatory, RFC 9460 8
  kAlpn,      // protocol ids behind length octets, RFC 9460 7.1.1
  kEmpty,     // no value
  kPort,      // RFC 9460 7.2
  kIpv4List,  // RFC 9460 7.3
  kIpv6List,
  kBase64,    // ech, RFC 9848
  kDohPath,   // a URI template, RFC 9461 5
  kNumbers,   // TLS groups
  kSegments,  // docpath: as kAlpn, but may be empty
};

struct Key {
  uint16_t number;
  std::string_view name;
  Form form;
};

constexpr uint16_t kMandatory = 0;
constexpr uint16_t kAlpnKey = 1;
constexpr uint16_t kNoDefaultAlpn = 2;
constexpr uint16_t kInvalidKey = 65535;  // RFC 9460 14.3.2

constexpr Key kKeys[] = {
    {kMandatory, "mandatory", Form::kKeys},
    {kAlpnKey, "alpn", Form::kAlpn},
    {kNoDefaultAlpn, "no-default-alpn", Form::kEmpty},
    {3, "port", Form::kPort},
    {4, "ipv4hint", Form::kIpv4List},
    {5, "ech", Form::kBase64},
    {6, "ipv6hint", Form::kIpv6List},
    {7, "dohpath", Form::kDohPath},
    {8, "ohttp", Form::kEmpty},
    {9, "tls-supported-groups", Form::kNumbers},
    {10, "docpath", Form::kSegments},
    {11, "pvd", Form::kEmpty},
};

Form form_of(uint16_t key) {
  return key < std::size(kKeys) ? kKeys[key].form : Form::kOpaque;
}

void append_key(uint16_t key, std::string& out) {
  if (key < std::size(kKeys)) {
    out += kKeys[key].name;
  } else {
    out += "key";
    append_number(key, out);
  }
}

// A registered name, or keyNNNNN without leading zeros. `generic` is set for the latter.
bool parse_key(std::string_view text, uint16_t& key, bool& generic) {
  for (const Key& known : kKeys) {
    if (text != known.name) continue;
    key = known.number;
    generic = false;
    return true;
  }
  uint64_t number = 0;
  if (!text.starts_with("key") || !parse_number(text.substr(3), kInvalidKey - 1, number)) return false;
  if (text[3] == '0' && text.size() > 4) return false;
  key = static_cast<uint16_t>(number);
  generic = true;
  return true;
}

void push_u16(uint64_t value, Octets& out) {
  out.push_back(static_cast<uint8_t>(value >> 8));
  out.push_back(static_cast<uint8_t>(value));
}

std::string_view as_text(base::Bytes octets) {
  return {reinterpret_cast<const char*>(octets.data()), octets.size()};
}

// Calls `each` with every part between commas; there is at least one. Stops when it returns false.
template <class Each>
bool for_each_part(std::string_view list, Each each) {
  for (;;) {
    const size_t comma = list.find(',');
    if (!each(list.substr(0, comma))) return false;
    if (comma == std::string_view::npos) return true;
    list.remove_prefix(comma + 1);
  }
}

// RFC 9460 A.1: parts between commas, in which "\," is a comma and "\\" a backslash. Each goes behind its
// length.
bool parse_value_list(base::Bytes list, Octets& wire) {
  size_t length_at = 0;
  wire.push_back(0);
  const auto close = [&] {
    const size_t size = wire.size() - length_at - 1;
    if (size == 0 || size > 255) return false;
    wire[length_at] = static_cast<uint8_t>(size);
    return true;
  };
  for (size_t i = 0; i < list.size(); ++i) {
    uint8_t octet = list[i];
    if (octet == ',') {
      if (!close()) return false;
      length_at = wire.size();
      wire.push_back(0);
      continue;
    }
    if (octet == '\\') {
      if (++i == list.size()) return false;
      octet = list[i];
      if (octet != ',' && octet != '\\') return false;
    }
    wire.push_back(octet);
  }
  return close();
}

// A value as text, its <character-string> escapes taken out, to its wire form.
bool parse_value(Form form, base::Bytes value, Octets& wire) {
  const std::string_view text = as_text(value);
  switch (form) {
    case Form::kOpaque:
    case Form::kDohPath:
      wire.assign(value.begin(), value.end());
      return true;
    case Form::kEmpty:
      return value.empty();
    case Form::kAlpn:
      return parse_value_list(value, wire);
    case Form::kSegments:
      return value.empty() || parse_value_list(value, wire);
    case Form::kKeys: {
      std::vector<uint16_t> keys;
      const bool parsed = for_each_part(text, [&keys](std::string_view part) {
        bool generic = false;
        return parse_key(part, keys.emplace_back(), generic);
      });
      std::ranges::sort(keys);
      for (const uint16_t key : keys) push_u16(key, wire);
      return parsed;
    }
    case Form::kPort: {
      uint64_t port = 0;
      if (!parse_number(text, 65535, port)) return false;
      push_u16(port, wire);
      return true;
    }
    case Form::kNumbers:
      return for_each_part(text, [&wire](std::string_view part) {
        uint64_t number = 0;
        if (!parse_number(part, 65535, number)) return false;
        push_u16(number, wire);
        return true;
      });
    case Form::kIpv4List:
      return for_each_part(text, [&wire](std::string_view part) {
        wire.resize(wire.size() + 4);
        return parse_ipv4(part, &wire[wire.size() - 4]);
      });
    case Form::kIpv6List:
      return for_each_part(text, [&wire](std::string_view part) {
        wire.resize(wire.size() + 16);
        return parse_ipv6(part, &wire[wire.size() - 16]);
      });
    case Form::kBase64: {
      base::Base64Decoder decoder;
      return decoder.decode(text, wire) && decoder.finish();
    }
  }
  return false;
}

std::string_view value_hint(Form form) {
  switch (form) {
    case Form::kOpaque:
      return "";
    case Form::kKeys:
      return "write keys of this record, without mandatory itself and each once, as in mandatory=alpn,port";
    case Form::kAlpn:
      return "write protocol ids between commas, as in alpn=h2,h3";
    case Form::kEmpty:
      return "this key has no value";
    case Form::kPort:
      return "write a number from 0 to 65535, as in port=443";
    case Form::kIpv4List:
      return "write addresses between commas, as in ipv4hint=192.0.2.1,192.0.2.2";
    case Form::kIpv6List:
      return "write addresses between commas, as in ipv6hint=2001:db8::1";
    case Form::kBase64:
      return "write base64 with padding, in one word";
    case Form::kDohPath:
      return "write a URI template that begins with / and has the variable dns, as in "
             "dohpath=/dns-query{?dns}";
    case Form::kNumbers:
      return "write numbers between commas, each once, as in tls-supported-groups=29,23";
    case Form::kSegments:
      return "write path segments between commas, as in docpath=dns";
  }
  return "";
}

bool has_dns_variable(std::string_view path) {
  for (size_t open = path.find('{'); open != std::string_view::npos; open = path.find('{', open + 1)) {
    const size_t close = path.find('}', open);
    if (close == std::string_view::npos) return false;
    std::string_view names = path.substr(open + 1, close - open - 1);
    // An expression is an operator and names between commas (RFC 6570 2.2).
    if (!names.empty() && std::string_view("+#./;?&").find(names[0]) != std::string_view::npos)
      names.remove_prefix(1);
    if (!for_each_part(names, [](std::string_view name) { return name != "dns"; })) return true;
  }
  return false;
}

bool are_length_prefixed(base::Bytes value) {
  for (size_t at = 0; at < value.size(); at += value[at] + 1u) {
    if (value[at] == 0 || value[at] >= value.size() - at) return false;
  }
  return true;
}

bool is_valid_value(Form form, base::Bytes value) {
  switch (form) {
    case Form::kOpaque:
      return true;
    case Form::kEmpty:
      return value.empty();
    case Form::kAlpn:
      return !value.empty() && are_length_prefixed(value);
    case Form::kSegments:
      return are_length_prefixed(value);
    case Form::kPort:
      return value.size() == 2;
    case Form::kIpv4List:
      return !value.empty() && value.size() % 4 == 0;
    case Form::kIpv6List:
      return !value.empty() && value.size() % 16 == 0;
    case Form::kBase64:
      return !value.empty();
    case Form::kDohPath:
      return as_text(value).starts_with('/') && has_dns_variable(as_text(value));
    case Form::kKeys:
      if (value.empty() || value.size() % 2 != 0 || base::load_u16(&value[0]) == kMandatory) return false;
      for (size_t i = 2; i < value.size(); i += 2) {
        if (base::load_u16(&value[i]) <= base::load_u16(&value[i - 2])) return false;
      }
      return true;
    case Form::kNumbers: {
      if (value.empty() || value.size() % 2 != 0) return false;
      std::vector<uint16_t> numbers;
      for (size_t i = 0; i < value.size(); i += 2) numbers.push_back(base::load_u16(&value[i]));
      std::ranges::sort(numbers);
      return std::ranges::adjacent_find(numbers) == numbers.end();
    }
  }
  return false;
}

// The parts of a value of kAlpn or kSegments, escaped for the list.
Octets escape_value_list(base::Bytes value) {
  Octets list;
  for (size_t at = 0; at < value.size(); at += value[at] + 1u) {
    if (at > 0) list.push_back(',');
    for (const uint8_t octet : value.subspan(at + 1, value[at])) {
      if (octet == ',' || octet == '\\') list.push_back('\\');
      list.push_back(octet);
    }
  }
  return list;
}

bool needs_quotes(uint8_t octet) {
  const bool letter_or_digit =
      (octet >= '0' && octet <= '9') || (ascii_lower(octet) >= 'a' && ascii_lower(octet) <= 'z');
  return !letter_or_digit &&
         std::string_view("-._:/+=,?{}*").find(static_cast<char>(octet)) == std::string_view::npos;
}

void append_string(base::Bytes octets, std::string& out) {
  if (std::ranges::any_of(octets, needs_quotes)) {
    append_quoted(octets, out);
  } else {
    out.append(octets.begin(), octets.end());
  }
}

// `value` is valid.
void append_value(Form form, base::Bytes value, std::string& out) {
  const auto separate = [&out](size_t at) {
    if (at > 0) out += ',';
  };
  switch (form) {
    case Form::kEmpty:
      break;
    case Form::kOpaque:
    case Form::kDohPath:
      append_string(value, out);
      break;
    case Form::kAlpn:
    case Form::kSegments:
      append_string(escape_value_list(value), out);
      break;
    case Form::kKeys:
      for (size_t at = 0; at < value.size(); at += 2) {
        separate(at);
        append_key(base::load_u16(&value[at]), out);
      }
      break;
    case Form::kPort:
    case Form::kNumbers:
      for (size_t at = 0; at < value.size(); at += 2) {
        separate(at);
        append_number(base::load_u16(&value[at]), out);
      }
      break;
    case Form::kIpv4List:
      for (size_t at = 0; at < value.size(); at += 4) {
        separate(at);
        append_ipv4(&value[at], out);
      }
      break;
    case Form::kIpv6List:
      for (size_t at = 0; at < value.size(); at += 16) {
        separate(at);
        append_ipv6(&value[at], out);
      }
      break;
    case Form::kBase64:
      base::append_base64(value, out);
      break;
  }
}

struct Param {
  uint16_t key = 0;
  Octets value;  // wire form
};

bool is_alias_mode(base::Bytes rdata) {
  return (rdata[0] | rdata[1]) == 0;
}

bool take_param(TextReader& text, std::vector<Param>& params) {
  const RdataToken& token = *text.next();
  const size_t equals = std::min(token.text.find('='), token.text.size());
  Param param;
  bool generic = false;
  if (token.quoted || !parse_key(token.text.substr(0, equals), param.key, generic)) {
    return text.fail_is_not(
        "a SvcParam",
        "write key=value with a registered key or key0 to key65534; quotes go around the value");
  }
  RdataToken value{token.text.substr(std::min(equals + 1, token.text.size())), false, token.position};
  if (value.text.size() >= 2 && value.text.front() == '"' && value.text.back() == '"') {
    value.text = value.text.substr(1, value.text.size() - 2);
  }
  Octets string;
  if (!unescape(text, value, kRdataOctetsMax, string)) return false;
  const Form form = form_of(param.key);
  if (!parse_value(generic ? Form::kOpaque : form, string, param.value) ||
      !is_valid_value(form, param.value)) {
    return text.fail_is_not("a valid SvcParam", std::string(value_hint(form)));
  }
  if (param.value.size() > kRdataOctetsMax) return text.fail("the value is longer than 65535 octets");
  if (std::ranges::find(params, param.key, &Param::key) != params.end()) {
    return text.fail("the key occurs twice", "each SvcParam may occur once in a record");
  }
  params.push_back(std::move(param));
  return true;
}

// What RFC 9460 demands of the keys together; nullptr if all is well. `keys` ascend.
const char* find_contradiction(std::span<const uint16_t> keys, base::Bytes mandatory) {
  for (size_t at = 0; at < mandatory.size(); at += 2) {
    if (!std::ranges::binary_search(keys, base::load_u16(&mandatory[at]))) {
      return "mandatory names a key that the record does not have";  // RFC 9460 8
    }
  }
  if (std::ranges::binary_search(keys, kNoDefaultAlpn) && !std::ranges::binary_search(keys, kAlpnKey)) {
    return "no-default-alpn needs alpn beside it";  // RFC 9460 7.1.1
  }
  return nullptr;
}

// Keys are looked for among those before them, one by one; records in use have fewer than ten.
constexpr size_t kParamsMax = 1000;

bool parse_params(TextReader& text) {
  std::vector<Param> params;
  while (!text.at_end()) {
    if (params.size() == kParamsMax)
      return text.fail("more than " + std::to_string(kParamsMax) + " SvcParams");
    if (!take_param(text, params)) return false;
  }
  // RFC 9460 2.4.2.
  if (!params.empty() && is_alias_mode(text.written())) {
    return text.fail("a record of priority 0 (AliasMode) has no SvcParams", "use a priority of 1 or more");
  }
  std::ranges::sort(params, {}, &Param::key);
  std::vector<uint16_t> keys;
  keys.reserve(params.size());
  for (const Param& param : params) keys.push_back(param.key);
  const bool has_mandatory = !params.empty() && params[0].key == kMandatory;
  if (const char* why =
          find_contradiction(keys, has_mandatory ? base::Bytes(params[0].value) : base::Bytes())) {
    return text.fail(why);
  }
  for (const Param& param : params) {
    text.put_u16(param.key);
    text.put_u16(param.value.size());
    text.put(param.value);
  }
  return true;
}

bool read_params(base::ByteReader& wire, std::string* text) {
  if (!wire.ok()) return false;
  // RFC 9460 2.4.2: receivers ignore SvcParams in AliasMode, and they have no text form.
  if (text != nullptr && wire.remaining() > 0 && is_alias_mode(wire.whole())) return false;
  std::vector<uint16_t> keys;
  base::Bytes mandatory;
  while (wire.remaining() > 0) {
    const uint16_t key = wire.u16();
    const uint16_t size = wire.u16();
    const base::Bytes value = wire.bytes(size);
    if (!wire.ok() || key == kInvalidKey || (!keys.empty() && key <= keys.back()) ||
        keys.size() == kParamsMax || !is_valid_value(form_of(key), value)) {
      return false;
    }
    if (key == kMandatory) mandatory = value;
    if (text != nullptr) {
      if (!keys.empty()) *text += ' ';
      append_key(key, *text);
      if (!value.empty()) {
        *text += '=';
        append_value(form_of(key), value, *text);
      }
    }
    keys.push_back(key);
  }
  return find_contradiction(keys, mandatory) == nullptr;
}

}  // namespace

constinit const Field kSvcParams{parse_params, read_params};

}  // namespace atlas::dns::rdata
