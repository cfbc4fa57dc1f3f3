#include "atlas/control/process/process.h"

#include <grp.h>
#include <pwd.h>
#include <sched.h>
#include <sys/capability.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>

namespace atlas::control::process {
namespace {

struct CapabilityFree {
  void operator()(cap_t capabilities) const { ::cap_free(capabilities); }
};
using Capabilities = std::unique_ptr<_cap_struct, CapabilityFree>;

std::unexpected<base::Error> fail_errno(const std::string& what) {
  return base::fail("cannot " + what + ": " + std::strerror(errno));
}

// The one capability that is left, in the permitted and effective sets.
bool keep_only_bind_service() {
  const Capabilities capabilities(::cap_init());
  const cap_value_t bind_service[] = {CAP_NET_BIND_SERVICE};
  return capabilities != nullptr &&
         ::cap_set_flag(capabilities.get(), CAP_PERMITTED, 1, bind_service, CAP_SET) == 0 &&
         ::cap_set_flag(capabilities.get(), CAP_EFFECTIVE, 1, bind_service, CAP_SET) == 0 &&
         ::cap_set_proc(capabilities.get()) == 0;
}

}  // namespace

uint64_t raise_descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return 1024;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
  ::getrlimit(RLIMIT_NOFILE, &limit);
  return limit.rlim_cur;
}

uint32_t processors() {
  cpu_set_t allowed;
  if (::sched_getaffinity(0, sizeof allowed, &allowed) != 0) return 1;
  const int count = CPU_COUNT(&allowed);
  return count < 1 ? 1 : static_cast<uint32_t>(count);
}

base::Result<void> drop_privileges(const std::string& user, const std::string& group) {
  if (user.empty()) return {};
  const passwd* account = ::getpwnam(user.c_str());
  if (account == nullptr) return base::fail("server.user: there is no user " + user);
  const uid_t uid = account->pw_uid;
  gid_t gid = account->pw_gid;
  if (!group.empty()) {
    const struct group* entry = ::getgrnam(group.c_str());
    if (entry == nullptr) return base::fail("server.group: there is no group " + group);
    gid = entry->gr_gid;
  }
  if (::geteuid() == uid && ::getegid() == gid) return {};
  if (::geteuid() != 0) {
    return base::fail("cannot become user " + user + ": not started as root",
                      "start atlasd as root, or take server.user out of the configuration");
  }
  if (::prctl(PR_SET_KEEPCAPS, 1) != 0) return fail_errno("keep capabilities");
  if (::initgroups(user.c_str(), gid) != 0 || ::setgid(gid) != 0)
    return fail_errno("become group of " + user);
  if (::setuid(uid) != 0) return fail_errno("become user " + user);
  if (!keep_only_bind_service()) return fail_errno("keep CAP_NET_BIND_SERVICE");
  if (uid != 0 && ::setuid(0) == 0) return base::fail("root could be had back after becoming user " + user);
  return {};
}

}  // namespace atlas::control::process
