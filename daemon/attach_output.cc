#include "daemon/attach_output.h"

#include <fmt/format.h>

namespace laneway {

namespace {

// A comma inside a value of QEMU's is written twice.
std::string qemu_value(const std::string& text) {
  std::string value;
  for (const char c : text) value += c == ',' ? std::string(",,") : std::string(1, c);
  return value;
}

std::string xml_value(const std::string& text) {
  std::string value;
  for (const char c : text) {
    switch (c) {
      case '&':
        value += "&amp;";
        break;
      case '<':
        value += "&lt;";
        break;
      case '\'':
        value += "&apos;";
        break;
      default:
        value += c;
    }
  }
  return value;
}

std::optional<std::string> netdev_of(const PortSpec& spec) {
  if (spec.kind == PortKind::Stream) {
    return fmt::format("stream,id=n1,server={},addr.type=unix,addr.path={}",
                       spec.connect ? "on" : "off", qemu_value(spec.where));
  }
  if (spec.kind == PortKind::VhostUser) {
    const std::string queues = spec.queues > 1 ? fmt::format(",queues={}", spec.queues) : "";
    return "vhost-user,id=n1,chardev=c1" + queues;
  }
  if (spec.kind == PortKind::Packet) {
    return fmt::format("tap,id=n1,ifname={},script=no,downscript=no", qemu_value(spec.where));
  }
  return std::nullopt;
}

std::string device_of(const PortSpec& spec, MacAddress mac) {
  std::string device = "virtio-net-pci,netdev=n1";
  if (!mac.is_zero()) device += ",mac=" + to_string(mac);
  if (spec.kind != PortKind::VhostUser) return device;
  // A vector for each queue, one for changes of the device, one for its control queue.
  if (spec.queues > 1) device += fmt::format(",mq=on,vectors={}", 2 * spec.queues + 2);
  if (spec.mtu) device += fmt::format(",host_mtu={}", *spec.mtu);
  return device;
}

// The guest's memory, shared, and the socket. QEMU wants the memory's size in two places.
std::vector<std::string> vhost_user_arguments(const PortSpec& spec) {
  const std::string role = spec.connect ? "server=on,wait=off" : "reconnect=1";
  return {"-m",       "1G",
          "-object",  "memory-backend-memfd,id=mem1,size=1G,share=on",
          "-numa",    "node,memdev=mem1",
          "-chardev", fmt::format("socket,id=c1,path={},{}", qemu_value(spec.where), role)};
}

std::string vhost_user_xml(const PortSpec& spec, MacAddress mac) {
  std::string xml = "<interface type='vhostuser'>\n";
  if (!mac.is_zero()) xml += "  <mac address='" + to_string(mac) + "'/>\n";
  const std::string path = xml_value(spec.where);
  xml += spec.connect ? fmt::format("  <source type='unix' path='{}' mode='server'/>\n", path)
                      : fmt::format(
                            "  <source type='unix' path='{}' mode='client'>\n"
                            "    <reconnect enabled='yes' timeout='1'/>\n  </source>\n",
                            path);
  xml += "  <model type='virtio'/>\n";
  if (spec.queues > 1) xml += fmt::format("  <driver queues='{}'/>\n", spec.queues);
  return xml + "</interface>";
}

}  // namespace

std::vector<std::string> qemu_arguments(const PortSpec& spec, MacAddress mac) {
  const auto netdev = netdev_of(spec);
  if (!netdev) return {};
  std::vector<std::string> arguments;
  if (spec.kind == PortKind::VhostUser) arguments = vhost_user_arguments(spec);
  arguments.insert(arguments.end(), {"-netdev", *netdev, "-device", device_of(spec, mac)});
  return arguments;
}

std::optional<std::string> libvirt_xml(const PortSpec& spec, MacAddress mac) {
  if (spec.kind == PortKind::Packet) {
    const std::string address = mac.is_zero() ? "" : "  <mac address='" + to_string(mac) + "'/>\n";
    return fmt::format(
        "<interface type='ethernet'>\n{}  <target dev='{}' managed='no'/>\n"
        "  <model type='virtio'/>\n</interface>",
        address, xml_value(spec.where));
  }
  if (spec.kind == PortKind::VhostUser) return vhost_user_xml(spec, mac);
  if (spec.kind != PortKind::Stream) return std::nullopt;
  std::string xml = "<qemu:commandline xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'>\n";
  for (const std::string& argument : qemu_arguments(spec, mac)) {
    xml += "  <qemu:arg value='" + xml_value(argument) + "'/>\n";
  }
  return xml + "</qemu:commandline>";
}

}  // namespace laneway
