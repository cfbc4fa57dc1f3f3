#include "atlas/handoff/event.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "atlas/base/file.h"

namespace atlas::handoff {
namespace {

TEST(Event, MessagesFillInFieldsAndHideSecrets) {
  const Event event{EventId::kCookieSecretMade, {}, {{"path", base::Secret("/very/secret")}}};
  EXPECT_EQ(message_of(event), "new cookie secret in ***");
  const Event loaded{
      EventId::kZoneLoaded,
      {},
      {{"zone", "a.test."}, {"serial", 7}, {"records", 3u}, {"source", "text"}, {"seconds", 0.5}}};
  EXPECT_EQ(message_of(loaded), "zone a.test.: serial 7, 3 records from text, 0.500 s");
}

TEST(Event, IdsAreUniqueAndOfOneShape) {
  std::set<std::string_view> ids;
  for (const EventKind& kind : event_catalogue()) {
    EXPECT_TRUE(ids.insert(kind.id).second) << kind.id;
    EXPECT_TRUE(kind.id.starts_with("ATLAS-")) << kind.id;
    EXPECT_TRUE(std::ranges::all_of(kind.id, [](char c) { return (c >= 'A' && c <= 'Z') || c == '-'; }))
        << kind.id;
    EXPECT_FALSE(kind.about.empty()) << kind.id;
  }
}

TEST(EventQueue, DropsAndCountsWhatDoesNotFit) {
  EventQueue queue(2);
  for (int i = 0; i < 5; ++i) queue.emit(EventId::kServerStopped);
  EventQueue::Batch batch = queue.take();
  EXPECT_EQ(batch.events.size(), 2u);
  EXPECT_EQ(batch.dropped, 3u);
  queue.emit(EventId::kServerStopped);
  queue.close();
  batch = queue.take();
  EXPECT_EQ(batch.events.size(), 1u);
  EXPECT_EQ(batch.dropped, 0u);
  EXPECT_TRUE(batch.closed);
}

TEST(EventQueue, TakesNothingBelowTheLevel) {
  EventQueue queue;
  queue.set_level(EventSeverity::kWarning);
  queue.emit(EventId::kServerReady);
  queue.emit(EventId::kRunsAsRoot);
  EXPECT_EQ(queue.take().events.size(), 1u);
}

std::string events_page() {
  std::string text =
      "# Events\n\nEvery line of the log is one of these. The id is stable: match on it, not on the text.\n\n"
      "| id | severity | text | what it means |\n|---|---|---|---|\n";
  for (const EventKind& kind : event_catalogue()) {
    text += "| `" + std::string(kind.id) + "` | " + std::string(to_text(kind.severity)) + " | " +
            std::string(kind.text) + " | " + std::string(kind.about) + " |\n";
  }
  return text;
}

// Whoever adds an event runs this test with ATLAS_UPDATE_API=1.
TEST(EventCatalogue, IsThePageInTheApiFolder) {
  const std::filesystem::path path = std::filesystem::path(ATLAS_SOURCE_DIR) / "api/events.md";
  if (::getenv("ATLAS_UPDATE_API") != nullptr) {
    ASSERT_TRUE(base::replace_file(path, events_page()));
  }
  const auto written = base::read_file(path, 1 << 20);
  ASSERT_TRUE(written) << written.error().message;
  EXPECT_EQ(*written, events_page());
}

}  // namespace
}  // namespace atlas::handoff
