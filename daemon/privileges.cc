#include "daemon/privileges.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <memory>
#include <span>
#include <vector>

#include <cap-ng.h>
#include <seccomp.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include "switch/error.h"

namespace laneway {

namespace {

constexpr std::array kNetwork{CAP_NET_ADMIN, CAP_NET_RAW, CAP_BPF};
constexpr std::array kDevices{CAP_NET_ADMIN, CAP_NET_RAW, CAP_BPF, CAP_IPC_LOCK};

// Refused with EPERM: none of our libraries asks for one in its own work. bpf(2) is not among
// them, for the set of guests' addresses is a map of the helper's.
constexpr std::array kForbiddenCalls{SCMP_SYS(execve),
                                     SCMP_SYS(execveat),
                                     SCMP_SYS(ptrace),
                                     SCMP_SYS(process_vm_readv),
                                     SCMP_SYS(process_vm_writev),
                                     SCMP_SYS(kcmp),
                                     SCMP_SYS(mount),
                                     SCMP_SYS(umount2),
                                     SCMP_SYS(pivot_root),
                                     SCMP_SYS(chroot),
                                     SCMP_SYS(setns),
                                     SCMP_SYS(unshare),
                                     SCMP_SYS(init_module),
                                     SCMP_SYS(finit_module),
                                     SCMP_SYS(delete_module),
                                     SCMP_SYS(kexec_load),
                                     SCMP_SYS(kexec_file_load),
                                     SCMP_SYS(reboot),
                                     SCMP_SYS(swapon),
                                     SCMP_SYS(swapoff),
                                     SCMP_SYS(acct),
                                     SCMP_SYS(add_key),
                                     SCMP_SYS(request_key),
                                     SCMP_SYS(keyctl),
                                     SCMP_SYS(perf_event_open),
                                     SCMP_SYS(userfaultfd),
                                     SCMP_SYS(io_uring_setup),
                                     SCMP_SYS(open_by_handle_at),
                                     SCMP_SYS(settimeofday),
                                     SCMP_SYS(clock_settime),
                                     SCMP_SYS(sethostname),
                                     SCMP_SYS(personality)};

void keep_only_chosen_capabilities() {
  // What a root process may regain by running a program; without CAP_SETPCAP it stays as it is,
  // and no new privileges come of it.
  for (int capability = 0; prctl(PR_CAPBSET_READ, capability, 0, 0, 0) >= 0; ++capability) {
    if (prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) != 0) break;
  }
  if (capng_apply(CAPNG_SELECT_CAPS) != 0) {
    throw Error(ErrorCode::Internal, "cannot give up capabilities");
  }
  check(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "give up new privileges");
}

// These, as far as they are there.
void keep_capabilities(std::span<const int> kept) {
  std::vector<unsigned> had;
  for (const int capability : kept) {
    const auto number = static_cast<unsigned>(capability);
    if (capng_have_capability(CAPNG_EFFECTIVE, number) != 0) had.push_back(number);
  }
  capng_clear(CAPNG_SELECT_BOTH);
  constexpr auto kBoth = static_cast<capng_type_t>(CAPNG_EFFECTIVE | CAPNG_PERMITTED);
  for (const unsigned capability : had) capng_update(CAPNG_ADD, kBoth, capability);
  keep_only_chosen_capabilities();
}

void forbid_core_files() {
  const rlimit none{};
  check(setrlimit(RLIMIT_CORE, &none), "forbid core files");
}

void forbid_calls() {
  const std::unique_ptr<void, decltype(&seccomp_release)> filter(seccomp_init(SCMP_ACT_ALLOW),
                                                                 seccomp_release);
  if (filter == nullptr) throw Error(ErrorCode::Internal, "cannot make a filter of system calls");
  for (const int call : kForbiddenCalls) {
    const int failure = seccomp_rule_add(filter.get(), SCMP_ACT_ERRNO(EPERM), call, 0);
    errno = -failure;
    check(failure, "forbid a system call");
  }
  const int failure = seccomp_load(filter.get());
  errno = -failure;
  check(failure, "forbid system calls");
}

}  // namespace

void allow_descriptors() {
  // 64 switches of 128 guests, four each: a listener, its peer, a timer, a wakeup; and the API's.
  constexpr rlim_t kEnough = 64 * 128 * 4 + 1024;
  rlimit files{};
  check(getrlimit(RLIMIT_NOFILE, &files), "read the limit of descriptors");
  files.rlim_cur = std::max(files.rlim_cur, std::min(files.rlim_max, kEnough));
  check(setrlimit(RLIMIT_NOFILE, &files), "raise the limit of descriptors");
}

void keep_network_capabilities() {
  keep_capabilities(kNetwork);
  forbid_core_files();
}

void give_up_privileges(bool keep_devices) {
  keep_capabilities(keep_devices ? std::span<const int>(kDevices) : std::span<const int>());
  forbid_core_files();
  forbid_calls();
}

}  // namespace laneway
