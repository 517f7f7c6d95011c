/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Registered memory: pages of our own, huge ones where there are, because the adapter translates
 * addresses page by page and has a small cache for that. Huge pages and anonymous memory are
 * Linux's, not POSIX's: only this file uses them.
 */
#define _DEFAULT_SOURCE

#include "verbs/memory.h"

#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

#include "verbs/status.h"
#include "verbs/verbs.h"

/* The size that is asked for, whatever the system's default is: munmap() must know it. */
#define HUGE_BITS 21
#define HUGE_PAGE (UINT64_C(1) << HUGE_BITS)
/* As linux/mman.h has it: the size of the pages in bits 26 and above. */
#define HUGE_FLAGS (HUGE_BITS << 26)

struct area {
	struct ibv_mr *mr;
	void *address;
	size_t length;
	bool ours; /* made here, and not the caller's */
};

/* Length rounded up to whole pages; 0 when that is more than there are. */
static size_t whole_pages(size_t length, size_t page)
{
	return length > SIZE_MAX - page ? 0 : (length + page - 1) / page * page;
}

static bool map_pages(struct area *area, size_t length, int flags)
{
	if (length == 0)
		return false;
	area->address = mmap(NULL, length, PROT_READ | PROT_WRITE,
			     MAP_PRIVATE | MAP_ANONYMOUS | flags, -1, 0);
	area->length = length;
	return area->address != MAP_FAILED;
}

static bool map_huge(struct area *area, size_t length)
{
#ifdef MAP_HUGETLB
	/* Half a huge page or less would waste more than it gains. */
	return length > HUGE_PAGE / 2 &&
	       map_pages(area, whole_pages(length, HUGE_PAGE), MAP_HUGETLB | HUGE_FLAGS);
#else
	(void)area;
	(void)length;
	return false;
#endif
}

static int map_area(const struct ipoib__verbs *verbs, struct area *area, size_t length)
{
	long page = sysconf(_SC_PAGESIZE);

	if (!(verbs->config.flags & IPOIB_VERBS_NO_HUGE_PAGES) && map_huge(area, length))
		return 0;
	return map_pages(area, whole_pages(length, (size_t)page), 0) ? 0 : -ENOMEM;
}

/* Registers what an area has; on failure the area is as it was. */
static int register_area(struct ipoib__verbs *verbs, struct area *area, int access)
{
	int status;

	area->mr = ibv_reg_mr(verbs->pd, area->address, area->length, access);
	if (area->mr != NULL)
		return 0;
	status = ipoib__verbs_errno();
	if (status == -ENOMEM)
		ipoib__verbs_log(verbs, IPOIB_LOG_ERROR,
				 "no memory for the adapter: see the limit of locked memory "
				 "(ulimit -l)");
	return status;
}

static void describe_region(struct ipoib_memory_region *region, struct area *area, size_t length)
{
	*region = (struct ipoib_memory_region){
		.address = area->address,
		.length = length,
		.key = area->mr->lkey,
		.handle = area,
	};
}

int ipoib__verbs_memory_get(struct ipoib__verbs *verbs, size_t length,
			    struct ipoib_memory_region *region)
{
	struct area *area;
	int status;

	if (length == 0)
		return -EINVAL;
	area = ipoib__memory_get(&verbs->memory, sizeof(*area));
	if (area == NULL)
		return -ENOMEM;
	area->ours = true;
	status = map_area(verbs, area, length);
	if (status == 0) {
		status = register_area(verbs, area, IBV_ACCESS_LOCAL_WRITE);
		if (status == 0) {
			describe_region(region, area, length);
			return 0;
		}
		munmap(area->address, area->length);
	}
	ipoib__memory_put(&verbs->memory, area, sizeof(*area));
	return status;
}

/* The adapter reads it only, so memory that may not be written to serves as well. */
int ipoib__verbs_memory_register(struct ipoib__verbs *verbs, void *address, size_t length,
				 struct ipoib_memory_region *region)
{
	struct area *area;
	int status;

	if (address == NULL || length == 0)
		return -EINVAL;
	area = ipoib__memory_get(&verbs->memory, sizeof(*area));
	if (area == NULL)
		return -ENOMEM;
	area->address = address;
	area->length = length;
	status = register_area(verbs, area, 0);
	if (status < 0)
		ipoib__memory_put(&verbs->memory, area, sizeof(*area));
	else
		describe_region(region, area, length);
	return status;
}

void ipoib__verbs_memory_put(struct ipoib__verbs *verbs, const struct ipoib_memory_region *region)
{
	struct area *area = region->handle;

	/* It fails when the device is gone, which then writes there no more. */
	(void)ibv_dereg_mr(area->mr);
	if (area->ours)
		munmap(area->address, area->length);
	ipoib__memory_put(&verbs->memory, area, sizeof(*area));
}
