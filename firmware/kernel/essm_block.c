/* essm_block.c - components by their kind: the tables made from the lists in essm_kinds.h, and their use. */
#include "essm_internal.h"

typedef struct {
	uint32_t id; /* 0: the end of a table */
	const essm_check *check;
	const uint8_t *(*open)(essm_checker *checker, const uint8_t *at);
	const uint8_t *(*run)(essm_pass *pass, const uint8_t *at);
} kind;

#define KIND(id, name) {id, &essm_##name##_check, essm_##name##_open, essm_##name##_run},
static const kind norms[] = {ESSM_NORMS(KIND){0, 0, 0, 0}};
static const kind mixers[] = {ESSM_MIXERS(KIND){0, 0, 0, 0}};
static const kind activations[] = {ESSM_ACTIVATIONS(KIND){0, 0, 0, 0}};
static const kind channels[] = {ESSM_CHANNELS(KIND){0, 0, 0, 0}};
static const kind posts[] = {ESSM_POSTS(KIND){0, 0, 0, 0}};
static const kind encoders[] = {ESSM_ENCODERS(KIND){0, 0, 0, 0}};
static const kind heads[] = {ESSM_HEADS(KIND){0, 0, 0, 0}};

/* A block's components in order, and where its header names their kinds; 0 there: none. */
enum { STAGES = 5 };
static const kind *const stages[STAGES] = {norms, mixers, activations, channels, posts};
static const uint8_t places[STAGES] = {
	offsetof(essm_block_header, norm_kind),
	offsetof(essm_block_header, mixer_kind),
	offsetof(essm_block_header, activation_kind),
	offsetof(essm_block_header, channel_kind),
	offsetof(essm_block_header, post_kind),
};
/* other sections name one kind, in the same place as a block its first */
ESSM_ASSERT(first,
	offsetof(essm_block_header, norm_kind) == offsetof(essm_encoder_header, kind) &&
		offsetof(essm_block_header, norm_kind) == offsetof(essm_head_header, kind));

static const kind *find(const kind *table, uint32_t id)
{
	while (table->id && table->id != id)
		table++;
	return table;
}

/* Checks a section's content: a header that names `count` kinds of `tables`, then components of these kinds, to the end. */
ESSM_COLD static int open_section(
	essm_checker *checker, const uint8_t *at, const essm_check *check, const kind *const *tables, uint32_t count)
{
	const uint8_t *const header = at;
	uint32_t i;
	if (!essm_check_header(checker, at, check))
		return 0;
	at += check->bytes;
	for (i = 0; i < count; i++) {
		const uint32_t id = header[places[i]];
		const kind *found = find(tables[i], id);
		if (!id)
			continue;
		if (!found->id)
			return essm_refuse(checker, ESSM_E_KIND) != 0; /* B22 */
		if (!essm_check_header(checker, at, found->check))
			return 0;
		at = found->open(checker, at);
		if (!at)
			return 0;
	}
	return at == checker->end || essm_refuse(checker, ESSM_E_LAYOUT) != 0; /* B26 */
}

ESSM_COLD int essm_block_open(essm_checker *checker, const uint8_t *at)
{
	return open_section(checker, at, &essm_block_check, stages, STAGES);
}

ESSM_COLD int essm_encoder_open(essm_checker *checker, const uint8_t *at)
{
	const kind *const table = encoders;
	return open_section(checker, at, &essm_encoder_check, &table, 1);
}

ESSM_COLD int essm_head_open(essm_checker *checker, const uint8_t *at)
{
	const kind *const table = heads;
	return open_section(checker, at, &essm_head_check, &table, 1);
}

ESSM_HOT void essm_block(essm_pass *pass, const uint8_t *block)
{
	const uint8_t *at = block + sizeof(essm_block_header);
	uint32_t stage;
	pass->y_fraction = ((const essm_block_header *)(const void *)block)->y_fraction;
	for (stage = 0; stage < STAGES; stage++)
		if (block[places[stage]])
			at = find(stages[stage], block[places[stage]])->run(pass, at);
}

ESSM_HOT void essm_encode(essm_pass *pass, const uint8_t *encoder)
{
	find(encoders, encoder[0])->run(pass, encoder + sizeof(essm_encoder_header));
}

ESSM_COLD void essm_conclude(essm_pass *pass, const uint8_t *head)
{
	find(heads, head[0])->run(pass, head + sizeof(essm_head_header));
}
