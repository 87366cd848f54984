/*
 * essm_kinds.h - the kinds that this kernel carries out, one line each: KIND(the number in a blob, name). A kind is a file named
 * after it, with two functions:
 *
 *     const uint8_t *essm_NAME_open(essm_checker *checker, const uint8_t *at)   checks a component, whose header is checked as
 *                                                                               essm_layout.c says; gives where the next begins
 *     const uint8_t *essm_NAME_run(essm_pass *pass, const uint8_t *at)          runs it, likewise
 *
 * A build may leave kinds out: with -DESSM_WITHOUT_NAME, NAME as in the third column, blobs that need the kind are refused with
 * ESSM_E_KIND, and the linker drops its code (-ffunction-sections, --gc-sections). -DESSM_WITHOUT_FAST_PATHS leaves out no kind
 * but loops that are there for speed alone (essm_s4d.c, essm_words.c): every answer stays the same.
 */
#ifndef ESSM_KINDS_H
#define ESSM_KINDS_H

/*
 * KEEP(KIND, id, name, NAME) is KIND(id, name), or nothing where ESSM_WITHOUT_NAME is 1: ESSM_MARK_1 then puts a comma before
 * NONE, which makes it the second of ESSM_SECOND's arguments instead of KIND.
 */
#define ESSM_MARK_1 0,
#define ESSM_NONE(id, name)
#define ESSM_SECOND(first, second, ...) second
#define ESSM_SPREAD(...) ESSM_SECOND(__VA_ARGS__)
#define ESSM_CHOOSE(without, KIND) ESSM_SPREAD(ESSM_MARK_##without ESSM_NONE, KIND, 0)
#define ESSM_UNLESS(without, KIND) ESSM_CHOOSE(without, KIND)
#define KEEP(KIND, id, name, NAME) ESSM_UNLESS(ESSM_WITHOUT_##NAME, KIND)(id, name)

/* clang-format off */

#define ESSM_NORMS(KIND) \
	KEEP(KIND, ESSM_NORM_AFFINE, affine, AFFINE) \
	KEEP(KIND, ESSM_NORM_LAYER, layer_norm, LAYER_NORM) \
	KEEP(KIND, ESSM_NORM_RMS, rms_norm, RMS_NORM)

#define ESSM_MIXERS(KIND) \
	KEEP(KIND, ESSM_MIXER_S4D, s4d, S4D) \
	KEEP(KIND, ESSM_MIXER_S5, s5, S5)

#define ESSM_ACTIVATIONS(KIND) \
	KEEP(KIND, ESSM_ACTIVATION_GELU, gelu, GELU) \
	KEEP(KIND, ESSM_ACTIVATION_RELU, relu, RELU)

#define ESSM_CHANNELS(KIND) \
	KEEP(KIND, ESSM_CHANNEL_GLU, glu, GLU) \
	KEEP(KIND, ESSM_CHANNEL_HALF_GLU1, half_glu1, HALF_GLU1) \
	KEEP(KIND, ESSM_CHANNEL_HALF_GLU2, half_glu2, HALF_GLU2) \
	KEEP(KIND, ESSM_CHANNEL_UNGATED, ungated, UNGATED)

/* Norms after the channel mixer. */
#define ESSM_POSTS(KIND) \
	KEEP(KIND, ESSM_POST_LAYER, layer_post, LAYER_POST) \
	KEEP(KIND, ESSM_POST_RMS, rms_post, RMS_POST)

#define ESSM_ENCODERS(KIND) \
	KEEP(KIND, ESSM_ENCODER_LINEAR, linear_encoder, LINEAR_ENCODER) \
	KEEP(KIND, ESSM_ENCODER_EMBEDDING, embedding_encoder, EMBEDDING_ENCODER)

#define ESSM_HEADS(KIND) \
	KEEP(KIND, ESSM_HEAD_CLASSES, classes_head, CLASSES_HEAD) \
	KEEP(KIND, ESSM_HEAD_VALUES, values_head, VALUES_HEAD)

/* Codings of poles: essm_NAME_check_poles and essm_NAME_row in place of open and run (essm_poles.c). */
#define ESSM_POLES(KIND) \
	KEEP(KIND, ESSM_POLES_CARTESIAN, cartesian, CARTESIAN) \
	KEEP(KIND, ESSM_POLES_HARMONIC, harmonic, HARMONIC) \
	KEEP(KIND, ESSM_POLES_LOGARITHMIC, logarithmic, LOGARITHMIC)

#endif
