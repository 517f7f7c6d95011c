# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
abi_tests += \
	%D%/check-headers.sh \
	%D%/check-maps.sh \
	%D%/check-sized.sh
EXTRA_DIST += %D%/check-sized.sh %D%/sized.c %D%/scene.c %D%/scene.h \
	%D%/check-headers.sh %D%/check-maps.sh %D%/check-api.sh %D%/check-symbols.sh \
	%D%/installed-programs.sh %D%/abi.bash

# What is shipped is what is checked: an installation under stage/, from a build that is not
# instrumented. It is made before the tests run, because to install a library libtool links it
# again in place, under the feet of any test that is running.
if !INSTRUMENTED
check_DATA += stage/installed
if VERSION_SCRIPT
abi_tests += %D%/check-api.sh %D%/check-symbols.sh %D%/installed-programs.sh
endif
endif

stage/installed: $(lib_LTLIBRARIES) $(noinst_LTLIBRARIES) $(bin_PROGRAMS) $(pkgconfig_DATA) \
		$(ipoibinclude_HEADERS) $(nodist_ipoibinclude_HEADERS)
	$(AM_V_at)rm -rf stage && mkdir stage
	$(AM_V_GEN)$(MAKE) $(AM_MAKEFLAGS) install DESTDIR='$(abs_builddir)/stage' \
		>stage/log 2>&1 || { cat stage/log; exit 1; }
	$(AM_V_at)touch $@
