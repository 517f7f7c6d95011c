# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# shellcheck shell=bash disable=SC2034,SC2154
#
# Where run has another machine's compiler, emulator and libraries from. The caller has set machine,
# debian (the machine's name in Debian), triplet and emulator.
#
#   die WHY...
#   fetch     sets tools and root, the folders that they are unpacked in, and the paths to the tools

die() {
	echo "tests/machines: $*" >&2
	exit 1
}

# apt for an architecture, which knows nothing of what dpkg has installed but what STATUS says.
# apt_of FOLDER ARCHITECTURE STATUS COMMAND...
apt_of() {
	local state=$1 architecture=$2 status=$3
	shift 3
	mkdir -p "$state/lists/partial" "$state/archives/partial"
	apt-get -q -o Dir::State="$state" -o Dir::State::lists="$state/lists" \
		-o Dir::State::status="$status" -o Dir::Cache="$state" \
		-o Dir::Cache::archives="$state/archives" -o APT::Architecture="$architecture" \
		-o APT::Architectures::= -o APT::Architectures::="$architecture" \
		-o APT::Sandbox::User="$(id -un)" -o Debug::NoLocking=1 "$@"
}

# unpack TARGET STATE ARCHITECTURE STATUS PACKAGE...: the packages and what they need beyond STATUS. A
# list that cannot be renewed is no reason to give up; a package that cannot be had is.
unpack() {
	local target=$1 package
	local apt=(apt_of "$2" "$3" "$4")
	shift 4
	mkdir -p "$target"
	"${apt[@]}" update || echo "apt-get update has failed for $machine"
	"${apt[@]}" install -y --no-install-recommends --download-only "$@" || return 1
	for package in "${apt[1]}"/archives/*.deb; do
		[ ! -e "$package" ] || dpkg-deb -x "$package" "$target" || return 1
	done
}

# What is installed here is used from here: only the rest is downloaded.
download() {
	: >"$1/none"
	unpack "$1/new/tools" "$1/apt-tools" "$(dpkg --print-architecture)" /var/lib/dpkg/status \
		"gcc-$triplet" qemu-user-static &&
		unpack "$1/new/root" "$1/apt-root" "$debian" "$1/none" libc6-dev check libev-dev || return 1
	# The emulators of thirty other machines are most of it.
	find "$1/new/tools/usr/bin" -name 'qemu-*-static' ! -name "$emulator" -delete
}

fetch() {
	local cache=${IPOIB_MACHINES_CACHE:-${XDG_CACHE_HOME:-${HOME:+$HOME/.cache}}} scratch libraries
	[ -n "$cache" ] || die "no place for a compiler: set IPOIB_MACHINES_CACHE, XDG_CACHE_HOME or HOME"
	[ -n "${IPOIB_MACHINES_CACHE:-}" ] || cache=$cache/ipoib-machines
	mkdir -p "$cache" || die "cannot make $cache; IPOIB_MACHINES_CACHE names another place"
	cache=$(cd "$cache" && pwd)
	exec 9>"$cache/lock"
	# Another one may be downloading.
	flock -w 600 9 || die "cannot lock $cache/lock: another one has held it for 600 s"
	if [ ! -d "$cache/$machine" ]; then
		command -v apt-get dpkg-deb >/dev/null ||
			die "what $machine needs is downloaded with apt-get, which this system does not have"
		scratch=$(mktemp -d "$cache/download.XXXXXX")
		if ! download "$scratch" >"$cache/$machine.log" 2>&1; then
			rm -rf "$scratch"
			tail -n 20 "$cache/$machine.log" >&2
			die "gcc-$triplet, qemu-user-static, and libc6-dev, check and libev-dev for $debian are" \
				"needed, and could not be downloaded (all of it: $cache/$machine.log)"
		fi
		mv -T "$scratch/new" "$cache/$machine"
		rm -rf "$scratch"
	fi
	exec 9>&-
	tools=$cache/$machine/tools root=$cache/$machine/root
	export PATH=$tools/usr/bin:$PATH
	# The assembler and the linker have libraries of their own, beside this system's.
	libraries=("$tools"/usr/lib/*/libbfd-*.so)
	LD_LIBRARY_PATH=${libraries[0]%/*}${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}
	export LD_LIBRARY_PATH
	command -v "$triplet-gcc" "$emulator" >/dev/null ||
		die "$cache/$machine has no $triplet-gcc or $emulator: remove it, and it is downloaded again"
}
