#include "atlas/app/atlasctl/query/transfer_end.h"

#include <algorithm>

namespace atlas::app::atlasctl::query {

uint32_t serial_of(base::Bytes soa) {
  base::ByteReader reader(soa);
  if (!dns::skip_name(reader) || !dns::skip_name(reader)) return 0;
  const uint32_t serial = reader.u32();
  return reader.ok() ? serial : 0;
}

bool TransferEnd::take(const dns::Message& message) {
  if (message.rcode() != dns::Rcode::NOERROR) return true;
  if (!is_begun_ && message.answers.empty()) return true;
  if (std::ranges::any_of(message.answers, [this](const dns::Record& record) { return take(record); }))
    return true;
  // A SOA alone says that there is nothing newer (RFC 1995 2); of a newer one, the rest is still to come.
  return form_ == Form::kUnknown && is_incremental_ && static_cast<int32_t>(newest_ - asked_) <= 0;
}

bool TransferEnd::take(const dns::Record& record) {
  const bool is_soa = record.type == dns::RRType::SOA;
  if (!is_begun_) {
    is_begun_ = true;
    newest_ = is_soa ? serial_of(record.rdata) : 0;
    return !is_soa;  // no transfer begins so
  }
  if (is_soa) return take_soa(serial_of(record.rdata));
  if (form_ == Form::kUnknown) form_ = Form::kWhole;
  return false;
}

bool TransferEnd::take_soa(uint32_t serial) {
  switch (form_) {
    case Form::kUnknown:
      // The old version's, and what it had that the next has not; or the end of a zone of nothing else.
      if (!is_incremental_ || serial == newest_) return true;
      form_ = Form::kRemoved;
      return false;
    case Form::kWhole:
      return true;
    case Form::kRemoved:
      form_ = Form::kAdded;
      return false;
    case Form::kAdded:
      form_ = Form::kRemoved;
      return serial == newest_;
  }
  return true;
}

}  // namespace atlas::app::atlasctl::query
