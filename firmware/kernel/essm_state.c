/*
 * essm_state.c - the state as bytes: "ESST", the blob's CRC-32, the persistent part of the arena (steps, seed, pooling,
 * states), CRC-32 of all before. Little-endian, the same on every target.
 */
#include "essm_internal.h"

enum { HEADING = 8, TRAILER = 4 };

/* Bytes of the arena that persist between steps: everything before what lives for one step. */
ESSM_COLD static uint32_t persistent(const essm *model) { return model->mean ? model->residual : model->signal; }

ESSM_COLD ESSM_APART static void put32(uint8_t *at, uint32_t v)
{
	at[0] = (uint8_t)v;
	at[1] = (uint8_t)(v >> 8);
	at[2] = (uint8_t)(v >> 16);
	at[3] = (uint8_t)(v >> 24);
}

ESSM_COLD ESSM_APART static uint32_t get32(const uint8_t *at)
{
	return at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

ESSM_COLD uint32_t essm_state_size(const essm *model)
{
	return model && model->opened ? HEADING + persistent(model) + TRAILER : 0;
}

ESSM_COLD int essm_save_state(const essm *model, void *state, uint32_t length)
{
	uint8_t *out = state;
	const uint32_t bytes = length - HEADING - TRAILER;
	uint32_t i;
	if (!model || !model->opened || !state)
		return ESSM_E_ARGUMENT;
	if (length != essm_state_size(model))
		return ESSM_E_STATE;
	put32(out, 0x54535345);
	put32(out + 4, ((const essm_blob_header *)(const void *)model->blob)->crc);
	for (i = 0; i < bytes; i++)
		out[HEADING + i] = model->arena[i];
	put32(out + HEADING + bytes, essm_crc32(out, HEADING + bytes, 0));
	return ESSM_OK;
}

ESSM_COLD int essm_restore_state(essm *model, const void *state, uint32_t length)
{
	const uint8_t *in = state;
	const uint32_t bytes = length - HEADING - TRAILER;
	uint32_t i, steps;
	if (!model || !model->opened || !state)
		return ESSM_E_ARGUMENT;
	if (length != essm_state_size(model) || get32(in) != 0x54535345 ||
		get32(in + 4) != ((const essm_blob_header *)(const void *)model->blob)->crc ||
		get32(in + HEADING + bytes) != essm_crc32(in, HEADING + bytes, 0))
		return ESSM_E_STATE;
	/* A CRC is no proof of origin: counts that no stream reaches would divide wrongly. */
	steps = get32(in + HEADING);
	if (model->mean && steps > ESSM_MEAN_STEPS)
		return ESSM_E_STATE;
	for (i = 0; i < bytes; i++)
		model->arena[i] = in[HEADING + i];
	return ESSM_OK;
}
