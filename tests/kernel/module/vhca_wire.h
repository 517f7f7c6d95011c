/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * The virtual wire of a vhca port: what /dev/vhcaN carries.
 *
 * read() returns exactly one frame that the port sends; write() injects exactly
 * one frame that the port receives.  A frame is a struct vhca_hdr followed by
 * payload_len bytes.  All integers of the header are big-endian.
 *
 * Transport (of a whole message, not of an IBA packet):
 *
 *  VHCA_OP_UD    An unreliable datagram, one packet.  dqpn 0xffffff and a dlid
 *                of 0xc000 or more: multicast, the group is dgid.  MADs are UD
 *                frames of 256 bytes to dqpn 0 (SMI) or 1 (GSI, Q_Key
 *                0x80010000).
 *  VHCA_OP_SEND  A whole SEND message of a reliable connection, 0 .. 1 MiB; psn
 *                numbers messages, modulo 2^24, from the PSN agreed by the CM.
 *  VHCA_OP_ACK   Every message up to and including psn has arrived.
 *  VHCA_OP_NAK   syndrome says why; psn is the message concerned.  Messages
 *                before it have arrived.
 *
 * In RC frames qkey is 0.  ICRC and VCRC do not exist.
 */
#ifndef VHCA_WIRE_H
#define VHCA_WIRE_H

#include <linux/types.h>
#include <linux/ioctl.h>

#define VHCA_MAGIC	0x56484341	/* "VHCA" */
#define VHCA_VERSION	1
#define VHCA_MAX_PAYLOAD (1 << 20)

enum {
	VHCA_OP_UD = 1,
	VHCA_OP_SEND = 2,
	VHCA_OP_ACK = 3,
	VHCA_OP_NAK = 4,
};

enum {
	VHCA_F_GRH = 1,		/* the GRH fields are valid */
	VHCA_F_IMM = 2,		/* imm is valid */
	VHCA_F_SOLICITED = 4,
};

enum {				/* syndrome of a NAK */
	VHCA_NAK_SEQ = 0,	/* psn is what is expected: send again from it */
	VHCA_NAK_INV_REQ = 1,	/* message too long for the receive */
	VHCA_NAK_REM_OP = 3,
	VHCA_NAK_RNR = 0x20,	/* no receive posted for psn; timer in rnr_timer */
};

struct vhca_hdr {		/* offset */
	__be32 magic;		/*  0 VHCA_MAGIC */
	__u8   version;		/*  4 VHCA_VERSION */
	__u8   op;		/*  5 VHCA_OP_* */
	__u8   flags;		/*  6 VHCA_F_* */
	__u8   syndrome;	/*  7 VHCA_NAK_*; 0 in other frames */
	__be16 slid;		/*  8 */
	__be16 dlid;		/* 10 */
	__be32 sqpn;		/* 12 24 bits */
	__be32 dqpn;		/* 16 24 bits */
	__be32 qkey;		/* 20 */
	__be32 psn;		/* 24 24 bits */
	__be16 pkey;		/* 28 with the membership bit */
	__u8   sl;		/* 30 */
	__u8   rnr_timer;	/* 31 IBA RNR timer code of a NAK_RNR */
	__be32 payload_len;	/* 32 */
	__be32 imm;		/* 36 */
	__be32 flow_label;	/* 40 GRH: 20 bits */
	__u8   tclass;		/* 44 GRH */
	__u8   hop_limit;	/* 45 GRH */
	__be16 rsvd;		/* 46 */
	__u8   sgid[16];	/* 48 GRH */
	__u8   dgid[16];	/* 64 GRH */
};				/* 80 bytes */

/* What a port is, and what a subnet manager behind the wire may set. */
struct vhca_port_info {		/* host byte order */
	__u32 size;		/* sizeof(struct vhca_port_info) */
	__u16 lid;
	__u16 sm_lid;
	__u8  sm_sl;
	__u8  lmc;
	__u8  state;		/* 1 down, 2 init, 3 armed, 4 active */
	__u8  mtu;		/* active MTU: 1 = 256 ... 5 = 4096 */
	__u8  guid[8];		/* port GUID, wire order (read only) */
	__u8  subnet_prefix[8];
	__u8  device[16];	/* name of the ib_device (read only) */
	__u8  port;		/* port number (read only) */
	__u8  npkeys;
	__u16 pkeys[15];
};

struct vhca_port_stats {
	__u64 tx_frames;	/* handed to the wire */
	__u64 tx_drop;		/* wire closed, port down, or too long a queue */
	__u64 rx_frames;	/* injected, and looped back */
	__u64 rx_no_qp;		/* no such queue pair, group or LID here */
	__u64 rx_state;		/* the queue pair's state, type, port or peer */
	__u64 rx_qkey;
	__u64 rx_pkey;
	__u64 rx_mtu;
	__u64 rx_no_wqe;	/* datagrams without a receive posted */
	__u64 rnr_naks;		/* sent */
	__u64 retries;		/* RC messages sent again */
};

#define VHCA_GET_PORT _IOR('V', 1, struct vhca_port_info)
#define VHCA_SET_PORT _IOW('V', 2, struct vhca_port_info)
/* Tell the port's clients to register with the SA again. */
#define VHCA_REREGISTER _IO('V', 3)

#define VHCA_GET_STATS _IOR('V', 4, struct vhca_port_stats)

#endif
