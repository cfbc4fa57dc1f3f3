// NOTIFY, questions for transfers and answers with a SOA from arbitrary octets. What is read of them lies in
// them, and a response to them is well formed.
#include "atlas/base/assert.h"
#include "atlas/dns/message.h"
#include "atlas/transfer/messages.h"

namespace {

using namespace atlas;

const dns::Name& apex() {
  static const dns::Name name = dns::parse_name("example.org.").value();
  return name;
}

void check_name(const dns::LabelledName& name, base::Bytes message) {
  const base::Bytes wire = name.view().wire();
  ATLAS_ASSERT(wire.data() >= message.data() && wire.data() + wire.size() <= message.data() + message.size());
  ATLAS_ASSERT(dns::view_name(wire) && dns::view_name(wire)->size() == wire.size());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const base::Bytes message(data, size);
  const auto notify = transfer::parse_notify(message);
  if (notify) check_name(notify->zone, message);
  const auto question = transfer::parse_question(message);
  if (question) check_name(question->zone, message);
  ATLAS_ASSERT(!notify || !question);
  const auto answer = transfer::parse_soa_answer(message, apex());
  ATLAS_ASSERT(answer || !answer.error().message.empty());

  const dns::Rcode rcode = notify ? dns::Rcode::NOERROR : notify.error();
  const auto response = transfer::make_notify_response(message, rcode);
  ATLAS_ASSERT(response.empty() == (size < dns::kHeaderOctets));
  if (response.empty()) return 0;
  const auto parsed = dns::parse_message(response);
  ATLAS_ASSERT(parsed && parsed->rcode() == rcode && parsed->header.id == base::load_u16(data));
  ATLAS_ASSERT(!notify || parsed->questions.at(0).name == notify->zone.view());
  return 0;
}
