// dnstap messages: Protocol Buffers as https://dnstap.info's dnstap.proto defines them.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "atlas/handoff/query_record.h"

namespace atlas::telemetry::dnstap {

// The numbers of Message.Type.
enum class MessageType : uint8_t { kAuthQuery = 1, kAuthResponse = 2 };

// Replaces `out` by one Dnstap message. A DNS message that the record holds in part only is left out.
void encode(const handoff::QueryRecord& record, MessageType type, std::string_view identity,
            std::string_view version, std::vector<uint8_t>& out);

}  // namespace atlas::telemetry::dnstap
