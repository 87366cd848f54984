/*
 * essm-kinds.c - the files of the kernel that ask what is left out of a build, for the Moddable SDK: there a manifest says it,
 *
 *     "defines": { "essm": { "without_s5": 1 } }
 *
 * which mcconfig writes to mc.defines.h. `edge-ssm inspect MODEL --kinds` prints such a manifest for a model. The linker drops what
 * nothing names then.
 */
#include "mc.defines.h"

#if MODDEF_ESSM_WITHOUT_AFFINE
#define ESSM_WITHOUT_AFFINE 1
#endif
#if MODDEF_ESSM_WITHOUT_LAYER_NORM
#define ESSM_WITHOUT_LAYER_NORM 1
#endif
#if MODDEF_ESSM_WITHOUT_RMS_NORM
#define ESSM_WITHOUT_RMS_NORM 1
#endif
#if MODDEF_ESSM_WITHOUT_S4D
#define ESSM_WITHOUT_S4D 1
#endif
#if MODDEF_ESSM_WITHOUT_S5
#define ESSM_WITHOUT_S5 1
#endif
#if MODDEF_ESSM_WITHOUT_GELU
#define ESSM_WITHOUT_GELU 1
#endif
#if MODDEF_ESSM_WITHOUT_RELU
#define ESSM_WITHOUT_RELU 1
#endif
#if MODDEF_ESSM_WITHOUT_GLU
#define ESSM_WITHOUT_GLU 1
#endif
#if MODDEF_ESSM_WITHOUT_HALF_GLU1
#define ESSM_WITHOUT_HALF_GLU1 1
#endif
#if MODDEF_ESSM_WITHOUT_HALF_GLU2
#define ESSM_WITHOUT_HALF_GLU2 1
#endif
#if MODDEF_ESSM_WITHOUT_UNGATED
#define ESSM_WITHOUT_UNGATED 1
#endif
#if MODDEF_ESSM_WITHOUT_LAYER_POST
#define ESSM_WITHOUT_LAYER_POST 1
#endif
#if MODDEF_ESSM_WITHOUT_RMS_POST
#define ESSM_WITHOUT_RMS_POST 1
#endif
#if MODDEF_ESSM_WITHOUT_LINEAR_ENCODER
#define ESSM_WITHOUT_LINEAR_ENCODER 1
#endif
#if MODDEF_ESSM_WITHOUT_EMBEDDING_ENCODER
#define ESSM_WITHOUT_EMBEDDING_ENCODER 1
#endif
#if MODDEF_ESSM_WITHOUT_CLASSES_HEAD
#define ESSM_WITHOUT_CLASSES_HEAD 1
#endif
#if MODDEF_ESSM_WITHOUT_VALUES_HEAD
#define ESSM_WITHOUT_VALUES_HEAD 1
#endif
#if MODDEF_ESSM_WITHOUT_CARTESIAN
#define ESSM_WITHOUT_CARTESIAN 1
#endif
#if MODDEF_ESSM_WITHOUT_HARMONIC
#define ESSM_WITHOUT_HARMONIC 1
#endif
#if MODDEF_ESSM_WITHOUT_LOGARITHMIC
#define ESSM_WITHOUT_LOGARITHMIC 1
#endif
#if MODDEF_ESSM_WITHOUT_FAST_PATHS
#define ESSM_WITHOUT_FAST_PATHS 1
#endif

#include "../../kernel/essm_block.c"
#include "../../kernel/essm_poles.c"
#include "../../kernel/essm_s4d.c"
#include "../../kernel/essm_words.c"
