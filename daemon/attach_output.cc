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
  if (spec.kind == PortKind::Packet) {
    return fmt::format("tap,id=n1,ifname={},script=no,downscript=no", qemu_value(spec.where));
  }
  return std::nullopt;
}

std::string device_of(MacAddress mac) {
  return "virtio-net-pci,netdev=n1" + (mac.is_zero() ? "" : ",mac=" + to_string(mac));
}

}  // namespace

std::vector<std::string> qemu_arguments(const PortSpec& spec, MacAddress mac) {
  const auto netdev = netdev_of(spec);
  if (!netdev) return {};
  return {"-netdev", *netdev, "-device", device_of(mac)};
}

std::optional<std::string> libvirt_xml(const PortSpec& spec, MacAddress mac) {
  if (spec.kind == PortKind::Packet) {
    const std::string address = mac.is_zero() ? "" : "  <mac address='" + to_string(mac) + "'/>\n";
    return fmt::format(
        "<interface type='ethernet'>\n{}  <target dev='{}' managed='no'/>\n"
        "  <model type='virtio'/>\n</interface>",
        address, xml_value(spec.where));
  }
  if (spec.kind != PortKind::Stream) return std::nullopt;
  std::string xml = "<qemu:commandline xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'>\n";
  for (const std::string& argument : qemu_arguments(spec, mac)) {
    xml += "  <qemu:arg value='" + xml_value(argument) + "'/>\n";
  }
  return xml + "</qemu:commandline>";
}

}  // namespace laneway
