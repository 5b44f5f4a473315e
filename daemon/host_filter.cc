#include "daemon/host_filter.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <memory>
#include <string_view>
#include <vector>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/if_ether.h>
#include <linux/pkt_cls.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <sys/types.h>

#include "daemon/host_filter_key.h"
#include "daemon/netlink.h"
#include "ports/embedded_object.h"
#include "switch/error.h"

LANEWAY_EMBED(laneway_host_filter, LANEWAY_BPF_OBJECT);

namespace laneway {

namespace {

constexpr const char* kUplinkProgram = "lw_uplink";
constexpr const char* kGuestProgram = "lw_guest";

struct ObjectClose {
  void operator()(bpf_object* object) const noexcept { bpf_object__close(object); }
};
using BpfObject = std::unique_ptr<bpf_object, ObjectClose>;

Error bpf_error(const std::string& what, int result) {
  errno = -result;
  if (result != -EPERM && result != -EACCES) return system_error(what, ErrorCode::DeviceFailed);
  return Error(ErrorCode::NeedsCapability, what + ": needs CAP_BPF and CAP_NET_ADMIN",
               "run lanewayd as its service does (systemctl start laneway)");
}

// Only the one program is loaded: what is not used need not pass this kernel's verifier.
BpfObject load_program(const char* wanted) {
  libbpf_set_print(nullptr);  // failures are told by errors
  const auto size = static_cast<std::size_t>(laneway_host_filter_end - laneway_host_filter_begin);
  BpfObject object(bpf_object__open_mem(laneway_host_filter_begin, size, nullptr));
  if (!object) throw bpf_error("open the host filter", -errno);
  bpf_program* program = nullptr;
  bpf_object__for_each_program(program, object.get()) {
    bpf_program__set_autoload(program, std::strcmp(bpf_program__name(program), wanted) == 0);
  }
  if (const int result = bpf_object__load(object.get()); result < 0) {
    throw bpf_error("load the host filter", result);
  }
  return object;
}

bpf_tc_hook ingress_of(int index) {
  bpf_tc_hook hook{};
  hook.sz = sizeof hook;
  hook.ifindex = index;
  hook.attach_point = BPF_TC_INGRESS;
  return hook;
}

struct FilterOnLink {
  std::uint32_t handle;
  std::uint32_t priority;
  std::string name;  // of a BPF program, else ""
};

FilterOnLink filter_from(const nlmsghdr& header) {
  const auto* message = static_cast<const tcmsg*>(nlmsg_data(&header));
  FilterOnLink filter{message->tcm_handle, TC_H_MAJ(message->tcm_info) >> 16U, {}};
  std::array<nlattr*, TCA_MAX + 1> attributes{};
  nla_parse(attributes.data(), TCA_MAX, nlmsg_attrdata(&header, sizeof *message),
            nlmsg_attrlen(&header, sizeof *message), nullptr);
  nlattr* const kind = attributes[TCA_KIND];
  nlattr* const options = attributes[TCA_OPTIONS];
  if (kind == nullptr || options == nullptr) return filter;
  if (std::strcmp(nla_get_string(kind), "bpf") != 0) return filter;
  std::array<nlattr*, TCA_BPF_MAX + 1> bpf{};
  nla_parse_nested(bpf.data(), TCA_BPF_MAX, options, nullptr);
  if (bpf[TCA_BPF_NAME] != nullptr) filter.name = nla_get_string(bpf[TCA_BPF_NAME]);
  return filter;
}

std::vector<FilterOnLink> filters_of(int index) {
  const NetlinkSocket socket = open_netlink(NETLINK_ROUTE);
  NetlinkMessage message(nlmsg_alloc_simple(RTM_GETTFILTER, NLM_F_DUMP));
  tcmsg request{};
  request.tcm_family = AF_UNSPEC;
  request.tcm_ifindex = index;
  request.tcm_parent = TC_H_MAKE(TC_H_CLSACT, TC_H_MIN_INGRESS);
  nlmsg_append(message.get(), &request, sizeof request, NLMSG_ALIGNTO);
  std::vector<FilterOnLink> filters;
  netlink_request(*socket, std::move(message), "list tc filters", [&](const nlmsghdr& header) {
    const FilterOnLink filter = filter_from(header);
    if (filter.handle != 0) filters.push_back(filter);  // 0: only says that the priority exists
  });
  return filters;
}

void detach(int index, std::uint32_t handle, std::uint32_t priority) noexcept {
  const bpf_tc_hook hook = ingress_of(index);
  bpf_tc_opts options{};
  options.sz = sizeof options;
  options.handle = handle;
  options.priority = priority;
  bpf_tc_detach(&hook, &options);  // gone already with its interface: as wanted
}

bool is_ours(const FilterOnLink& filter) {
  return filter.name.starts_with(std::string(kUplinkProgram) + ":[") ||
         filter.name.starts_with(std::string(kGuestProgram) + ":[");
}

bool is_alive(std::uint32_t process) {
  return kill(static_cast<pid_t>(process), 0) == 0 || errno == EPERM;
}

host_filter_key key_of(const IpPrefix& prefix) {
  host_filter_key key{};
  const bool v4 = prefix.address.family == Family::Ipv4;
  key.bits = std::uint32_t{prefix.length} + (v4 ? 96U : 0U);
  if (v4) {
    key.address[10] = key.address[11] = 0xff;
    std::copy_n(prefix.address.octets.begin(), 4, key.address + 12);
  } else {
    std::copy(prefix.address.octets.begin(), prefix.address.octets.end(), key.address);
  }
  return key;
}

}  // namespace

HostFilter::HostFilter(const std::string& interface, HostFilterKind kind) {
  const bool uplink = kind == HostFilterKind::Uplink;
  const BpfObject object = load_program(uplink ? kUplinkProgram : kGuestProgram);
  if (uplink) {
    const int map = bpf_object__find_map_fd_by_name(object.get(), "guests");
    map_ = Descriptor(check(dup(map), "duplicate the host filter's map"));
  }
  attach(bpf_program__fd(bpf_object__find_program_by_name(object.get(),
                                                          uplink ? kUplinkProgram : kGuestProgram)),
         interface);
}

void HostFilter::attach(int program, const std::string& interface) {
  const int index = static_cast<int>(if_nametoindex(interface.c_str()));
  if (index == 0) throw Error(ErrorCode::NoNic, "no network adapter '" + interface + "'");
  bpf_tc_hook hook = ingress_of(index);
  const int made = bpf_tc_hook_create(&hook);
  if (made < 0 && made != -EEXIST) throw bpf_error("add a clsact qdisc to " + interface, made);

  bpf_tc_opts options{};
  options.sz = sizeof options;
  options.prog_fd = program;
  options.handle = static_cast<std::uint32_t>(getpid());
  const int attached = bpf_tc_attach(&hook, &options);
  if (attached < 0) throw bpf_error("attach the host filter to " + interface, attached);
  priority_ = options.priority;
  index_ = index;
}

HostFilter::HostFilter(HostFilter&& other) noexcept
    : index_(std::exchange(other.index_, 0)),
      priority_(other.priority_),
      map_(std::move(other.map_)) {}

// The qdisc stays: while one comes or goes the kernel takes the adapter's queues away for some
// milliseconds, and what the host sends then is lost (Linux 6.1, qdisc_graft). Empty it does
// nothing.
HostFilter::~HostFilter() {
  if (index_ != 0) detach(index_, static_cast<std::uint32_t>(getpid()), priority_);
}

void remove_stale_host_filters() {
  const std::unique_ptr<struct if_nameindex, decltype(&if_freenameindex)> links(if_nameindex(),
                                                                                if_freenameindex);
  for (auto* link = links.get(); link != nullptr && link->if_index != 0; ++link) {
    const int index = static_cast<int>(link->if_index);
    for (const FilterOnLink& filter : filters_of(index)) {
      if (is_ours(filter) && !is_alive(filter.handle))
        detach(index, filter.handle, filter.priority);
    }
  }
}

void GuestAddressSet::add(const IpPrefix& prefix) {
  const host_filter_key key = key_of(prefix);
  const std::uint8_t present = 1;
  if (bpf_map_update_elem(map_.get(), &key, &present, BPF_ANY) == 0) return;
  throw system_error("add " + to_string(prefix) + " to the host filter",
                     errno == ENOSPC ? ErrorCode::LimitReached : ErrorCode::Io);
}

void GuestAddressSet::remove(const IpPrefix& prefix) {
  const host_filter_key key = key_of(prefix);
  if (bpf_map_delete_elem(map_.get(), &key) == 0 || errno == ENOENT) return;
  throw system_error("remove " + to_string(prefix) + " from the host filter");
}

}  // namespace laneway
