/* live.c - the slots of a machine that are in use. */
#include "link.h"

int byAddress(const void *a, const void *b)
{
	const txSlot *first = *(txSlot *const *)a, *second = *(txSlot *const *)b;
	return (first > second) - (first < second);
}

txSlot **liveSlots(txMachine *the, int *count)
{
	size_t slots = 0, freeCount = 0;
	txSlot **live, **unused;
	int liveCount = 0;
	for (txSlot *heap = the->firstHeap; heap; heap = heap->next)
		slots += (size_t)(heap->value.reference - heap);
	live = c_calloc(slots, sizeof(txSlot *));
	unused = c_calloc(slots, sizeof(txSlot *));
	for (txSlot *slot = the->freeHeap; slot; slot = slot->next)
		unused[freeCount++] = slot;
	qsort(unused, freeCount, sizeof(txSlot *), byAddress);
	for (txSlot *heap = the->firstHeap; heap; heap = heap->next)
		for (txSlot *slot = heap + 1; slot < heap->value.reference; slot++)
			if (!bsearch(&slot, unused, freeCount, sizeof(txSlot *), byAddress))
				live[liveCount++] = slot;
	qsort(live, (size_t)liveCount, sizeof(txSlot *), byAddress);
	c_free(unused);
	*count = liveCount;
	return live;
}
