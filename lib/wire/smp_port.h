/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* PortInfo: what a port is, and what a subnet manager makes of it. */
#ifndef IPOIB__WIRE_SMP_PORT_H
#define IPOIB__WIRE_SMP_PORT_H

#include <stddef.h>
#include <stdint.h>

#define IPOIB__SMP_PORT_INFO_LENGTH 64
#define IPOIB__SMP_PREFIX_LENGTH    8

/* The state of a link; 0 in a Set leaves it as it is. */
enum {
	IPOIB__SMP_DOWN = 1,
	IPOIB__SMP_INIT,   /* it carries SMPs */
	IPOIB__SMP_ARMED,  /* and takes data */
	IPOIB__SMP_ACTIVE, /* and sends them */
};

/* The physical state. */
enum {
	IPOIB__SMP_POLLING = 2,
	IPOIB__SMP_LINK_UP = 5,
};

/* Of capability_mask. */
#define IPOIB__SMP_CAPABILITY_TRAP	 (UINT32_C(1) << 2)
#define IPOIB__SMP_CAPABILITY_CM	 (UINT32_C(1) << 16)
#define IPOIB__SMP_CAPABILITY_REREGISTER (UINT32_C(1) << 25)

struct ipoib__smp_port_info {
	uint64_t m_key;
	uint8_t prefix[IPOIB__SMP_PREFIX_LENGTH];
	uint16_t lid;
	uint16_t sm_lid;
	uint32_t capability_mask;
	uint16_t diagnosis;
	uint16_t m_key_lease;
	uint8_t port; /* by which the question came in */
	uint8_t width_enabled, width_supported, width_active;
	uint8_t speed_supported; /* 4 bits, as the others of speed */
	uint8_t state;		 /* 4 bits */
	uint8_t physical_state;	 /* 4 bits */
	uint8_t down_default;	 /* 4 bits */
	uint8_t m_key_protect;	 /* 2 bits */
	uint8_t lmc;		 /* 3 bits */
	uint8_t speed_active, speed_enabled;
	uint8_t mtu;   /* 4 bits, of the link */
	uint8_t sm_sl; /* 4 bits */
	uint8_t vl_room, init_type;
	uint8_t vl_high_limit, vl_high_room, vl_low_room;
	uint8_t init_type_reply;
	uint8_t mtu_room;      /* 4 bits, what the port can do at most */
	uint8_t vl_stall;      /* 3 bits */
	uint8_t head_of_queue; /* 5 bits */
	uint8_t vl_operational;
	uint8_t enforcement; /* 4 bits */
	uint16_t m_key_violations, pkey_violations, qkey_violations;
	uint8_t guid_room;
	uint8_t reregister;	 /* 1 bit */
	uint8_t trap_suppress;	 /* 2 bits */
	uint8_t subnet_timeout;	 /* 5 bits */
	uint8_t response_time;	 /* 5 bits */
	uint8_t physical_errors; /* 4 bits */
	uint8_t overrun_errors;	 /* 4 bits */
	uint16_t credit_hint;
	uint32_t latency; /* 24 bits */
	uint16_t capability_mask2;
	uint8_t speed_ext_active, speed_ext_supported;
	uint8_t speed_ext_enabled; /* 5 bits */
};

int ipoib__smp_port_info_decode(struct ipoib__smp_port_info *out, const void *bytes, size_t length);
int ipoib__smp_port_info_encode(void *bytes, size_t room, const struct ipoib__smp_port_info *info);

#endif
