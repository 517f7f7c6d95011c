# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# The kernel's neighbour table as an oracle for ours; tests/programs/oracle.sh compares the two.
check_PROGRAMS += %D%/play
%C%_play_SOURCES = %D%/play.c
# cases.txt and kernel.py go with it: Makefile.am ships them.
