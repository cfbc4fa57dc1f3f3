// Image files from arbitrary octets: as a whole, and as changes to a good one, with its head's checksum made
// right again or not. Only the good one is ever used.
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>

#include "atlas/base/assert.h"
#include "atlas/zone/image/image_file.h"
#include "atlas/zone/record_list.h"
#include "atlas/zone/zone.h"

namespace {

using namespace atlas;
using zone::image::FileHead;

constexpr size_t kDescriptionOctets = 5;

std::vector<uint8_t> good_image() {
  const auto apex = dns::parse_name("z.test.").value();
  zone::RecordList records;
  const auto soa = dns::parse_rdata(dns::RRType::SOA, "ns. admin. 7 3600 600 86400 60").value();
  records.add(apex, dns::RRType::SOA, 300, soa);
  records.sort();
  const auto built = zone::Zone::build(apex, records);
  return {built->image().begin(), built->image().end()};
}

struct MemoryFile {
  MemoryFile() : fd(::memfd_create("image", 0)), path("/proc/self/fd/" + std::to_string(fd)) {}
  void replace(const std::vector<uint8_t>& octets) const {
    ATLAS_ASSERT(::ftruncate(fd, 0) == 0);
    ATLAS_ASSERT(::pwrite(fd, octets.data(), octets.size(), 0) == static_cast<ssize_t>(octets.size()));
  }
  int fd;
  std::filesystem::path path;
};

std::vector<uint8_t> good_file(const std::vector<uint8_t>& image) {
  std::string folder = (std::filesystem::temp_directory_path() / "atlas-fuzz-XXXXXX").string();
  ATLAS_ASSERT(::mkdtemp(folder.data()) != nullptr);
  const std::filesystem::path path = std::filesystem::path(folder) / "image";
  const uint8_t description[kDescriptionOctets] = {1, 2, 3, 4, 5};
  ATLAS_ASSERT(zone::image::write_image_file(path, description, image));
  const std::string content = base::read_file(path, 1 << 20).value();
  std::filesystem::remove_all(folder);
  return {content.begin(), content.end()};
}

void repair_head(std::vector<uint8_t>& file) {
  FileHead head;
  constexpr size_t kFront = sizeof head + kDescriptionOctets + sizeof(uint64_t);
  if (file.size() < kFront) return;
  std::memcpy(&head, file.data(), sizeof head);
  uint64_t piece;
  std::memcpy(&piece, &file[sizeof head + kDescriptionOctets], sizeof piece);
  head.checksum = checksum_of(head, {&file[sizeof head], kDescriptionOctets}, {&piece, 1});
  std::memcpy(file.data(), &head, sizeof head);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const std::vector<uint8_t> image = good_image();
  static const std::vector<uint8_t> good = good_file(image);
  static const MemoryFile memory_file;
  if (size == 0) return 0;
  base::ByteReader input({data, size});
  const uint8_t mode = input.u8();
  std::vector<uint8_t> file = good;
  if (mode % 3 == 0) {
    const base::Bytes rest = input.rest();
    file.assign(rest.begin(), rest.end());
  } else {
    file.resize(std::min<size_t>(input.u16() + file.size() - 0x8000 * (mode >> 7), 2 * good.size()));
    while (!input.at_end() && input.ok() && !file.empty()) {
      const size_t at = input.u16() % file.size();
      file[at] ^= input.u8();
    }
    if (mode % 3 == 2) repair_head(file);
  }
  memory_file.replace(file);
  const auto opened = zone::image::ImageFile::open(memory_file.path);
  if (!opened) {
    ATLAS_ASSERT(!opened.error().message.empty());
    return 0;
  }
  const auto loaded = opened->load(1);
  ATLAS_ASSERT(!loaded || std::ranges::equal(loaded->octets, image));
  return 0;
}
