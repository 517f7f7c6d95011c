# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# shellcheck shell=bash disable=SC2034,SC2154
#
# Where vm gets its kernel, and what it boots of it. The caller has set `here` and, for find_boot,
# `busybox`.
#
#   lock_cache      one at a time; sets cache
#   find_kernel     sets kernel_version, kernel_root, and modules_apart if the guest does not see its modules
#   find_boot       sets boot: a folder with the kernel's image and the first file system

die() {
	echo "vm: $*" >&2
	exit 125
}

lock_cache() {
	cache=${IPOIB_VM_CACHE:-${XDG_CACHE_HOME:-${HOME:+$HOME/.cache}}}
	[ -n "$cache" ] || die "no place for the kernel: set IPOIB_VM_CACHE, XDG_CACHE_HOME or HOME"
	[ -n "${IPOIB_VM_CACHE:-}" ] || cache=$cache/ipoib-vm
	mkdir -p "$cache" || die "cannot make $cache; IPOIB_VM_CACHE names another place"
	cache=$(cd "$cache" && pwd)
	exec 9>"$cache/lock"
	# Another one may be downloading.
	flock -w 300 9 || die "cannot lock $cache/lock: another one has held it for 300 s"
}

unlock_cache() { exec 9>&-; }

# newest ROOT: the newest kernel under it that can be used.
newest() {
	local folder version
	for folder in "$1"/lib/modules/*/; do
		version=${folder%/}
		version=${version##*/}
		compgen -G "${folder}kernel/drivers/infiniband/sw/rxe/rdma_rxe.ko*" >/dev/null &&
			[ -r "$1/boot/vmlinuz-$version" ] && echo "$version"
	done | sort -V | tail -n 1
}

find_kernel() {
	kernel_root=/ modules_apart=''
	kernel_version=$(newest '')
	if [ -z "$kernel_version" ]; then
		kernel_root=$cache/root modules_apart=1
		kernel_version=$(newest "$kernel_root")
	fi
	if [ -z "$kernel_version" ]; then
		download_kernel
		kernel_version=$(newest "$kernel_root")
		[ -n "$kernel_version" ] || die "the kernel that was downloaded has no rdma_rxe"
	fi
	[ -e "$kernel_root/lib/modules/$kernel_version/modules.dep" ] ||
		depmod -b "$kernel_root" "$kernel_version" || die "depmod has failed for $kernel_version"
}

image_package() {
	apt-cache depends linux-image-amd64 2>/dev/null |
		sed -n 's/^ *Depends: \(linux-image-[0-9]\)/\1/p' | head -n 1
}

# The lists of packages may be missing, or too old for what the mirror has by now.
download_kernel() {
	local scratch log=$cache/download.log
	scratch=$(mktemp -d "$cache/download.XXXXXX") || die "cannot write to $cache"
	if ! fetch_kernel "$scratch" >"$log" 2>&1 &&
		! { [ "$(id -u)" -eq 0 ] && apt-get -q update && fetch_kernel "$scratch"; } >>"$log" 2>&1; then
		rm -rf "$scratch"
		tail -n 1 "$log" >&2
		die "there is no kernel with rdma_rxe here and none could be downloaded (all of it: $log);" \
			"as root: apt-get update && apt-get install linux-image-amd64"
	fi
	rm -rf "$kernel_root"
	mv -T "$scratch/root" "$kernel_root" || die "cannot write to $cache"
	rm -rf "$scratch"
}

fetch_kernel() (
	cd "$1" || exit 1
	package=$(image_package)
	[ -n "$package" ] || {
		echo "apt-cache knows no linux-image-amd64"
		exit 1
	}
	apt-get -q download "$package" && dpkg -x ./*.deb root || exit 1
	# Two thirds of it, that no test of this kind can use.
	cd root/lib/modules/*/kernel &&
		rm -rf sound drivers/{gpu,media,scsi,usb,iio,hwmon,staging,input,md,mtd,platform,video,mmc} \
			drivers/{bluetooth,isdn} drivers/net/{ethernet,wireless,usb,can} \
			net/{mac80211,wireless,bluetooth,can} \
			fs/{btrfs,xfs,ocfs2,gfs2,f2fs,ubifs,jfs,reiserfs,ceph,cifs,afs}
)

# Kept for each kernel and each version of these scripts.
find_boot() {
	boot=$cache/boot-$kernel_version-$(cat "$here"/vm-kernel.bash "$here"/vm-init "$busybox" |
		sha256sum | cut -c 1-12)
	[ ! -e "$boot/ready" ] || return 0
	rm -rf "$cache"/boot-*
	mkdir -p "$boot/files/modules" "$boot/files/bin" || die "cannot write to $boot"
	unpack_image
	collect_modules >"$boot/files/list" || die "cannot collect the modules of kernel $kernel_version"
	cp "$busybox" "$boot/files/bin/busybox"
	cp "$here/vm-init" "$boot/files/init" && chmod 755 "$boot/files/init" || die "cannot copy $here/vm-init"
	(cd "$boot/files" && find . | cpio -o -H newc --quiet -R 0:0) >"$boot/initrd" || die "cpio has failed"
	rm -rf "$boot/files"
	: >"$boot/ready"
}

# integer_at FILE OFFSET BYTES
integer_at() { od -A n -t "u$3" -j "$2" -N "$3" "$1" | tr -d ' '; }

# Booting the unpacked image skips its extraction, which is slow under emulation. Where it lies: boot
# protocol of x86, setup_sects, payload_offset and payload_length.
unpack_image() {
	local image=$kernel_root/boot/vmlinuz-$kernel_version start length
	start=$((($(integer_at "$image" 497 1) + 1) * 512 + $(integer_at "$image" 584 4)))
	length=$(integer_at "$image" 588 4)
	tail -c +$((start + 1)) "$image" | head -c "$length" | head -c -4 |
		xz -dc --single-stream >"$boot/kernel" 2>/dev/null
	[ "$(head -c 4 "$boot/kernel" | tail -c 3)" = ELF ] ||
		cp "$image" "$boot/kernel" || die "cannot copy $image"
}

# What the guest needs before it sees the host's file system, and Soft-RoCE; prints the names in order.
collect_modules() {
	local module file name
	for module in virtio_pci 9pnet_virtio 9p overlay virtio_console veth ib_uverbs rdma_ucm ib_umad rdma_rxe; do
		modprobe -d "$kernel_root" -S "$kernel_version" --show-depends "$module" 2>/dev/null |
			sed -n 's/^insmod \([^ ]*\).*/\1/p'
	done | awk '!seen[$0]++' | while read -r file; do
		name=${file##*/}
		name=${name%.[xz]*}
		case $file in
		*.xz) xz -dc "$file" >"$boot/files/modules/$name" ;;
		*.zst) zstd -qdc "$file" >"$boot/files/modules/$name" ;;
		*) cp "$file" "$boot/files/modules/$name" ;;
		esac || exit 1
		echo "$name"
	done
}
