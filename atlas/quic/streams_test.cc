#include "atlas/quic/streams.h"

#include <gtest/gtest.h>

#include <deque>
#include <map>
#include <random>
#include <string>

#include "atlas/quic/strike_register.h"

namespace atlas::quic {
namespace {

// What an application has given, beside what Streams and OutgoingOctets make of it.
struct Model {
  std::string kept;
  size_t sent = 0;
};

std::string unsent_of(const OutgoingOctets& outgoing, const OutgoingOctets::Queue& queue) {
  std::vector<base::Bytes> pieces(1000);
  pieces.resize(outgoing.unsent(queue, pieces));
  std::string text;
  for (const base::Bytes piece : pieces) text += base::text_of(piece);
  return text;
}

TEST(StreamsTest, KeepWhatIsNotAcknowledged) {
  std::mt19937 random(1);
  OutgoingOctets outgoing;
  Streams streams;
  std::map<StreamId, Model> model;
  StreamId next = 0;
  for (int step = 0; step < 100'000; ++step) {
    const auto chosen = model.empty() ? model.end() : std::next(model.begin(), random() % model.size());
    switch (random() % 6) {
      case 0:
        if (model.size() < 150) {
          streams.add(next);
          model[next];
          next += 1 + random() % 8;
        }
        break;
      case 1:
        if (chosen != model.end() && random() % 2 == 0) {
          Stream& stream = *streams.find(chosen->first);
          outgoing.clear(stream.outgoing);
          streams.remove(stream);
          EXPECT_EQ(streams.find(chosen->first), nullptr);
          model.erase(chosen);
        }
        break;
      case 2:
      case 3:
        if (chosen != model.end()) {
          const std::string octets(random() % (random() % 50 == 0 ? 20'000 : 300), static_cast<char>(step));
          chosen->second.kept += octets;
          ASSERT_TRUE(outgoing.append(streams.find(chosen->first)->outgoing, base::bytes_of(octets)));
        }
        break;
      case 4:
        if (chosen != model.end() && chosen->second.kept.size() > chosen->second.sent) {
          const size_t count = random() % (chosen->second.kept.size() - chosen->second.sent + 1);
          chosen->second.sent += count;
          outgoing.note_sent(streams.find(chosen->first)->outgoing, count);
        }
        break;
      default:
        if (chosen != model.end()) {
          const size_t count = random() % (chosen->second.sent + 1);
          chosen->second.kept.erase(0, count);
          chosen->second.sent -= count;
          outgoing.note_acknowledged(streams.find(chosen->first)->outgoing, count);
        }
    }
    ASSERT_EQ(streams.size(), model.size());
    if (step % 100 != 0) continue;
    size_t kept = 0;
    for (const auto& [id, expected] : model) {
      const Stream* stream = streams.find(id);
      ASSERT_NE(stream, nullptr);
      ASSERT_EQ(stream->outgoing.kept, expected.kept.size());
      ASSERT_EQ(stream->outgoing.unsent, expected.kept.size() - expected.sent);
      ASSERT_TRUE(unsent_of(outgoing, stream->outgoing) == expected.kept.substr(expected.sent));
      kept += expected.kept.size();
    }
    ASSERT_EQ(outgoing.kept(), kept);
  }
}

TEST(StreamsTest, RewindBeginsAgain) {
  OutgoingOctets outgoing;
  OutgoingOctets::Queue queue;
  for (const char* piece : {"one", "two", "three"}) {
    outgoing.append(queue, base::bytes_of(piece));
    outgoing.note_sent(queue, queue.unsent);
  }
  EXPECT_EQ(unsent_of(outgoing, queue), "");
  OutgoingOctets::rewind(queue);
  EXPECT_EQ(unsent_of(outgoing, queue), "onetwothree");
  outgoing.clear(queue);
  EXPECT_EQ(outgoing.kept(), 0U);
}

TEST(StreamsTest, TakeTurns) {
  Streams streams;
  for (StreamId id = 0; id < 12; id += 4) streams.enqueue(streams.add(id));
  streams.enqueue(*streams.find(4));
  EXPECT_EQ(streams.next()->id, 0);
  Stream& first = *streams.next();
  streams.dequeue(first);
  streams.enqueue(first);
  EXPECT_EQ(streams.next()->id, 4);
  streams.remove(*streams.find(8));
  streams.dequeue(*streams.find(4));
  EXPECT_EQ(streams.next()->id, 0);
  streams.remove(*streams.next());
  EXPECT_EQ(streams.next(), nullptr);
  streams.remove(*streams.find(4));
  EXPECT_EQ(streams.size(), 0U);
}

TEST(StrikeRegisterTest, KnowsWhatItHasSeen) {
  StrikeRegister strikes(3);
  const uint64_t window = static_cast<uint64_t>(kEarlyDataWindow.count());
  using enum StrikeRegister::Verdict;
  EXPECT_EQ(strikes.add({1}, 100), kNew);
  EXPECT_EQ(strikes.add({1}, 100), kKnown);
  EXPECT_EQ(strikes.add({2}, 100), kNew);
  EXPECT_EQ(strikes.add({3}, 100), kNew);
  EXPECT_EQ(strikes.add({4}, 100), kFull);
  EXPECT_EQ(strikes.add({1}, 2 * window - 1), kKnown);
  EXPECT_EQ(strikes.add({1}, 4 * window - 1), kKnown) << "of the window before";
  EXPECT_EQ(strikes.add({4}, 4 * window - 1), kNew);
  EXPECT_EQ(strikes.add({1}, 6 * window), kNew);
  EXPECT_EQ(strikes.add({4}, 100 * window), kNew);
}

}  // namespace
}  // namespace atlas::quic
