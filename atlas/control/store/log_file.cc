#include "atlas/control/store/log_file.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <span>
#include <string>
#include <system_error>
#include <vector>

#include "atlas/base/bytes.h"
#include "atlas/base/file.h"

namespace atlas::control::store {
namespace {

// https://sqlite.org/fileformat2.html#walformat
constexpr uint32_t kMagic = 0x377f0682;  // its lowest bit: words of checksums are big-endian
constexpr uint32_t kVersion = 3'007'000;
constexpr size_t kHeaderOctets = 32;
constexpr size_t kFrameHeaderOctets = 24;
// Logs are kept small; this is much more than one has ever.
constexpr uint64_t kLogOctetsMax = uint64_t{4} << 30;

struct Sums {
  uint32_t first = 0;
  uint32_t second = 0;
  friend bool operator==(const Sums&, const Sums&) = default;
};

uint32_t word_at(const uint8_t* at, bool big_endian) {
  const uint32_t word = base::load_u32(at);
  return big_endian ? word : __builtin_bswap32(word);
}

// `octets` is a multiple of 8.
Sums continue_sums(Sums sums, base::Bytes octets, bool big_endian) {
  for (size_t at = 0; at + 8 <= octets.size(); at += 8) {
    sums.first += word_at(&octets[at], big_endian) + sums.second;
    sums.second += word_at(&octets[at + 4], big_endian) + sums.first;
  }
  return sums;
}

Sums sums_at(const uint8_t* at) {
  return {base::load_u32(at), base::load_u32(at + 4)};
}

// One frame of the file: its header and its page.
class Frames {
 public:
  Frames(const base::InputFile& file, uint32_t page_octets)
      : file_(file), octets_(kFrameHeaderOctets + page_octets) {
    if (file.size() > kHeaderOctets) count_ = (file.size() - kHeaderOctets) / octets_.size();
  }

  uint64_t count() const { return count_; }
  base::Result<void> read(uint64_t number) {
    return file_.read_at(kHeaderOctets + number * octets_.size(), octets_);
  }
  std::span<uint8_t> octets() { return octets_; }
  uint64_t salts() const {
    return uint64_t{base::load_u32(&octets_[8])} << 32 | base::load_u32(&octets_[12]);
  }
  bool ends_transaction() const { return base::load_u32(&octets_[4]) != 0; }
  Sums stored() const { return sums_at(&octets_[16]); }
  Sums computed(Sums before, bool big_endian) const {
    const base::Bytes all(octets_);
    return continue_sums(continue_sums(before, all.first(8), big_endian), all.subspan(kFrameHeaderOctets),
                         big_endian);
  }

 private:
  const base::InputFile& file_;
  std::vector<uint8_t> octets_;
  uint64_t count_ = 0;
};

struct Header {
  bool good = false;
  bool big_endian = false;
  uint64_t salts = 0;
  Sums sums;
};

base::Result<Header> read_header(const base::InputFile& file, uint32_t page_octets) {
  uint8_t octets[kHeaderOctets];
  if (auto read = file.read_at(0, octets); !read) return std::unexpected(std::move(read.error()));
  Header header;
  const uint32_t magic = base::load_u32(octets);
  header.big_endian = magic == (kMagic | 1);
  header.salts = uint64_t{base::load_u32(octets + 16)} << 32 | base::load_u32(octets + 20);
  header.sums = sums_at(octets + 24);
  header.good = (magic & ~1u) == kMagic && base::load_u32(octets + 4) == kVersion &&
                base::load_u32(octets + 8) == page_octets &&
                continue_sums({}, {octets, 24}, header.big_endian) == header.sums;
  return header;
}

}  // namespace

base::Result<LogState> inspect_log(const std::filesystem::path& path, uint32_t page_octets) {
  LogState state;
  std::error_code error;
  if (!std::filesystem::exists(path, error)) return state;
  const auto file = base::InputFile::open(path, kLogOctetsMax);
  if (!file) return std::unexpected(file.error());
  Frames frames(*file, page_octets);
  if (frames.count() == 0) return state;
  const auto header = read_header(*file, page_octets);
  if (!header) return std::unexpected(header.error());

  // Where the transaction at hand begins, and whether all frames of it follow from the one before each.
  uint64_t begin = 0;
  bool is_whole = true;
  bool chain = header->good;
  uint64_t following = 0;
  uint64_t salts = header->salts;
  Sums before = header->sums;
  for (uint64_t number = 0; number < frames.count(); ++number) {
    if (auto read = frames.read(number); !read) return std::unexpected(std::move(read.error()));
    // The first frame is of the newest generation in any case.
    if (number == 0 && !header->good) salts = frames.salts();
    const bool same_salts = frames.salts() == salts;
    const bool follows = same_salts && frames.computed(before, header->big_endian) == frames.stored();
    before = frames.stored();
    chain = chain && follows;
    is_whole = is_whole && follows;
    if (follows) ++following;
    if (!same_salts) continue;
    state.frames = number + 1;
    // What stands in front of a later transaction was synced before that was begun.
    state.certain = begin;
    state.transactions = 0;
    if (!frames.ends_transaction()) continue;
    if (chain) state.good = number + 1;
    begin = number + 1;
    if (is_whole) {
      state.certain = begin;
    } else {
      state.transactions = 1;
    }
    is_whole = true;
  }
  // Nothing of it is what SQLite writes.
  if (following == 0 && state.certain > 0) return LogState{.frames = state.frames, .transactions = 1};
  return state;
}

base::Result<void> rewrite_log(const std::filesystem::path& from, const std::filesystem::path& to,
                               const LogState& state, uint32_t page_octets, std::string_view first_page) {
  const auto file = base::InputFile::open(from, kLogOctetsMax);
  if (!file) return std::unexpected(file.error());
  Frames frames(*file, page_octets);
  // Any salts will do that are the same everywhere.
  constexpr uint32_t kSalt = 0x41746c61;
  std::string log(kHeaderOctets, '\0');
  auto* const header = reinterpret_cast<uint8_t*>(log.data());
  base::store_u32(header, kMagic);
  base::store_u32(header + 4, kVersion);
  base::store_u32(header + 8, page_octets);
  base::store_u32(header + 16, kSalt);
  base::store_u32(header + 20, kSalt);
  Sums sums = continue_sums({}, {header, 24}, false);
  base::store_u32(header + 24, sums.first);
  base::store_u32(header + 28, sums.second);
  for (uint64_t number = 0; number < state.certain; ++number) {
    if (auto read = frames.read(number); !read) return read;
    const std::span<uint8_t> octets = frames.octets();
    const bool is_first_page = base::load_u32(&octets[0]) == 1;
    if (is_first_page && !first_page.empty())
      std::ranges::copy(first_page, octets.subspan(kFrameHeaderOctets).begin());
    base::store_u32(&octets[8], kSalt);
    base::store_u32(&octets[12], kSalt);
    sums = frames.computed(sums, false);
    base::store_u32(&octets[16], sums.first);
    base::store_u32(&octets[20], sums.second);
    log += base::text_of(octets);
  }
  return base::replace_file(to, log, 0600);
}

}  // namespace atlas::control::store
