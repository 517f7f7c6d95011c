# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# What all programs share, and below it what some of them do.
common_sources = \
	%D%/options.c %D%/options.h \
	%D%/report.c %D%/report.h
ip_checksum_sources = \
	%D%/ip_checksum.c %D%/ip_checksum.h
local_socket_sources = \
	%D%/local_socket.c %D%/local_socket.h
fabric_command_sources = \
	%D%/fabric_command.c %D%/fabric_command.h \
	%D%/fabric_value.c %D%/fabric_value.h
pcap_file_sources = \
	%D%/pcap_file.c %D%/pcap_file.h
attachment_sources = \
	%D%/attachment.c %D%/attachment.h
partition_sources = \
	%D%/partition.c %D%/partition.h
poll_loop_sources = \
	%D%/poll_loop.c %D%/poll_loop.h
# Ports of adapters, for the programs that take them as well as those of a simulated fabric.
if HAVE_VERBS
device_cppflags = -DHAVE_VERBS
device_libs = lib/libipoib-verbs.la
endif

# Of ipoib-perf what has no I/O; its tests take it as well.
perf_sources = \
	$(ip_checksum_sources) \
	%D%/perf_client.c %D%/perf_client.h \
	%D%/perf_failure.c %D%/perf_failure.h \
	%D%/perf_flow.c %D%/perf_flow.h \
	%D%/perf_histogram.c %D%/perf_histogram.h \
	%D%/perf_options.c %D%/perf_options.h \
	%D%/perf_packet.c %D%/perf_packet.h \
	%D%/perf_server.c %D%/perf_server.h \
	%D%/perf_session.c %D%/perf_session.h \
	%D%/perf_table.c %D%/perf_table.h

if PROGRAMS
bin_PROGRAMS += %D%/ipoib-audit
%C%_ipoib_audit_SOURCES = %D%/ipoib-audit.c \
	$(common_sources) \
	%D%/audit_json.c %D%/audit_json.h
%C%_ipoib_audit_CPPFLAGS = $(program_cppflags)
%C%_ipoib_audit_LDADD = lib/libipoib.la $(JANSSON_LIBS)

bin_PROGRAMS += %D%/ipoib-fabric
%C%_ipoib_fabric_SOURCES = %D%/ipoib-fabric.c \
	$(common_sources) $(fabric_command_sources) $(local_socket_sources) \
	$(pcap_file_sources) $(poll_loop_sources) \
	%D%/fabric_apply.c %D%/fabric_apply.h \
	%D%/fabric_control.c %D%/fabric_control.h \
	%D%/fabric_kernel.c %D%/fabric_kernel.h \
	%D%/fabric_status.c
%C%_ipoib_fabric_CPPFLAGS = $(program_cppflags)
%C%_ipoib_fabric_LDADD = lib/libipoib-mock.la lib/libipoib.la $(JANSSON_LIBS)

bin_PROGRAMS += %D%/ipoib-ping
%C%_ipoib_ping_SOURCES = %D%/ipoib-ping.c \
	$(common_sources) $(attachment_sources) $(ip_checksum_sources) $(partition_sources) \
	$(poll_loop_sources) \
	%D%/ping.h \
	%D%/ping_options.c %D%/ping_options.h \
	%D%/ping_packet.c %D%/ping_packet.h \
	%D%/ping_reassembly.c %D%/ping_reassembly.h \
	%D%/ping_record.c %D%/ping_record.h \
	%D%/ping_send.c %D%/ping_send.h \
	%D%/ping_traffic.c %D%/ping_traffic.h
%C%_ipoib_ping_CPPFLAGS = $(program_cppflags) $(device_cppflags)
%C%_ipoib_ping_LDADD = $(device_libs) lib/libipoib-mock.la lib/libipoib.la

bin_PROGRAMS += %D%/ipoib-resolve
%C%_ipoib_resolve_SOURCES = %D%/ipoib-resolve.c \
	$(common_sources) $(attachment_sources) $(poll_loop_sources) \
	%D%/resolve_options.c %D%/resolve_options.h \
	%D%/resolve_text.c %D%/resolve_text.h
%C%_ipoib_resolve_CPPFLAGS = $(program_cppflags) $(device_cppflags)
%C%_ipoib_resolve_LDADD = $(device_libs) lib/libipoib-mock.la lib/libipoib.la $(JANSSON_LIBS)

bin_PROGRAMS += %D%/ipoib-perf
%C%_ipoib_perf_SOURCES = %D%/ipoib-perf.c \
	$(common_sources) $(attachment_sources) $(partition_sources) $(perf_sources) \
	$(poll_loop_sources) \
	%D%/perf.h \
	%D%/perf_traffic.c %D%/perf_traffic.h
%C%_ipoib_perf_CPPFLAGS = $(program_cppflags) $(device_cppflags)
%C%_ipoib_perf_LDADD = $(device_libs) lib/libipoib-mock.la lib/libipoib.la

bin_PROGRAMS += %D%/ipoib-ctl
%C%_ipoib_ctl_SOURCES = %D%/ipoib-ctl.c \
	$(common_sources) $(fabric_command_sources) $(local_socket_sources) $(poll_loop_sources) \
	%D%/ctl_connect.c %D%/ctl_connect.h \
	%D%/ctl_element.c %D%/ctl_element.h \
	%D%/ctl_fabric.c %D%/ctl_fabric.h \
	%D%/ctl_monitor.c %D%/ctl_monitor.h \
	%D%/ctl_probe.c %D%/ctl_probe.h \
	%D%/ctl_stats.c %D%/ctl_stats.h \
	%D%/ctl_text.c %D%/ctl_text.h
%C%_ipoib_ctl_CPPFLAGS = $(program_cppflags)
%C%_ipoib_ctl_LDADD = lib/libipoib.la $(JANSSON_LIBS)

if HAVE_TUN
bin_PROGRAMS += %D%/ipoib-tun
endif
%C%_ipoib_tun_SOURCES = %D%/ipoib-tun.c \
	$(common_sources) $(attachment_sources) $(local_socket_sources) $(partition_sources) \
	$(pcap_file_sources) \
	%D%/control.c %D%/control.h \
	%D%/control_stream.c \
	%D%/tun_addresses.c %D%/tun_addresses.h \
	%D%/tun_blocked.c %D%/tun_blocked.h \
	%D%/tun_command.c %D%/tun_command.h \
	%D%/tun_device.c %D%/tun_device.h \
	%D%/tun_events.c %D%/tun_events.h \
	%D%/tun_groups.c %D%/tun_groups.h \
	%D%/tun_json.c %D%/tun_json.h \
	%D%/tun_json_events.c %D%/tun_json_events.h \
	%D%/tun_json_neigh.c %D%/tun_json_neigh.h \
	%D%/tun_json_stats.c %D%/tun_json_stats.h \
	%D%/tun_json_values.c %D%/tun_json_values.h \
	%D%/tun_netlink.c %D%/tun_netlink.h \
	%D%/tun_options.c %D%/tun_options.h \
	%D%/tun_port.c %D%/tun_port.h \
	%D%/tun_specification.c %D%/tun_specification.h \
	%D%/tun_told.c %D%/tun_told.h \
	%D%/tun_traffic.c %D%/tun_traffic.h
%C%_ipoib_tun_CPPFLAGS = $(program_cppflags) $(device_cppflags)
%C%_ipoib_tun_LDADD = lib/libipoib-ev.la $(device_libs) lib/libipoib-mock.la lib/libipoib.la \
	$(EV_LIBS) $(JANSSON_LIBS)
endif

EXTRA_DIST += %D%/demo-flux.bash %D%/demo.sh
