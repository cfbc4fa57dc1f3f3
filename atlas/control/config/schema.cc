#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include "atlas/base/quantity.h"
#include "atlas/control/config/fields.h"
#include "atlas/control/zones/remote_reference.h"

namespace atlas::control::config {
namespace {

namespace json = boost::json;

constexpr const char* kDurationPattern = "^(0|([0-9]+(w|d|h|m|s|ms))+)$";
constexpr const char* kSizePattern = "^[0-9]+(B|KiB|MiB|GiB|TiB|KB|MB|GB|TB)?$";

class SchemaFields final : public Fields {
 public:
  SchemaFields() { frames_.emplace_back(); }

  json::object take() { return std::move(frames_.front()); }

  void open(Key key) override {
    keys_.push_back(key);
    frames_.emplace_back();
  }
  void close() override {
    json::object section = object_of(std::move(frames_.back()));
    frames_.pop_back();
    add(keys_.back(), std::move(section));
    keys_.pop_back();
  }

  void boolean(Key key, bool& value) override { add(key, {{"type", "boolean"}, {"default", value}}); }
  void integer(Key key, uint32_t& value, uint32_t least, uint32_t most) override {
    add(key, {{"type", "integer"}, {"minimum", least}, {"maximum", most}, {"default", value}});
  }
  void count(Key key, uint64_t& value, uint64_t least, uint64_t most) override {
    add(key, {{"type", "integer"}, {"minimum", least}, {"maximum", most}, {"default", value}});
  }
  void size(Key key, uint64_t& octets, uint64_t, uint64_t) override {
    add(key,
        {{"type", {"string", "integer"}}, {"pattern", kSizePattern}, {"default", base::size_text(octets)}});
  }
  void duration(Key key, milliseconds& value, milliseconds, milliseconds) override {
    add(key, {{"type", {"string", "integer"}},
              {"pattern", kDurationPattern},
              {"default", base::duration_text(value)}});
  }
  void text(Key key, std::string& value, size_t octets_max) override {
    add(key, {{"type", "string"}, {"maxLength", octets_max}, {"default", value}});
  }
  void path(Key key, std::filesystem::path& value) override {
    add(key, {{"type", "string"}, {"default", value.string()}});
  }
  void path_pattern(Key key, std::string& value) override {
    add(key, {{"type", "string"}, {"default", value}});
  }
  void choice(Key key, uint8_t& value, std::span<const std::string_view> words) override {
    json::array names;
    for (const std::string_view word : words) names.emplace_back(word);
    add(key, {{"enum", std::move(names)}, {"default", words[value]}});
  }
  void mode(Key key, uint32_t&) override {
    add(key, {{"type", {"string", "integer"}}, {"pattern", "^[0-7]{3,4}$"}, {"default", "0660"}});
  }
  void prefixes(Key key, std::vector<net::Prefix>& value) override {
    json::array defaults;
    for (const net::Prefix& prefix : value) defaults.emplace_back(prefix.to_text());
    add(key, list_of({{"type", "string"}}, std::move(defaults)));
  }
  void endpoints(Key key, std::vector<net::Endpoint>&, uint16_t) override {
    add(key, list_of({{"type", "string"}}, {}));
  }
  void listeners(Key key, std::vector<ListenAddress>& value) override {
    json::array defaults;
    for (const ListenAddress& listener : value) {
      json::value address(listener.endpoint.to_text());
      if (defaults.empty() || defaults.back() != address) defaults.push_back(std::move(address));
    }
    json::array transports;
    for (const char* name : query::kTransportNames) transports.emplace_back(name);
    json::object mapping =
        object_of({{"address", json::object{{"type", "string"}}},
                   {"transports", list_of({{"enum", std::move(transports)}}, {"udp", "tcp"})},
                   {"proxy", json::object{{"type", "boolean"}, {"default", false}}}});
    // Not in braces: compilers differ in whether one value in them is a list.
    mapping["required"].emplace_array().emplace_back("address");
    json::object schema =
        list_of({{"oneOf", {json::object{{"type", "string"}}, std::move(mapping)}}}, std::move(defaults));
    schema["minItems"] = 1;
    add(key, std::move(schema));
  }
  void certificates(Key key, std::vector<tls::CertificateFiles>&) override {
    add(key, list_of(certificate(), {}));
  }
  void texts(Key key, std::vector<std::string>& value, size_t octets_max) override {
    json::array defaults;
    for (const std::string& text : value) defaults.emplace_back(text);
    add(key, list_of({{"type", "string"}, {"maxLength", octets_max}}, std::move(defaults)));
  }
  void includes(Key key) override {
    add(key, {{"oneOf", {json::object{{"type", "string"}}, list_of({{"type", "string"}}, {})}}});
  }
  void keys(Key key, std::vector<KeySettings>&) override {
    json::array algorithms;
    for (const tsig::Algorithm algorithm : tsig::kAlgorithms)
      algorithms.emplace_back(tsig::to_text(algorithm));
    json::object mapping = object_of({{"name", json::object{{"type", "string"}}},
                                      {"algorithm", json::object{{"enum", std::move(algorithms)}}},
                                      {"secret", json::object{{"type", "string"}}},
                                      {"secret-file", json::object{{"type", "string"}}}});
    mapping["required"].emplace_array().emplace_back("name");
    add(key, list_of(std::move(mapping), {}));
  }
  void remotes(Key key, std::vector<RemoteSettings>&) override {
    json::array one_or_more;
    one_or_more.push_back(json::object{{"type", "string"}});
    one_or_more.push_back(texts());
    json::object properties;
    const auto put = [&](Key name, json::object schema) {
      schema["description"] = name.about;
      properties[name.name] = std::move(schema);
    };
    put(remote_keys::kName, {{"type", "string"}, {"maxLength", zones::kRemoteNameOctetsMax}});
    put(remote_keys::kAddress, {{"oneOf", one_or_more}});
    put(remote_keys::kTransport, {{"enum", {"tcp", "tls", "quic"}}, {"default", "tcp"}});
    put(remote_keys::kKey, {{"type", "string"}});
    put(remote_keys::kTlsName, {{"type", "string"}});
    put(remote_keys::kPins, texts());
    put(remote_keys::kAuthoritiesFile, {{"type", "string"}});
    put(remote_keys::kCertificate, certificate());
    put(remote_keys::kSource, {{"oneOf", one_or_more}});
    json::object mapping = object_of(std::move(properties));
    json::array& required = mapping["required"].emplace_array();
    required.emplace_back("name");
    required.emplace_back("address");
    add(key, list_of(std::move(mapping), {}));
  }
  void zones(Key key, std::vector<ZoneFile>&, const ZoneDefaults&) override {
    json::object properties;
    const auto put = [&](Key name, json::object schema) {
      schema["description"] = name.about;
      properties[name.name] = std::move(schema);
    };
    put(zone_keys::kZone, {{"type", "string"}});
    put(zone_keys::kFile, {{"type", "string"}});
    for (const Key& name : {zone_keys::kPrimaries, zone_keys::kSecondaries, zone_keys::kAllowTransfer,
                            zone_keys::kAllowNotify, zone_keys::kForwardUpdates, zone_keys::kUpdatePolicy})
      put(name, texts());
    put(zone_keys::kZonemd, {{"enum", {"sha384", "sha512"}}});
    put(zone_keys::kCatalog, {{"enum", {"none", "produce", "consume"}}, {"default", "none"}});
    put(zone_keys::kMemberOf, {{"type", "string"}});
    put(zone_keys::kGroup, {{"type", "string"}, {"maxLength", zones::kGroupOctetsMax}});
    const json::object members =
        object_of({{"primaries", texts()}, {"secondaries", texts()}, {"allow-transfer", texts()}});
    put(zone_keys::kMembers, members);
    put(zone_keys::kGroups, {{"type", "object"}, {"additionalProperties", members}});
    json::object mapping = object_of(std::move(properties));
    mapping["required"].emplace_array().emplace_back("zone");
    add(key, list_of({{"oneOf", {json::object{{"type", "string"}}, std::move(mapping)}}}, {}));
  }

  static json::object object_of(json::object properties) {
    return {{"type", "object"}, {"additionalProperties", false}, {"properties", std::move(properties)}};
  }

 private:
  static json::object certificate() {
    json::object mapping = object_of({{"chain-file", json::object{{"type", "string"}}},
                                      {"key-file", json::object{{"type", "string"}}},
                                      {"ocsp-staple-file", json::object{{"type", "string"}}}});
    json::array& required = mapping["required"].emplace_array();
    required.emplace_back("chain-file");
    required.emplace_back("key-file");
    return mapping;
  }
  static json::object texts() { return list_of({{"type", "string"}}, {}); }
  static json::object list_of(json::object items, json::array defaults) {
    return {{"type", "array"}, {"items", std::move(items)}, {"default", std::move(defaults)}};
  }
  void add(Key key, json::object schema) {
    schema["description"] = key.about;
    frames_.back()[key.name] = std::move(schema);
  }

  std::vector<json::object> frames_;
  std::vector<Key> keys_;
};

void print(const json::value& value, size_t indent, std::string& out) {
  const std::string margin(indent + 2, ' ');
  if (const json::object* object = value.if_object(); object != nullptr && !object->empty()) {
    out += "{\n";
    bool first = true;
    for (const auto& [name, member] : *object) {
      if (!first) out += ",\n";
      first = false;
      out += margin + json::serialize(json::string(name)) + ": ";
      print(member, indent + 2, out);
    }
    out += '\n' + std::string(indent, ' ') + '}';
  } else {
    out += json::serialize(value);
  }
}

}  // namespace

std::string json_schema() {
  SchemaFields fields;
  Config defaults;
  visit(fields, defaults);
  json::object schema = {{"$schema", "https://json-schema.org/draft/2020-12/schema"},
                         {"title", "Atlas configuration"}};
  json::object body = SchemaFields::object_of(fields.take());
  for (auto& [name, member] : body) schema[name] = std::move(member);
  schema["required"].emplace_array().emplace_back("config");
  std::string text;
  print(schema, 0, text);
  return text + '\n';
}

}  // namespace atlas::control::config
