#include "proxy/announcer.h"

namespace laneway {

Announcer::Announcer(const ProxyContext& context) : context_(context) {}
void Announcer::station_associated(Nanos) noexcept {}
void Announcer::station_changed(Nanos) noexcept {}
void Announcer::port_migrated(PortId, Nanos) noexcept {}
void Announcer::tick(Nanos) noexcept {}

}  // namespace laneway
