#include "atlas/data/tickets.h"

#include <gtest/gtest.h>

#include "atlas/data/test_desk.h"

namespace atlas::data {
namespace {

class TicketsTest : public ::testing::Test {
 protected:
  bool submit(uint32_t connection) {
    if (!tickets().submit(handoff::RequestKind::kUpdate, {}, message_)) return false;
    tickets().set_place({query::Transport::kTcp, ConnectionPlace{.connection = connection}});
    return true;
  }
  // Of the next answer; none if it is for nobody.
  std::optional<uint32_t> next_connection() {
    const auto delivery = tickets().next_reply();
    if (!delivery) return {};
    return std::get<ConnectionPlace>(delivery->place.where).connection;
  }
  Tickets& tickets() { return desk_.tickets; }

  handoff::WorkerCounters counters_;
  TestDesk desk_{counters_};
  std::vector<uint8_t> message_ = test_update(7);
};

TEST_F(TicketsTest, AnswersFindTheirPlaceInWhateverOrder) {
  for (uint32_t i = 0; i < 3; ++i) ASSERT_TRUE(submit(i));
  EXPECT_EQ(tickets().open(), 3u);
  EXPECT_EQ(counters_.updates_pending.read(), 3);
  auto requests = desk_.desk.take_requests(handoff::RequestKind::kUpdate, 3);
  EXPECT_EQ(requests[0].message, message_);
  std::ranges::reverse(requests);
  for (const handoff::Request& request : requests) answer_update(desk_.desk, request);
  tickets().take_replies();
  for (const uint32_t connection : {2, 1, 0}) EXPECT_EQ(next_connection(), connection);
  EXPECT_FALSE(tickets().has_replies());
  EXPECT_EQ(tickets().open(), 0u);
  EXPECT_EQ(counters_.updates_pending.read(), 0);
}

TEST_F(TicketsTest, ASecondAnswerIsForNobody) {
  ASSERT_TRUE(submit(1));
  const auto first = desk_.desk.take_requests(handoff::RequestKind::kUpdate, 1);
  answer_update(desk_.desk, first[0]);
  answer_update(desk_.desk, first[0]);
  tickets().take_replies();
  EXPECT_EQ(next_connection(), 1u);
  EXPECT_FALSE(next_connection());
  // Not even if somebody else waits in the same slot.
  ASSERT_TRUE(submit(2));
  answer_update(desk_.desk, first[0]);
  tickets().take_replies();
  EXPECT_FALSE(next_connection());
  EXPECT_EQ(desk_.answer_all(), 1u);
  EXPECT_EQ(next_connection(), 2u);
}

TEST_F(TicketsTest, AnswersToNoTicketAreForNobody) {
  for (const uint64_t ticket : {uint64_t{0}, uint64_t{1} << 32, ~uint64_t{0}}) {
    std::vector<handoff::Reply> replies;
    replies.push_back({.ticket = ticket, .message = {1}});
    desk_.desk.reply(0, std::move(replies));
    tickets().take_replies();
    EXPECT_FALSE(next_connection()) << ticket;
  }
}

TEST_F(TicketsTest, AreLimited) {
  for (uint32_t i = 0; i < kTicketsMax; ++i) ASSERT_TRUE(submit(i)) << i;
  EXPECT_FALSE(submit(0));
  EXPECT_EQ(desk_.answer_all(), kTicketsMax);
  EXPECT_FALSE(submit(0)) << "the answers have not been looked at";
  ASSERT_TRUE(next_connection());
  EXPECT_TRUE(submit(0));
  EXPECT_FALSE(submit(0));
}

TEST_F(TicketsTest, ADeskThatTakesNothingLeavesNoTicket) {
  desk_.desk.close();
  EXPECT_FALSE(submit(0));
  EXPECT_EQ(tickets().open(), 0u);
}

TEST_F(TicketsTest, OnceClosedThereAreNoMore) {
  ASSERT_TRUE(submit(5));
  tickets().close();
  EXPECT_FALSE(submit(6));
  EXPECT_EQ(desk_.answer_all(), 1u);
  EXPECT_EQ(next_connection(), 5u);
}

TEST_F(TicketsTest, NobodyWaitsAtASocketThatIsGone) {
  for (const int fd : {3, 4}) {
    ASSERT_TRUE(tickets().submit(handoff::RequestKind::kUpdate, {}, message_));
    DatagramPlace place;
    place.fd = fd;
    tickets().set_place({query::Transport::kUdp, place});
  }
  tickets().forget_socket(3);
  EXPECT_EQ(desk_.answer_all(), 2u);
  EXPECT_TRUE(std::holds_alternative<std::monostate>(tickets().next_reply()->place.where));
  EXPECT_EQ(std::get<DatagramPlace>(tickets().next_reply()->place.where).fd, 4);
}

}  // namespace
}  // namespace atlas::data
