// A diff as octets:
//
//   version     u8
//   counts      of removed and of added records, each a varint
//   records     removed ones, then added ones
//   checksum    u64 over all of this
//
// A record begins with an octet of flags and then has what the flags say differs from the record before it:
//
//   owner       the octets of its first labels behind their count (u8), and how many labels of the owner
//               before follow them (u8)
//   type        u16
//   TTL         varint
//   RDATA       its octets behind their count; or that count, and how many octets at the front and at the end
//               are those of the last record of this type, and the octets between
//
// Varints have seven bits an octet, the lowest first; other numbers are in network order.
#include <algorithm>
#include <unordered_map>

#include "atlas/base/checksum.h"
#include "atlas/dns/rdata.h"
#include "atlas/dns/types.h"
#include "atlas/zone/diff.h"

namespace atlas::zone {
namespace {

using dns::RRType;

constexpr uint8_t kVersion = 1;
constexpr size_t kChecksumOctets = 8;
// Flags and the count of RDATA.
constexpr size_t kRecordOctetsMin = 2;
// Longer RDATA stands whole, so that no short input becomes a long diff.
constexpr size_t kSharedRdataOctetsMax = 255;

enum RecordFlag : uint8_t {
  kOwnerFollows = 1,
  kTypeFollows = 2,
  kTtlFollows = 4,
  kSharesRdata = 8,
};
constexpr uint8_t kFlags = kOwnerFollows | kTypeFollows | kTtlFollows | kSharesRdata;

// Octets at the end that both have.
size_t common_end(base::Bytes a, base::Bytes b, size_t most) {
  size_t common = 0;
  while (common < most && a[a.size() - 1 - common] == b[b.size() - 1 - common]) ++common;
  return common;
}

// What a record is written relative to.
struct Context {
  dns::Name owner;
  RRType type{};
  uint32_t ttl = 0;
  std::unordered_map<RRType, base::Bytes> rdatas;  // the last one of each type
};

class Encoder {
 public:
  explicit Encoder(std::vector<uint8_t>& out) : out_(out) {}

  void varint(uint64_t value) {
    for (; value >= 0x80; value >>= 7) out_.push_back(static_cast<uint8_t>(value | 0x80));
    out_.push_back(static_cast<uint8_t>(value));
  }

  void record(const DiffRecord& record) {
    const size_t flags_at = out_.size();
    uint8_t flags = 0;
    out_.push_back(0);
    if (!std::ranges::equal(record.owner.wire(), before_.owner.wire())) {
      flags |= kOwnerFollows;
      owner(record.owner);
      before_.owner = record.owner;
    }
    if (record.type != before_.type) {
      flags |= kTypeFollows;
      const auto number = static_cast<uint16_t>(record.type);
      out_.push_back(static_cast<uint8_t>(number >> 8));
      out_.push_back(static_cast<uint8_t>(number));
      before_.type = record.type;
    }
    if (record.ttl != before_.ttl) {
      flags |= kTtlFollows;
      varint(record.ttl);
      before_.ttl = record.ttl;
    }
    if (rdata(record.rdata, before_.rdatas[record.type])) flags |= kSharesRdata;
    before_.rdatas[record.type] = record.rdata;
    out_[flags_at] = flags;
  }

 private:
  void append(base::Bytes octets) { out_.insert(out_.end(), octets.begin(), octets.end()); }

  // Labels are shared as they are spelled.
  void owner(dns::NameView name) {
    const dns::LabelledName labels(name), before(before_.owner);
    size_t shared = 0;
    while (shared < labels.label_count() && shared < before.label_count() &&
           std::ranges::equal(labels.label(labels.label_count() - 1 - shared),
                              before.label(before.label_count() - 1 - shared))) {
      ++shared;
    }
    const size_t own = labels.begin_of(labels.label_count() - shared);
    out_.push_back(static_cast<uint8_t>(own));
    append(name.wire().first(own));
    out_.push_back(static_cast<uint8_t>(shared));
  }

  // True if it shares octets with the one before.
  bool rdata(base::Bytes octets, base::Bytes before) {
    varint(octets.size());
    size_t front = 0, end = 0;
    if (octets.size() <= kSharedRdataOctetsMax && before.size() <= kSharedRdataOctetsMax) {
      front = static_cast<size_t>(std::ranges::mismatch(octets, before).in1 - octets.begin());
      end = common_end(octets, before, std::min(octets.size(), before.size()) - front);
    }
    // The two counts take an octet or two each.
    constexpr size_t kCountOctets = 4;
    if (front + end <= kCountOctets) {
      append(octets);
      return false;
    }
    varint(front);
    varint(end);
    append(octets.subspan(front, octets.size() - front - end));
    return true;
  }

  std::vector<uint8_t>& out_;
  Context before_;
};

class Decoder {
 public:
  explicit Decoder(base::ByteReader& reader) : reader_(reader) {}

  // At most five octets, without needless ones; ends the reading otherwise.
  uint32_t varint() {
    uint64_t value = 0;
    for (int shift = 0; shift < 35; shift += 7) {
      const uint8_t octet = reader_.u8();
      value |= uint64_t{octet & 0x7fu} << shift;
      if ((octet & 0x80) != 0) continue;
      if (value > 0xffffffff || (octet == 0 && shift != 0)) break;
      return static_cast<uint32_t>(value);
    }
    reader_.skip(reader_.remaining() + 1);
    return 0;
  }

  // Null, or what is wrong.
  const char* record(DiffRecord& record) {
    constexpr const char* kCutOff = "ends too early, or has a number that is too large";
    const uint8_t flags = reader_.u8();
    if ((flags & ~kFlags) != 0) return "has an octet of flags that means nothing";
    if ((flags & kOwnerFollows) != 0 && !owner()) return "has an owner that is no name";
    if ((flags & kTypeFollows) != 0) before_.type = static_cast<RRType>(reader_.u16());
    if ((flags & kTtlFollows) != 0) before_.ttl = varint();
    const uint32_t octets = varint();
    if (!reader_.ok() || octets > dns::kRdataOctetsMax) return kCutOff;
    if (dns::is_meta_type(before_.type)) return "has a type that no zone holds";
    record.owner = before_.owner;
    record.type = before_.type;
    record.ttl = before_.ttl;
    if ((flags & kSharesRdata) != 0) {
      const base::Bytes last = before_.rdatas[record.type];
      const uint32_t front = varint(), end = varint();
      if (octets > kSharedRdataOctetsMax || last.size() > kSharedRdataOctetsMax ||
          uint64_t{front} + end > std::min<uint64_t>(octets, last.size())) {
        return "shares RDATA that is not there";
      }
      const base::Bytes own = reader_.bytes(octets - front - end);
      record.rdata.reserve(octets);
      record.rdata.assign(last.begin(), last.begin() + front);
      record.rdata.insert(record.rdata.end(), own.begin(), own.end());
      record.rdata.insert(record.rdata.end(), last.end() - end, last.end());
    } else {
      const base::Bytes own = reader_.bytes(octets);
      record.rdata.assign(own.begin(), own.end());
    }
    if (!reader_.ok()) return kCutOff;
    if (!dns::is_valid_rdata(record.type, record.rdata)) return "has RDATA that its type does not allow";
    // A record's octets stay where they are when the record is moved.
    before_.rdatas[record.type] = record.rdata;
    return nullptr;
  }

 private:
  bool owner() {
    const base::Bytes own = reader_.bytes(reader_.u8());
    const size_t shared = reader_.u8();
    if (!reader_.ok() || shared > before_.owner.label_count()) return false;
    std::array<uint8_t, 2 * dns::kNameOctetsMax> wire;
    const base::Bytes suffix = before_.owner.view().suffix(shared).wire();
    std::ranges::copy(own, wire.begin());
    std::ranges::copy(suffix, wire.begin() + static_cast<std::ptrdiff_t>(own.size()));
    const size_t octets = own.size() + suffix.size();
    const auto name = dns::view_name(base::Bytes(wire).first(octets));
    if (!name || name->size() != octets) return false;
    before_.owner = *name;
    return true;
  }

  base::ByteReader& reader_;
  Context before_;
};

}  // namespace

std::vector<uint8_t> encode(const ZoneDiff& diff) {
  std::vector<uint8_t> out;
  // Enough for a change of a few records.
  out.reserve(256);
  out.push_back(kVersion);
  Encoder encoder(out);
  encoder.varint(diff.removed.size());
  encoder.varint(diff.added.size());
  for (const DiffRecord& record : diff.removed) encoder.record(record);
  for (const DiffRecord& record : diff.added) encoder.record(record);
  const uint64_t checksum = base::checksum(out);
  for (int shift = 56; shift >= 0; shift -= 8) out.push_back(static_cast<uint8_t>(checksum >> shift));
  return out;
}

namespace {

auto fail(const std::string& why) {
  return base::fail("the zone difference " + why);
}

// What stands in front of the records.
struct Head {
  base::Bytes content;  // all but the checksum
  size_t offset = 0;    // of the first record, in it
  size_t removed = 0;
  size_t added = 0;
};

base::Result<Head> read_head(base::Bytes octets) {
  if (octets.empty()) return fail("is empty");
  if (octets[0] != kVersion) {
    return fail("has format " + std::to_string(octets[0]) + ", and this program knows " +
                std::to_string(kVersion));
  }
  if (octets.size() < 1 + kChecksumOctets) return fail("is too short");
  Head head{.content = octets.first(octets.size() - kChecksumOctets)};
  if (base::ByteReader(octets, head.content.size()).u64() != base::checksum(head.content))
    return fail("is damaged: its checksum differs");
  base::ByteReader reader(head.content, 1);
  Decoder decoder(reader);
  head.removed = decoder.varint();
  head.added = decoder.varint();
  if (!reader.ok() || head.removed + head.added > kDiffRecordsMax ||
      head.removed + head.added > reader.remaining() / kRecordOctetsMin) {
    return fail("does not have as many records as it says");
  }
  head.offset = reader.offset();
  return head;
}

}  // namespace

base::Result<ZoneDiff> decode_diff(base::Bytes octets) {
  const auto head = read_head(octets);
  if (!head) return std::unexpected(head.error());
  base::ByteReader reader(head->content, head->offset);
  Decoder decoder(reader);
  ZoneDiff diff;
  for (const auto& [records, count] :
       {std::pair(&diff.removed, head->removed), std::pair(&diff.added, head->added)}) {
    records->resize(count);
    for (size_t i = 0; i < count; ++i) {
      if (const char* const wrong = decoder.record((*records)[i])) {
        return fail("is malformed: record " + std::to_string(i + 1) + " of the " +
                    (records == &diff.removed ? "removed" : "added") + " ones " + wrong);
      }
    }
  }
  if (!reader.at_end()) return fail("has octets behind its last record");
  return diff;
}

struct DiffReader::State {
  explicit State(const Head& from) : head(from), left(from.removed + from.added) {}

  Head head;
  base::ByteReader reader{head.content, head.offset};
  Decoder decoder{reader};
  size_t left;  // records
  bool is_good = true;
  DiffRecord record;
  // What the decoder looks back at: the last RDATA of each type.
  std::unordered_map<RRType, std::vector<uint8_t>> rdatas;
};

DiffReader::DiffReader(std::unique_ptr<State> state) : state_(std::move(state)) {}
DiffReader::DiffReader(DiffReader&&) noexcept = default;
DiffReader& DiffReader::operator=(DiffReader&&) noexcept = default;
DiffReader::~DiffReader() = default;

base::Result<DiffReader> DiffReader::open(base::Bytes octets) {
  const auto head = read_head(octets);
  if (!head) return std::unexpected(head.error());
  return DiffReader(std::make_unique<State>(*head));
}

size_t DiffReader::removed() const {
  return state_->head.removed;
}

size_t DiffReader::added() const {
  return state_->head.added;
}

const DiffRecord* DiffReader::next() {
  State& state = *state_;
  if (state.left == 0 || !state.is_good) return nullptr;
  DiffRecord& record = state.record;
  // The octets of the one before go on standing where the decoder looks for them.
  if (!record.rdata.empty()) state.rdatas[record.type].swap(record.rdata);
  record.rdata.clear();
  state.is_good = state.decoder.record(record) == nullptr;
  if (!state.is_good) return nullptr;
  --state.left;
  return &record;
}

bool DiffReader::is_whole() const {
  return state_->is_good && state_->left == 0 && state_->reader.at_end();
}

}  // namespace atlas::zone
