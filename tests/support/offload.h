// tests/support/offload.h: what a guest's network card leaves to others (virtio 1.2 section 5.1.6):
// checksums and the cutting of long frames; and a frame as it then is on a wire.
#pragma once

#include <optional>
#include <vector>

#include "ports/vnet_header.h"
#include "tests/support/frame_log.h"

namespace laneway::test {

// Takes the checksum out of an unfragmented TCP or UDP frame, untagged and without extension
// headers, and says so; longer ones are to be cut into pieces of `segment_bytes`. nullopt, and
// nothing changed, for any other frame.
std::optional<VnetHeader> leave_offloads(Bytes& frame, std::size_t segment_bytes);

// The frames that a medium without offloads gets of `frame`, which is given back to its pool.
std::vector<Bytes> on_wire(Buffer* frame);

}  // namespace laneway::test
