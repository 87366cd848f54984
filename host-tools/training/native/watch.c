// See watch.h.
#include "watch.h"

#include <stdlib.h>
#include <string.h>

static int can_watch(const Network *net) {
	for (int b = 0; b < net->shape.blocks; b++)
		if (!net->blocks[b].mixer->kind->watch) return 0;
	return 1;
}

static vec *take_vecs(Memory *memory, long count) { return memory_take(memory, sizeof(vec) * count); }

static uint32_t *take_bins(Memory *memory, long rows) { return memory_take(memory, sizeof(uint32_t) * WATCH_BINS * rows); }

static void open_share(struct WatchShare *share, Memory *memory, const Network *net, long units) {
	const long H = net->H, R = net->R, blocks = net->shape.blocks;
	share->low = take_vecs(memory, (blocks + 1) * H), share->high = take_vecs(memory, (blocks + 1) * H);
	share->sum = take_vecs(memory, blocks), share->value = take_vecs(memory, blocks * H);
	share->mean = take_vecs(memory, blocks * R), share->moments = take_vecs(memory, blocks * R * R);
	share->input = take_bins(memory, blocks * H), share->state = take_bins(memory, units);
	share->output = take_bins(memory, blocks * 3);
	share->pool = take_vecs(memory, H);
	for (long i = 0; !memory->failed && i < (blocks + 1) * H; i++)
		share->low[i] = splat(INFINITY), share->high[i] = splat(-INFINITY);
}

Watch *watch_open(Network *net, const int32_t *units, int stride, int last) {
	if (!can_watch(net)) return NULL;
	Watch *watch = calloc(1, sizeof *watch);
	if (!watch) return NULL;
	const int blocks = net->shape.blocks;
	watch->net = net;
	watch->stride = stride;
	watch->last = last;
	watch->unit_of = memory_take(&watch->memory, sizeof(int) * (blocks + 1));
	watch->shares = memory_take(&watch->memory, sizeof *watch->shares * net->shape.threads);
	if (!watch->memory.failed) {
		for (int b = 0; b < blocks; b++) watch->unit_of[b + 1] = watch->unit_of[b] + units[b];
		for (int t = 0; t < net->shape.threads; t++) open_share(&watch->shares[t], &watch->memory, net, watch->unit_of[blocks]);
	}
	if (watch->memory.failed) return watch_close(watch), NULL;
	return watch;
}

void watch_close(Watch *watch) {
	if (!watch) return;
	memory_free(&watch->memory);
	free(watch);
}

static struct WatchShare *share_of(Watch *watch, const Place *at) { return &watch->shares[at->thread - watch->net->threads]; }

/** Bin of a magnitude. */
static inline int bin_of(float x) {
	union {
		float real;
		uint32_t bits;
	} u = {.real = x};
	const int bin = (int)((u.bits & 0x7fffffff) >> 19) - (87 << 4); // 2^-40 is 87 - 127
	return bin < 0 ? 0 : bin >= WATCH_BINS ? WATCH_BINS - 1 : bin;
}

static inline vec magnitude(vec x) { return choose(x < splat(0), -x, x); }

static inline vec greater(vec a, vec b) { return choose(a > b, a, b); }

/** Per step of the chunk, the lanes within their sample; NULL: all lanes at every step. */
static const mask *valid_steps(const Place *at, mask *to) {
	int all = 1;
	for (int i = 0; i < LANES; i++) all &= at->group->length[i] >= (at->chunk + 1) * STEPS;
	for (int k = 0; !all && k < STEPS; k++) to[k] = valid_at(at->group, at->chunk * STEPS + k);
	return all ? NULL : to;
}

static inline void count(uint32_t *bins, vec x, const mask *valid) {
	for (int i = 0; i < LANES; i++)
		if (!valid || (*valid)[i]) bins[bin_of(x[i])]++;
}

static inline const mask *valid_step(const mask *valid, int k) { return valid ? valid + k : NULL; }

void watch_state(Watch *watch, const Place *at, int number, int unit, const vec *re, const vec *im, int apart) {
	uint32_t *bins = share_of(watch, at)->state + (long)(watch->unit_of[number] + unit) * WATCH_BINS;
	mask masks[STEPS];
	const mask *valid = valid_steps(at, masks);
	vec most = splat(0);
	for (int k = 0; k < STEPS; k++) {
		vec x = magnitude(re[k * apart]);
		if (im) x = greater(x, magnitude(im[k * apart]));
		if (valid) x = keep(valid[k], x);
		most = greater(most, x);
		if (k % watch->stride == 0) count(bins, x, valid_step(valid, k));
	}
	// The maximum ignores the stride.
	if (watch->stride > 1) {
		float greatest = 0;
		for (int i = 0; i < LANES; i++) greatest = most[i] > greatest ? most[i] : greatest;
		bins[bin_of(greatest)]++;
	}
}

static void watch_stream(const Watch *watch, struct WatchShare *share, int number, const vec *stream, const mask *valid) {
	const int H = watch->net->H;
	for (int h = 0; h < H; h++) {
		vec low = share->low[number * H + h], high = share->high[number * H + h];
		for (int k = 0; k < STEPS; k++) {
			const vec x = stream[h * STEPS + k];
			const vec below = choose(x < low, x, low), above = greater(x, high);
			low = valid ? choose(valid[k], below, low) : below;
			high = valid ? choose(valid[k], above, high) : above;
		}
		share->low[number * H + h] = low, share->high[number * H + h] = high;
	}
}

static void keep_drive(const Watch *watch, const Place *at, int number, const vec *normed) {
	const int H = watch->net->H;
	for (int i = 0; i < LANES; i++) {
		const int row = at->group->row[i];
		for (int k = 0; k < STEPS && row >= 0; k++) {
			const int t = at->chunk * STEPS + k;
			if (t >= watch->drive_steps || t >= at->group->length[i]) break;
			float *to = watch->drive + (((long)number * watch->count + row) * watch->drive_steps + t) * H;
			for (int h = 0; h < H; h++) to[h] = normed[h * STEPS + k][i];
		}
	}
}

void watch_block(Watch *watch, const Place *at, int number, const vec *normed, vec *activated, const vec *summed) {
	const Network *net = watch->net;
	const Block *block = &net->blocks[number];
	const int H = net->H, R = net->R;
	const vec *mixed = tape(at->group, block->mixed, at->chunk);
	struct WatchShare *share = share_of(watch, at);
	mask masks[STEPS];
	const mask *valid = valid_steps(at, masks);
	watch_stream(watch, share, number, tape(at->group, block->stream, at->chunk), valid);
	if (watch->drive) keep_drive(watch, at, number, normed);
	const vec *value = block->channel->kind->values ? block->channel->kind->values(block->channel, at, activated) : NULL;
	uint32_t *input = share->input + (long)number * H * WATCH_BINS;
	uint32_t *output = share->output + (long)number * 3 * WATCH_BINS;
	for (int h = 0; h < H; h++)
		for (int k = 0; k < STEPS; k++) {
			const int i = h * STEPS + k;
			const mask *const now = valid_step(valid, k);
			if (value) {
				const vec v = now ? keep(*now, value[i]) : value[i];
				share->value[number * H + h] = greater(share->value[number * H + h], magnitude(v));
			}
			const vec s = now ? keep(*now, summed[i]) : summed[i];
			share->sum[number] = greater(share->sum[number], magnitude(s));
			count(input + (long)h * WATCH_BINS, normed[i], now);
			count(output, mixed[i], now);
			for (int lane = 0; lane < LANES; lane++)
				if (!now || (*now)[lane]) {
					const float g = activated[i][lane];
					output[(g < 0 ? 2 : 1) * WATCH_BINS + bin_of(g)]++;
				}
		}
	for (int i = 0; valid && i < H * STEPS; i++) activated[i] = keep(valid[i % STEPS], activated[i]);
	memset(activated + H * STEPS, 0, sizeof(vec) * (R - H) * STEPS);
	accumulate_rows(share->mean + (long)number * R, activated, R);
	accumulate_outer(share->moments + (long)number * R * R, activated, activated, R, R);
	block->mixer->kind->watch(block->mixer, at, watch, normed);
}

void watch_end(Watch *watch, const Place *at, const vec *stream) {
	const Network *net = watch->net;
	const Group *group = at->group;
	struct WatchShare *share = share_of(watch, at);
	mask masks[STEPS];
	watch_stream(watch, share, net->shape.blocks, stream, valid_steps(at, masks));
	if (at->chunk == 0) memset(share->pool, 0, sizeof(vec) * net->H);
	for (int h = 0; h < net->H; h++)
		for (int k = 0; k < STEPS; k++) {
			const int t = at->chunk * STEPS + k;
			const mask valid = valid_at(group, t);
			share->pool[h] += keep(watch->last ? (mask)(valid & ~valid_at(group, t + 1)) : valid, stream[h * STEPS + k]);
		}
	if (at->chunk != group->chunks - 1) return;
	for (int i = 0; i < LANES; i++)
		for (int h = 0; group->row[i] >= 0 && h < net->H; h++)
			watch->pooled[(long)group->row[i] * net->H + h] = share->pool[h][i] / (watch->last ? 1 : group->length[i]);
}

static double least(const vec *x) {
	double found = (*x)[0];
	for (int i = 1; i < LANES; i++) found = fmin(found, (*x)[i]);
	return found;
}

static double most(const vec *x) {
	double found = (*x)[0];
	for (int i = 1; i < LANES; i++) found = fmax(found, (*x)[i]);
	return found;
}

static double total(const vec *x) {
	double found = 0;
	for (int i = 0; i < LANES; i++) found += (*x)[i];
	return found;
}

void watch_read_stream(const Watch *watch, int number, double *low, double *high) {
	const int H = watch->net->H;
	for (int h = 0; h < H; h++) {
		low[h] = INFINITY, high[h] = -INFINITY;
		for (int t = 0; t < watch->net->shape.threads; t++) {
			low[h] = fmin(low[h], least(&watch->shares[t].low[number * H + h]));
			high[h] = fmax(high[h], most(&watch->shares[t].high[number * H + h]));
		}
	}
}

static void add_bins(uint32_t *to, const uint32_t *bins, long first, long rows) {
	for (long i = 0; i < rows * WATCH_BINS; i++) to[i] += bins[first * WATCH_BINS + i];
}

void watch_read_block(const Watch *watch, int number, const WatchedBlock *to) {
	const long H = watch->net->H, R = watch->net->R;
	const int unit = watch->unit_of[number], units = watch->unit_of[number + 1] - unit;
	for (int t = 0; t < watch->net->shape.threads; t++) {
		const struct WatchShare *share = &watch->shares[t];
		*to->sum = fmax(*to->sum, most(&share->sum[number]));
		for (long h = 0; h < H; h++) {
			to->value[h] = fmax(to->value[h], most(&share->value[number * H + h]));
			to->mean[h] += total(&share->mean[number * R + h]);
			for (long i = 0; i < H; i++) to->moments[h * H + i] += total(&share->moments[(number * R + h) * R + i]);
		}
		add_bins(to->input, share->input, number * H, H);
		add_bins(to->state, share->state, unit, units);
		add_bins(to->output, share->output, number * 3L, 3);
	}
}
