#include "atlas/control/remotes/exchange.h"

#include <algorithm>

#include "atlas/crypto/random.h"
#include "atlas/dns/message.h"

namespace atlas::control::remotes {
namespace {

constexpr size_t kTypeAndClassOctets = 4;

// Both have a whole header and say that they have one question.
bool is_same_question(base::Bytes a, base::Bytes b) {
  dns::LabelledName name_a, name_b;
  const base::Bytes behind_a = a.subspan(dns::kHeaderOctets);
  const base::Bytes behind_b = b.subspan(dns::kHeaderOctets);
  if (!name_a.read(behind_a) || !name_b.read(behind_b) || !(name_a.view() == name_b.view())) return false;
  const size_t size = name_a.view().size();
  if (behind_a.size() < size + kTypeAndClassOctets || behind_b.size() < size + kTypeAndClassOctets) {
    return false;
  }
  return std::ranges::equal(behind_a.subspan(size, kTypeAndClassOctets),
                            behind_b.subspan(size, kTypeAndClassOctets));
}

}  // namespace

void Exchange::begin(const Errand& errand, uint16_t id, base::WallTime now) {
  id_ = id;
  is_first_ = true;
  message_ = errand.message;
  verifier_.reset();
  if (message_.size() < dns::kHeaderOctets) return;
  base::store_u16(message_.data(), id);
  const tsig::Key* const key = errand.remote->key.get();
  if (key == nullptr || errand.is_forwarded) return;
  const tsig::Mac mac = tsig::sign_request(message_, *key, now);
  verifier_.emplace(*key, mac);
}

bool Exchange::is_answered_by(base::Bytes message) const {
  base::ByteReader reader(message), own_reader(message_);
  const auto header = dns::read_header(reader);
  const auto own = dns::read_header(own_reader);
  if (!header || !own || header->id != id_ || header->opcode != own->opcode) return false;
  if ((header->flags & dns::kFlagQR) == 0) return false;
  if (header->question_count == 0) {
    return own->question_count == 0 || header->rcode != 0 || own->opcode != dns::Opcode::QUERY || !is_first_;
  }
  return header->question_count == 1 && own->question_count == 1 && is_same_question(message, message_);
}

base::Result<void> Exchange::verify(base::Bytes message, base::WallTime now) {
  if (verifier_) {
    auto verified = verifier_->take(message, now);
    if (!verified) {
      // Servers that know no key say so without a signature.
      base::ByteReader reader(message);
      const auto header = dns::read_header(reader);
      if (header && header->rcode != 0) {
        verified.error().message += " (" + dns::to_text(static_cast<dns::Rcode>(header->rcode)) + ")";
      }
      return verified;
    }
  }
  is_first_ = false;
  return {};
}

uint16_t IdSource::next() {
  if (taken_ == octets_.size()) {
    crypto::fill_random(octets_);
    taken_ = 0;
  }
  const uint16_t id = base::load_u16(&octets_[taken_]);
  taken_ += 2;
  return id;
}

}  // namespace atlas::control::remotes
