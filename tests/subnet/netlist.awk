# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#
# A subnet for ibsim: n hosts and the nodes sm1 and sm2 on one switch, or on a root switch with as
# many leaves as it takes: ibsim's switches end at 255 ports.
#
#	awk -v n=HOSTS -v table=FILE -f netlist.awk
#
# table gets one line for each host: name, port GUID, GID.

function far(i) {
	return leaves ? sprintf("sw%d\"[%d]", int((i - 1) / per) + 1, (i - 1) % per + 2) : sprintf("sw1\"[%d]", i)
}
function adapter(name, guid, i) {
	printf "\nsysimgguid=0x%s\ncaguid=0x%s\nCa 1 \"%s\" # \"%s\"\n", guid, guid, name, name
	printf "[1] \"%s # lid 0 lmc 0 \"switch\" lid 0 4xQDR\n", far(i)
}
function uplink(near, name, port) {
	printf "[%d] \"%s\"[%d] # \"%s\" lid 0 4xQDR\n", near, name, port, name
}
function switch_head(guid, ports, name) {
	printf "\nswitchguid=0x0002c902%08x\nSwitch %d \"%s\" # \"%s\" base port 0\n", guid, ports, name, name
}
function tree(   i, k, m, x) {
	switch_head(0, leaves, "sw0")
	for (i = 1; i <= leaves; i++)
		uplink(i, "sw" i, 1)
	for (i = 1; i <= leaves; i++) {
		m = i < leaves ? per : ends - per * (leaves - 1)
		switch_head(i, m + 1, "sw" i)
		uplink(1, "sw0", i)
		for (k = 1; k <= m; k++) {
			x = per * (i - 1) + k
			uplink(k + 1, node[x], 1)
		}
	}
}
BEGIN {
	per = 240
	for (i = 1; i <= n; i++)
		node[++ends] = "host" i
	node[++ends] = "sm1"
	node[++ends] = "sm2"
	leaves = ends > per ? int((ends + per - 1) / per) : 0
	if (leaves) {
		tree()
	} else {
		switch_head(1, ends, "sw1")
		for (i = 1; i <= ends; i++)
			uplink(i, node[i], 1)
	}
	for (i = 1; i <= n; i++) {
		adapter("host" i, sprintf("0002c903%07x0", i), i)
		printf "host%d 0x0002c903%07x1 fe80::2:c903:%x:%x\n", i, i, int(i / 4096), (i % 4096) * 16 + 1 >table
	}
	adapter("sm1", "0002c903f0000010", ends - 1)
	adapter("sm2", "0002c903f0000020", ends)
	print ""
}
