// daemon/attach_output.h: what a VM needs to use a port, ready to paste: QEMU's arguments,
// libvirt's XML.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "switch/port_spec.h"
#include "switch/types.h"

namespace laneway {

// The arguments, one a string; none where QEMU cannot use the port. A packet port is taken for a
// tap that QEMU opens. `mac` zero: QEMU's own choice.
std::vector<std::string> qemu_arguments(const PortSpec& spec, MacAddress mac);
// The <interface>, or what stands for it; nullopt where libvirt cannot use the port.
std::optional<std::string> libvirt_xml(const PortSpec& spec, MacAddress mac);

}  // namespace laneway
