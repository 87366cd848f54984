/*
 * essm_stream.c - the stream: reset, samples in, outputs out. One sample goes through the entire network before the next, or
 * several go block by block, with the same result; however the stream is cut into calls, the bytes are the same.
 */
#include "essm_internal.h"

static uint32_t *steps_of(const essm *model) { return (uint32_t *)(void *)model->arena; }
static uint32_t *seed_of(const essm *model) { return (uint32_t *)(void *)(model->arena + 4); }

/* Accumulators of mean pooling. */
static essm_i32 *sums_of(const essm *model) { return (essm_i32 *)(void *)(model->arena + 8); }

ESSM_COLD int essm_reset(essm *model)
{
	uint32_t i;
	if (!model || !model->opened)
		return ESSM_E_ARGUMENT;
	for (i = 0; i < model->arena_length; i++)
		model->arena[i] = 0;
	*seed_of(model) = ((const essm_blob_header *)(const void *)model->blob)->dither_seed;
	return ESSM_OK;
}

/* The pass's samples through encoder, blocks and pooling. */
static void forward(const essm *model, essm_pass *pass)
{
	const uint32_t heads = model->heads, steps = pass->steps;
	const uint8_t *block = model->first_block;
	const essm_i16 *residual = pass->residual;
	essm_i32 *const sums = sums_of(model);
	essm_i16 *const last = (essm_i16 *)(void *)(model->arena + model->residual);
	uint32_t i, h;

	pass->x = model->arena + 8 + (model->mean ? 4 * heads : essm_align4(2 * heads));
	pass->dither = *seed_of(model);
	*seed_of(model) += steps * ESSM_DITHER_STEP;
	pass->rows = (int8_t *)(model->arena + model->arena_length);
	pass->keep = model->keep;
	pass->unpack = model->keep != ESSM_KEPT;
	essm_encode(pass, model->encoder);
	for (i = 0; i < model->blocks; i++) {
		essm_block(pass, block);
		block += essm_align4(essm_read32(block - 4)) + sizeof(essm_section_header); /* the heading's last field is its length */
	}

	for (h = 0; h < heads; h++) {
		const essm_i16 *const end = residual + steps;
		if (model->mean) {
			int32_t sum = sums[h];
			do
				sum = essm_add(sum, *residual++);
			while (residual != end);
			sums[h] = sum;
		} else {
			residual = end;
			last[h] = end[-1];
		}
	}
	/* last-step pooling has no end */
	*steps_of(model) = *steps_of(model) > UINT32_MAX - steps ? UINT32_MAX : *steps_of(model) + steps;
}

ESSM_COLD int essm_write(essm *model, const int16_t *samples, uint32_t count)
{
	/* values passed between operations: here, or in the arena for one step */
	essm_i16 residual[ESSM_BLOCK * ESSM_BLOCK_HEADS], signal[ESSM_BLOCK * ESSM_BLOCK_HEADS + ESSM_LANES];
	uint32_t most;
	essm_pass pass;
	if (!model || !model->opened || (!samples && count))
		return ESSM_E_ARGUMENT;
	if (model->mean && count > ESSM_MEAN_STEPS - *steps_of(model))
		return ESSM_E_LENGTH;
	most = ESSM_BLOCK >> model->needs_y; /* both in the same room */
	pass.heads = model->heads;
	pass.channels = model->channels;
	pass.residual_max = essm_symmetric_max(model->residual_bits);
	pass.scratch = (int8_t *)(model->arena + model->rows);
	while (count) {
		pass.steps = count < most ? count & ~3u : most;
		if (pass.steps && model->heads <= ESSM_BLOCK_HEADS) {
			pass.residual = residual;
			pass.signal = signal;
		} else {
			pass.steps = 1;
			pass.residual = (essm_i16 *)(void *)(model->arena + model->residual);
			pass.signal = (essm_i16 *)(void *)(model->arena + model->signal);
		}
		pass.g = pass.signal + (model->needs_y ? model->heads * pass.steps : 0);
		pass.samples = samples;
		forward(model, &pass);
		model->keep <<= model->keep == ESSM_KEEPING;
		samples += pass.steps * model->channels;
		count -= pass.steps;
	}
	return ESSM_OK;
}

ESSM_COLD int essm_outputs(const essm *model, int32_t *outputs)
{
	essm_pass pass;
	uint32_t h, steps;
	if (!model || !model->opened || !outputs)
		return ESSM_E_ARGUMENT;
	steps = *steps_of(model);
	if (!steps)
		return ESSM_E_EMPTY;
	/* With mean pooling the residual holds nothing between samples: means are written there. */
	pass.residual = (essm_i16 *)(void *)(model->arena + model->residual);
	if (model->mean)
		for (h = 0; h < model->heads; h++)
			pass.residual[h] = (int16_t)essm_floor_divide(essm_add(sums_of(model)[h], (int32_t)(steps >> 1)), (int32_t)steps);
	pass.heads = model->heads;
	pass.scratch = (int8_t *)(model->arena + model->rows);
	pass.keep = 0;
	pass.unpack = 1;
	pass.outputs = outputs;
	essm_conclude(&pass, model->head);
	return ESSM_OK;
}
