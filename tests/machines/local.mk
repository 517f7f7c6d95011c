# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# The unit tests on other processors; no part of "make check".
EXTRA_DIST += %D%/fetch.bash %D%/run
