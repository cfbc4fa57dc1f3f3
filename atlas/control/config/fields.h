// One description of every key, walked by three visitors: the one that reads YAML, the one that prints it and
// the one that writes the schema. A key cannot exist for one of them alone.
#pragma once

#include <span>
#include <string_view>

#include "atlas/control/config/config.h"
#include "atlas/control/config/entry_keys.h"

namespace atlas::control::config {

class Fields {
 public:
  virtual ~Fields() = default;

  // A section: the keys between open() and close() belong to it.
  virtual void open(Key key) = 0;
  virtual void close() = 0;

  virtual void boolean(Key key, bool& value) = 0;
  virtual void integer(Key key, uint32_t& value, uint32_t least, uint32_t most) = 0;
  virtual void count(Key key, uint64_t& value, uint64_t least, uint64_t most) = 0;
  virtual void size(Key key, uint64_t& octets, uint64_t least, uint64_t most) = 0;
  virtual void duration(Key key, milliseconds& value, milliseconds least, milliseconds most) = 0;
  virtual void text(Key key, std::string& value, size_t octets_max) = 0;
  virtual void path(Key key, std::filesystem::path& value) = 0;
  // A path with a placeholder in it.
  virtual void path_pattern(Key key, std::string& value) = 0;
  // `value` is an index into `words`.
  virtual void choice(Key key, uint8_t& value, std::span<const std::string_view> words) = 0;
  // File permissions, octal.
  virtual void mode(Key key, uint32_t& value) = 0;
  virtual void prefixes(Key key, std::vector<net::Prefix>& value) = 0;
  virtual void endpoints(Key key, std::vector<net::Endpoint>& value, uint16_t default_port) = 0;
  virtual void listeners(Key key, std::vector<ListenAddress>& value) = 0;
  virtual void certificates(Key key, std::vector<tls::CertificateFiles>& value) = 0;
  virtual void texts(Key key, std::vector<std::string>& value, size_t octets_max) = 0;
  virtual void includes(Key key) = 0;
  virtual void keys(Key key, std::vector<KeySettings>& value) = 0;
  virtual void remotes(Key key, std::vector<RemoteSettings>& value) = 0;
  // Texts in the words of zones::parse_remote_reference and policy::transfer::parse_rule.
  virtual void servers(Key key, std::vector<std::string>& value) { texts(key, value, kTextOctetsMax); }
  virtual void transfer_rules(Key key, std::vector<std::string>& value) { texts(key, value, kTextOctetsMax); }
  virtual void zones(Key key, std::vector<ZoneFile>& value, const ZoneDefaults& defaults) = 0;

 protected:
  static constexpr size_t kTextOctetsMax = 2048;  // two names with all their escapes
};

void visit(Fields& fields, Config& config);

}  // namespace atlas::control::config
