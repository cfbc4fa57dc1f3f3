#include "atlas/handoff/event.h"

#include <array>
#include <cstdio>

namespace atlas::handoff {
namespace {

constexpr auto kCatalogue = std::to_array<EventKind>({
#define ATLAS_EVENT(name, id, severity, text, about) {id, EventSeverity::severity, text, about},
#include "atlas/handoff/events.inc"
#undef ATLAS_EVENT
});

}  // namespace

std::string_view to_text(EventSeverity severity) {
  constexpr std::array<std::string_view, 4> kNames = {"debug", "info", "warning", "error"};
  return kNames[static_cast<size_t>(severity)];
}

std::span<const EventKind> event_catalogue() {
  return kCatalogue;
}
const EventKind& kind_of(EventId id) {
  return kCatalogue[static_cast<size_t>(id)];
}

std::string to_text(const EventField::Value& value) {
  if (const auto* text = std::get_if<std::string>(&value)) return *text;
  if (const auto* number = std::get_if<int64_t>(&value)) return std::to_string(*number);
  if (const auto* real = std::get_if<double>(&value)) {
    char buffer[64];
    std::snprintf(buffer, sizeof buffer, "%.3f", *real);
    return buffer;
  }
  return std::string(base::Secret::to_text());
}

std::string message_of(const Event& event) {
  std::string message;
  std::string_view rest = kind_of(event.id).text;
  for (;;) {
    const size_t open = rest.find('{');
    const size_t close = rest.find('}', open);
    if (open == std::string_view::npos || close == std::string_view::npos) break;
    message += rest.substr(0, open);
    const std::string_view name = rest.substr(open + 1, close - open - 1);
    for (const EventField& field : event.fields) {
      if (field.name == name) message += to_text(field.value);
    }
    rest = rest.substr(close + 1);
  }
  return message.append(rest);
}

void EventQueue::emit(EventId id, std::vector<EventField> fields) {
  if (kind_of(id).severity < level()) return;
  Event event{id, base::wall_now(), std::move(fields)};
  {
    const std::lock_guard lock(mutex_);
    if (waiting_.events.size() >= capacity_) {
      ++waiting_.dropped;
      dropped_.fetch_add(1, std::memory_order_relaxed);
      return;
    }
    waiting_.events.push_back(std::move(event));
  }
  changed_.notify_one();
}

void EventQueue::configure(LogSettings settings) {
  {
    const std::lock_guard lock(mutex_);
    waiting_.settings = std::move(settings);
  }
  changed_.notify_one();
}

void EventQueue::reopen() {
  {
    const std::lock_guard lock(mutex_);
    waiting_.reopen = true;
  }
  changed_.notify_one();
}

EventQueue::Batch EventQueue::take() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] {
    return waiting_.settings || waiting_.reopen || waiting_.dropped != 0 || !waiting_.events.empty() ||
           waiting_.closed;
  });
  Batch batch = std::move(waiting_);
  waiting_ = {};
  waiting_.closed = batch.closed;
  return batch;
}

void EventQueue::close() {
  {
    const std::lock_guard lock(mutex_);
    waiting_.closed = true;
  }
  changed_.notify_one();
}

}  // namespace atlas::handoff
