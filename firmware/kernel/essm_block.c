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

/*
 * The components of sections, in order, and where a section's header names their kinds; 0 there: none. A block's stages come
 * first; the other sections have one component, named in the first byte.
 */
enum { STAGES = 5, ENCODER = STAGES, HEAD, TABLES };
static const kind *const tables[TABLES] = {norms, mixers, activations, channels, posts, encoders, heads};
static const uint8_t places[TABLES] = {
	offsetof(essm_block_header, norm_kind),
	offsetof(essm_block_header, mixer_kind),
	offsetof(essm_block_header, activation_kind),
	offsetof(essm_block_header, channel_kind),
	offsetof(essm_block_header, post_kind),
	offsetof(essm_encoder_header, kind),
	offsetof(essm_head_header, kind),
};

static const kind *find(uint32_t stage, const uint8_t *header)
{
	const kind *found = tables[stage];
	while (found->id && found->id != header[places[stage]])
		found++;
	return found;
}

/* Checks a section's content: a header that names the kinds of stages `first` to `last`, then these components, to the end. */
ESSM_COLD ESSM_APART static int open_section(
	essm_checker *checker, const uint8_t *at, const essm_check *check, uint32_t first, uint32_t last)
{
	const uint8_t *const header = at;
	if (!essm_check_header(checker, at, check))
		return 0;
	at += check->bytes;
	for (; first <= last; first++) {
		const kind *found = find(first, header);
		if (!header[places[first]])
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
	return open_section(checker, at, &essm_block_check, 0, STAGES - 1);
}

ESSM_COLD int essm_encoder_open(essm_checker *checker, const uint8_t *at)
{
	return open_section(checker, at, &essm_encoder_check, ENCODER, ENCODER);
}

ESSM_COLD int essm_head_open(essm_checker *checker, const uint8_t *at)
{
	return open_section(checker, at, &essm_head_check, HEAD, HEAD);
}

ESSM_HOT void essm_block(essm_pass *pass, const uint8_t *block)
{
	const uint8_t *at = block + sizeof(essm_block_header);
	uint32_t stage;
	pass->y_fraction = ((const essm_block_header *)(const void *)block)->y_fraction;
	for (stage = 0; stage < STAGES; stage++)
		if (block[places[stage]])
			at = find(stage, block)->run(pass, at);
}

ESSM_COLD void essm_encode(essm_pass *pass, const uint8_t *encoder)
{
	find(ENCODER, encoder)->run(pass, encoder + sizeof(essm_encoder_header));
}

ESSM_COLD void essm_conclude(essm_pass *pass, const uint8_t *head)
{
	find(HEAD, head)->run(pass, head + sizeof(essm_head_header));
}
