/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/**
 * @file
 * libipoib-mock: a simulated InfiniBand subnet, as strict as hardware.
 *
 * A fabric is one switch with its ports, the subnet manager and the subnet administrator (SA),
 * which answers real MADs. Ports attach to it in three ways: in one process with
 * ipoib_mock_open(), where everything is deterministic from the seed and a virtual clock;
 * from other processes with ipoib_mock_connect() through a local socket, at which
 * ipoib_fabric_listen() waits; or from the Linux kernel with ipoib_fabric_attach_device().
 *
 * Ports are named host1/1, host1/2, ... hostN/P. A process that attaches without the name of a port
 * gets one of process1, ... process64.
 *
 * A fabric belongs to one thread at a time; with ports attached by ipoib_mock_open() their
 * contexts belong to the same one.
 */
#ifndef IPOIB_MOCK_H
#define IPOIB_MOCK_H

#include <ipoib/context.h>
#include <ipoib/port.h>
#include <ipoib/types.h>

#ifdef __cplusplus
extern "C" {
#endif

struct ipoib_capture;
struct ipoib_context;
struct pollfd;

/** A simulated subnet; opaque. */
struct ipoib_fabric;

/** How a fabric is made; begin with #IPOIB_FABRIC_CONFIG_INIT. Everything is copied. */
struct ipoib_fabric_config {
	size_t size;     /**< sizeof(struct ipoib_fabric_config) */
	uint32_t hosts;  /**< 1 to 1024 */
	uint32_t ports;  /**< per host, 1 to 8 */
	/** of links and of the broadcast group, octets of an IB payload: 2048 or 4096 */
	uint32_t mtu;
	uint32_t qkey;   /**< Q_Key of the broadcast group */
	uint64_t seed;   /**< everything random comes from it */
	/** Time a frame takes from port to port; 0: none. In nanoseconds. */
	uint64_t delay_ns;
	/** As in struct ipoib_context_config. */
	void *(*allocate)(size_t size, void *user);
	/** As in struct ipoib_context_config. */
	void (*release)(void *pointer, size_t size, void *user);
	void *allocator_user; /**< handed to allocate and release */
	/** As in struct ipoib_context_config. */
	void (*log)(int level, const char *message, void *user);
	void *log_user;    /**< handed to log */
	int32_t log_level; /**< as in struct ipoib_context_config */
	uint32_t reserved; /**< zero */
	/** As in struct ipoib_context_config; required. */
	uint64_t (*clock)(void *user);
	void *clock_user;  /**< handed to clock */
	/**
	 * 1: the subnet manager is somebody else, such as OpenSM on a port of the kernel's. The
	 * fabric is then one switch with its management agent and one for each port that a program
	 * attaches; ports are up when the manager has made them so. At most 190 ports with names.
	 */
	uint32_t external_sm;
	uint32_t reserved2; /**< zero */
};

/** The defaults of a fabric: two hosts with one port each, MTU 2048, the system's clock. */
#define IPOIB_FABRIC_CONFIG_INIT                                                                   \
	{                                                                                          \
		.size = sizeof(struct ipoib_fabric_config), .hosts = 2, .ports = 1, .mtu = 2048,   \
		.qkey = 0x0b1b, .seed = 1, .clock = ipoib_clock_monotonic                          \
	}

/**
 * Makes a fabric.
 * @param out where the handle goes; end it with ipoib_fabric_close()
 * @param config how to make it
 * @return 0; -EINVAL (a number out of its range); -E2BIG; -ENOMEM; -EMFILE or -ENFILE.
 */
IPOIB_PUBLIC int ipoib_fabric_new(struct ipoib_fabric **out,
				  const struct ipoib_fabric_config *config) IPOIB_NONNULL;

/**
 * Ends a fabric. Ports attached from this process are taken down first; their transports stay
 * valid, with a dead link, and are ended by whoever opened them.
 * @param fabric may be NULL
 */
IPOIB_PUBLIC void ipoib_fabric_close(struct ipoib_fabric *fabric);

/** The fabric's deadline, as ipoib_context_deadline(). */
IPOIB_PUBLIC uint64_t ipoib_fabric_deadline(const struct ipoib_fabric *fabric) IPOIB_NONNULL;

/** What to hand to poll(2), as ipoib_context_pollfds(). */
IPOIB_PUBLIC int ipoib_fabric_pollfds(const struct ipoib_fabric *fabric, struct pollfd *fds,
				      size_t count);

/** Does what is due, as ipoib_context_dispatch(). @return 0 */
IPOIB_PUBLIC int ipoib_fabric_dispatch(struct ipoib_fabric *fabric) IPOIB_NONNULL;

/**
 * Waits for ports of other processes on a local socket (ipoib-fabric(7) has the protocol).
 * @param fabric the fabric
 * @param path name of the socket; an old socket that nobody listens at is replaced
 * @return 0; -EADDRINUSE (somebody listens there); -ENAMETOOLONG; -EALREADY (it listens
 * already); another error of the system.
 */
IPOIB_PUBLIC int ipoib_fabric_listen(struct ipoib_fabric *fabric, const char *path) IPOIB_NONNULL;

/**
 * Attaches a port of the kernel's: a character device of the vhca module, a virtual HCA on which
 * Linux runs its own IPoIB. It is a port like others, with faults, LID and link. Meanwhile the
 * fabric's port has the device's GUID and P_Keys, which cannot be changed here, and the smaller of
 * both MTUs. When the device goes the port is free again, and the log is told.
 * @param fabric the fabric
 * @param path of the device, as "/dev/vhca0"
 * @param port "host1/1"; NULL: the next port with a name that is free
 * @return 0; -ENOENT (no such device or port); -EACCES; -EBUSY (another process has the device, the
 * port is attached already, none is free, or another port has the device's GUID); -ENODEV (the file
 * is no such device); -EPROTO (it says nonsense, or has no agent for a subnet manager that is
 * somebody else: sma=1 gives the module one); -ENOTSUP (not on this system); -ENOMEM; another error
 * of the system.
 */
IPOIB_PUBLIC int ipoib_fabric_attach_device(struct ipoib_fabric *fabric, const char *path,
					    const char *port);

/**
 * Records every frame that enters the switch.
 * @param fabric the fabric
 * @param capture where to; it must outlive its use here. NULL ends the recording.
 */
IPOIB_PUBLIC void ipoib_fabric_capture(struct ipoib_fabric *fabric, struct ipoib_capture *capture);

/** Messages that make and end connections, as bits. */
enum ipoib_fabric_cm {
	IPOIB_FABRIC_CM_REQ = 1 << 0,  /**< request */
	IPOIB_FABRIC_CM_MRA = 1 << 1,  /**< "it takes longer" */
	IPOIB_FABRIC_CM_REJ = 1 << 2,  /**< refusal */
	IPOIB_FABRIC_CM_REP = 1 << 3,  /**< reply */
	IPOIB_FABRIC_CM_RTU = 1 << 4,  /**< ready to use */
	IPOIB_FABRIC_CM_DREQ = 1 << 5, /**< request to end it */
	IPOIB_FABRIC_CM_DREP = 1 << 6, /**< reply to that */
	IPOIB_FABRIC_CM_ALL = 0x7f     /**< each of these */
};

/** What goes wrong on purpose, and how often: parts per million of the frames. */
struct ipoib_fabric_faults {
	size_t size;            /**< sizeof(struct ipoib_fabric_faults) */
	uint32_t loss_ppm;      /**< frames lost */
	uint32_t duplicate_ppm; /**< frames delivered twice */
	uint32_t reorder_ppm;   /**< frames held back by reorder_ns */
	uint32_t sa_silent;     /**< the SA answers nothing */
	uint32_t sa_busy;       /**< the SA answers that it is busy */
	uint32_t reserved;      /**< zero */
	uint64_t reorder_ns;    /**< how long */
	uint64_t jitter_ns;     /**< up to this much is added to the delay of each frame */
	uint64_t delay_ns;      /**< added to the delay of each frame */
	uint64_t sa_delay_ns;   /**< what the SA takes its time for before it answers */
	uint32_t cm_loss_ppm;   /**< connection messages lost, beside loss_ppm */
	uint32_t cm_kinds;      /**< which of them, IPOIB_FABRIC_CM_... together; 0: all */
};

/**
 * Sets the faults of frames that a port sends. Those of the SA are of the answers to the port.
 * @param fabric the fabric
 * @param port a port; "sm" for the frames that the subnet manager sends, or the switch's agent when
 * the subnet manager is somebody else; NULL for all of these
 * @param faults copied
 * @return 0; -EINVAL; -E2BIG; -ENOENT (no such port); -ENOTSUP (those of the SA, which is somebody
 * else).
 */
IPOIB_PUBLIC int ipoib_fabric_set_faults(struct ipoib_fabric *fabric, const char *port,
					 const struct ipoib_fabric_faults *faults);

/**
 * Reads them.
 * @param fabric the fabric
 * @param port a port, or "sm"
 * @param faults of which the caller sets the size
 * @return 0; -EINVAL (the size is too small to be any version); -ENOENT (no such port).
 */
IPOIB_PUBLIC int ipoib_fabric_get_faults(struct ipoib_fabric *fabric, const char *port,
					 struct ipoib_fabric_faults *faults) IPOIB_NONNULL;

/**
 * Takes the link of a port down, or brings it up again.
 * @return 0 or -ENOENT (no such port).
 */
IPOIB_PUBLIC int ipoib_fabric_set_link(struct ipoib_fabric *fabric, const char *port, bool up)
	IPOIB_NONNULL;

/**
 * Gives every port another LID, as a new subnet manager may; nothing happens when the subnet
 * manager is somebody else.
 */
IPOIB_PUBLIC void ipoib_fabric_reassign_lids(struct ipoib_fabric *fabric) IPOIB_NONNULL;

/**
 * Gives one port another LID; nobody but the port is told.
 * @param fabric the fabric
 * @param port the port
 * @param lid the LID, 1 to 0xbffd; 0: one that no port has had for long
 * @return 0; -ENOENT (no such port); -EINVAL; -EBUSY (another port has it); -ENOTSUP (the subnet
 * manager is somebody else).
 */
IPOIB_PUBLIC int ipoib_fabric_set_lid(struct ipoib_fabric *fabric, const char *port, uint16_t lid)
	IPOIB_NONNULL;

/**
 * Gives a port another GID: another subnet prefix, another GUID, or both. Its memberships stay.
 * @return 0; -ENOENT (no such port); -EINVAL (a multicast GID, or no GUID); -EBUSY (another port
 * has this GUID); -EROFS (the GUID is the kernel's); -ENOTSUP (the subnet manager is somebody
 * else).
 */
IPOIB_PUBLIC int ipoib_fabric_set_gid(struct ipoib_fabric *fabric, const char *port,
				      const struct ipoib_gid *gid) IPOIB_NONNULL;

/**
 * Gives every port another subnet prefix.
 * @param fabric the fabric
 * @param prefix as a number: 0xfe80000000000000 is the one that a fabric begins with
 * @return 0; -EINVAL (a prefix of multicast GIDs); -ENOTSUP (the subnet manager is somebody
 * else).
 */
IPOIB_PUBLIC int ipoib_fabric_set_prefix(struct ipoib_fabric *fabric, uint64_t prefix)
	IPOIB_NONNULL;

/** Entries of a P_Key table here. */
#define IPOIB_FABRIC_PKEYS_MAX 15

/**
 * Gives a port another P_Key table, as the subnet manager may; it begins with 0xffff alone. For
 * each partition in any port's table there is a broadcast group.
 * @param fabric the fabric
 * @param port the port; NULL: every port
 * @param pkeys the table, with the membership bits; 0 is an empty entry
 * @param count entries, at most #IPOIB_FABRIC_PKEYS_MAX
 * @return 0; -ENOENT (no such port); -EINVAL (too many entries); -ENOMEM (no memory, or no LID is
 * left for a broadcast group); -EROFS (the table of a port concerned is the kernel's); -ENOTSUP
 * (the subnet manager is somebody else): nothing has changed.
 */
IPOIB_PUBLIC int ipoib_fabric_set_pkeys(struct ipoib_fabric *fabric, const char *port,
					const uint16_t *pkeys, size_t count);

/**
 * Asks a port to register with the SA again (client reregister); every port when it is NULL.
 * @return 0; -ENOENT (no such port); -ENOTSUP (the subnet manager is somebody else).
 */
IPOIB_PUBLIC int ipoib_fabric_reregister(struct ipoib_fabric *fabric, const char *port);

/**
 * A new subnet manager takes over, with a LID of its own: it forgets every group and asks every
 * port to register again. Nothing happens, here and in the next three, when the subnet manager is
 * somebody else.
 */
IPOIB_PUBLIC void ipoib_fabric_restart_sm(struct ipoib_fabric *fabric) IPOIB_NONNULL;

/** The same, and every port gets another LID: one that knows nothing of the one before. */
IPOIB_PUBLIC void ipoib_fabric_move_sm(struct ipoib_fabric *fabric) IPOIB_NONNULL;

/**
 * The subnet manager dies: the SA is silent. Links, LIDs and groups stay as they are. A new one
 * that takes over ends this.
 */
IPOIB_PUBLIC void ipoib_fabric_stop_sm(struct ipoib_fabric *fabric) IPOIB_NONNULL;

/**
 * The subnet manager that died returns, with its LID: it has forgotten every group and asks every
 * port to register again. Nothing happens when it has not died.
 */
IPOIB_PUBLIC void ipoib_fabric_start_sm(struct ipoib_fabric *fabric) IPOIB_NONNULL;

/** The LID of the subnet manager, as the switch knows it; 0 while there is none. */
IPOIB_PUBLIC uint16_t ipoib_fabric_sm_lid(const struct ipoib_fabric *fabric) IPOIB_NONNULL;

/**
 * What a port is.
 * @param fabric the fabric
 * @param index 0, 1, ...: the ports with names first, in order, then those of processes without
 * @param attributes filled in, of which the caller sets the size; the state is that of the link
 * @return 1 (attached), 0 (not attached); -ENOENT: there are no more; -EINVAL: the size is too
 * small to be any version.
 */
IPOIB_PUBLIC int ipoib_fabric_port(const struct ipoib_fabric *fabric, uint32_t index,
				   struct ipoib_port_attributes *attributes) IPOIB_NONNULL;

/**
 * Counters of a fabric: frames in = delivered + dropped, a copy of a multicast frame being one
 * of its own.
 */
struct ipoib_fabric_statistics {
	size_t size;             /**< set by the caller to sizeof(struct ipoib_fabric_statistics) */
	uint64_t frames;         /**< frames that entered the switch */
	uint64_t copies;         /**< frames to be delivered, multicast copies included */
	uint64_t delivered;      /**< handed to their port */
	uint64_t in_flight;      /**< on their way (a gauge) */
	uint64_t dropped_fault;  /**< lost on purpose */
	uint64_t dropped_link;   /**< to or from a port that is down or not attached */
	uint64_t dropped_route;  /**< to a LID or group that nobody has */
	uint64_t dropped_full;   /**< to a port that does not read fast enough */
	uint64_t dropped_bad;    /**< malformed frames */
	uint64_t mads;           /**< MADs that the subnet administrator took */
	uint64_t ports_attached; /**< (a gauge) */
	uint64_t groups;         /**< multicast groups that the SA knows (a gauge) */
	/** multicasts beyond the share of the port that sends them, or of one that reads slowly */
	uint64_t dropped_multicast;
	/** multicasts, and questions to the SA, that had waited longer than who asks waits */
	uint64_t dropped_late;
};

/** Reads the counters. @return 0, or -EINVAL when the size is too small to be any version. */
IPOIB_PUBLIC int ipoib_fabric_statistics(const struct ipoib_fabric *fabric,
					 struct ipoib_fabric_statistics *statistics) IPOIB_NONNULL;

/**
 * Attaches a port of this process's fabric to a context.
 * @param out where the transport goes; end it with ipoib_transport_unref()
 * @param context the context that uses it
 * @param fabric the fabric
 * @param port "host1/1"
 * @return 0; -ENOENT (no such port); -EBUSY (attached already); -ENOMEM.
 */
IPOIB_PUBLIC int ipoib_mock_open(struct ipoib_transport **out, struct ipoib_context *context,
				 struct ipoib_fabric *fabric, const char *port) IPOIB_NONNULL;

/**
 * Attaches a port of a fabric in another process. The call waits for the fabric's answer, a
 * second at most. When the fabric goes away later the port is down, and comes back by itself
 * once a fabric listens there again.
 * @param out where the transport goes; end it with ipoib_transport_unref()
 * @param context the context that uses it
 * @param socket_path where the fabric listens
 * @param port "host1/1"
 * @return 0; -ENOENT (no such port); -EBUSY (attached already); -ECONNREFUSED (nobody listens
 * there, or the socket does not exist); -ENAMETOOLONG; -ETIMEDOUT (no answer); -EPROTO (an
 * answer that is not a fabric's); -ENOSPC (too many descriptors are watched already);
 * -ENOMEM; another error of the system.
 */
IPOIB_PUBLIC int ipoib_mock_connect(struct ipoib_transport **out, struct ipoib_context *context,
				    const char *socket_path, const char *port) IPOIB_NONNULL;

#ifdef __cplusplus
}
#endif

#endif
