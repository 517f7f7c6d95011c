# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
dist_man_MANS += \
	%D%/ipoib-audit.1 \
	%D%/ipoib-ctl.1 \
	%D%/ipoib-fabric.1 \
	%D%/ipoib-perf.1 \
	%D%/ipoib-ping.1 \
	%D%/ipoib-resolve.1 \
	%D%/ipoib-tun.1 \
	%D%/ipoib-fabric.7 \
	%D%/ipoib.7 \
	%D%/ipoib_audit.3 \
	%D%/ipoib_binding.3 \
	%D%/ipoib_buffer.3 \
	%D%/ipoib_capture.3 \
	%D%/ipoib_connection.3 \
	%D%/ipoib_context.3 \
	%D%/ipoib_ev.3 \
	%D%/ipoib_interface.3 \
	%D%/ipoib_mock.3 \
	%D%/ipoib_multicast.3 \
	%D%/ipoib_neighbour.3 \
	%D%/ipoib_region.3 \
	%D%/ipoib_statistics.3 \
	%D%/ipoib_transport.3 \
	%D%/ipoib_types.3 \
	%D%/ipoib_verbs.3
