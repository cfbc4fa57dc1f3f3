// What happened, as values: control and the planes emit events, telemetry writes them down.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <filesystem>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "atlas/base/clock.h"
#include "atlas/base/secret.h"

namespace atlas::handoff {

enum class EventSeverity : uint8_t { kDebug, kInfo, kWarning, kError };
std::string_view to_text(EventSeverity severity);

enum class EventId : uint8_t {
#define ATLAS_EVENT(name, id, severity, text, about) name,
#include "atlas/handoff/events.inc"
#undef ATLAS_EVENT
};

struct EventKind {
  std::string_view id;  // stable, for people and programs that watch logs
  EventSeverity severity;
  std::string_view text;  // with {field} names
  std::string_view about;
};

// All kinds, in the order of EventId.
std::span<const EventKind> event_catalogue();
const EventKind& kind_of(EventId id);

struct EventField {
  using Value = std::variant<std::string, int64_t, double, base::Secret>;

  std::string_view name;  // a literal, named in the kind's text
  Value value;

  EventField(std::string_view field, std::string text) : name(field), value(std::move(text)) {}
  EventField(std::string_view field, std::string_view text) : name(field), value(std::string(text)) {}
  EventField(std::string_view field, const char* text) : name(field), value(std::string(text)) {}
  EventField(std::string_view field, double number) : name(field), value(number) {}
  EventField(std::string_view field, base::Secret secret) : name(field), value(std::move(secret)) {}
  template <std::integral T>
  EventField(std::string_view field, T number) : name(field), value(static_cast<int64_t>(number)) {}
};

// As people read it: numbers in decimal, secrets as "***".
std::string to_text(const EventField::Value& value);

struct Event {
  EventId id;
  base::WallTime when;
  std::vector<EventField> fields;
};

// The kind's text with its fields filled in.
std::string message_of(const Event& event);

enum class LogFormat : uint8_t { kText, kJson };
enum class LogDestination : uint8_t { kStderr, kFile, kSyslog, kJournal };

// Where telemetry writes events to.
struct LogSettings {
  LogFormat format = LogFormat::kText;
  LogDestination destination = LogDestination::kStderr;
  std::filesystem::path file;

  friend bool operator==(const LogSettings&, const LogSettings&) = default;
};

// A bounded queue from many threads to one. What does not fit is dropped and counted. Not for use by packet:
// it takes a lock.
class EventQueue {
 public:
  explicit EventQueue(size_t capacity = 8192) : capacity_(capacity) {}

  // Any thread. Events below the level are not taken.
  void emit(EventId id, std::vector<EventField> fields = {});
  void set_level(EventSeverity least) { level_.store(least, std::memory_order_relaxed); }
  EventSeverity level() const { return level_.load(std::memory_order_relaxed); }
  void configure(LogSettings settings);
  // Events dropped since the start. Any thread.
  uint64_t dropped() const { return dropped_.load(std::memory_order_relaxed); }
  // The log file was moved away: open it anew.
  void reopen();

  // What the reader has to do, in this order.
  struct Batch {
    std::optional<LogSettings> settings;
    bool reopen = false;
    uint64_t dropped = 0;  // since the last batch
    std::deque<Event> events;
    bool closed = false;  // nothing will come any more
  };
  // The reader's thread: waits for something to do.
  Batch take();
  // Ends take() once all is taken.
  void close();

 private:
  const size_t capacity_;
  std::atomic<EventSeverity> level_{EventSeverity::kInfo};
  std::atomic<uint64_t> dropped_{0};
  std::mutex mutex_;
  std::condition_variable changed_;
  Batch waiting_;
};

}  // namespace atlas::handoff
