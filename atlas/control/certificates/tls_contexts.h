// Certificates and ticket keys, and the contexts that are made of them: what TLS sessions begin with.
#pragma once

#include <array>
#include <memory>
#include <vector>

#include "atlas/base/clock.h"
#include "atlas/control/config/config.h"
#include "atlas/control/zones/file_stamp.h"
#include "atlas/handoff/event.h"
#include "atlas/quic/server_context.h"
#include "atlas/tls/server_context.h"

namespace atlas::control::certificates {

// By transport; null where no listener needs one.
struct Contexts {
  std::array<std::shared_ptr<const tls::ServerContext>, query::kTransportCount> tls;
  std::array<std::shared_ptr<const quic::ServerContext>, query::kTransportCount> quic;
};

// Control's thread.
class TlsContexts {
 public:
  // Reads what `config` names, or makes a self-signed certificate if it names none. Tickets of `before`,
  // which may be null, stay good. Fails with what is wrong in a file.
  static base::Result<TlsContexts> load(const config::Config& config, const TlsContexts* before,
                                        handoff::EventQueue& events);

  const Contexts& contexts() const { return contexts_; }
  // When the first certificate expires; the clock's beginning without any.
  base::WallTime not_after() const;

  // Reads again what has changed and stays so for some seconds, renews a self-signed certificate in time, and
  // rotates ticket keys. What cannot be read or renewed stays what it was, and is reported once. True if
  // there are other contexts now. Costs next to nothing most times.
  bool refresh(base::MonotonicTime now, base::WallTime wall_now);

 private:
  TlsContexts(const config::Config& config, handoff::EventQueue& events);

  base::Result<void> read(const TlsContexts* before, base::WallTime wall_now);
  base::Result<void> prepare_self_signed(base::WallTime wall_now) const;
  bool read_again(bool has_changed, base::WallTime wall_now);
  base::Result<tls::TicketKeys> ticket_keys(const TlsContexts* before) const;
  base::Result<quic::TokenSecret> token_secret() const;
  tls::ServerPolicy policy_of(query::Transport transport) const;
  base::Result<void> make_contexts();
  void rotate_ticket_keys();
  void announce() const;
  std::vector<zones::FileStamp> look() const;
  bool is_used() const { return !transports_.empty(); }

  handoff::EventQueue* events_;
  config::TlsSettings settings_;
  std::filesystem::path client_authorities_;  // of clients that take zones; empty: none is asked who it is
  std::filesystem::path state_folder_;
  bool self_signed_;
  std::vector<net::IpAddress> addresses_;  // listened on
  std::vector<query::Transport> transports_;

  std::vector<tls::Certificate> certificates_;
  std::shared_ptr<const tls::TicketKeys> ticket_keys_;
  quic::TokenSecret token_secret_{};
  Contexts contexts_{};

  std::vector<zones::FileStamp> read_stamps_;  // of what was read, or tried
  std::vector<zones::FileStamp> last_stamps_;  // of the last look
  std::string reported_;                       // why reading again failed, until it succeeds
  base::MonotonicTime next_look_{};
  base::MonotonicTime next_renewal_{};
  base::MonotonicTime next_rotation_{};
};

}  // namespace atlas::control::certificates
