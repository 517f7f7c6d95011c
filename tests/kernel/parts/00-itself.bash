# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# shellcheck shell=bash disable=SC2154
#
# The kernel's ib_ipoib with itself over our fabric: what fails here is the fabric's, or the virtual
# HCA's, and no later part means anything.
load_hca devices=2 ports=1
start_fabric /dev/vhca0 /dev/vhca1
load_ipoib ib0 ib1
namespace a b
kernel_host a ib0 10.1.0.1/24
kernel_host b ib1 10.1.0.2/24

check "datagram mode: IPv4" pings a 10.1.0.2
check "datagram mode: 2044 octets" pings a -s 2016 -M "do" 10.1.0.2
check "datagram mode: fragments" pings a -s 8000 -M dont 10.1.0.2
b=$(link_local b ib1)
check "datagram mode: IPv6" pings a "$b%ib0"

kernel_mode a ib0 connected
kernel_mode b ib1 connected
check "connected mode: IPv4" pings a 10.1.0.2
check "connected mode: 65520 octets" pings a -s 65492 -M "do" 10.1.0.2
check "connected mode: IPv6" pings a -s 60000 "$b%ib0"
