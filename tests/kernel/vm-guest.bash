# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# shellcheck shell=bash disable=SC2154
#
# The guest's second process, on the host's file system: makes the guest's own folders, runs the
# command, and switches the machine off. `share` and so on come from the file "settings" of vm.
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
control=/run/vm/control

off() {
	echo "$1" >$control/status
	/run/vm/busybox poweroff -f
}

fail() {
	echo "vm: guest: $*" >$control/why
	off 125
}

make_system() {
	local name
	mkdir -p /dev/pts /dev/shm /run/lock /run/netns
	mount -t devpts -o mode=620,ptmxmode=666 devpts /dev/pts
	mount -t tmpfs -o mode=1777 tmpfs /dev/shm
	ln -sfn /proc/self/fd /dev/fd
	for name in 0:stdin 1:stdout 2:stderr; do
		ln -sfn "/proc/self/fd/${name%:*}" "/dev/${name#*:}"
	done
	echo vm >/proc/sys/kernel/hostname
	date -s "@$now" >/dev/null
	ip link set lo up
	ulimit -l unlimited
}

# mount_folder TAG PATH OPTIONS
mount_folder() {
	mkdir -p "$2"
	mount -t 9p -o "trans=virtio,version=9p2000.L,msize=262144,$3" "$1" "$2" || fail "cannot mount $2"
}

make_veth() {
	local interface n=0
	ip link add veth0 mtu "$mtu" address 02:00:00:00:00:01 type veth \
		peer name veth1 mtu "$mtu" address 02:00:00:00:00:02 || return
	for interface in veth0 veth1; do
		n=$((n + 1))
		echo 0 >/proc/sys/net/ipv4/conf/$interface/rp_filter
		echo 1 >/proc/sys/net/ipv4/conf/$interface/accept_local
		echo 1 >/proc/sys/net/ipv4/conf/$interface/arp_ignore
		echo 0 >/proc/sys/net/ipv6/conf/$interface/accept_dad
		ip addr add 10.99.0.$n/24 dev $interface && ip link set $interface up || return
	done
	# What is made here for the other end leaves by the link and not by way of lo.
	ip -batch - <<-END
		rule add pref 10 iif veth0 lookup local
		rule add pref 10 iif veth1 lookup local
		rule add pref 11 from 10.99.0.1 to 10.99.0.1 lookup local
		rule add pref 11 from 10.99.0.2 to 10.99.0.2 lookup local
		rule add pref 12 to 10.99.0.2 lookup 101
		rule add pref 12 to 10.99.0.1 lookup 111
		route add 10.99.0.2 dev veth0 src 10.99.0.1 table 101
		route add 10.99.0.1 dev veth1 src 10.99.0.2 table 111
	END
}

# wait_gid DEVICE: until the IPv4 address is in its table of GIDs.
wait_gid() {
	local try
	for ((try = 0; try < 200; try++)); do
		grep -qs '^0000:0000:0000:0000:0000:ffff:' "/sys/class/infiniband/$1/ports/1/gids/"[0-9]* && return
		sleep 0.02
	done
	return 1
}

make_soft_roce() {
	local n
	echo 0 >/proc/sys/net/ipv4/conf/all/rp_filter
	ip rule add pref 100 lookup local && ip rule del pref 0 || fail "cannot move the rule for local addresses"
	make_veth || fail "cannot make the veth pair"
	for n in 0 1; do
		rdma link add rxe$n type rxe netdev veth$n || fail "cannot make rxe$n"
	done
	for n in 0 1; do
		wait_gid rxe$n || fail "rxe$n gets no GID for its IPv4 address"
	done
}

# Its output goes through pipes, because it may open /dev/stdout again and a virtio port opens once.
run_command() {
	local port out='' err='' status try readers=()
	for port in /sys/class/virtio-ports/*; do
		case $(cat "$port/name") in
		ipoib.out) out=/dev/${port##*/} ;;
		ipoib.err) err=/dev/${port##*/} ;;
		esac
	done
	mkfifo /run/vm/out /run/vm/err
	cat </run/vm/out >"$out" &
	readers=($!)
	cat </run/vm/err >"$err" &
	readers+=($!)
	: >$control/started
	as_the_caller </dev/null >/run/vm/out 2>/run/vm/err
	status=$?
	# A process that was left behind may hold a pipe open.
	for ((try = 0; try < 40; try++)); do
		kill -0 "${readers[0]}" 2>/dev/null || kill -0 "${readers[1]}" 2>/dev/null || break
		sleep 0.05
	done
	return "$status"
}

as_the_caller() (
	while IFS= read -r name; do
		unset "$name"
	done < <(compgen -e)
	# shellcheck disable=SC1091
	. /run/vm/control/environment
	[ -d "${TMPDIR:-/tmp}" ] || unset TMPDIR
	cd "$(</run/vm/control/folder)" || exit 125
	eval "exec $(</run/vm/control/command)"
)

# shellcheck disable=SC1091
. $control/settings
make_system
mount_folder share "$share" rw,cache=mmap,access=any
[ -z "$modules" ] || mount_folder modules "/lib/modules/$version" ro,cache=loose
[ -n "$plain" ] || make_soft_roce
run_command
status=$?
sync
off "$status"
