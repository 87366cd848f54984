// Composes operations into blocks, chunk by chunk, so that the output of one is still in cache for the next.
#include <string.h>

#include "operation.h"
#include "watch.h"

/** Scratch rows: output of the norm; output of the activation; output of the last block, or dL/d(in) of a channel mixer or post. */
enum { NORMED, ACTIVATED, THIRD };

static vec *rows(const Network *net, const Thread *thread, int which) { return thread->scratch + net->rows[which]; }

static void forward(Operation *op, const Place *at, const vec *in, const vec *stream, vec *out) {
	passes(op)->forward(op, at, in, stream, out);
}

static void backward(Operation *op, const Place *at, vec *in, const vec *stream, vec *dout, vec *din) {
	passes(op)->backward(op, at, in, stream, dout, din);
}

/** Passes the next chunk before a norm to its `gather`, if it needs the entire batch. */
static void observe(Operation *norm, const Place *at, const vec *in) {
	if (norm->net->batch_statistics && norm->kind->observe) norm->kind->observe(norm, at, in);
}

/** Passes the next chunk of the stream before block `number` to whoever needs all of it: a norm over the batch, or the head. */
static void deliver(Network *net, const Place *at, int number, const vec *stream) {
	if (number == net->shape.blocks) {
		if (net->watch) watch_end(net->watch, at, stream);
		forward(net->head, at, stream, NULL, NULL);
	} else
		observe(net->blocks[number].norm, at, stream);
}

/** Consumer of the stream after block `number`; after the last, only the head. */
static vec *stream_after(Network *net, const Place *at, int number) {
	if (number == net->shape.blocks - 1) return rows(net, at->thread, THIRD);
	return tape(at->group, net->blocks[number + 1].stream, at->chunk);
}

/** Adds to the gradient of a chunk of the stream before block `number` the share of that block's norm, or of the head. */
static vec *complete(Network *net, const Place *at, int number) {
	vec *gradient = tape(at->group, net->gradient, at->chunk);
	if (number == net->shape.blocks) {
		backward(net->head, at, NULL, NULL, NULL, gradient);
		return gradient;
	}
	const Block *block = &net->blocks[number];
	backward(block->norm, at, tape(at->group, block->stream, at->chunk), NULL, tape(at->group, net->gradient_normed, at->chunk),
		gradient);
	return gradient;
}

void encode(Network *net, Thread *thread, Group *group) {
	for (int c = 0; c < group->chunks; c++) {
		const Place at = {thread, group, c};
		vec *stream = tape(group, net->blocks[0].stream, c);
		forward(net->encoder, &at, NULL, NULL, stream);
		deliver(net, &at, 0, stream);
	}
}

void encode_backward(Network *net, Thread *thread, Group *group) {
	for (int c = 0; c < group->chunks; c++) {
		const Place at = {thread, group, c};
		backward(net->encoder, &at, NULL, tape(group, net->blocks[0].stream, c), complete(net, &at, 0), NULL);
	}
}

void block_forward(Network *net, Thread *thread, Group *group, int number) {
	const Block *block = &net->blocks[number];
	vec *normed = rows(net, thread, NORMED), *activated = rows(net, thread, ACTIVATED);
	for (int c = 0; c < group->chunks; c++) {
		const Place at = {thread, group, c};
		const vec *stream = tape(group, block->stream, c);
		vec *mixed = tape(group, block->mixed, c);
		vec *next = has_post(block) ? tape(group, block->sum, c) : stream_after(net, &at, number);
		forward(block->norm, &at, stream, NULL, normed);
		forward(block->mixer, &at, normed, NULL, mixed);
		forward(block->activation, &at, mixed, NULL, activated);
		forward(block->channel, &at, activated, stream, next);
		if (net->watch) watch_block(net->watch, &at, number, normed, activated, next);
		if (has_post(block))
			observe(block->post, &at, next);
		else
			deliver(net, &at, number + 1, next);
	}
}

void post_forward(Network *net, Thread *thread, Group *group, int number) {
	const Block *block = &net->blocks[number];
	for (int c = 0; c < group->chunks; c++) {
		const Place at = {thread, group, c};
		vec *next = stream_after(net, &at, number);
		forward(block->post, &at, tape(group, block->sum, c), NULL, next);
		deliver(net, &at, number + 1, next);
	}
}

void post_gather(Network *net, Thread *thread, Group *group, int number) {
	Operation *post = net->blocks[number].post;
	for (int c = group->chunks - 1; c >= 0; c--) {
		const Place at = {thread, group, c};
		vec *gradient = complete(net, &at, number + 1);
		if (passes(post)->gather) passes(post)->gather(post, &at, tape(group, net->blocks[number].sum, c), gradient);
	}
}

/** Propagates the gradient of a chunk from after a block's post, completed by post_gather, to before it. */
static vec *through_post(Network *net, const Place *at, const Block *block) {
	const size_t bytes = sizeof(vec) * net->R * STEPS;
	vec *gradient = tape(at->group, net->gradient, at->chunk), *before = rows(net, at->thread, THIRD);
	memset(before, 0, bytes);
	backward(block->post, at, tape(at->group, block->sum, at->chunk), NULL, gradient, before);
	return memcpy(gradient, before, bytes);
}

void block_backward(Network *net, Thread *thread, Group *group, int number) {
	const Block *block = &net->blocks[number];
	const Passes *activation = passes(block->activation);
	vec *normed = rows(net, thread, NORMED), *activated = rows(net, thread, ACTIVATED), *back = rows(net, thread, THIRD);
	for (int c = group->chunks - 1; c >= 0; c--) {
		const Place at = {thread, group, c};
		const vec *stream = tape(group, block->stream, c);
		vec *mixed = tape(group, block->mixed, c);
		vec *gradient_normed = tape(group, net->gradient_normed, c);
		vec *gradient = has_post(block) ? through_post(net, &at, block) : complete(net, &at, number + 1);
		// Recomputing the inputs of mixer and channel mixer is cheaper than keeping them.
		(activation->replay ? activation->replay : activation->forward)(block->activation, &at, mixed, NULL, activated);
		backward(block->channel, &at, activated, stream, gradient, back);
		backward(block->activation, &at, mixed, NULL, back, back);
		if (block->channel->kind->pass_on) block->channel->kind->pass_on(block->channel, &at, back);
		forward(block->norm, &at, stream, NULL, normed);
		backward(block->mixer, &at, normed, NULL, back, gradient_normed);
		if (passes(block->norm)->gather) passes(block->norm)->gather(block->norm, &at, stream, gradient_normed);
	}
}
