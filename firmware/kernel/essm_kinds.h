/*
 * essm_kinds.h - the kinds that this kernel carries out, one line each: KIND(the number in a blob, name). A kind is a file named
 * after it, with two functions:
 *
 *     const uint8_t *essm_NAME_open(essm_checker *checker, const uint8_t *at)   checks a component, whose header is checked as
 *                                                                               essm_layout.c says; gives where the next begins
 *     const uint8_t *essm_NAME_run(essm_pass *pass, const uint8_t *at)          runs it, likewise
 *
 * A build may leave kinds out: blobs that need them are refused with ESSM_E_KIND. -DESSM_S4D_ONLY keeps what S4D networks with
 * folded norms, GELU and GLUs need; the linker then drops the rest.
 */
#ifndef ESSM_KINDS_H
#define ESSM_KINDS_H

#ifdef ESSM_S4D_ONLY
#define ESSM_BEYOND_S4D(kind)
#else
#define ESSM_BEYOND_S4D(kind) kind
#endif

/* clang-format off */

#define ESSM_NORMS(KIND) \
	KIND(ESSM_NORM_AFFINE, affine) \
	ESSM_BEYOND_S4D(KIND(ESSM_NORM_LAYER, layer_norm)) \
	ESSM_BEYOND_S4D(KIND(ESSM_NORM_RMS, rms_norm))

#define ESSM_MIXERS(KIND) \
	KIND(ESSM_MIXER_S4D, s4d) \
	ESSM_BEYOND_S4D(KIND(ESSM_MIXER_S5, s5))

#define ESSM_ACTIVATIONS(KIND) \
	KIND(ESSM_ACTIVATION_GELU, gelu) \
	ESSM_BEYOND_S4D(KIND(ESSM_ACTIVATION_RELU, relu))

#define ESSM_CHANNELS(KIND) \
	KIND(ESSM_CHANNEL_GLU, glu) \
	ESSM_BEYOND_S4D(KIND(ESSM_CHANNEL_HALF_GLU1, half_glu1)) \
	ESSM_BEYOND_S4D(KIND(ESSM_CHANNEL_HALF_GLU2, half_glu2)) \
	ESSM_BEYOND_S4D(KIND(ESSM_CHANNEL_UNGATED, ungated))

/* What may follow a channel mixer. */
#define ESSM_POSTS(KIND) \
	ESSM_BEYOND_S4D(KIND(ESSM_POST_LAYER, layer_post)) \
	ESSM_BEYOND_S4D(KIND(ESSM_POST_RMS, rms_post))

#define ESSM_ENCODERS(KIND) \
	KIND(ESSM_ENCODER_LINEAR, linear_encoder) \
	ESSM_BEYOND_S4D(KIND(ESSM_ENCODER_EMBEDDING, embedding_encoder))

#define ESSM_HEADS(KIND) \
	KIND(ESSM_HEAD_CLASSES, classes_head) \
	KIND(ESSM_HEAD_VALUES, values_head)

/* Codings of poles: essm_NAME_check_poles and essm_NAME_row in place of open and run (essm_poles.c). */
#define ESSM_POLES(KIND) \
	KIND(ESSM_POLES_CARTESIAN, cartesian) \
	KIND(ESSM_POLES_HARMONIC, harmonic) \
	ESSM_BEYOND_S4D(KIND(ESSM_POLES_LOGARITHMIC, logarithmic))

#endif
