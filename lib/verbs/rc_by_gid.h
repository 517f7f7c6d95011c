/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Connections on InfiniBand, as librdmacm wants them: the address is a GID and a service ID, and
 * the path is the SA's PathRecord, octet for octet.
 */
#ifndef IPOIB__VERBS_RC_BY_GID_H
#define IPOIB__VERBS_RC_BY_GID_H

#include <infiniband/sa.h>
#include <infiniband/verbs.h>
#include <infiniband/ib.h>

#include <ipoib/port.h>
#include <ipoib/record.h>
#include <ipoib/types.h>

/* A service ID of 0 is any: that of the end that asks. */
struct sockaddr_ib ipoib__rc_by_gid(const struct ipoib_gid *gid, uint16_t pkey,
				    uint64_t service_id);
/* From the port, whose LID and GID may be newer than the record. */
struct ibv_path_data ipoib__rc_path_data(const struct ipoib_path_record *path,
					 const struct ipoib_port_attributes *port,
					 uint64_t service_id);

#endif
