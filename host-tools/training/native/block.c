// Composes operations into blocks, chunk by chunk, so that the output of one is still in cache for the next.
#include "operation.h"

/** Scratch rows: output of the norm; output of the activation; output of the last block, or dL/d(in) of a channel mixer. */
enum { NORMED, ACTIVATED, THIRD };

static vec *rows(const Network *net, const Thread *thread, int which) {
	return thread->scratch + net->rows[which];
}

static void forward(Operation *op, const Place *at, const vec *in, const vec *stream, vec *out) {
	passes(op)->forward(op, at, in, stream, out);
}

static void backward(Operation *op, const Place *at, vec *in, const vec *stream, vec *dout, vec *din) {
	passes(op)->backward(op, at, in, stream, dout, din);
}

/** Shows the next chunk of the stream in front of block `number` to who needs all of it: a norm over the batch, or the head. */
static void deliver(Network *net, const Place *at, int number, const vec *stream) {
	if (number == net->shape.blocks) {
		forward(net->head, at, stream, NULL, NULL);
		return;
	}
	Operation *norm = net->blocks[number].norm;
	if (net->batch_statistics && norm->kind->observe) norm->kind->observe(norm, at, stream);
}

/** Completes the gradient of a chunk of the stream in front of block `number` by what went into that block, or the head. */
static vec *complete(Network *net, const Place *at, int number) {
	vec *gradient = tape(at->group, net->gradient, at->chunk);
	if (number == net->shape.blocks) {
		backward(net->head, at, NULL, NULL, NULL, gradient);
		return gradient;
	}
	const Block *block = &net->blocks[number];
	backward(block->norm, at, tape(at->group, block->stream, at->chunk), NULL,
		tape(at->group, net->gradient_normed, at->chunk), gradient);
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
		vec *next = number == net->shape.blocks - 1 ? rows(net, thread, THIRD) : tape(group, block[1].stream, c);
		forward(block->norm, &at, stream, NULL, normed);
		forward(block->mixer, &at, normed, NULL, mixed);
		forward(block->activation, &at, mixed, NULL, activated);
		forward(block->channel, &at, activated, stream, next);
		deliver(net, &at, number + 1, next);
	}
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
		vec *gradient = complete(net, &at, number + 1);
		// What went into the channel mixer and the mixer is computed again, which is cheaper than keeping it.
		(activation->replay ? activation->replay : activation->forward)(block->activation, &at, mixed, NULL, activated);
		backward(block->channel, &at, activated, stream, gradient, back);
		backward(block->activation, &at, mixed, NULL, back, back);
		forward(block->norm, &at, stream, NULL, normed);
		backward(block->mixer, &at, normed, NULL, back, gradient_normed);
		if (passes(block->norm)->gather) passes(block->norm)->gather(block->norm, &at, stream, gradient_normed);
	}
}
