#include "atlas/zone/diff_text.h"

#include <algorithm>
#include <map>
#include <string_view>
#include <vector>

#include "atlas/dns/rdata.h"
#include "atlas/zone/diff_order.h"

namespace atlas::zone {
namespace {

// The records of an RRset: a removed one stands in front of the added one with the same RDATA, and otherwise
// of the next that has no such partner.
void append_rrset(std::span<const DiffRecord> removed, std::span<const DiffRecord> added, std::string& text) {
  const auto write = [&](const DiffRecord& record, bool is_added) {
    text += text_of(record, is_added);
    text += '\n';
  };
  // Of the added ones, by RDATA.
  std::map<std::string_view, size_t> partners;
  for (size_t i = 0; i < added.size(); ++i) partners.emplace(base::text_of(added[i].rdata), i);
  std::vector<bool> is_taken(added.size());
  std::vector<size_t> partner_of(removed.size(), added.size());
  for (size_t i = 0; i < removed.size(); ++i) {
    const auto found = partners.find(base::text_of(removed[i].rdata));
    if (found == partners.end() || is_taken[found->second]) continue;
    partner_of[i] = found->second;
    is_taken[found->second] = true;
  }
  size_t next = 0;
  const auto next_free = [&] {
    while (next < added.size() && is_taken[next]) ++next;
    return next;
  };
  for (size_t i = 0; i < removed.size(); ++i) {
    write(removed[i], false);
    if (partner_of[i] == added.size()) partner_of[i] = next_free();
    if (partner_of[i] == added.size()) continue;
    write(added[partner_of[i]], true);
    is_taken[partner_of[i]] = true;
  }
  for (; next_free() < added.size(); ++next) write(added[next], true);
}

}  // namespace

std::string text_of(const DiffRecord& record, bool added) {
  std::string text = added ? "+ " : "- ";
  dns::append_text(record.owner, text);
  text += ' ' + std::to_string(record.ttl) + " IN " + dns::to_text(record.type) + ' ';
  dns::append_rdata_text(record.type, record.rdata, text);
  return text;
}

std::string to_text(const ZoneDiff& diff) {
  std::string text;
  const std::span<const DiffRecord> removed = diff.removed, added = diff.added;
  for (size_t i = 0, j = 0; i < removed.size() || j < added.size();) {
    const DiffRecord& first =
        j == added.size() || (i < removed.size() && compare_rrsets(removed[i], added[j]) <= 0) ? removed[i]
                                                                                               : added[j];
    const auto count = [&](std::span<const DiffRecord> records, size_t begin) {
      size_t end = begin;
      while (end < records.size() && compare_rrsets(records[end], first) == 0) ++end;
      return end - begin;
    };
    const size_t removed_count = count(removed, i), added_count = count(added, j);
    append_rrset(removed.subspan(i, removed_count), added.subspan(j, added_count), text);
    i += removed_count;
    j += added_count;
  }
  return text;
}

}  // namespace atlas::zone
