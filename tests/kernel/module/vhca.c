// SPDX-License-Identifier: GPL-2.0
/*
 * vhca: a virtual InfiniBand host channel adapter for kernel consumers.
 *
 * Registers ib_devices whose ports have the InfiniBand link layer, so that
 * ib_mad, ib_sa, ib_cm and ib_ipoib come up on them, and hands what the ports
 * send to a process: see vhca_wire.h.  There is no support for user verbs, for
 * RDMA operations, for atomics or for memory registration.
 *
 * What becomes of a message:
 *
 *   vhca_post_send  copies the work request into the ring of the queue pair,
 *                   for the caller may be in a softirq
 *   qp_work         takes it in process context, gathers it into a frame, and
 *                   keeps what a reliable connection keeps: PSNs,
 *                   acknowledgements, retries
 *   port_tx         puts the frame on the list of the wire, or of the loop if
 *                   it is for this port (multicast: both)
 *   wire_read       hands it to the process behind the wire
 *
 * and back: wire_write or loop_work, port_rx (one frame at a time a port, LID,
 * group and queue pair looked up), rx_ud or rx_rc, cq_push, cq_kick.
 *
 * Locks, outermost first: port.rx; dev.sem, which is held for reading while a
 * frame arrives and for writing while a queue pair or a group comes, changes or
 * goes; qp.lock; rq.lock, cq.lock, port.lock.  Completion handlers are called
 * with none of the spinlocks held.
 *
 * The fabric behind the wire is what the tests vary: whatever it writes must
 * end in a counter, never in a queue that grows without a bound.
 */
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/mm.h>
#include <linux/xarray.h>
#include <linux/rwsem.h>
#include <linux/miscdevice.h>
#include <linux/platform_device.h>
#include <linux/poll.h>
#include <linux/uaccess.h>
#include <linux/timer.h>
#include <linux/workqueue.h>
#include <rdma/ib_verbs.h>
#include <rdma/ib_mad.h>
#include <rdma/ib_smi.h>
#include <rdma/ib_pack.h>
#include "vhca_wire.h"

#define VHCA_MAX_SGE	32
#define VHCA_MAX_WR	16384
#define VHCA_LKEY	0x56

static unsigned int devices = 1;
module_param(devices, uint, 0444);
MODULE_PARM_DESC(devices, "number of HCAs (1)");
static unsigned int ports = 2;
module_param(ports, uint, 0444);
MODULE_PARM_DESC(ports, "ports per HCA (2)");
static unsigned long long base_guid = 0x0002c90300000010ull;
module_param(base_guid, ullong, 0444);
MODULE_PARM_DESC(base_guid, "node GUID of the first HCA; port p has +p, HCA d has +16 d");
static unsigned int base_lid = 1;
module_param(base_lid, uint, 0444);
MODULE_PARM_DESC(base_lid, "LID of the first port, the others follow (1)");
static unsigned int sm_lid = 0x100;
module_param(sm_lid, uint, 0444);
MODULE_PARM_DESC(sm_lid, "LID of the subnet manager and SA (0x100)");
static unsigned int mtu = 4;
module_param(mtu, uint, 0444);
MODULE_PARM_DESC(mtu, "active MTU of the ports, 1 = 256 ... 4 = 2048, 5 = 4096 (4)");
static unsigned short pkeys[15] = { 0xffff };
static int npkeys = 1;
module_param_array(pkeys, ushort, &npkeys, 0444);
MODULE_PARM_DESC(pkeys, "P_Key table of every port (0xffff)");
static bool always_up;
module_param(always_up, bool, 0444);
MODULE_PARM_DESC(always_up, "ports are active even while nobody has their wire open");
static bool sma;
module_param(sma, bool, 0444);
MODULE_PARM_DESC(sma, "answer a subnet manager: ports begin without a LID, in state INIT");
static unsigned int wire_max = 4096;
module_param(wire_max, uint, 0644);
MODULE_PARM_DESC(wire_max, "frames queued before datagrams are dropped; RC frames: 4 times that");
static unsigned int rnr_extra;
module_param(rnr_extra, uint, 0644);
MODULE_PARM_DESC(rnr_extra, "RNR retries granted beyond those the QP asks for (0)");
static int rnr_next;
module_param(rnr_next, int, 0644);
MODULE_PARM_DESC(rnr_next, "so many RC messages find no receive posted, whatever is posted (0)");
static unsigned int min_timeout_ms = 2000;
module_param(min_timeout_ms, uint, 0644);
MODULE_PARM_DESC(min_timeout_ms, "lower bound of the RC acknowledgement timeout");

struct vhca_frame {
	struct list_head list;
	u32 len;		/* header and payload */
	struct vhca_hdr h;
	u8 data[];
};

struct vhca_cq {
	struct ib_cq ibcq;
	spinlock_t lock;
	struct ib_wc *ring;
	u32 size, head, tail;
	int armed;		/* enum ib_cq_notify_flags */
	int kick;
	bool overrun;
};

struct vhca_rwqe {
	u64 wr_id;
	u32 num_sge;
	struct ib_sge sge[];
};

struct vhca_rq {
	spinlock_t lock;
	void *ring;
	size_t stride;
	u32 size, head, tail, max_sge;
};

struct vhca_pd {
	struct ib_pd ibpd;
};

struct vhca_srq {
	struct ib_srq ibsrq;
	struct vhca_rq rq;
};

struct vhca_av {
	u16 dlid;
	u8 sl, path_bits;
	bool grh;
	u8 sgid_index, tclass, hop_limit;
	u32 flow_label;
	union ib_gid dgid;
};

struct vhca_ah {
	struct ib_ah ibah;
	struct vhca_av av;
	struct rdma_ah_attr attr;
};

struct vhca_swqe {
	u64 wr_id;
	enum ib_wr_opcode opcode;
	int send_flags;
	__be32 imm;
	u32 dqpn, qkey, psn;
	u16 pkey_index;
	struct vhca_av av;
	u32 num_sge;
	struct ib_sge sge[];
};

struct vhca_port;

struct vhca_qp {
	struct ib_qp ibqp;
	struct vhca_port *port;	/* from INIT on */
	spinlock_t lock;
	enum ib_qp_state state;
	struct ib_qp_attr attr;
	struct ib_qp_init_attr init;
	/* Send queue: tail <= sent <= head.  Only the work moves tail and sent. */
	void *sq;
	size_t sstride;
	u32 ssize, shead, ssent, stail, smax_sge;
	u32 psn_next;		/* PSN of the next message posted */
	struct work_struct work;
	struct timer_list timer;
	bool timer_fired, rnr_wait;
	bool acked;		/* ack_psn is valid */
	u32 ack_psn;
	bool naked;
	u32 nak_psn;
	u8 nak_syndrome, nak_timer;
	u32 retry_left, rnr_left;
	struct vhca_rq rq;
	/* Responder */
	u32 epsn;
	bool nak_sent;
	bool last_wqe;		/* LAST_WQE_REACHED was raised */
	struct vhca_swqe *scratch;
};

struct vhca_mcast {
	struct list_head list;
	struct vhca_qp *qp;
	union ib_gid gid;
	u16 lid;
};

struct vhca_port {
	struct vhca_dev *dev;
	u32 num;
	int index;
	u16 lid, sm_lid;
	u8 sm_sl, lmc, mtu, state;
	__be64 guid, prefix;
	struct vhca_qp *special[2];
	struct miscdevice misc;
	char name[16];
	bool misc_ok;
	spinlock_t lock;	/* of the wire */
	struct list_head wire;
	u32 wire_len;
	wait_queue_head_t wait;
	bool open;
	struct list_head loop;	/* frames of this port for itself */
	u32 loop_len;
	struct work_struct loop_work;
	struct mutex rx;	/* one frame at a time */
	atomic64_t tx_frames, tx_drop, rx_frames, rx_no_qp, rx_state, rx_qkey, rx_pkey,
		   rx_mtu, rx_no_wqe, rnr_naks, retries;
};

struct vhca_dev {
	struct ib_device ibdev;
	struct platform_device *pdev;
	struct rw_semaphore sem;	/* of the QPs and groups */
	struct xarray qps;
	u32 next_qpn;
	struct list_head mcast;
	struct vhca_port *port;		/* [ports] */
};

static struct vhca_dev **vdevs;
static struct workqueue_struct *vhca_wq;

#define to_dev(p) container_of(p, struct vhca_dev, ibdev)
#define to_cq(p) container_of(p, struct vhca_cq, ibcq)
#define to_qp(p) container_of(p, struct vhca_qp, ibqp)
#define to_srq(p) container_of(p, struct vhca_srq, ibsrq)
#define to_ah(p) container_of(p, struct vhca_ah, ibah)

static struct vhca_port *get_port(struct ib_device *ibdev, u32 num)
{
	return num >= 1 && num <= ports ? &to_dev(ibdev)->port[num - 1] : NULL;
}

static void port_gid(struct vhca_port *p, union ib_gid *gid)
{
	gid->global.subnet_prefix = p->prefix;
	gid->global.interface_id = p->guid;
}

/* Is a later than b, in the circle of 24-bit sequence numbers? */
static int psn_cmp(u32 a, u32 b)
{
	return (int)((a - b) << 8) >> 8;
}

/* ---- completion queues ---- */

static void cq_push(struct vhca_cq *cq, const struct ib_wc *wc, bool solicited)
{
	unsigned long flags;

	spin_lock_irqsave(&cq->lock, flags);
	if (cq->head - cq->tail == cq->size) {
		if (!cq->overrun)
			pr_err("vhca: completion queue overrun\n");
		cq->overrun = true;
	} else {
		cq->ring[cq->head++ % cq->size] = *wc;
	}
	if (cq->armed == IB_CQ_NEXT_COMP ||
	    (cq->armed == IB_CQ_SOLICITED && (solicited || wc->status != IB_WC_SUCCESS))) {
		cq->armed = 0;
		cq->kick = 1;
	}
	spin_unlock_irqrestore(&cq->lock, flags);
}

/* Call the handler that a push found armed: process context, no locks held. */
static void cq_kick(struct ib_cq *ibcq)
{
	struct vhca_cq *cq;

	if (!ibcq)
		return;
	cq = to_cq(ibcq);
	if (!xchg(&cq->kick, 0))
		return;
	local_bh_disable();
	if (ibcq->comp_handler)
		ibcq->comp_handler(ibcq, ibcq->cq_context);
	local_bh_enable();
}

/* Forget the completions of a queue pair. */
static void cq_clean(struct ib_cq *ibcq, struct ib_qp *qp)
{
	struct vhca_cq *cq;
	unsigned long flags;
	u32 i, n;

	if (!ibcq)
		return;
	cq = to_cq(ibcq);
	spin_lock_irqsave(&cq->lock, flags);
	for (i = n = cq->tail; i != cq->head; i++)
		if (cq->ring[i % cq->size].qp != qp)
			cq->ring[n++ % cq->size] = cq->ring[i % cq->size];
	cq->head = n;
	spin_unlock_irqrestore(&cq->lock, flags);
}

static int vhca_create_cq(struct ib_cq *ibcq, const struct ib_cq_init_attr *attr,
			  struct ib_udata *udata)
{
	struct vhca_cq *cq = to_cq(ibcq);

	if (udata)
		return -EOPNOTSUPP;
	if (!attr->cqe || attr->cqe > 1 << 20)
		return -EINVAL;
	cq->size = roundup_pow_of_two(attr->cqe + 16);
	cq->ring = kvcalloc(cq->size, sizeof(*cq->ring), GFP_KERNEL);
	if (!cq->ring)
		return -ENOMEM;
	spin_lock_init(&cq->lock);
	ibcq->cqe = attr->cqe;
	return 0;
}

static int vhca_destroy_cq(struct ib_cq *ibcq, struct ib_udata *udata)
{
	kvfree(to_cq(ibcq)->ring);
	return 0;
}

static int vhca_resize_cq(struct ib_cq *ibcq, int cqe, struct ib_udata *udata)
{
	struct vhca_cq *cq = to_cq(ibcq);
	struct ib_wc *ring, *old = NULL;
	unsigned long flags;
	u32 size, n = 0;
	int ret = 0;

	if (udata || cqe < 1 || cqe > 1 << 20)
		return -EINVAL;
	size = roundup_pow_of_two(cqe + 16);
	ring = kvcalloc(size, sizeof(*ring), GFP_KERNEL);
	if (!ring)
		return -ENOMEM;
	spin_lock_irqsave(&cq->lock, flags);
	if (cq->head - cq->tail > size) {
		ret = -EINVAL;
		old = ring;
	} else {
		for (; cq->tail != cq->head; cq->tail++)
			ring[n++] = cq->ring[cq->tail % cq->size];
		old = cq->ring;
		cq->ring = ring;
		cq->size = size;
		cq->tail = 0;
		cq->head = n;
		ibcq->cqe = cqe;
	}
	spin_unlock_irqrestore(&cq->lock, flags);
	kvfree(old);
	return ret;
}

static int vhca_poll_cq(struct ib_cq *ibcq, int num, struct ib_wc *wc)
{
	struct vhca_cq *cq = to_cq(ibcq);
	unsigned long flags;
	int n = 0;

	spin_lock_irqsave(&cq->lock, flags);
	while (n < num && cq->tail != cq->head)
		wc[n++] = cq->ring[cq->tail++ % cq->size];
	spin_unlock_irqrestore(&cq->lock, flags);
	return n;
}

static int vhca_req_notify_cq(struct ib_cq *ibcq, enum ib_cq_notify_flags f)
{
	struct vhca_cq *cq = to_cq(ibcq);
	unsigned long flags;
	int ret = 0;

	spin_lock_irqsave(&cq->lock, flags);
	if (cq->armed != IB_CQ_NEXT_COMP)
		cq->armed = f & IB_CQ_SOLICITED_MASK;
	if ((f & IB_CQ_REPORT_MISSED_EVENTS) && cq->head != cq->tail)
		ret = 1;
	spin_unlock_irqrestore(&cq->lock, flags);
	return ret;
}

/* ---- receive queues ---- */

static int rq_init(struct vhca_rq *rq, u32 wr, u32 sge)
{
	if (wr > VHCA_MAX_WR || sge > VHCA_MAX_SGE)
		return -EINVAL;
	spin_lock_init(&rq->lock);
	rq->size = roundup_pow_of_two(max(wr, 1u));
	rq->max_sge = max(sge, 1u);
	rq->stride = sizeof(struct vhca_rwqe) + rq->max_sge * sizeof(struct ib_sge);
	rq->ring = kvcalloc(rq->size, rq->stride, GFP_KERNEL);
	return rq->ring ? 0 : -ENOMEM;
}

static struct vhca_rwqe *rq_at(struct vhca_rq *rq, u32 i)
{
	return rq->ring + (i % rq->size) * rq->stride;
}

static int rq_post(struct vhca_rq *rq, const struct ib_recv_wr *wr,
		   const struct ib_recv_wr **bad)
{
	unsigned long flags;
	int ret = 0;

	spin_lock_irqsave(&rq->lock, flags);
	for (; wr; wr = wr->next) {
		struct vhca_rwqe *w = rq_at(rq, rq->head);

		if (rq->head - rq->tail == rq->size)
			ret = -ENOMEM;
		else if (wr->num_sge < 0 || wr->num_sge > rq->max_sge)
			ret = -EINVAL;
		if (ret) {
			*bad = wr;
			break;
		}
		w->wr_id = wr->wr_id;
		w->num_sge = wr->num_sge;
		memcpy(w->sge, wr->sg_list, wr->num_sge * sizeof(*w->sge));
		rq->head++;
	}
	spin_unlock_irqrestore(&rq->lock, flags);
	return ret;
}

struct vhca_recv {
	u64 wr_id;
	u32 num_sge;
	struct ib_sge sge[VHCA_MAX_SGE];
};

static bool rq_pop(struct vhca_rq *rq, struct vhca_recv *r)
{
	unsigned long flags;
	bool ok;

	spin_lock_irqsave(&rq->lock, flags);
	ok = rq->head != rq->tail;
	if (ok) {
		struct vhca_rwqe *w = rq_at(rq, rq->tail++);

		r->wr_id = w->wr_id;
		r->num_sge = w->num_sge;
		memcpy(r->sge, w->sge, w->num_sge * sizeof(*w->sge));
	}
	spin_unlock_irqrestore(&rq->lock, flags);
	return ok;
}

static u32 sge_len(const struct ib_sge *sge, u32 n)
{
	u64 len = 0;

	while (n--)
		len += sge++->length;
	return min_t(u64, len, U32_MAX);
}

/* Addresses are kernel virtual addresses: the device has no DMA device. */
static void sge_copy(const struct ib_sge *sge, u32 n, u32 off, void *buf, u32 len, bool to_sge)
{
	for (; n && len; n--, sge++) {
		void *at = (void *)(uintptr_t)sge->addr;
		u32 k = sge->length;

		if (off >= k) {
			off -= k;
			continue;
		}
		k = min(k - off, len);
		if (to_sge)
			memcpy(at + off, buf, k);
		else
			memcpy(buf, at + off, k);
		off = 0;
		buf += k;
		len -= k;
	}
}

static int vhca_create_srq(struct ib_srq *ibsrq, struct ib_srq_init_attr *attr,
			   struct ib_udata *udata)
{
	if (udata || attr->srq_type != IB_SRQT_BASIC)
		return -EOPNOTSUPP;
	return rq_init(&to_srq(ibsrq)->rq, attr->attr.max_wr, attr->attr.max_sge);
}

static int vhca_modify_srq(struct ib_srq *ibsrq, struct ib_srq_attr *attr,
			   enum ib_srq_attr_mask mask, struct ib_udata *udata)
{
	return mask ? -EOPNOTSUPP : 0;
}

static int vhca_query_srq(struct ib_srq *ibsrq, struct ib_srq_attr *attr)
{
	struct vhca_rq *rq = &to_srq(ibsrq)->rq;

	memset(attr, 0, sizeof(*attr));
	attr->max_wr = rq->size;
	attr->max_sge = rq->max_sge;
	return 0;
}

static int vhca_destroy_srq(struct ib_srq *ibsrq, struct ib_udata *udata)
{
	kvfree(to_srq(ibsrq)->rq.ring);
	return 0;
}

static int vhca_post_srq_recv(struct ib_srq *ibsrq, const struct ib_recv_wr *wr,
			      const struct ib_recv_wr **bad)
{
	return rq_post(&to_srq(ibsrq)->rq, wr, bad);
}

/* ---- the wire ---- */

static struct vhca_frame *frame_alloc(u32 payload)
{
	struct vhca_frame *f = kvmalloc(struct_size(f, data, payload), GFP_KERNEL);

	if (!f)
		return NULL;
	memset(&f->h, 0, sizeof(f->h));
	f->len = sizeof(f->h) + payload;
	f->h.magic = cpu_to_be32(VHCA_MAGIC);
	f->h.version = VHCA_VERSION;
	f->h.payload_len = cpu_to_be32(payload);
	return f;
}

static void frame_list_free(struct list_head *l)
{
	struct vhca_frame *f, *n;

	list_for_each_entry_safe(f, n, l, list)
		kvfree(f);
	INIT_LIST_HEAD(l);
}

static bool is_mcast(const struct vhca_hdr *h)
{
	u16 dlid = be16_to_cpu(h->dlid);

	return dlid >= 0xc000 && dlid != 0xffff;
}

/* Subnet management packets pass as soon as the link is there. */
static bool is_smp(struct vhca_port *p, const struct vhca_hdr *h)
{
	return h->op == VHCA_OP_UD && !h->dqpn && p->state >= IB_PORT_INIT;
}

static bool own_lid(struct vhca_port *p, u16 lid)
{
	return p->lid && (lid & ~((1 << p->lmc) - 1)) == p->lid;
}

/*
 * A process that does not read must not cost the guest its memory.  Datagrams may
 * be lost at any time; RC frames are given more room, because the loss of one is
 * the end of a connection with a retry count of 0, as IPoIB's are.
 */
static u32 queue_max(const struct vhca_frame *f)
{
	return f->h.op == VHCA_OP_UD ? wire_max : 4 * wire_max;
}

/* Takes over the frame: it arrives at the port that sent it. */
static void port_loop(struct vhca_port *p, struct vhca_frame *f)
{
	bool drop;

	spin_lock(&p->lock);
	drop = p->loop_len >= queue_max(f);
	if (!drop) {
		list_add_tail(&f->list, &p->loop);
		p->loop_len++;
	}
	spin_unlock(&p->lock);
	if (drop) {
		atomic64_inc(&p->tx_drop);
		kvfree(f);
	} else {
		queue_work(vhca_wq, &p->loop_work);
	}
}

/* Takes over the frame. */
static void port_tx(struct vhca_port *p, struct vhca_frame *f)
{
	struct vhca_frame *copy;
	bool drop;

	if (is_mcast(&f->h)) {
		/* The HCA itself serves its own queue pairs. */
		copy = kvmalloc(sizeof(*f) - sizeof(f->h) + f->len, GFP_KERNEL);
		if (copy) {
			memcpy(copy, f, sizeof(*f) - sizeof(f->h) + f->len);
			port_loop(p, copy);
		}
	} else if (own_lid(p, be16_to_cpu(f->h.dlid))) {
		atomic64_inc(&p->tx_frames);
		port_loop(p, f);
		return;
	}
	spin_lock(&p->lock);
	drop = !p->open || (p->state != IB_PORT_ACTIVE && !is_smp(p, &f->h)) ||
	       p->wire_len >= queue_max(f);
	if (!drop) {
		list_add_tail(&f->list, &p->wire);
		p->wire_len++;
	}
	spin_unlock(&p->lock);
	if (drop) {
		atomic64_inc(&p->tx_drop);
		kvfree(f);
	} else {
		atomic64_inc(&p->tx_frames);
		wake_up_interruptible(&p->wait);
	}
}

static void hdr_av(struct vhca_port *p, struct vhca_hdr *h, const struct vhca_av *av)
{
	h->slid = cpu_to_be16(p->lid ? p->lid | av->path_bits : 0xffff);
	h->dlid = cpu_to_be16(av->dlid);
	h->sl = av->sl;
	if (av->grh) {
		union ib_gid sgid;

		port_gid(p, &sgid);
		h->flags |= VHCA_F_GRH;
		h->flow_label = cpu_to_be32(av->flow_label);
		h->tclass = av->tclass;
		h->hop_limit = av->hop_limit;
		memcpy(h->sgid, &sgid, 16);
		memcpy(h->dgid, &av->dgid, 16);
	}
}

/* ---- responder ---- */

static void send_ack(struct vhca_qp *qp, u8 op, u8 syndrome, u32 psn)
{
	struct vhca_frame *f = frame_alloc(0);

	if (!f)
		return;
	f->h.op = op;
	f->h.syndrome = syndrome;
	f->h.psn = cpu_to_be32(psn & 0xffffff);
	f->h.sqpn = cpu_to_be32(qp->ibqp.qp_num);
	f->h.dqpn = cpu_to_be32(qp->attr.dest_qp_num);
	f->h.pkey = cpu_to_be16(pkeys[qp->attr.pkey_index]);
	f->h.rnr_timer = qp->attr.min_rnr_timer;
	f->h.dlid = cpu_to_be16(rdma_ah_get_dlid(&qp->attr.ah_attr));
	f->h.slid = cpu_to_be16(qp->port->lid);
	f->h.sl = rdma_ah_get_sl(&qp->attr.ah_attr);
	port_tx(qp->port, f);
}

static bool pkey_match(u16 a, u16 b)
{
	return (a & 0x7fff) && (a & 0x7fff) == (b & 0x7fff) && ((a | b) & 0x8000);
}

static void fill_grh(const struct vhca_hdr *h, u32 payload, struct ib_grh *grh)
{
	memset(grh, 0, sizeof(*grh));
	if (!(h->flags & VHCA_F_GRH))
		return;
	grh->version_tclass_flow = cpu_to_be32(6 << 28 | h->tclass << 20 |
					       (be32_to_cpu(h->flow_label) & 0xfffff));
	/* BTH, DETH, payload and ICRC */
	grh->paylen = cpu_to_be16(12 + 8 + ALIGN(payload, 4) + 4);
	grh->next_hdr = 0x1b;
	grh->hop_limit = h->hop_limit;
	memcpy(&grh->sgid, h->sgid, 16);
	memcpy(&grh->dgid, h->dgid, 16);
}

static void qp_set_err(struct vhca_qp *qp)
{
	qp->state = IB_QPS_ERR;
	queue_work(vhca_wq, &qp->work);
}

static void rx_ud(struct vhca_port *p, struct vhca_qp *qp, const struct vhca_hdr *h,
		  const void *data, u32 len)
{
	struct vhca_recv r;
	struct ib_wc wc = {};
	struct ib_grh grh;
	unsigned long flags;
	u16 pkey = be16_to_cpu(h->pkey);
	int i;

	/* IBA 9.6.1.1.1: the transport is the first that is checked. */
	if (qp->ibqp.qp_type == IB_QPT_RC || qp->port != p ||
	    (qp->state != IB_QPS_RTR && qp->state != IB_QPS_RTS && qp->state != IB_QPS_SQE)) {
		atomic64_inc(&p->rx_state);
		return;
	}
	if (qp->ibqp.qp_type != IB_QPT_SMI && be32_to_cpu(h->qkey) != qp->attr.qkey) {
		atomic64_inc(&p->rx_qkey);
		return;
	}
	if (qp->ibqp.qp_type == IB_QPT_GSI) {
		for (i = 0; i < npkeys; i++)
			if (pkey_match(pkeys[i], pkey))
				break;
		if (i == npkeys) {
			atomic64_inc(&p->rx_pkey);
			return;
		}
		wc.pkey_index = i;
	} else if (qp->ibqp.qp_type == IB_QPT_UD) {
		if (!pkey_match(pkeys[qp->attr.pkey_index], pkey)) {
			atomic64_inc(&p->rx_pkey);
			return;
		}
		wc.pkey_index = qp->attr.pkey_index;
	}
	if (!rq_pop(qp->ibqp.srq ? &to_srq(qp->ibqp.srq)->rq : &qp->rq, &r)) {
		atomic64_inc(&p->rx_no_wqe);
		return;
	}
	wc.wr_id = r.wr_id;
	wc.qp = &qp->ibqp;
	wc.opcode = IB_WC_RECV;
	if (sge_len(r.sge, r.num_sge) < len + sizeof(grh)) {
		wc.status = IB_WC_LOC_LEN_ERR;
		spin_lock_irqsave(&qp->lock, flags);
		qp_set_err(qp);
		spin_unlock_irqrestore(&qp->lock, flags);
	} else {
		fill_grh(h, len, &grh);
		sge_copy(r.sge, r.num_sge, 0, &grh, sizeof(grh), true);
		sge_copy(r.sge, r.num_sge, sizeof(grh), (void *)data, len, true);
		wc.byte_len = len + sizeof(grh);
		wc.src_qp = be32_to_cpu(h->sqpn);
		wc.slid = be16_to_cpu(h->slid);
		wc.sl = h->sl;
		wc.dlid_path_bits = is_mcast(h) ? 0 : be16_to_cpu(h->dlid) & ((1 << p->lmc) - 1);
		wc.port_num = p->num;
		if (h->flags & VHCA_F_GRH)
			wc.wc_flags |= IB_WC_GRH;
		if (h->flags & VHCA_F_IMM) {
			wc.wc_flags |= IB_WC_WITH_IMM;
			wc.ex.imm_data = h->imm;
		}
	}
	cq_push(to_cq(qp->ibqp.recv_cq), &wc, h->flags & VHCA_F_SOLICITED);
	cq_kick(qp->ibqp.recv_cq);
}

/* Counts down what rnr_next asks for. */
static bool starved(void)
{
	int left = READ_ONCE(rnr_next);

	if (left > 0)
		WRITE_ONCE(rnr_next, left - 1);
	return left > 0;
}

static void rx_rc(struct vhca_port *p, struct vhca_qp *qp, const struct vhca_hdr *h,
		  const void *data, u32 len)
{
	u32 psn = be32_to_cpu(h->psn) & 0xffffff;
	struct vhca_recv r;
	struct ib_wc wc = {};
	unsigned long flags;
	int d;

	if (qp->ibqp.qp_type != IB_QPT_RC || qp->port != p ||
	    be32_to_cpu(h->sqpn) != qp->attr.dest_qp_num ||
	    be16_to_cpu(h->slid) != rdma_ah_get_dlid(&qp->attr.ah_attr)) {
		atomic64_inc(&p->rx_state);
		return;
	}
	if (!pkey_match(pkeys[qp->attr.pkey_index], be16_to_cpu(h->pkey))) {
		atomic64_inc(&p->rx_pkey);
		return;
	}

	if (h->op == VHCA_OP_ACK || h->op == VHCA_OP_NAK) {
		spin_lock_irqsave(&qp->lock, flags);
		if (qp->state == IB_QPS_RTS) {
			if (h->op == VHCA_OP_ACK) {
				if (!qp->acked || psn_cmp(psn, qp->ack_psn) > 0)
					qp->ack_psn = psn;
				qp->acked = true;
			} else {
				qp->naked = true;
				qp->nak_psn = psn;
				qp->nak_syndrome = h->syndrome;
				qp->nak_timer = h->rnr_timer & 31;
			}
			queue_work(vhca_wq, &qp->work);
		}
		spin_unlock_irqrestore(&qp->lock, flags);
		return;
	}

	spin_lock_irqsave(&qp->lock, flags);
	if (qp->state != IB_QPS_RTR && qp->state != IB_QPS_RTS) {
		spin_unlock_irqrestore(&qp->lock, flags);
		atomic64_inc(&p->rx_state);
		return;
	}
	d = psn_cmp(psn, qp->epsn);
	if (d < 0) {			/* a duplicate */
		psn = qp->epsn - 1;
		spin_unlock_irqrestore(&qp->lock, flags);
		send_ack(qp, VHCA_OP_ACK, 0, psn);
		return;
	}
	if (d > 0) {
		bool quiet = qp->nak_sent;

		qp->nak_sent = true;
		psn = qp->epsn;
		spin_unlock_irqrestore(&qp->lock, flags);
		if (!quiet)
			send_ack(qp, VHCA_OP_NAK, VHCA_NAK_SEQ, psn);
		return;
	}
	if (starved() || !rq_pop(qp->ibqp.srq ? &to_srq(qp->ibqp.srq)->rq : &qp->rq, &r)) {
		qp->nak_sent = true;
		spin_unlock_irqrestore(&qp->lock, flags);
		atomic64_inc(&p->rnr_naks);
		send_ack(qp, VHCA_OP_NAK, VHCA_NAK_RNR, psn);
		return;
	}
	qp->nak_sent = false;
	wc.wr_id = r.wr_id;
	wc.qp = &qp->ibqp;
	wc.opcode = IB_WC_RECV;
	if (sge_len(r.sge, r.num_sge) < len) {
		wc.status = IB_WC_LOC_LEN_ERR;
		qp_set_err(qp);
		spin_unlock_irqrestore(&qp->lock, flags);
	} else {
		qp->epsn = (qp->epsn + 1) & 0xffffff;
		spin_unlock_irqrestore(&qp->lock, flags);
		sge_copy(r.sge, r.num_sge, 0, (void *)data, len, true);
		wc.byte_len = len;
		wc.src_qp = qp->attr.dest_qp_num;
		wc.slid = be16_to_cpu(h->slid);
		wc.sl = h->sl;
		wc.pkey_index = qp->attr.pkey_index;
		wc.port_num = p->num;
		if (h->flags & VHCA_F_IMM) {
			wc.wc_flags |= IB_WC_WITH_IMM;
			wc.ex.imm_data = h->imm;
		}
	}
	cq_push(to_cq(qp->ibqp.recv_cq), &wc, h->flags & VHCA_F_SOLICITED);
	send_ack(qp, wc.status ? VHCA_OP_NAK : VHCA_OP_ACK,
		 wc.status ? VHCA_NAK_INV_REQ : 0, psn);
	cq_kick(qp->ibqp.recv_cq);
}

static void port_rx(struct vhca_port *p, const struct vhca_hdr *h, const void *data, bool looped)
{
	u32 len = be32_to_cpu(h->payload_len), qpn = be32_to_cpu(h->dqpn);
	struct vhca_dev *dev = p->dev;
	struct vhca_mcast *m;
	struct vhca_qp *qp;
	bool member = looped;

	mutex_lock(&p->rx);
	down_read(&dev->sem);
	atomic64_inc(&p->rx_frames);
	if (p->state != IB_PORT_ACTIVE && !looped && !is_smp(p, h)) {
		atomic64_inc(&p->rx_state);
	} else if (h->op == VHCA_OP_UD && len > ib_mtu_enum_to_int(p->mtu)) {
		atomic64_inc(&p->rx_mtu);
	} else if (is_mcast(h)) {
		if (h->op == VHCA_OP_UD && qpn == 0xffffff && (h->flags & VHCA_F_GRH))
			list_for_each_entry(m, &dev->mcast, list) {
				if (m->qp->port != p || memcmp(&m->gid, h->dgid, 16))
					continue;
				member = true;
				if (looped && be32_to_cpu(h->sqpn) == m->qp->ibqp.qp_num &&
				    (m->qp->init.create_flags &
				     IB_QP_CREATE_BLOCK_MULTICAST_LOOPBACK))
					continue;
				rx_ud(p, m->qp, h, data, len);
			}
		if (!member)
			atomic64_inc(&p->rx_no_qp);
	} else if (!own_lid(p, be16_to_cpu(h->dlid)) &&
		   !(qpn == 0 && h->dlid == cpu_to_be16(0xffff))) {
		atomic64_inc(&p->rx_no_qp);
	} else {
		qp = qpn < 2 ? p->special[qpn] : xa_load(&dev->qps, qpn);
		if (!qp)
			atomic64_inc(&p->rx_no_qp);
		else if (h->op == VHCA_OP_UD)
			rx_ud(p, qp, h, data, len);
		else
			rx_rc(p, qp, h, data, len);
	}
	up_read(&dev->sem);
	mutex_unlock(&p->rx);
}

static void loop_work(struct work_struct *work)
{
	struct vhca_port *p = container_of(work, struct vhca_port, loop_work);
	struct vhca_frame *f, *n;
	LIST_HEAD(list);

	spin_lock(&p->lock);
	list_splice_init(&p->loop, &list);
	p->loop_len = 0;
	spin_unlock(&p->lock);
	list_for_each_entry_safe(f, n, &list, list) {
		port_rx(p, &f->h, f->data, true);
		kvfree(f);
	}
}

/* ---- requester ---- */

static struct vhca_swqe *sq_at(struct vhca_qp *qp, u32 i)
{
	return qp->sq + (i % qp->ssize) * qp->sstride;
}

static void sq_complete(struct vhca_qp *qp, struct vhca_swqe *w, enum ib_wc_status status)
{
	struct ib_wc wc = {
		.wr_id = w->wr_id,
		.status = status,
		.opcode = IB_WC_SEND,
		.qp = &qp->ibqp,
	};

	if (status != IB_WC_SUCCESS || (w->send_flags & IB_SEND_SIGNALED) ||
	    qp->init.sq_sig_type == IB_SIGNAL_ALL_WR)
		cq_push(to_cq(qp->ibqp.send_cq), &wc, false);
}

static void sq_flush(struct vhca_qp *qp)
{
	for (; qp->stail != qp->shead; qp->stail++)
		sq_complete(qp, sq_at(qp, qp->stail), IB_WC_WR_FLUSH_ERR);
	qp->ssent = qp->stail;
}

static unsigned long ack_timeout(struct vhca_qp *qp)
{
	u64 us = qp->attr.timeout ? (4096ull << (qp->attr.timeout & 31)) / 1000 : 0;

	/* In IBA 0 means never; a wire with a process behind it needs an end. */
	if (!us)
		us = 60 * USEC_PER_SEC;
	us = clamp_t(u64, us, min_timeout_ms * 1000ull, 120 * USEC_PER_SEC);
	return usecs_to_jiffies(us);
}

/* RNR timer codes of IBA in microseconds. */
static u32 rnr_usec(u8 code)
{
	if (code == 0)
		return 655360;
	if (code <= 4)
		return code * 10;
	return (code & 1 ? 3 : 4) * 5 << ((code - (code & 1 ? 1 : 2)) / 2);
}

static void qp_timer(struct timer_list *t)
{
	struct vhca_qp *qp = from_timer(qp, t, timer);
	unsigned long flags;

	spin_lock_irqsave(&qp->lock, flags);
	qp->timer_fired = true;
	queue_work(vhca_wq, &qp->work);
	spin_unlock_irqrestore(&qp->lock, flags);
}

/* The oldest message has failed. */
static void sq_fail(struct vhca_qp *qp, enum ib_wc_status status)
{
	if (qp->stail != qp->shead)
		sq_complete(qp, sq_at(qp, qp->stail++), status);
	qp->state = IB_QPS_ERR;
}

/* What acknowledgements and timers have to say; the lock is held. */
static void rc_progress(struct vhca_qp *qp)
{
	bool moved = false;

	if (qp->naked && (!qp->acked || psn_cmp(qp->nak_psn, qp->ack_psn) > 0)) {
		/* A NAK acknowledges what precedes it. */
		qp->ack_psn = (qp->nak_psn - 1) & 0xffffff;
		qp->acked = true;
	} else if (qp->naked) {
		qp->naked = false;
	}
	if (qp->acked) {
		while (qp->stail != qp->ssent &&
		       psn_cmp(sq_at(qp, qp->stail)->psn, qp->ack_psn) <= 0) {
			sq_complete(qp, sq_at(qp, qp->stail++), IB_WC_SUCCESS);
			moved = true;
		}
		qp->acked = false;
	}
	if (moved) {
		qp->retry_left = qp->attr.retry_cnt;
		qp->rnr_left = qp->attr.rnr_retry;
		qp->rnr_left += qp->rnr_left == 7 ? 0 : rnr_extra;
		qp->timer_fired = false;
		if (qp->stail != qp->ssent)
			mod_timer(&qp->timer, jiffies + ack_timeout(qp));
		else
			del_timer(&qp->timer);
	}
	if (qp->naked) {
		qp->naked = false;
		if (qp->stail == qp->ssent || sq_at(qp, qp->stail)->psn != qp->nak_psn)
			return;
		switch (qp->nak_syndrome) {
		case VHCA_NAK_SEQ:
			if (!qp->retry_left)
				return sq_fail(qp, IB_WC_RETRY_EXC_ERR);
			qp->retry_left--;
			atomic64_add(qp->ssent - qp->stail, &qp->port->retries);
			qp->ssent = qp->stail;
			break;
		case VHCA_NAK_RNR:
			if (!qp->rnr_left)
				return sq_fail(qp, IB_WC_RNR_RETRY_EXC_ERR);
			if (qp->attr.rnr_retry != 7)
				qp->rnr_left--;
			atomic64_add(qp->ssent - qp->stail, &qp->port->retries);
			qp->ssent = qp->stail;
			qp->rnr_wait = true;
			qp->timer_fired = false;
			mod_timer(&qp->timer, jiffies + 1 + usecs_to_jiffies(rnr_usec(qp->nak_timer)));
			break;
		case VHCA_NAK_INV_REQ:
			return sq_fail(qp, IB_WC_REM_INV_REQ_ERR);
		default:
			return sq_fail(qp, IB_WC_REM_OP_ERR);
		}
	}
	if (qp->timer_fired) {
		qp->timer_fired = false;
		if (qp->rnr_wait) {
			qp->rnr_wait = false;
		} else if (qp->stail != qp->ssent) {
			if (!qp->retry_left)
				return sq_fail(qp, IB_WC_RETRY_EXC_ERR);
			qp->retry_left--;
			atomic64_add(qp->ssent - qp->stail, &qp->port->retries);
			qp->ssent = qp->stail;
		}
	}
}

/* Gather and send one message; the work request is a copy. */
static enum ib_wc_status sq_send(struct vhca_qp *qp, struct vhca_swqe *w)
{
	u32 len = sge_len(w->sge, w->num_sge);
	struct vhca_port *p = qp->port;
	bool rc = qp->ibqp.qp_type == IB_QPT_RC;
	struct vhca_frame *f;

	if (w->opcode != IB_WR_SEND && w->opcode != IB_WR_SEND_WITH_IMM)
		return IB_WC_LOC_QP_OP_ERR;
	if (len > (rc ? VHCA_MAX_PAYLOAD : ib_mtu_enum_to_int(p->mtu)))
		return IB_WC_LOC_LEN_ERR;
	f = frame_alloc(len);
	if (!f)
		return rc ? IB_WC_SUCCESS : IB_WC_LOC_QP_OP_ERR;	/* RC: sent again */
	sge_copy(w->sge, w->num_sge, 0, f->data, len, false);
	f->h.op = rc ? VHCA_OP_SEND : VHCA_OP_UD;
	f->h.sqpn = cpu_to_be32(qp->ibqp.qp_num);
	if (w->opcode == IB_WR_SEND_WITH_IMM) {
		f->h.flags |= VHCA_F_IMM;
		f->h.imm = w->imm;
	}
	if (w->send_flags & IB_SEND_SOLICITED)
		f->h.flags |= VHCA_F_SOLICITED;
	hdr_av(p, &f->h, &w->av);
	f->h.psn = cpu_to_be32(w->psn);
	if (rc) {
		f->h.dqpn = cpu_to_be32(qp->attr.dest_qp_num);
		f->h.pkey = cpu_to_be16(pkeys[qp->attr.pkey_index]);
	} else {
		f->h.dqpn = cpu_to_be32(w->dqpn);
		f->h.qkey = cpu_to_be32(w->qkey & 0x80000000 ? qp->attr.qkey : w->qkey);
		f->h.pkey = cpu_to_be16(pkeys[qp->ibqp.qp_type == IB_QPT_GSI ?
					      w->pkey_index : qp->attr.pkey_index]);
	}
	port_tx(p, f);
	return IB_WC_SUCCESS;
}

static void qp_work(struct work_struct *work)
{
	struct vhca_qp *qp = container_of(work, struct vhca_qp, work);
	bool rc = qp->ibqp.qp_type == IB_QPT_RC, last = false;
	enum ib_wc_status status;
	struct vhca_swqe *w;
	unsigned long flags;
	struct vhca_recv r;

	for (;;) {
		spin_lock_irqsave(&qp->lock, flags);
		if (rc && qp->state == IB_QPS_RTS)
			rc_progress(qp);
		if (qp->state == IB_QPS_SQE || qp->state == IB_QPS_ERR)
			sq_flush(qp);
		if (qp->state == IB_QPS_ERR) {
			struct ib_wc wc = {
				.status = IB_WC_WR_FLUSH_ERR,
				.opcode = IB_WC_RECV,
				.qp = &qp->ibqp,
			};

			if (qp->ibqp.srq) {
				last = !qp->last_wqe;
				qp->last_wqe = true;
			} else {
				while (rq_pop(&qp->rq, &r)) {
					wc.wr_id = r.wr_id;
					cq_push(to_cq(qp->ibqp.recv_cq), &wc, false);
				}
			}
			break;
		}
		if (qp->state != IB_QPS_RTS || qp->ssent == qp->shead || qp->rnr_wait)
			break;
		/*
		 * A timer that went off while the last acknowledgement was taken
		 * means nothing to the next message: with a retry count of 0 it
		 * would end the connection.
		 */
		if (qp->stail == qp->ssent)
			qp->timer_fired = false;
		w = sq_at(qp, qp->ssent++);
		memcpy(qp->scratch, w, sizeof(*w) + w->num_sge * sizeof(*w->sge));
		if (rc && !timer_pending(&qp->timer))
			mod_timer(&qp->timer, jiffies + ack_timeout(qp));
		spin_unlock_irqrestore(&qp->lock, flags);

		status = sq_send(qp, qp->scratch);

		spin_lock_irqsave(&qp->lock, flags);
		if (!rc) {
			sq_complete(qp, w, status);
			qp->stail++;
			if (status != IB_WC_SUCCESS && qp->state == IB_QPS_RTS)
				qp->state = IB_QPS_SQE;
		} else if (status != IB_WC_SUCCESS) {
			/* Those before it are lost with it. */
			qp->stail = qp->ssent - 1;
			sq_fail(qp, status);
		}
		spin_unlock_irqrestore(&qp->lock, flags);
		cq_kick(qp->ibqp.send_cq);
	}
	spin_unlock_irqrestore(&qp->lock, flags);
	cq_kick(qp->ibqp.send_cq);
	cq_kick(qp->ibqp.recv_cq);
	if (last && qp->ibqp.event_handler) {
		struct ib_event ev = {
			.device = qp->ibqp.device,
			.element.qp = &qp->ibqp,
			.event = IB_EVENT_QP_LAST_WQE_REACHED,
		};

		qp->ibqp.event_handler(&ev, qp->ibqp.qp_context);
	}
}

static void set_av(struct vhca_av *av, const struct rdma_ah_attr *a)
{
	memset(av, 0, sizeof(*av));
	av->dlid = rdma_ah_get_dlid(a);
	av->sl = rdma_ah_get_sl(a);
	av->path_bits = rdma_ah_get_path_bits(a);
	if (rdma_ah_get_ah_flags(a) & IB_AH_GRH) {
		const struct ib_global_route *grh = rdma_ah_read_grh(a);

		av->grh = true;
		av->dgid = grh->dgid;
		av->flow_label = grh->flow_label;
		av->hop_limit = grh->hop_limit;
		av->tclass = grh->traffic_class;
		av->sgid_index = grh->sgid_index;
	}
}

static int vhca_post_send(struct ib_qp *ibqp, const struct ib_send_wr *wr,
			  const struct ib_send_wr **bad)
{
	struct vhca_qp *qp = to_qp(ibqp);
	unsigned long flags;
	int ret = 0;

	spin_lock_irqsave(&qp->lock, flags);
	for (; wr; wr = wr->next) {
		struct vhca_swqe *w = sq_at(qp, qp->shead);

		if (qp->state == IB_QPS_RESET || qp->state == IB_QPS_INIT ||
		    qp->state == IB_QPS_RTR || wr->num_sge < 0 || wr->num_sge > qp->smax_sge)
			ret = -EINVAL;
		else if (qp->shead - qp->stail == qp->ssize)
			ret = -ENOMEM;
		if (ret) {
			*bad = wr;
			break;
		}
		w->wr_id = wr->wr_id;
		w->opcode = wr->opcode;
		w->send_flags = wr->send_flags;
		w->imm = wr->ex.imm_data;
		w->num_sge = wr->num_sge;
		memcpy(w->sge, wr->sg_list, wr->num_sge * sizeof(*w->sge));
		if (ibqp->qp_type == IB_QPT_RC) {
			set_av(&w->av, &qp->attr.ah_attr);
		} else if (qp->state == IB_QPS_RTS) {
			const struct ib_ud_wr *ud = ud_wr(wr);

			w->av = to_ah(ud->ah)->av;
			w->dqpn = ud->remote_qpn;
			w->qkey = ud->remote_qkey;
			w->pkey_index = ud->pkey_index < npkeys ? ud->pkey_index : 0;
		}
		w->psn = qp->psn_next;
		qp->psn_next = (qp->psn_next + 1) & 0xffffff;
		qp->shead++;
	}
	queue_work(vhca_wq, &qp->work);
	spin_unlock_irqrestore(&qp->lock, flags);
	return ret;
}

static int vhca_post_recv(struct ib_qp *ibqp, const struct ib_recv_wr *wr,
			  const struct ib_recv_wr **bad)
{
	struct vhca_qp *qp = to_qp(ibqp);
	int ret;

	if (ibqp->srq || qp->state == IB_QPS_RESET) {
		*bad = wr;
		return -EINVAL;
	}
	ret = rq_post(&qp->rq, wr, bad);
	if (qp->state == IB_QPS_ERR)
		queue_work(vhca_wq, &qp->work);
	return ret;
}

/* ---- queue pairs ---- */

static int vhca_create_qp(struct ib_qp *ibqp, struct ib_qp_init_attr *init,
			  struct ib_udata *udata)
{
	struct vhca_dev *dev = to_dev(ibqp->device);
	struct vhca_qp *qp = to_qp(ibqp);
	struct vhca_port *p = NULL;
	int special = -1, ret, i;

	if (udata || (init->create_flags & ~IB_QP_CREATE_BLOCK_MULTICAST_LOOPBACK))
		return -EOPNOTSUPP;
	switch (init->qp_type) {
	case IB_QPT_SMI:
		special = 0;
		break;
	case IB_QPT_GSI:
		special = 1;
		break;
	case IB_QPT_UD:
	case IB_QPT_RC:
		break;
	default:
		return -EOPNOTSUPP;
	}
	if (init->cap.max_send_wr > VHCA_MAX_WR || init->cap.max_send_sge > VHCA_MAX_SGE ||
	    init->cap.max_inline_data)
		return -EINVAL;
	if (special >= 0) {
		p = get_port(ibqp->device, init->port_num);
		if (!p)
			return -EINVAL;
	}
	spin_lock_init(&qp->lock);
	INIT_WORK(&qp->work, qp_work);
	timer_setup(&qp->timer, qp_timer, 0);
	qp->state = IB_QPS_RESET;
	qp->ssize = roundup_pow_of_two(max(init->cap.max_send_wr, 1u));
	qp->smax_sge = max(init->cap.max_send_sge, 1u);
	qp->sstride = sizeof(struct vhca_swqe) + qp->smax_sge * sizeof(struct ib_sge);
	qp->sq = kvcalloc(qp->ssize, qp->sstride, GFP_KERNEL);
	qp->scratch = kzalloc(qp->sstride, GFP_KERNEL);
	ret = init->srq ? 0 : rq_init(&qp->rq, init->cap.max_recv_wr, init->cap.max_recv_sge);
	if (!ret && (!qp->sq || !qp->scratch))
		ret = -ENOMEM;
	if (ret)
		goto fail;
	qp->init = *init;

	down_write(&dev->sem);
	if (special >= 0) {
		ret = p->special[special] ? -EBUSY : 0;
		if (!ret) {
			p->special[special] = qp;
			qp->port = p;
			qp->attr.port_num = p->num;
			ibqp->qp_num = special;
		}
	} else {
		for (i = 0, ret = -EBUSY; ret == -EBUSY && i < 1000; i++) {
			ibqp->qp_num = dev->next_qpn++;
			if (dev->next_qpn >= 0xfffff0)
				dev->next_qpn = 0x40;
			ret = xa_insert(&dev->qps, ibqp->qp_num, qp, GFP_KERNEL);
		}
	}
	up_write(&dev->sem);
	if (!ret)
		return 0;
fail:
	kvfree(qp->sq);
	kfree(qp->scratch);
	kvfree(qp->rq.ring);
	return ret;
}

static void qp_quiesce(struct vhca_qp *qp)
{
	/* The work arms the timer, the timer queues the work. */
	del_timer_sync(&qp->timer);
	cancel_work_sync(&qp->work);
	del_timer_sync(&qp->timer);
	cancel_work_sync(&qp->work);
	cq_clean(qp->ibqp.send_cq, &qp->ibqp);
	cq_clean(qp->ibqp.recv_cq, &qp->ibqp);
}

static int vhca_destroy_qp(struct ib_qp *ibqp, struct ib_udata *udata)
{
	struct vhca_dev *dev = to_dev(ibqp->device);
	struct vhca_qp *qp = to_qp(ibqp);
	struct vhca_mcast *m, *n;
	unsigned long flags;

	down_write(&dev->sem);
	if (ibqp->qp_num < 2)
		qp->port->special[ibqp->qp_num] = NULL;
	else
		xa_erase(&dev->qps, ibqp->qp_num);
	list_for_each_entry_safe(m, n, &dev->mcast, list)
		if (m->qp == qp) {
			list_del(&m->list);
			kfree(m);
		}
	up_write(&dev->sem);
	spin_lock_irqsave(&qp->lock, flags);
	qp->state = IB_QPS_RESET;
	spin_unlock_irqrestore(&qp->lock, flags);
	qp_quiesce(qp);
	kvfree(qp->sq);
	kfree(qp->scratch);
	kvfree(qp->rq.ring);
	return 0;
}

static int vhca_modify_qp(struct ib_qp *ibqp, struct ib_qp_attr *attr, int mask,
			  struct ib_udata *udata)
{
	struct vhca_dev *dev = to_dev(ibqp->device);
	struct vhca_qp *qp = to_qp(ibqp);
	enum ib_qp_state cur, next;
	unsigned long flags;
	int ret = 0;

	if (udata || (mask & ~IB_QP_ATTR_STANDARD_BITS))
		return -EOPNOTSUPP;
	if ((mask & IB_QP_PKEY_INDEX) && attr->pkey_index >= npkeys)
		return -EINVAL;
	if ((mask & IB_QP_PORT) && !get_port(ibqp->device, attr->port_num))
		return -EINVAL;

	down_write(&dev->sem);	/* no frame arrives meanwhile */
	spin_lock_irqsave(&qp->lock, flags);
	cur = mask & IB_QP_CUR_STATE ? attr->cur_qp_state : qp->state;
	next = mask & IB_QP_STATE ? attr->qp_state : cur;
	if (!ib_modify_qp_is_ok(cur, next, ibqp->qp_type, mask)) {
		pr_debug("vhca: modify QP %#x type %d %d -> %d mask %#x refused\n",
			 ibqp->qp_num, ibqp->qp_type, cur, next, mask);
		ret = -EINVAL;
		goto out;
	}
	if (mask & IB_QP_PORT) {
		qp->port = get_port(ibqp->device, attr->port_num);
		qp->attr.port_num = attr->port_num;
	}
	if (mask & IB_QP_PKEY_INDEX)
		qp->attr.pkey_index = attr->pkey_index;
	if (mask & IB_QP_ACCESS_FLAGS)
		qp->attr.qp_access_flags = attr->qp_access_flags;
	if (mask & IB_QP_QKEY)
		qp->attr.qkey = attr->qkey;
	if (mask & IB_QP_AV)
		qp->attr.ah_attr = attr->ah_attr;
	if (mask & IB_QP_PATH_MTU)
		qp->attr.path_mtu = attr->path_mtu;
	if (mask & IB_QP_DEST_QPN)
		qp->attr.dest_qp_num = attr->dest_qp_num;
	if (mask & IB_QP_RQ_PSN)
		qp->epsn = qp->attr.rq_psn = attr->rq_psn & 0xffffff;
	if (mask & IB_QP_SQ_PSN)
		qp->psn_next = qp->attr.sq_psn = attr->sq_psn & 0xffffff;
	if (mask & IB_QP_TIMEOUT)
		qp->attr.timeout = attr->timeout;
	if (mask & IB_QP_RETRY_CNT)
		qp->retry_left = qp->attr.retry_cnt = attr->retry_cnt;
	if (mask & IB_QP_RNR_RETRY) {
		qp->rnr_left = qp->attr.rnr_retry = attr->rnr_retry;
		qp->rnr_left += qp->rnr_left == 7 ? 0 : rnr_extra;
	}
	if (mask & IB_QP_MIN_RNR_TIMER)
		qp->attr.min_rnr_timer = attr->min_rnr_timer & 31;
	if (mask & IB_QP_MAX_QP_RD_ATOMIC)
		qp->attr.max_rd_atomic = attr->max_rd_atomic;
	if (mask & IB_QP_MAX_DEST_RD_ATOMIC)
		qp->attr.max_dest_rd_atomic = attr->max_dest_rd_atomic;
	qp->state = next;
	if (next != IB_QPS_RESET)
		queue_work(vhca_wq, &qp->work);
out:
	spin_unlock_irqrestore(&qp->lock, flags);
	if (!ret && next == IB_QPS_RESET) {
		qp_quiesce(qp);
		qp->shead = qp->ssent = qp->stail = 0;
		qp->rq.head = qp->rq.tail = 0;
		qp->timer_fired = qp->rnr_wait = qp->acked = qp->naked = false;
		qp->nak_sent = qp->last_wqe = false;
	}
	up_write(&dev->sem);
	return ret;
}

static int vhca_query_qp(struct ib_qp *ibqp, struct ib_qp_attr *attr, int mask,
			 struct ib_qp_init_attr *init)
{
	struct vhca_qp *qp = to_qp(ibqp);

	*attr = qp->attr;
	attr->qp_state = attr->cur_qp_state = qp->state;
	attr->cap = qp->init.cap;
	*init = qp->init;
	return 0;
}

static int vhca_attach_mcast(struct ib_qp *ibqp, union ib_gid *gid, u16 lid)
{
	struct vhca_dev *dev = to_dev(ibqp->device);
	struct vhca_mcast *m, *new = kzalloc(sizeof(*new), GFP_KERNEL);

	if (!new)
		return -ENOMEM;
	new->qp = to_qp(ibqp);
	new->gid = *gid;
	new->lid = lid;
	down_write(&dev->sem);
	list_for_each_entry(m, &dev->mcast, list)
		if (m->qp == new->qp && !memcmp(&m->gid, gid, 16)) {
			kfree(new);
			new = NULL;
			break;
		}
	if (new)
		list_add_tail(&new->list, &dev->mcast);
	up_write(&dev->sem);
	return 0;
}

static int vhca_detach_mcast(struct ib_qp *ibqp, union ib_gid *gid, u16 lid)
{
	struct vhca_dev *dev = to_dev(ibqp->device);
	struct vhca_mcast *m, *n;
	int ret = -EINVAL;

	down_write(&dev->sem);
	list_for_each_entry_safe(m, n, &dev->mcast, list)
		if (m->qp == to_qp(ibqp) && !memcmp(&m->gid, gid, 16)) {
			list_del(&m->list);
			kfree(m);
			ret = 0;
		}
	up_write(&dev->sem);
	return ret;
}

/* ---- the rest of the verbs ---- */

static int vhca_query_device(struct ib_device *ibdev, struct ib_device_attr *a,
			     struct ib_udata *udata)
{
	if (udata && (udata->inlen || udata->outlen))
		return -EINVAL;
	memset(a, 0, sizeof(*a));
	a->sys_image_guid = ibdev->node_guid;
	a->max_mr_size = ~0ull;
	a->page_size_cap = PAGE_SIZE;
	a->vendor_id = 0xffffff;
	a->vendor_part_id = 0x5648;
	a->hw_ver = 1;
	a->max_qp = 65536;
	a->max_qp_wr = VHCA_MAX_WR;
	a->device_cap_flags = IB_DEVICE_RC_RNR_NAK_GEN | IB_DEVICE_SYS_IMAGE_GUID |
			      IB_DEVICE_SHUTDOWN_PORT;
	a->kernel_cap_flags = IBK_LOCAL_DMA_LKEY | IBK_BLOCK_MULTICAST_LOOPBACK;
	a->max_send_sge = VHCA_MAX_SGE;
	a->max_recv_sge = VHCA_MAX_SGE;
	a->max_sge_rd = 1;
	a->max_cq = 65536;
	a->max_cqe = 1 << 20;
	a->max_mr = 65536;
	a->max_pd = 65536;
	a->max_qp_rd_atom = 1;
	a->max_qp_init_rd_atom = 1;
	a->max_res_rd_atom = 65536;
	a->max_mcast_grp = 8192;
	a->max_mcast_qp_attach = 256;
	a->max_total_mcast_qp_attach = 8192 * 256;
	a->max_ah = 65536;
	a->max_srq = 65536;
	a->max_srq_wr = VHCA_MAX_WR;
	a->max_srq_sge = VHCA_MAX_SGE;
	a->max_pkeys = npkeys;
	a->local_ca_ack_delay = 15;
	return 0;
}

static int vhca_query_port(struct ib_device *ibdev, u32 num, struct ib_port_attr *a)
{
	struct vhca_port *p = get_port(ibdev, num);

	if (!p)
		return -EINVAL;
	a->subnet_prefix = be64_to_cpu(p->prefix);
	a->state = p->state;
	a->phys_state = p->state == IB_PORT_DOWN ? IB_PORT_PHYS_STATE_POLLING :
						   IB_PORT_PHYS_STATE_LINK_UP;
	a->max_mtu = IB_MTU_4096;
	a->active_mtu = p->mtu;
	a->gid_tbl_len = 1;
	a->port_cap_flags = IB_PORT_CM_SUP | IB_PORT_CLIENT_REG_SUP;
	a->max_msg_sz = VHCA_MAX_PAYLOAD;
	a->pkey_tbl_len = npkeys;
	a->lid = p->lid;
	a->sm_lid = p->sm_lid;
	a->sm_sl = p->sm_sl;
	a->lmc = p->lmc;
	a->max_vl_num = 1;
	a->subnet_timeout = 18;
	a->active_width = IB_WIDTH_4X;
	a->active_speed = IB_SPEED_QDR;
	return 0;
}

static int vhca_modify_port(struct ib_device *ibdev, u32 num, int mask,
			    struct ib_port_modify *props)
{
	return get_port(ibdev, num) ? 0 : -EINVAL;
}

static int vhca_get_port_immutable(struct ib_device *ibdev, u32 num,
				   struct ib_port_immutable *im)
{
	im->pkey_tbl_len = npkeys;
	im->gid_tbl_len = 1;
	im->core_cap_flags = RDMA_CORE_PORT_IBA_IB;
	im->max_mad_size = IB_MGMT_MAD_SIZE;
	return 0;
}

static enum rdma_link_layer vhca_get_link_layer(struct ib_device *ibdev, u32 num)
{
	return IB_LINK_LAYER_INFINIBAND;
}

static int vhca_query_gid(struct ib_device *ibdev, u32 num, int index, union ib_gid *gid)
{
	struct vhca_port *p = get_port(ibdev, num);

	if (!p || index)
		return -EINVAL;
	port_gid(p, gid);
	return 0;
}

static int vhca_query_pkey(struct ib_device *ibdev, u32 num, u16 index, u16 *pkey)
{
	if (index >= npkeys)
		return -EINVAL;
	*pkey = pkeys[index];
	return 0;
}

static int vhca_alloc_pd(struct ib_pd *pd, struct ib_udata *udata)
{
	return udata ? -EOPNOTSUPP : 0;
}

static int vhca_dealloc_pd(struct ib_pd *pd, struct ib_udata *udata)
{
	return 0;
}

static int vhca_create_ah(struct ib_ah *ibah, struct rdma_ah_init_attr *init,
			  struct ib_udata *udata)
{
	struct vhca_ah *ah = to_ah(ibah);

	if (udata)
		return -EOPNOTSUPP;
	set_av(&ah->av, init->ah_attr);
	ah->attr = *init->ah_attr;
	ah->attr.grh.sgid_attr = NULL;
	return 0;
}

static int vhca_query_ah(struct ib_ah *ibah, struct rdma_ah_attr *attr)
{
	*attr = to_ah(ibah)->attr;
	return 0;
}

static int vhca_destroy_ah(struct ib_ah *ibah, u32 flags)
{
	return 0;
}

static struct ib_mr *vhca_get_dma_mr(struct ib_pd *pd, int acc)
{
	struct ib_mr *mr = kzalloc(sizeof(*mr), GFP_KERNEL);

	if (!mr)
		return ERR_PTR(-ENOMEM);
	mr->lkey = mr->rkey = VHCA_LKEY;
	return mr;
}

/* ib_core takes a device without this for one that has no kernel verbs. */
static struct ib_mr *vhca_reg_user_mr(struct ib_pd *pd, u64 start, u64 len, u64 virt, int acc,
				      struct ib_udata *udata)
{
	return ERR_PTR(-EOPNOTSUPP);
}

static int vhca_dereg_mr(struct ib_mr *mr, struct ib_udata *udata)
{
	kfree(mr);
	return 0;
}

static void port_event(struct vhca_port *p, enum ib_event_type type)
{
	struct ib_event ev = {
		.device = &p->dev->ibdev,
		.element.port_num = p->num,
		.event = type,
	};

	ib_dispatch_event(&ev);
}

static void port_state(struct vhca_port *p, u8 state)
{
	u8 old = p->state;

	p->state = state;
	if ((old == IB_PORT_ACTIVE) != (state == IB_PORT_ACTIVE))
		port_event(p, state == IB_PORT_ACTIVE ? IB_EVENT_PORT_ACTIVE : IB_EVENT_PORT_ERR);
}

/* What a subnet manager may set. */
static int port_set(struct vhca_port *p, u16 lid, u16 sm, u8 sm_sl, u8 lmc, u8 m, __be64 prefix,
		    u8 state)
{
	bool l, g;

	if (lid >= 0xc000 || sm >= 0xc000 || lmc > 7 || (lid & ((1 << lmc) - 1)) || sm_sl > 15 ||
	    state < IB_PORT_DOWN || state > IB_PORT_ACTIVE || m < IB_MTU_256 || m > IB_MTU_4096)
		return -EINVAL;
	l = lid != p->lid || sm != p->sm_lid || lmc != p->lmc || sm_sl != p->sm_sl;
	g = prefix != p->prefix;
	mutex_lock(&p->rx);	/* no frame arrives half way */
	p->lid = lid;
	p->sm_lid = sm;
	p->sm_sl = sm_sl;
	p->lmc = lmc;
	p->mtu = m;
	p->prefix = prefix;
	mutex_unlock(&p->rx);
	if (g)
		port_event(p, IB_EVENT_GID_CHANGE);
	if (l)
		port_event(p, IB_EVENT_LID_CHANGE);
	port_state(p, state);
	return 0;
}

/* ---- the subnet management agent ---- */

static void put16(u8 *d, u16 v) { d[0] = v >> 8; d[1] = v; }
static void put32(u8 *d, u32 v) { put16(d, v >> 16); put16(d + 2, v); }
static u16 get16(const u8 *d) { return d[0] << 8 | d[1]; }

static void sma_port_info(struct vhca_port *p, u8 *d, u32 local)
{
	memset(d, 0, 64);
	memcpy(d + 8, &p->prefix, 8);
	put16(d + 16, p->lid);
	put16(d + 18, p->sm_lid);
	put32(d + 20, IB_PORT_CM_SUP | IB_PORT_CLIENT_REG_SUP);
	d[28] = local;
	d[29] = d[30] = 3;			/* 1x and 4x */
	d[31] = 2;				/* 4x */
	d[32] = 7 << 4 | p->state;
	d[33] = (p->state == IB_PORT_DOWN ? 2 : 5) << 4 | 2;
	d[34] = p->lmc;
	d[35] = 4 << 4 | 7;			/* QDR */
	d[36] = p->mtu << 4 | p->sm_sl;
	d[37] = 1 << 4;				/* VL0 only */
	d[41] = IB_MTU_4096;
	d[43] = 1 << 4;
	d[50] = 1;				/* 8 GUIDs */
	d[51] = 18;
	d[52] = 18;
}

static u16 sma_answer(struct ib_device *ibdev, u32 num, struct ib_smp *smp, bool set)
{
	u32 mod = be32_to_cpu(smp->attr_mod), i;
	struct vhca_port *p = get_port(ibdev, num), *q;
	u8 *d = smp->data;

	switch (be16_to_cpu(smp->attr_id)) {
	case 0x10:	/* NodeDescription */
		if (set)
			return 0x0c;
		memcpy(d, ibdev->node_desc, 64);
		return 0;
	case 0x11:	/* NodeInfo */
		if (set)
			return 0x0c;
		memset(d, 0, 64);
		d[0] = d[1] = 1;
		d[2] = 1;			/* channel adapter */
		d[3] = ports;
		memcpy(d + 4, &ibdev->node_guid, 8);
		memcpy(d + 12, &ibdev->node_guid, 8);
		memcpy(d + 20, &p->guid, 8);
		put16(d + 28, npkeys);
		put16(d + 30, 0x5648);
		put32(d + 32, 1);
		d[36] = num;
		d[37] = d[38] = d[39] = 0xff;
		return 0;
	case 0x14:	/* GUIDInfo */
		memset(d, 0, 64);
		if (!mod)
			memcpy(d, &p->guid, 8);
		return 0;
	case 0x15:	/* PortInfo */
		q = mod & 0xff ? get_port(ibdev, mod & 0xff) : p;
		if (!q)
			return 0x1c;
		if (set) {
			u8 st = d[32] & 15;
			bool again = d[51] & 0x80;
			__be64 prefix;

			memcpy(&prefix, d + 8, 8);
			if (st == IB_PORT_NOP || q->state == IB_PORT_DOWN)
				st = q->state;
			else if (st == IB_PORT_DOWN)
				st = IB_PORT_INIT;	/* the link trains again */
			if (port_set(q, get16(d + 16), get16(d + 18), d[36] & 15, d[34] & 7,
				     d[36] >> 4 ? d[36] >> 4 : q->mtu, prefix, st))
				return 0x1c;
			if (again)
				port_event(q, IB_EVENT_CLIENT_REREGISTER);
		}
		sma_port_info(q, d, num);
		return 0;
	case 0x16:	/* P_KeyTable: fixed */
		memset(d, 0, 64);
		for (i = 0; i < npkeys && !(mod & 0xffff); i++)
			put16(d + 2 * i, pkeys[i]);
		return 0;
	case 0x17:	/* SLtoVLMappingTable: all of it VL0 */
	case 0x18:	/* VLArbitrationTable */
		memset(d, 0, 64);
		return 0;
	}
	return 0x0c;
}

/* MADs that are not for the agent here go to the agents of ib_mad. */
static int vhca_process_mad(struct ib_device *ibdev, int flags, u32 num, const struct ib_wc *wc,
			    const struct ib_grh *grh, const struct ib_mad *in, struct ib_mad *out,
			    size_t *out_size, u16 *out_pkey)
{
	const struct ib_mad_hdr *h = &in->mad_hdr;
	struct ib_smp *smp = (struct ib_smp *)out;
	u16 status;

	if (!sma || (h->mgmt_class != IB_MGMT_CLASS_SUBN_LID_ROUTED &&
		     h->mgmt_class != IB_MGMT_CLASS_SUBN_DIRECTED_ROUTE))
		return IB_MAD_RESULT_SUCCESS;
	if (h->method == IB_MGMT_METHOD_TRAP_REPRESS)
		return IB_MAD_RESULT_SUCCESS | IB_MAD_RESULT_CONSUMED;
	if ((h->method != IB_MGMT_METHOD_GET && h->method != IB_MGMT_METHOD_SET) ||
	    h->attr_id == IB_SMP_ATTR_SM_INFO)
		return IB_MAD_RESULT_SUCCESS;
	memcpy(out, in, sizeof(*in));
	status = sma_answer(ibdev, num, smp, h->method == IB_MGMT_METHOD_SET);
	smp->method = IB_MGMT_METHOD_GET_RESP;
	smp->status = cpu_to_be16(status);
	if (h->mgmt_class == IB_MGMT_CLASS_SUBN_DIRECTED_ROUTE)
		smp->status |= IB_SMP_DIRECTION;
	return IB_MAD_RESULT_SUCCESS | IB_MAD_RESULT_REPLY;
}

static const struct ib_device_ops vhca_ops = {
	.owner = THIS_MODULE,
	.driver_id = RDMA_DRIVER_UNKNOWN,
	.alloc_pd = vhca_alloc_pd,
	.attach_mcast = vhca_attach_mcast,
	.create_ah = vhca_create_ah,
	.create_cq = vhca_create_cq,
	.create_qp = vhca_create_qp,
	.create_srq = vhca_create_srq,
	.dealloc_pd = vhca_dealloc_pd,
	.dereg_mr = vhca_dereg_mr,
	.destroy_ah = vhca_destroy_ah,
	.destroy_cq = vhca_destroy_cq,
	.destroy_qp = vhca_destroy_qp,
	.destroy_srq = vhca_destroy_srq,
	.detach_mcast = vhca_detach_mcast,
	.get_dma_mr = vhca_get_dma_mr,
	.get_link_layer = vhca_get_link_layer,
	.get_port_immutable = vhca_get_port_immutable,
	.modify_port = vhca_modify_port,
	.modify_qp = vhca_modify_qp,
	.modify_srq = vhca_modify_srq,
	.poll_cq = vhca_poll_cq,
	.post_recv = vhca_post_recv,
	.post_send = vhca_post_send,
	.post_srq_recv = vhca_post_srq_recv,
	.process_mad = vhca_process_mad,
	.query_ah = vhca_query_ah,
	.query_device = vhca_query_device,
	.query_gid = vhca_query_gid,
	.query_pkey = vhca_query_pkey,
	.query_port = vhca_query_port,
	.query_qp = vhca_query_qp,
	.query_srq = vhca_query_srq,
	.reg_user_mr = vhca_reg_user_mr,
	.req_notify_cq = vhca_req_notify_cq,
	.resize_cq = vhca_resize_cq,
	INIT_RDMA_OBJ_SIZE(ib_ah, vhca_ah, ibah),
	INIT_RDMA_OBJ_SIZE(ib_cq, vhca_cq, ibcq),
	INIT_RDMA_OBJ_SIZE(ib_pd, vhca_pd, ibpd),
	INIT_RDMA_OBJ_SIZE(ib_qp, vhca_qp, ibqp),
	INIT_RDMA_OBJ_SIZE(ib_srq, vhca_srq, ibsrq),
};

/* ---- the character device ---- */

static struct vhca_port *file_port(struct file *file)
{
	return container_of(file->private_data, struct vhca_port, misc);
}

static int wire_open(struct inode *inode, struct file *file)
{
	struct vhca_port *p = file_port(file);
	int ret = 0;

	spin_lock(&p->lock);
	if (p->open)
		ret = -EBUSY;
	p->open = true;
	spin_unlock(&p->lock);
	if (!ret)
		port_state(p, sma ? IB_PORT_INIT : IB_PORT_ACTIVE);
	return ret;
}

static int wire_release(struct inode *inode, struct file *file)
{
	struct vhca_port *p = file_port(file);
	LIST_HEAD(list);

	if (!always_up)
		port_state(p, IB_PORT_DOWN);
	spin_lock(&p->lock);
	list_splice_init(&p->wire, &list);
	p->wire_len = 0;
	p->open = false;
	spin_unlock(&p->lock);
	frame_list_free(&list);
	return 0;
}

static ssize_t wire_read(struct file *file, char __user *buf, size_t len, loff_t *pos)
{
	struct vhca_port *p = file_port(file);
	struct vhca_frame *f = NULL;
	ssize_t ret = 0;

	for (;;) {
		spin_lock(&p->lock);
		f = list_first_entry_or_null(&p->wire, struct vhca_frame, list);
		if (f && f->len > len) {
			ret = -EMSGSIZE;
		} else if (f) {
			list_del(&f->list);
			p->wire_len--;
		}
		spin_unlock(&p->lock);
		if (f || ret)
			break;
		if (file->f_flags & O_NONBLOCK)
			return -EAGAIN;
		if (wait_event_interruptible(p->wait, !list_empty_careful(&p->wire)))
			return -ERESTARTSYS;
	}
	if (ret)
		return ret;
	ret = copy_to_user(buf, &f->h, f->len) ? -EFAULT : f->len;
	kvfree(f);
	return ret;
}

static ssize_t wire_write(struct file *file, const char __user *buf, size_t len, loff_t *pos)
{
	struct vhca_port *p = file_port(file);
	struct vhca_frame *f;
	ssize_t ret = len;

	if (len < sizeof(f->h) || len > sizeof(f->h) + VHCA_MAX_PAYLOAD)
		return -EINVAL;
	f = frame_alloc(len - sizeof(f->h));
	if (!f)
		return -ENOMEM;
	if (copy_from_user(&f->h, buf, len))
		ret = -EFAULT;
	else if (f->h.magic != cpu_to_be32(VHCA_MAGIC) || f->h.version != VHCA_VERSION ||
		 be32_to_cpu(f->h.payload_len) != len - sizeof(f->h) ||
		 f->h.op < VHCA_OP_UD || f->h.op > VHCA_OP_NAK)
		ret = -EINVAL;
	else
		port_rx(p, &f->h, f->data, false);
	kvfree(f);
	return ret;
}

static __poll_t wire_poll(struct file *file, poll_table *wait)
{
	struct vhca_port *p = file_port(file);
	__poll_t mask = EPOLLOUT | EPOLLWRNORM;

	poll_wait(file, &p->wait, wait);
	if (!list_empty_careful(&p->wire))
		mask |= EPOLLIN | EPOLLRDNORM;
	return mask;
}

static long wire_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	struct vhca_port *p = file_port(file);
	struct vhca_port_info i = { .size = sizeof(i) };
	struct vhca_port_stats st;
	__be64 prefix;

	switch (cmd) {
	case VHCA_GET_STATS:
		st = (struct vhca_port_stats) {
#define S(x) .x = atomic64_read(&p->x)
			S(tx_frames), S(tx_drop), S(rx_frames), S(rx_no_qp), S(rx_state), S(rx_qkey),
			S(rx_pkey), S(rx_mtu), S(rx_no_wqe), S(rnr_naks), S(retries),
#undef S
		};
		return copy_to_user((void __user *)arg, &st, sizeof(st)) ? -EFAULT : 0;
	case VHCA_GET_PORT:
		i.lid = p->lid;
		i.sm_lid = p->sm_lid;
		i.sm_sl = p->sm_sl;
		i.lmc = p->lmc;
		i.state = p->state;
		i.mtu = p->mtu;
		memcpy(i.guid, &p->guid, 8);
		memcpy(i.subnet_prefix, &p->prefix, 8);
		strscpy(i.device, dev_name(&p->dev->ibdev.dev), sizeof(i.device));
		i.port = p->num;
		i.npkeys = npkeys;
		memcpy(i.pkeys, pkeys, npkeys * sizeof(pkeys[0]));
		return copy_to_user((void __user *)arg, &i, sizeof(i)) ? -EFAULT : 0;
	case VHCA_SET_PORT:
		if (copy_from_user(&i, (void __user *)arg, sizeof(i)))
			return -EFAULT;
		if (i.size != sizeof(i))
			return -EINVAL;
		memcpy(&prefix, i.subnet_prefix, 8);
		return port_set(p, i.lid, i.sm_lid, i.sm_sl, i.lmc, i.mtu, prefix, i.state);
	case VHCA_REREGISTER:
		port_event(p, IB_EVENT_CLIENT_REREGISTER);
		return 0;
	}
	return -ENOTTY;
}

static const struct file_operations wire_fops = {
	.owner = THIS_MODULE,
	.open = wire_open,
	.release = wire_release,
	.read = wire_read,
	.write = wire_write,
	.poll = wire_poll,
	.unlocked_ioctl = wire_ioctl,
	.llseek = noop_llseek,
};

/* ---- module ---- */

static void vhca_remove(struct vhca_dev *dev, bool registered)
{
	struct vhca_port *p;
	u32 n;

	for (n = 0; n < ports; n++)
		if (dev->port[n].misc_ok)
			misc_deregister(&dev->port[n].misc);
	if (registered)
		ib_unregister_device(&dev->ibdev);
	for (n = 0; n < ports; n++) {
		p = &dev->port[n];
		cancel_work_sync(&p->loop_work);
		frame_list_free(&p->wire);
		frame_list_free(&p->loop);
	}
	platform_device_unregister(dev->pdev);
	kfree(dev->port);
	xa_destroy(&dev->qps);
	ib_dealloc_device(&dev->ibdev);
}

static struct vhca_dev *vhca_add(unsigned int index)
{
	u64 guid = base_guid + 16ull * index;
	struct vhca_dev *dev = ib_alloc_device(vhca_dev, ibdev);
	struct ib_device *ibdev;
	struct vhca_port *p;
	int ret;
	u32 n;

	if (!dev)
		return ERR_PTR(-ENOMEM);
	ibdev = &dev->ibdev;
	init_rwsem(&dev->sem);
	xa_init(&dev->qps);
	INIT_LIST_HEAD(&dev->mcast);
	dev->next_qpn = 0x100 * (index + 1) + 0x48;
	dev->port = kcalloc(ports, sizeof(*dev->port), GFP_KERNEL);
	dev->pdev = platform_device_register_simple("vhca", index, NULL, 0);
	if (!dev->port || IS_ERR(dev->pdev)) {
		if (!IS_ERR(dev->pdev))
			platform_device_unregister(dev->pdev);
		kfree(dev->port);
		ib_dealloc_device(ibdev);
		return ERR_PTR(-ENOMEM);
	}
	for (n = 0; n < ports; n++) {
		p = &dev->port[n];
		p->dev = dev;
		p->num = n + 1;
		p->index = index * ports + n;
		p->lid = sma ? 0 : base_lid + p->index;
		p->sm_lid = sma ? 0 : sm_lid;
		p->mtu = mtu;
		p->state = always_up && !sma ? IB_PORT_ACTIVE : IB_PORT_DOWN;
		p->guid = cpu_to_be64(guid + n + 1);
		p->prefix = cpu_to_be64(0xfe80000000000000ull);
		spin_lock_init(&p->lock);
		mutex_init(&p->rx);
		INIT_LIST_HEAD(&p->wire);
		INIT_LIST_HEAD(&p->loop);
		INIT_WORK(&p->loop_work, loop_work);
		init_waitqueue_head(&p->wait);
		snprintf(p->name, sizeof(p->name), "vhca%d", p->index);
		p->misc.minor = MISC_DYNAMIC_MINOR;
		p->misc.name = p->name;
		p->misc.fops = &wire_fops;
		p->misc.mode = 0600;
	}
	ib_set_device_ops(ibdev, &vhca_ops);
	ibdev->node_type = RDMA_NODE_IB_CA;
	ibdev->node_guid = cpu_to_be64(guid);
	ibdev->phys_port_cnt = ports;
	ibdev->num_comp_vectors = num_online_cpus();
	ibdev->local_dma_lkey = VHCA_LKEY;
	ibdev->dev.parent = &dev->pdev->dev;
	snprintf(ibdev->node_desc, sizeof(ibdev->node_desc), "vhca%u", index);

	/* Without a DMA device addresses are kernel virtual addresses. */
	ret = ib_register_device(ibdev, "vhca%d", NULL);
	if (ret) {
		vhca_remove(dev, false);
		return ERR_PTR(ret);
	}
	for (n = 0; n < ports; n++) {
		p = &dev->port[n];
		ret = misc_register(&p->misc);
		if (ret) {
			vhca_remove(dev, true);
			return ERR_PTR(ret);
		}
		p->misc_ok = true;
	}
	return dev;
}

static void vhca_cleanup(void)
{
	unsigned int i;

	for (i = 0; i < devices; i++)
		if (vdevs[i])
			vhca_remove(vdevs[i], true);
	destroy_workqueue(vhca_wq);
	kfree(vdevs);
}

/* A parameter that cannot be is refused with what could be. */
static bool parameters_ok(void)
{
	int i;

	if (!devices || devices > 64 || !ports || ports > 15) {
		pr_err("vhca: devices is 1 to 64, ports 1 to 15\n");
		return false;
	}
	if (mtu < IB_MTU_256 || mtu > IB_MTU_4096) {
		pr_err("vhca: mtu is a code, 1 (256) to 5 (4096)\n");
		return false;
	}
	if (!base_lid || base_lid >= 0xc000 || base_lid + devices * ports > 0xc000 ||
	    !sm_lid || sm_lid >= 0xc000 || (sm_lid >= base_lid && sm_lid < base_lid + devices * ports)) {
		pr_err("vhca: LIDs are 1 to 0xbfff, and the subnet manager's is its own\n");
		return false;
	}
	if (npkeys < 1) {
		pr_err("vhca: pkeys has at least one P_Key\n");
		return false;
	}
	for (i = 0; i < npkeys; i++)
		if (!(pkeys[i] & 0x7fff)) {
			pr_err("vhca: pkeys: %#x is not a P_Key\n", pkeys[i]);
			return false;
		}
	return true;
}

static int __init vhca_init(void)
{
	unsigned int i;

	BUILD_BUG_ON(sizeof(struct vhca_hdr) != 80);
	BUILD_BUG_ON(offsetof(struct vhca_frame, data) !=
		     offsetof(struct vhca_frame, h) + sizeof(struct vhca_hdr));
	if (!parameters_ok())
		return -EINVAL;
	vdevs = kcalloc(devices, sizeof(*vdevs), GFP_KERNEL);
	vhca_wq = alloc_workqueue("vhca", WQ_UNBOUND | WQ_HIGHPRI | WQ_MEM_RECLAIM, 0);
	if (!vdevs || !vhca_wq) {
		if (vhca_wq)
			destroy_workqueue(vhca_wq);
		kfree(vdevs);
		return -ENOMEM;
	}
	for (i = 0; i < devices; i++) {
		struct vhca_dev *dev = vhca_add(i);

		if (IS_ERR(dev)) {
			vhca_cleanup();
			return PTR_ERR(dev);
		}
		vdevs[i] = dev;
	}
	return 0;
}

static void __exit vhca_exit(void)
{
	vhca_cleanup();
}

module_init(vhca_init);
module_exit(vhca_exit);
MODULE_DESCRIPTION("Virtual InfiniBand HCA with its wire in user space");
MODULE_LICENSE("GPL");
