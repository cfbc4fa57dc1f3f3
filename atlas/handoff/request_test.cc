#include "atlas/handoff/request.h"

#include <gtest/gtest.h>
#include <poll.h>

#include <set>
#include <thread>

namespace atlas::handoff {
namespace {

bool is_readable(int fd) {
  pollfd waiting{fd, POLLIN, 0};
  return ::poll(&waiting, 1, 0) == 1;
}

Request request(size_t worker, uint64_t ticket, size_t octets = 12) {
  return {.worker = worker, .ticket = ticket, .client = {}, .message = std::vector<uint8_t>(octets)};
}

std::vector<Reply> one_reply(uint64_t ticket, std::vector<uint8_t> message = {1}) {
  std::vector<Reply> replies;
  replies.push_back({.ticket = ticket, .message = std::move(message)});
  return replies;
}

TEST(RequestDesk, GivesRequestsInTheirOrder) {
  RequestDesk desk(2);
  ASSERT_TRUE(desk.is_ready());
  EXPECT_FALSE(is_readable(desk.request_descriptor()));
  for (uint64_t ticket = 0; ticket < 5; ++ticket) EXPECT_TRUE(desk.submit(request(ticket % 2, ticket)));
  EXPECT_TRUE(is_readable(desk.request_descriptor()));
  const auto first = desk.take_requests(RequestKind::kUpdate, 3);
  ASSERT_EQ(first.size(), 3u);
  for (uint64_t ticket = 0; ticket < 3; ++ticket) {
    EXPECT_EQ(first[ticket].ticket, ticket);
    EXPECT_EQ(first[ticket].worker, ticket % 2);
  }
  // Two are left.
  EXPECT_TRUE(is_readable(desk.request_descriptor()));
  EXPECT_EQ(desk.take_requests(RequestKind::kUpdate, 3).size(), 2u);
  EXPECT_FALSE(is_readable(desk.request_descriptor()));
  EXPECT_TRUE(desk.take_requests(RequestKind::kUpdate, 3).empty());
  EXPECT_TRUE(desk.submit(request(0, 9)));
  EXPECT_TRUE(is_readable(desk.request_descriptor()));
}

TEST(RequestDesk, RepliesGoToTheirWorker) {
  RequestDesk desk(2);
  desk.reply(1, one_reply(7, {1, 2, 3}));
  desk.reply(1, one_reply(8));
  desk.reply(0, {});
  EXPECT_FALSE(is_readable(desk.reply_descriptor(0)));
  EXPECT_TRUE(is_readable(desk.reply_descriptor(1)));
  EXPECT_TRUE(desk.take_replies(0).empty());
  const auto replies = desk.take_replies(1);
  ASSERT_EQ(replies.size(), 2u);
  EXPECT_EQ(replies[0].ticket, 7u);
  EXPECT_EQ(replies[0].message, (std::vector<uint8_t>{1, 2, 3}));
  EXPECT_EQ(replies[1].ticket, 8u);
  EXPECT_FALSE(is_readable(desk.reply_descriptor(1)));
  desk.reply(1, one_reply(9));
  EXPECT_TRUE(is_readable(desk.reply_descriptor(1)));
}

TEST(RequestDesk, TakesNoMoreThanItHolds) {
  RequestDesk desk(1);
  for (uint64_t ticket = 0; ticket < kRequestsMax; ++ticket)
    ASSERT_TRUE(desk.submit(request(0, ticket))) << ticket;
  EXPECT_FALSE(desk.submit(request(0, kRequestsMax)));
  EXPECT_EQ(desk.take_requests(RequestKind::kUpdate, 1).size(), 1u);
  EXPECT_TRUE(desk.submit(request(0, kRequestsMax)));
}

TEST(RequestDesk, KindsDoNotStandInEachOthersWay) {
  RequestDesk desk(1);
  Request notify = request(0, 1);
  notify.kind = RequestKind::kNotify;
  for (uint64_t ticket = 0; ticket < kRequestsMax; ++ticket) ASSERT_TRUE(desk.submit(request(0, ticket)));
  EXPECT_TRUE(desk.submit(notify));
  EXPECT_EQ(desk.take_requests(RequestKind::kNotify, 9).size(), 1u);
  EXPECT_TRUE(is_readable(desk.request_descriptor()));
  EXPECT_EQ(desk.take_requests(RequestKind::kUpdate, kRequestsMax).size(), kRequestsMax);
  EXPECT_FALSE(is_readable(desk.request_descriptor()));
}

TEST(RequestDesk, TakesNoMoreOctetsThanItHolds) {
  RequestDesk desk(1);
  const size_t octets = 65535;
  const size_t fitting = kRequestOctetsMax / octets;
  for (uint64_t ticket = 0; ticket < fitting; ++ticket)
    ASSERT_TRUE(desk.submit(request(0, ticket, octets))) << ticket;
  EXPECT_FALSE(desk.submit(request(0, fitting, octets)));
  EXPECT_EQ(desk.take_requests(RequestKind::kUpdate, 2).size(), 2u);
  EXPECT_TRUE(desk.submit(request(0, fitting, octets)));
}

TEST(RequestDesk, ClosedItRepliesWithNothing) {
  RequestDesk desk(2);
  EXPECT_TRUE(desk.submit(request(1, 5)));
  EXPECT_TRUE(desk.submit(request(0, 6)));
  EXPECT_EQ(desk.take_requests(RequestKind::kUpdate, 1).size(), 1u);
  desk.close();
  EXPECT_FALSE(desk.submit(request(0, 7)));
  EXPECT_TRUE(desk.take_requests(RequestKind::kUpdate, 9).empty());
  // The one that was taken is still answered by whoever took it.
  EXPECT_TRUE(desk.take_replies(1).empty());
  const auto replies = desk.take_replies(0);
  ASSERT_EQ(replies.size(), 1u);
  EXPECT_EQ(replies[0].ticket, 6u);
  EXPECT_TRUE(replies[0].message.empty());
  desk.reply(1, one_reply(5));
  EXPECT_EQ(desk.take_replies(1).size(), 1u);
}

// No request and no reply is lost, nor waits for a wake that does not come.
TEST(RequestDesk, ThreadsMeet) {
  constexpr size_t kWorkers = 3;
  constexpr uint64_t kTickets = 2000;
  constexpr int kWaitMs = 5000;
  RequestDesk desk(kWorkers);
  const auto wait = [](int fd) {
    pollfd waiting{fd, POLLIN, 0};
    return ::poll(&waiting, 1, kWaitMs) == 1;
  };
  std::thread control([&] {
    for (size_t answered = 0; answered < kWorkers * kTickets;) {
      if (!wait(desk.request_descriptor())) return;
      for (const Request& one : desk.take_requests(RequestKind::kUpdate, 7)) {
        desk.reply(one.worker, one_reply(one.ticket, one.message));
        ++answered;
      }
    }
  });
  std::vector<std::thread> workers;
  std::vector<std::set<uint64_t>> answered(kWorkers);
  for (size_t worker = 0; worker < kWorkers; ++worker) {
    workers.emplace_back([&, worker] {
      uint64_t ticket = 0;
      while (answered[worker].size() < kTickets) {
        for (int i = 0; i < 50 && ticket < kTickets; ++i) {
          if (desk.submit(request(worker, ticket, 12 + worker))) ++ticket;
        }
        if (!wait(desk.reply_descriptor(worker))) return;
        for (const Reply& reply : desk.take_replies(worker)) {
          if (reply.message.size() == 12 + worker) answered[worker].insert(reply.ticket);
        }
      }
    });
  }
  for (std::thread& worker : workers) worker.join();
  control.join();
  for (const auto& tickets : answered) EXPECT_EQ(tickets.size(), kTickets);
}

}  // namespace
}  // namespace atlas::handoff
