// ports/xdp_program.h: the XDP program of `xdp:` ports, for net_af_xdp to load.
//
// The one that libxdp brings needs CAP_SYS_ADMIN to be found again by its number; this one needs
// CAP_BPF and CAP_NET_ADMIN.
#pragma once

#include <string>

namespace laneway {

// The name of a file that holds the program, as long as this process lives. Throws Error (Io).
std::string xdp_program_file();

}  // namespace laneway
