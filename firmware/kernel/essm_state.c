/*
 * essm_state.c - the state as bytes: "ESST", the blob's CRC-32, the persistent part of the arena (steps, seed, pooling,
 * states), CRC-32 of all before. Little-endian, the same on every target.
 */
#include "essm_internal.h"

enum { HEADING = 8, TRAILER = 4 };

/* Bytes of the arena that persist between steps: everything before what lives for one step. */
ESSM_COLD static uint32_t persistent(const essm *model) { return model->mean ? model->residual : model->signal; }

/* What a state of this model begins with: at any address, so it is copied as bytes. */
typedef struct {
	uint32_t magic, crc;
} heading;

ESSM_COLD static heading heading_of(const essm *model)
{
	const heading heading = {0x54535345 /* ESST */, ((const essm_blob_header *)(const void *)model->blob)->crc};
	return heading;
}

ESSM_COLD ESSM_APART static void copy(void *to, const void *from, uint32_t bytes)
{
	uint8_t *out = to;
	const uint8_t *in = from;
	while (bytes--)
		*out++ = *in++;
}

ESSM_COLD uint32_t essm_state_size(const essm *model)
{
	return model && model->opened ? HEADING + persistent(model) + TRAILER : 0;
}

ESSM_COLD int essm_save_state(const essm *model, void *state, uint32_t length)
{
	uint8_t *const out = state;
	const uint32_t checked = length - TRAILER;
	uint32_t crc;
	heading own;
	if (!model || !model->opened || !state)
		return ESSM_E_ARGUMENT;
	if (length != essm_state_size(model))
		return ESSM_E_STATE;
	own = heading_of(model);
	copy(out, &own, HEADING);
	copy(out + HEADING, model->arena, checked - HEADING);
	crc = essm_crc32(out, checked, 0);
	copy(out + checked, &crc, TRAILER);
	return ESSM_OK;
}

ESSM_COLD int essm_restore_state(essm *model, const void *state, uint32_t length)
{
	const uint8_t *const in = state;
	const uint32_t checked = length - TRAILER;
	uint32_t crc, steps;
	heading own, found;
	if (!model || !model->opened || !state)
		return ESSM_E_ARGUMENT;
	if (length != essm_state_size(model))
		return ESSM_E_STATE;
	own = heading_of(model);
	copy(&found, in, HEADING);
	copy(&crc, in + checked, TRAILER);
	copy(&steps, in + HEADING, 4);
	/* A CRC is no proof of origin: counts that no stream reaches would divide wrongly. */
	if (found.magic != own.magic || found.crc != own.crc || crc != essm_crc32(in, checked, 0) ||
		(model->mean && steps > ESSM_MEAN_STEPS))
		return ESSM_E_STATE;
	copy(model->arena, in + HEADING, checked - HEADING);
	return ESSM_OK;
}
