#include "atlas/control/zones/image_store.h"

#include <algorithm>
#include <array>

#include "atlas/base/checksum.h"
#include "atlas/base/thread_role.h"
#include "atlas/zone/image/image_file.h"

namespace atlas::control::zones {
namespace {

using handoff::EventId;
using zone::image::Refusal;

constexpr std::string_view kSuffix = ".image";
// Names of files have 255 octets at most, and one that is being written has some more than its final name.
constexpr size_t kFileNameOctetsMax = 200;
constexpr size_t kWarningOctetsMax = 1000;
// For the images that wait when the server stops.
constexpr std::chrono::milliseconds kStopTime{1000};

// Descriptions: the apex, the file stamps, the warnings. Read by the build that wrote them only.
class DescriptionWriter {
 public:
  void number(uint64_t value) {
    const auto* octets = reinterpret_cast<const uint8_t*>(&value);
    octets_.insert(octets_.end(), octets, octets + sizeof value);
  }
  void text(std::string_view text) {
    number(text.size());
    octets_.insert(octets_.end(), text.begin(), text.end());
  }
  base::Bytes octets() const { return octets_; }

 private:
  std::vector<uint8_t> octets_;
};

class DescriptionReader {
 public:
  explicit DescriptionReader(base::Bytes octets) : reader_(octets) {}
  uint64_t number() {
    uint64_t value = 0;
    if (const base::Bytes octets = reader_.bytes(sizeof value); !octets.empty())
      std::memcpy(&value, octets.data(), sizeof value);
    return value;
  }
  std::string text() {
    const base::Bytes octets = reader_.bytes(number());
    return {octets.begin(), octets.end()};
  }
  bool ok() const { return reader_.ok(); }

 private:
  base::ByteReader reader_;
};

std::string_view text_of(base::Bytes octets) {
  return {reinterpret_cast<const char*>(octets.data()), octets.size()};
}

DescriptionWriter describe(const LoadedZone& zone) {
  DescriptionWriter writer;
  writer.text(text_of(zone.version->apex().wire()));
  writer.number(zone.warnings);
  writer.text(std::string_view(zone.first_warning).substr(0, kWarningOctetsMax));
  writer.number(zone.stamps.size());
  for (const FileStamp& stamp : zone.stamps) {
    writer.text(stamp.path.native());
    writer.number(static_cast<uint64_t>(stamp.modified_ns));
    writer.number(static_cast<uint64_t>(stamp.changed_ns));
    writer.number(stamp.size);
    writer.number(stamp.inode);
  }
  return writer;
}

// Empty if the image is of another zone.
std::optional<LoadedZone> read_description(base::Bytes description, const dns::Name& apex) {
  DescriptionReader reader(description);
  LoadedZone zone;
  if (reader.text() != text_of(apex.wire())) return {};
  zone.warnings = reader.number();
  zone.first_warning = reader.text();
  const uint64_t count = reader.number();
  for (uint64_t i = 0; i < count && reader.ok(); ++i) {
    FileStamp& stamp = zone.stamps.emplace_back();
    stamp.path = reader.text();
    stamp.modified_ns = static_cast<int64_t>(reader.number());
    stamp.changed_ns = static_cast<int64_t>(reader.number());
    stamp.size = reader.number();
    stamp.inode = reader.number();
  }
  if (!reader.ok()) return {};
  return zone;
}

}  // namespace

std::string image_file_name(dns::NameView apex) {
  dns::Name lower(apex);
  lower.make_lower();
  std::string name;
  for (const char c : dns::to_text(lower.view())) {
    const bool usual = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
    if (usual && !(name.empty() && c == '.')) {
      name += c;
    } else {
      static constexpr char kDigits[] = "0123456789abcdef";
      const auto octet = static_cast<uint8_t>(c);
      name += {'%', kDigits[octet >> 4], kDigits[octet & 15]};
    }
  }
  if (name.ends_with('.')) name.pop_back();
  if (name.size() > kFileNameOctetsMax) {
    name.resize(kFileNameOctetsMax);
    name += '%' + std::to_string(base::checksum(lower.wire()));
  }
  return name + std::string(kSuffix);
}

ImageStore::~ImageStore() {
  {
    const std::lock_guard lock(mutex_);
    stop_by_ = base::monotonic_now() + kStopTime;
  }
  changed_.notify_all();
  if (writer_.joinable()) writer_.join();
}

void ImageStore::use_folder(std::filesystem::path folder) {
  folder_ = std::move(folder);
}

std::filesystem::path ImageStore::path_of(const dns::Name& apex) const {
  return folder_ / image_file_name(apex);
}

std::optional<LoadedZone> ImageStore::load(const dns::Name& apex, const std::filesystem::path& file,
                                           size_t threads) {
  if (!enabled()) return {};
  const auto refuse = [&](const Refusal& refusal) -> std::optional<LoadedZone> {
    if (refusal.reason == Refusal::Reason::kAbsent) return {};
    const bool damaged = refusal.reason == Refusal::Reason::kDamaged;
    events_.emit(damaged ? EventId::kImageDamaged : EventId::kImageOutdated,
                 {{"zone", dns::to_text(apex.view())}, {"reason", refusal.message}});
    return {};
  };
  const auto image = zone::image::ImageFile::open(path_of(apex));
  if (!image) return refuse(image.error());
  auto zone = read_description(image->description(), apex);
  if (!zone || zone->stamps.empty() || zone->stamps.front().path != file || !all_unchanged(zone->stamps))
    return {};
  auto memory = image->load(threads);
  if (!memory) return refuse(memory.error());
  zone->version = std::make_shared<const zone::Zone>(std::move(*memory));
  return zone;
}

void ImageStore::keep(const dns::Name& apex, LoadedZone zone) {
  if (!enabled()) return;
  const std::lock_guard lock(mutex_);
  waiting_.insert_or_assign(path_of(apex), std::move(zone));
  if (!writer_.joinable()) writer_ = std::thread([this] { run(); });
  changed_.notify_all();
}

void ImageStore::finish() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return waiting_.empty() && at_hand_.empty(); });
}

void ImageStore::run() {
  base::enter_thread_role(base::ThreadRole::kBackground);
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [this] { return stop_by_ || !waiting_.empty(); });
    if (stop_by_ && (waiting_.empty() || base::monotonic_now() > *stop_by_)) return;
    const auto next = waiting_.extract(waiting_.begin());
    at_hand_ = next.key();
    lock.unlock();
    write(next.key(), next.mapped());
    lock.lock();
    at_hand_.clear();
    changed_.notify_all();
  }
}

void ImageStore::write(const std::filesystem::path& path, const LoadedZone& zone) {
  std::error_code error;
  std::filesystem::create_directories(path.parent_path(), error);
  const DescriptionWriter description = describe(zone);
  if (description.octets().size() > zone::image::kDescriptionOctetsMax) return;
  const auto written = zone::image::write_image_file(path, description.octets(), zone.version->image());
  if (written) return;
  events_.emit(EventId::kImageNotWritten,
               {{"zone", dns::to_text(zone.version->apex())}, {"error", written.error().message}});
  // One of another version would be refused, but need not take up room on a disk that is full.
  std::filesystem::remove(path, error);
}

void ImageStore::keep_only(const std::vector<dns::Name>& zones) {
  if (!enabled()) return;
  std::unordered_set<std::string> wanted;
  for (const dns::Name& apex : zones) wanted.insert(image_file_name(apex));
  const std::lock_guard lock(mutex_);
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(folder_, error)) {
    const std::string name = entry.path().filename().string();
    // Also what was being written when the server was killed: "NAME.image.abcdef".
    const size_t suffix = name.rfind(kSuffix);
    if (suffix == std::string::npos || wanted.contains(name)) continue;
    if (suffix + kSuffix.size() != name.size() && name.starts_with(at_hand_.filename().string() + '.') &&
        !at_hand_.empty()) {
      continue;
    }
    std::filesystem::remove(entry.path(), error);
  }
  std::erase_if(waiting_, [&](const auto& job) { return !wanted.contains(job.first.filename().string()); });
}

}  // namespace atlas::control::zones
