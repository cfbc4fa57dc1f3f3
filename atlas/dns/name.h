// Domain names in wire form, uncompressed. Comparison ignores ASCII case (RFC 4343) and keeps what was
// written.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "atlas/base/bytes.h"
#include "atlas/base/result.h"

namespace atlas::dns {

// RFC 1035 2.3.4.
inline constexpr size_t kNameOctetsMax = 255;
inline constexpr size_t kLabelOctetsMax = 63;
// 127 labels of one octet and the root label fill 255 octets.
inline constexpr size_t kLabelsMax = 127;

constexpr uint8_t ascii_lower(uint8_t octet) {
  return octet >= 'A' && octet <= 'Z' ? static_cast<uint8_t>(octet | 0x20) : octet;
}

// Eight octets at once.
constexpr uint64_t ascii_lower_eight(uint64_t octets) {
  constexpr uint64_t kHigh = 0x8080808080808080;
  const uint64_t low7 = octets & ~kHigh;
  const uint64_t at_least_a = low7 + 0x3f3f3f3f3f3f3f3f;  // high bit set where low7 >= 'A'
  const uint64_t above_z = low7 + 0x2525252525252525;     // high bit set where low7 > 'Z'
  return octets | ((at_least_a & ~above_z & ~octets & kHigh) >> 2);
}

// A name that lies somewhere else: labels with their length octets, ended by the root label. Cheap to copy;
// valid as long as the octets are. Always well formed: it is only made from names that were checked.
class NameView {
 public:
  // The root.
  constexpr NameView() : wire_(kRoot), size_(1) {}
  // `wire` must hold one whole, checked, uncompressed name of `size` octets.
  constexpr NameView(const uint8_t* wire, uint8_t size) : wire_(wire), size_(size) {}

  constexpr base::Bytes wire() const { return {wire_, size_}; }
  constexpr const uint8_t* data() const { return wire_; }
  // Octets in wire form, 1 to 255.
  constexpr uint8_t size() const { return static_cast<uint8_t>(size_); }
  constexpr bool is_root() const { return size_ == 1; }
  // Labels without the root label: 0 for the root, 3 for "www.example.com.".
  size_t label_count() const;
  // The leftmost label without its length octet; empty for the root.
  constexpr base::Bytes first_label() const { return {wire_ + 1, wire_[0]}; }
  // The name without its leftmost label. Must not be called on the root.
  constexpr NameView parent() const {
    const auto taken = static_cast<uint8_t>(wire_[0] + 1);
    return {wire_ + taken, static_cast<uint8_t>(size_ - taken)};
  }
  // The rightmost `labels` labels: suffix(0) is the root. `labels` must be at most label_count().
  NameView suffix(size_t labels) const;
  constexpr bool is_wildcard() const { return wire_[0] == 1 && wire_[1] == '*'; }
  // True for the ancestor itself and for every name below it.
  bool is_at_or_below(NameView ancestor) const;
  bool is_below(NameView ancestor) const { return size_ > ancestor.size_ && is_at_or_below(ancestor); }

 private:
  static constexpr uint8_t kRoot[1] = {0};

  const uint8_t* wire_;
  size_t size_;  // a whole word: it is passed in a register, and reading back part of one waits for it
};

// A name and where its labels begin: found once, whoever asks for labels or ancestors need not read it again.
// Cheap to make, dear to copy; valid as long as the name's octets are.
class LabelledName {
 public:
  // The root.
  LabelledName() { begins_[0] = 0; }  // NOLINT(cppcoreguidelines-pro-type-member-init)
  LabelledName(NameView name) {       // NOLINT(implicit)
    read(name.wire());
  }
  // Takes the whole uncompressed name at the front of `bytes`, checked. False, and the root, if there is
  // none.
  bool read(base::Bytes bytes);

  NameView view() const { return name_; }
  operator NameView() const { return name_; }  // NOLINT(implicit)
  // As NameView has them.
  size_t label_count() const { return count_; }
  NameView suffix(size_t labels) const {
    const uint8_t begin = begins_[count_ - labels];
    return {name_.data() + begin, static_cast<uint8_t>(name_.size() - begin)};
  }
  // Octets in front of a label; 0 is the leftmost.
  size_t begin_of(size_t index) const { return begins_[index]; }
  // Without its length octet.
  base::Bytes label(size_t index) const {
    const uint8_t* at = name_.data() + begins_[index];
    return {at + 1, *at};
  }

 private:
  NameView name_;
  size_t count_ = 0;
  std::array<uint8_t, kLabelsMax + 1> begins_;  // leftmost first, the root label behind them
};

inline bool LabelledName::read(base::Bytes bytes) {
  const size_t end = bytes.size() < kNameOctetsMax ? bytes.size() : kNameOctetsMax;
  const uint8_t* const wire = bytes.data();
  size_t count = 0;
  for (size_t at = 0; at < end; at += wire[at] + 1u) {
    begins_[count] = static_cast<uint8_t>(at);
    if (wire[at] == 0) {
      name_ = {wire, static_cast<uint8_t>(at + 1)};
      count_ = count;
      return true;
    }
    if (wire[at] > kLabelOctetsMax) break;
    ++count;
  }
  name_ = {};
  count_ = 0;
  begins_[0] = 0;
  return false;
}

// Ignoring case.
bool equal_octets(const uint8_t* a, const uint8_t* b, size_t octets);

// Length octets are below 'A', so that whole names compare as strings.
inline bool operator==(NameView a, NameView b) {
  return a.size() == b.size() && equal_octets(a.data(), b.data(), a.size());
}
// RFC 4034 6.1: by label from the right, octets unsigned, upper case as lower case, absent labels first.
std::strong_ordering compare_canonical(NameView a, NameView b);
// How many labels the two share, counted from the root: 2 for "a.example.com." and "b.example.com.".
size_t common_labels(NameView a, NameView b);
// Ignores case. Good for tables inside one process only: the seed differs from run to run.
uint64_t hash(NameView name);

// A name with its own storage, inline: no allocation, 256 octets.
class Name {
 public:
  Name() : size_(1) { wire_[0] = 0; }
  Name(NameView view) : size_(view.size()) {
    base::copy_few(wire_.data(), view.data(), size_);
  }  // NOLINT(implicit)
  Name(const Name& other) : Name(other.view()) {}
  Name& operator=(const Name& other) {
    size_ = other.size_;
    base::copy_few(wire_.data(), other.wire_.data(), size_);
    return *this;
  }

  NameView view() const { return {wire_.data(), size_}; }
  operator NameView() const { return view(); }  // NOLINT(implicit)
  base::Bytes wire() const { return view().wire(); }
  size_t label_count() const { return view().label_count(); }

  void make_lower();

  // Takes a prefix (labels without a root label, 0 to 254 octets) and puts `suffix` behind it. False,
  // unchanged, if the result would be longer than 255 octets. `prefix` must consist of whole labels.
  bool assign(base::Bytes prefix, NameView suffix);

 private:
  friend base::Result<void> parse_name(std::string_view text, NameView origin, Name& name);
  bool assign_plain(std::string_view text, NameView origin);

  uint8_t size_;
  std::array<uint8_t, kNameOctetsMax> wire_;
};

inline bool operator==(const Name& a, const Name& b) {
  return a.view() == b.view();
}
inline bool operator==(const Name& a, NameView b) {
  return a.view() == b;
}

// Hash and equality for unordered containers keyed by Name, ignoring case.
struct NameHash {
  using is_transparent = void;
  size_t operator()(NameView name) const { return hash(name); }
};
struct NameEqual {
  using is_transparent = void;
  bool operator()(NameView a, NameView b) const { return a == b; }
};

// The wildcard directly below `closest_encloser`: "*.example." for "example.". Fails only if it does not fit.
std::optional<Name> wildcard_of(NameView closest_encloser);

// RFC 6672 2.2: `name`, which lies below `owner`, with `owner` replaced by `target`. Empty if longer than
// 255.
std::optional<Name> substitute_suffix(NameView name, NameView owner, NameView target);

// Presentation format, RFC 1035 5.1: "\." and "\123" escapes, "@" for the origin, relative names end in the
// origin.
base::Result<Name> parse_name(std::string_view text, NameView origin = {});
// The same into `name`, in which `origin` must not lie; `name` is the root after an error.
base::Result<void> parse_name(std::string_view text, NameView origin, Name& name);
// Absolute, with the final dot; octets that need it are escaped, so that parse_name gives the same octets
// back.
std::string to_text(NameView name);
void append_text(NameView name, std::string& out);
// As to_text, but A-labels shown as U-labels where they are valid IDNA2008. For people only.
std::string to_display_text(NameView name);

// Reads a name at the reader's position, following compression pointers, and moves the reader behind it.
// Pointers must go backwards, which also ends loops. Empty, with the reader failed or not, if the name is
// malformed.
std::optional<Name> read_name(base::ByteReader& reader);
// Moves behind a name without looking at the octets that a pointer leads to. False if it is malformed.
bool skip_long_name(base::ByteReader& reader);
inline bool skip_name(base::ByteReader& reader) {
  const base::Bytes whole = reader.whole();
  if (reader.offset() < whole.size() && whole[reader.offset()] == 0) {
    reader.skip(1);  // the root, which owns OPT
    return reader.ok();
  }
  return skip_long_name(reader);
}
// A whole uncompressed name at the front of `bytes`, checked. Empty if malformed, compressed or cut off.
std::optional<NameView> view_name(base::Bytes bytes);

}  // namespace atlas::dns
