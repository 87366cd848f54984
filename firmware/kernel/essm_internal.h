/*
 * essm_internal.h - what the kernel's files share: fixed-point primitives, the view of a layer, and their prototypes.
 * Not for callers: those include essm.h alone.
 *
 * Arithmetic (docs/ARITHMETIC.md): every value is an int32 and every sum or product wraps modulo 2^32. The packer proves
 * that an accepted network never wraps; wrapping keeps a hostile blob from being undefined behaviour, so sums and products
 * that a blob controls go through uint32_t. Right shifts of negative numbers are arithmetic and conversions to int32_t are
 * modulo 2^32, as on every compiler that the project builds with.
 */
#ifndef ESSM_INTERNAL_H
#define ESSM_INTERNAL_H

#include "essm.h"

#if defined(__BYTE_ORDER__) && (__BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__)
#error "edge-ssm blobs are read in place and are little-endian"
#endif

/* Functions of the step; a port may place them in fast memory: -DESSM_HOT='__attribute__((section(".iram1")))'. */
#ifndef ESSM_HOT
#define ESSM_HOT
#endif

/* Numbers inside a blob or an arena, which were stored as bytes: exempt from aliasing rules. */
#if defined(__GNUC__)
#define ESSM_ALIAS __attribute__((may_alias))
#else
#define ESSM_ALIAS
#endif
typedef int16_t ESSM_ALIAS essm_i16;
typedef uint16_t ESSM_ALIAS essm_u16;
typedef int32_t ESSM_ALIAS essm_i32;
typedef uint32_t ESSM_ALIAS essm_u32;

/* What a compiler may be told: a loop to be written out, a function to be put where it is called or to be
   kept apart so that its loop has the registers for itself or to be made small rather than fast, a branch hardly ever taken. */
#if defined(__GNUC__)
#define ESSM_UNROLL _Pragma("GCC unroll 8")
#define ESSM_INLINE static inline __attribute__((always_inline))
#define ESSM_APART __attribute__((noinline))
#define ESSM_COLD __attribute__((cold))
#define ESSM_RARELY(condition) __builtin_expect(condition, 0)
#else
#define ESSM_UNROLL
#define ESSM_INLINE static inline
#define ESSM_APART
#define ESSM_COLD
#define ESSM_RARELY(condition) (condition)
#endif

/* ---- primitives: docs/ARITHMETIC.md section 1 ---- */

static inline int32_t essm_mul(int32_t a, int32_t b) { return (int32_t)((uint32_t)a * (uint32_t)b); }
static inline int32_t essm_add(int32_t a, int32_t b) { return (int32_t)((uint32_t)a + (uint32_t)b); }

/* What a right shift by s, 0 to 31, needs for rounding: 2^(s-1), 0 for s = 0. */
static inline uint32_t essm_half(uint32_t s) { return (1u << s) >> 1; }

/* floor((v + 2^(s-1)) / 2^s); s 0 to 31 */
static inline int32_t essm_round_shift(int32_t v, uint32_t s)
{
	return essm_add(v, (int32_t)essm_half(s)) >> s;
}

/* A scale taken apart, for loops: v * (2048 + f) * 2^-s, scale = s << 11 | f; |v| < 2^18 */
typedef struct {
	int32_t mantissa;
	uint32_t shift;
} essm_factor;

static inline essm_factor essm_factor_of(uint32_t scale)
{
	const essm_factor factor = {(int32_t)(2048 | (scale & 2047)), scale >> 11};
	return factor;
}

/* A coarse scale of 8 bits, s << 3 | f: v * (8 + f) * 2^(4-s); |v| < 2^22 */
static inline essm_factor essm_coarse_factor_of(uint32_t scale)
{
	const essm_factor factor = {(int32_t)(128 | (scale << 4 & 112)), scale >> 3};
	return factor;
}

static inline int32_t essm_scale(int32_t v, essm_factor factor)
{
	return essm_round_shift(essm_mul(v, factor.mantissa), factor.shift);
}

/* v limited to low..high. One comparison where nothing is to be done, which is nearly always. */
static inline int32_t essm_clamp(int32_t v, int32_t low, int32_t high)
{
	if (ESSM_RARELY((uint32_t)v - (uint32_t)low > (uint32_t)high - (uint32_t)low))
		return v < low ? low : high;
	return v;
}

static inline int32_t essm_saturate(int32_t v, int32_t most) { return essm_clamp(v, -most, most); }
static inline int32_t essm_saturate16(int32_t v) { return essm_saturate(v, 32767); }

/* largest value of a symmetric format of `bits` bits */
static inline int32_t essm_symmetric_max(uint32_t bits) { return (int32_t)((1u << (bits - 1)) - 1); }

static inline uint32_t essm_align4(uint32_t n) { return (n + 3) & ~3u; }
static inline uint32_t essm_packed_bytes(uint32_t count, uint32_t bits) { return (count * bits + 7) >> 3; }
static inline uint16_t essm_read16(const uint8_t *p) { return *(const essm_u16 *)p; }
static inline uint32_t essm_read32(const uint8_t *p) { return *(const essm_u32 *)p; }

/*
 * The bits from `bit` of a row of packed codes on, 17 of them at least. It may look at three bytes behind the row, which are the
 * blob's own: something always follows packed rows.
 */
static inline uint32_t essm_bits(const uint8_t *row, uint32_t bit)
{
	row += bit >> 3;
	return (row[0] | (uint32_t)row[1] << 8 | (uint32_t)row[2] << 16) >> (bit & 7);
}

/* ---- tables: essm_tables.c ---- */

enum { ESSM_PHI_SIGMOID = 3 };
extern const uint16_t essm_phi[4][66];
extern const int16_t essm_cosine[258];
extern const uint16_t essm_radius[256];
extern const uint8_t essm_gain[16];

/* The nonlinearity, docs/ARITHMETIC.md section 2: Phi(v) in Q15 for v with `fraction` fractional bits, 3 to 12. */
static inline int32_t essm_phi_of(const uint16_t *table, int32_t v, uint32_t fraction)
{
	const uint32_t shift = fraction - 3; /* a table step is 1/8 */
	const int32_t edge = 8 << fraction;
	int32_t a = v, p;
	if (v < 0)
		a = -v;
	if (ESSM_RARELY(a > edge))
		a = edge;
	table += a >> shift;
	p = table[0] + essm_round_shift((table[1] - table[0]) * (a & ((1 << shift) - 1)), shift);
	return v < 0 ? 32768 - p : p;
}

/* ---- the blob: byte offsets of docs/BLOB.md ---- */

enum {
	ESSM_AT_FORMAT = 4,
	ESSM_AT_LENGTH = 8,
	ESSM_AT_CRC = 12,
	ESSM_AT_CRC_START = 16,
	ESSM_AT_ARENA = 48,
	ESSM_AT_DITHER = 52,
	ESSM_AT_LAYERS = 56,
	ESSM_AT_SIGNATURE = 57,
	ESSM_AT_SHAPE = 58, /* H, N, channels, classes */
	ESSM_AT_POOLING = 66,
	ESSM_AT_ACTIVATION = 67,
	ESSM_AT_RESIDUAL_BITS = 68,
	ESSM_AT_LOGIT_FRACTION = 69,
	ESSM_AT_ENCODER = 70, /* bits, preshift, bias shift */
	ESSM_AT_DECODER = 73, /* likewise */
	ESSM_AT_SECTIONS = 84,
	ESSM_HEADER_BYTES = 112,
	ESSM_LAYER_HEADER_BYTES = 28,
	ESSM_HEAD_BYTES = 5,
	ESSM_POLAR_HEAD_BYTES = 2,
	ESSM_MEAN_STEPS = 65536
};

enum { ESSM_INPUT, ESSM_ENCODER, ESSM_LAYERS, ESSM_DECODER, ESSM_LABELS, ESSM_NOTES, ESSM_GOLDEN, ESSM_SECTIONS };

/* How a linear map is packed: bits of a weight, preshift, and the bits to shift a bias of 8 bits by, or ESSM_WIDE_BIAS: it has 16. */
typedef struct ESSM_ALIAS {
	uint8_t bits;
	uint8_t preshift;
	uint8_t bias;
} essm_map_header;

enum { ESSM_WIDE_BIAS = 16 };

/* A linear map in the blob: packed rows and a record (scale, bias) for each. */
typedef struct {
	const essm_map_header *header;
	const uint8_t *weights;
	const uint8_t *rows;
	uint32_t stride; /* bytes of a packed row */
} essm_linear;

/* Bytes of a row's record: a scale and a bias. */
static inline uint32_t essm_record_bytes(uint32_t bias) { return bias == ESSM_WIDE_BIAS ? 3 : 2; }

/* A layer's header as it stands in the blob. */
typedef struct ESSM_ALIAS {
	uint8_t kind;
	uint8_t a_bits; /* of a coordinate, or of the radius */
	uint8_t phase_bits;
	uint8_t radius_step;
	uint8_t phase_shift;
	uint8_t b_bits;
	uint8_t c_bits;
	uint8_t c_preshift;
	uint8_t d_bits;
	uint8_t x_bits;
	uint8_t dithered;
	uint8_t u_bits;
	uint8_t y_fraction;
	uint8_t g_bits;
	int8_t g_zero;
	essm_map_header value;
	uint8_t value_shift;
	essm_map_header gate;
	uint8_t gate_fraction;
	uint8_t nothing;
	uint16_t g_scale;
	uint16_t d_scale;
} essm_layer_header;

enum { ESSM_POLAR = 2 };

/* A layer in the blob: where its parts begin. */
typedef struct {
	const essm_layer_header *header;
	const uint8_t *heads;
	const uint8_t *polar_heads;
	const uint8_t *d;
	const uint8_t *a;
	const uint8_t *b;
	const uint8_t *c;
	uint32_t a_stride, b_stride, c_stride; /* bytes of a head's row */
	essm_linear value;
	essm_linear gate;
	uint32_t x_bytes; /* of its states in the arena */
	const uint8_t *end;
} essm_layer;

/* Where the arena's parts begin, in bytes; the same on every target. */
typedef struct {
	uint32_t pool;      /* mean: int32 sums (H); last: int16 residual (H) */
	uint32_t x;         /* states, layer after layer, each aligned to 4 */
	uint32_t residual;  /* int16 (H); with last-step pooling the same as pool */
	uint32_t g;         /* int8 (H) */
	uint32_t scratch_a; /* int16 (N, 2) */
	uint32_t scratch_b; /* int32 (N) */
	uint32_t scratch_c; /* int8 (N, 2) */
	uint32_t scratch_w; /* int8 rows */
	uint32_t total;
} essm_arena;

/* essm_view.c */
void essm_view_layer(const uint8_t *at, uint32_t heads, uint32_t modes, essm_layer *layer);
void essm_view_arena(const essm *model, essm_arena *arena);
const uint8_t *essm_section(const essm *model, int section, uint32_t *length);

/* essm_crc32.c: CRC-32 of IEEE 802.3; begin with crc 0 */
uint32_t essm_crc32(const uint8_t *bytes, uint32_t length, uint32_t crc);

/* essm_unpack.c: rows of packed codes to scratch, lowest bit first */
const int8_t *essm_unpack_i8(const uint8_t *row, uint32_t count, uint32_t bits, int8_t *out);
void essm_unpack_cartesian(const uint8_t *row, uint32_t count, uint32_t bits, essm_i16 *out);
void essm_unpack_polar(const uint8_t *row, uint32_t count, const essm_layer_header *layer, uint32_t head, essm_i16 *out);
void essm_unpack_gain(const uint8_t *row, uint32_t count, uint32_t bits, uint32_t shift, const essm_i16 *a, essm_i32 *out);

/*
 * Steps that go through a layer together, so that its parameters are loaded and unpacked once for all of them: one, or fours
 * up to ESSM_BLOCK where the stack holds what stands between layers. Values of step t of head h stand at [h * steps + t].
 */
enum { ESSM_BLOCK = 16, ESSM_BLOCK_HEADS = 32 };

/*
 * essm_ssm.c: a layer's S4D and activation, from the residual to g. `dither` is the word of the first step behind the last
 * dithered mode so far, and is returned behind this layer's.
 */
#define ESSM_DITHER_STEP 0x9e3779b9u /* 2^32 / golden ratio: what a word moves by from step to step */
#define ESSM_DITHER_MODE 0xc13fa9a9u /* 2^32 / plastic ratio: and from mode to mode */
uint32_t essm_ssm(const essm *model, const essm_layer *layer, const essm_arena *arena, uint8_t *x, const essm_i16 *residual,
	int8_t *g, uint32_t dither, uint32_t steps);

/* essm_linear.c: encoder, gated linear unit from g to the residual, decoder; scratch takes unpacked rows */
void essm_encode(const essm *model, const essm_linear *map, int8_t *scratch, const essm_i16 *samples, essm_i16 *residual, uint32_t steps);
void essm_decode(const essm *model, const essm_linear *map, int8_t *scratch, const essm_i16 *pooled, int32_t *logits);
void essm_glu(const essm *model, const essm_layer *layer, int8_t *scratch, const int8_t *g, essm_i16 *residual, uint32_t steps);

#endif
