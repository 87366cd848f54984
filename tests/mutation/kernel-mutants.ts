// Faults put into the kernel, one at a time, to see whether anything notices (`npm run mutants`): slips that a person could make
// and a compiler would take.

export interface Mutant {
	/** In firmware/kernel. */
	file: string;
	/** Text that the file has once, and what stands there instead. */
	find: string;
	replace: string;
	/** Why it survives, where it does. */
	explained?: string;
}

const mutant = (file: string, find: string, replace: string, explained?: string): Mutant => ({
	file,
	find,
	replace,
	...(explained === undefined ? {} : { explained }),
});

export const KERNEL_MUTANTS: readonly Mutant[] = [
	// primitives
	mutant("essm_arithmetic.h", "(1u << s) >> 1", "(1u << s) >> 2"),
	mutant("essm_arithmetic.h", "2048 | (scale & 2047)", "2048 | (scale & 1023)"),
	mutant("essm_arithmetic.h", "scale >> 11}", "scale >> 10}"),
	mutant("essm_arithmetic.h", "(8 | (scale & 7)) << lift", "(scale & 7) << lift"),
	mutant("essm_arithmetic.h", "essm_lifted_factor_of(scale, 4)", "essm_lifted_factor_of(scale, 3)"),
	mutant("essm_arithmetic.h", "return v < low ? low : high;", "return v <= high ? low : high;"),
	mutant("essm_arithmetic.h", "essm_clamp(v, -max, max)", "essm_clamp(v, -max - 1, max)"),
	mutant("essm_arithmetic.h", "const uint32_t shift = fraction - 3;", "const uint32_t shift = fraction - 4;"),
	mutant(
		"essm_arithmetic.h",
		"if (ESSM_RARELY(i > 64))\n\t\ti = 64;",
		"if (ESSM_RARELY(i > 56))\n\t\ti = 56;",
	),
	mutant("essm_arithmetic.h", "base = 32768 - base;", "base = 32767 - base;"),
	mutant("essm_arithmetic.h", "half = (1 << shift) - 1 - half;", "half = (1 << shift) - half;"),
	mutant("essm_divide.c", "q - (a % b < 0)", "q"),
	mutant("essm_divide.c", "a % b < 0", "a < 0"),
	mutant("essm_crc32.c", "uint32_t c = ~crc;", "uint32_t c = crc;"),
	mutant("essm_bits.h", "(count * bits + 7) >> 3", "(count * bits + 8) >> 3"),
	mutant("essm_bits.h", "| (uint32_t)row[2] << 16", ""),
	// poles
	mutant("essm_polar.c", "index > 255 ? 255 : index", "index & 255"),
	mutant("essm_polar.c", "angle > QUARTER_TURN ? -re : re", "re"),
	mutant(
		"essm_polar.c",
		"angle <= QUARTER_TURN ? angle",
		"angle < QUARTER_TURN ? angle",
		"at a quarter turn both ways give the same angle",
	),
	mutant("essm_polar.c", "(int32_t)(v & 63)", "(int32_t)(v & 31)"),
	mutant("essm_cartesian.c", "(32 - bits)) >> 16", "(31 - bits)) >> 16"),
	mutant(
		"essm_harmonic.c",
		"exponent ? (64 + (code & 63)) << (exponent - 1) : code",
		"(64 + (code & 63)) << exponent >> 1",
	),
	mutant("essm_harmonic.c", "parts->radius_offset, row, 6) << 2", "parts->radius_offset, row, 6) << 1"),
	mutant("essm_harmonic.c", "essm_round_shift(place, shift)", "place >> shift"),
	mutant("essm_harmonic.c", "radius_bits + header->phase_bits > 16", "radius_bits + header->phase_bits > 17"),
	mutant("essm_logarithmic.c", "15 << 11", "14 << 11"),
	mutant("essm_logarithmic.c", "(2048 + (place & 2047))", "(place & 2047)"),
	// mixers
	mutant("essm_scan.h", "(dithered ? 32767 : ESSM_HALF)", "(dithered ? 32768 : ESSM_HALF)"),
	mutant("essm_scan.h", "v >= 65536 + max ? 0 : twice", "v >= 65536 + max ? 0 : v"),
	mutant("essm_s4d.c", "+ (int32_t)shift - 20, 0, 46", "+ (int32_t)shift - 20, 0, 45"),
	mutant("essm_s4d.c", "half_octaves & 1 ? 181u : 128u", "half_octaves & 1 ? 180u : 128u"),
	mutant(
		"essm_s4d.c",
		"(im >> 1) * (im >> 1)) | 1",
		"(im >> 1) * (im >> 1))",
		"log2_of(0) is log2_of(1), and the lowest bit of greater numbers does not count",
	),
	mutant("essm_s4d.c", "return log + (v >> 1);", "return log + (v > 1);"),
	mutant("essm_s4d.c", "essm_gain[code] << shift", "essm_gain[code]"),
	mutant("essm_s4d.c", "header->n > 256", "header->n > 257"),
	mutant("essm_s5.c", "header->p > 256", "header->p > 255"),
	mutant(
		"essm_s5.c",
		"if (header->x_rounding)\n\t\tpass->dither +=",
		"if (!header->x_rounding)\n\t\tpass->dither +=",
	),
	mutant("essm_s4d.c", "(head->modes & ~1u)", "head->modes"),
	mutant("essm_scan.c", "(*sum + start) >> preshift", "*sum >> preshift"),
	// rows
	mutant("essm_rows.c", "32767 - 65536", "32767"),
	mutant("essm_rows.c", "(sum & 0xffff) - 32767", "(sum & 0x7fff) - 32767"),
	mutant(
		"essm_rows.c",
		"& ~3u);\n\tconst essm_i16 *in = rows->in;\n\tessm_sums",
		"& ~7u);\n\tconst essm_i16 *in = rows->in;\n\tessm_sums",
	),
	mutant("essm_rows.c", "words + (rows->columns & ~3u)", "words + (rows->columns & ~1u)"),
	mutant("essm_rows.h", "first_bits <= 4 &&", "first_bits <= 6 &&"),
	mutant("essm_unpack.c", "row, 0) | 1u << 24", "row, 0) | 1u << 18"),
	mutant("essm_internal.h", "if (!pass->keep)\n\t\tpass->rows", "pass->rows"),
	// norms, activations, channel mixers
	mutant("essm_affine.c", "* (1 << (essm_bits(parts.zero_shift, 3 * h) & 7))", ""),
	mutant("essm_affine.c", "parts.zero_shift, h, 3) > 6", "parts.zero_shift, h, 3) > 7"),
	mutant("essm_normalize.c", "if (high > 0xffff)", "if (high > 0x1ffff)"),
	mutant("essm_normalize.c", "exponent = 21", "exponent = 22"),
	mutant("essm_normalize.c", "3 * error * error >> 21", "2 * error * error >> 21"),
	mutant("essm_normalize.c", "correction + 512) >> 10", "correction) >> 10"),
	mutant(
		"essm_normalize.c",
		"near = (step->mean + 32) >> 6;",
		"near = step->mean >> 6;",
		"any integer near the mean gives the same sum of squares, but for what the rounded mean and >> 12 drop",
	),
	mutant("essm_normalize.c", "(int32_t)heads * rest * rest >> 12", "(int32_t)heads * rest * rest >> 11"),
	mutant("essm_normalize.c", " + (int32_t)essm_half(down)", ""),
	mutant("essm_normalize.c", "scale.mantissa = -scale.mantissa;", "scale.mantissa = 1 - scale.mantissa;"),
	mutant("essm_gelu.c", "-1 - max, max", "-max, max"),
	mutant("essm_gelu.c", "->table > 2", "->table > 3"),
	mutant("essm_relu.c", "*y < 0 ? 0 : *y", "*y"),
	mutant("essm_glu.c", "15u - parts.header->value_shift", "15u"),
	mutant("essm_glu.c", "const int32_t v_out = essm_saturate16(", "const int32_t v_out = ("),
	mutant(
		"essm_glu.c",
		"rows.start.second = essm_half(gate_map.preshift);",
		"rows.start.second = essm_half(value_map.preshift);",
	),
	mutant("essm_half_glu.c", "*value++ + zero", "*value++"),
	mutant("essm_half_glu.c", "first = h * pass->steps", "first = h"),
	mutant("essm_half_glu.c", "rows.second = rows.first;", "rows.first = rows.second;"),
	mutant("essm_half_glu2.c", "checker->needs_y = 1;", ""),
	mutant("essm_half_glu1.c", "15u - parts.header->value_shift", "15u"),
	mutant("essm_ungated.c", "*g++ + parts.header->zero", "*g++"),
	mutant("essm_values_head.c", "parts.header->moment == 1", "parts.header->moment == 0"),
	mutant("essm_values_head.c", "checker->scaled = 1;", ""),
	// the stream
	mutant(
		"essm_stream.c",
		"*seed_of(model) += steps * ESSM_DITHER_STEP;",
		"*seed_of(model) += ESSM_DITHER_STEP;",
	),
	mutant("essm_stream.c", "count > ESSM_MEAN_STEPS - *steps_of(model)", "count > ESSM_MEAN_STEPS"),
	mutant("essm_stream.c", "? UINT32_MAX : *steps_of(model) + steps", "? 0 : *steps_of(model) + steps"),
	mutant("essm_stream.c", "(int32_t)(steps >> 1)", "0"),
	mutant("essm_stream.c", "if (!steps)\n\t\treturn ESSM_E_EMPTY;", ""),
	mutant("essm_stream.c", "residual[steps - 1];", "residual[0];"),
	mutant("essm_state.c", "steps > ESSM_MEAN_STEPS", "steps > ESSM_MEAN_STEPS + 1"),
	mutant(
		"essm_state.c",
		"get32(in + 4) != ((const essm_blob_header *)(const void *)model->blob)->crc ||",
		"",
	),
	mutant("essm_state.c", "get32(in) != 0x54535345 ||", ""),
	// checks of a blob
	mutant("essm_open.c", "if ((uintptr_t)header & 3)\n\t\treturn ESSM_E_ALIGNMENT; /* B1 */", ""),
	mutant("essm_open.c", "header->length > length ||", ""),
	mutant(
		"essm_open.c",
		"|| header->length & 3",
		"",
		"the last section of such a blob passes the end, which is refused by the same name (B9)",
	),
	mutant("essm_open.c", "!= header->crc)", "!= header->crc + 1)"),
	mutant("essm_open.c", "header->blocks < 1 ||", ""),
	mutant("essm_open.c", "header->residual_bits > 16", "header->residual_bits > 17"),
	mutant(
		"essm_open.c",
		"essm_align4(heading->length) > total - at",
		"heading->length > total - at",
		"what is left is a multiple of 4 (B6)",
	),
	mutant("essm_open.c", "heading->type == last && last != ESSM_SECTION_BLOCK", "0"),
	mutant("essm_open.c", "i == SECTIONS && heading->required", "0"),
	mutant("essm_open.c", "heading->length != 64", "heading->length > 64"),
	mutant(
		"essm_open.c",
		"i <= REQUIRED",
		"i < REQUIRED",
		"no labels are refused by the same name where they are counted (B19)",
	),
	mutant("essm_open.c", "8u * header->channels", "4u * header->channels"),
	mutant("essm_open.c", "(header->rate >> 31 && header->rate << 1)", "0"),
	mutant("essm_open.c", "!is_positive(essm_read32(at))", "!is_finite(essm_read32(at))"),
	mutant("essm_open.c", "steps == 0 ||", ""),
	mutant("essm_open.c", "bytes > left ||", ""),
	mutant("essm_open.c", "checker->arithmetic != ((const", "checker->arithmetic > ((const"),
	mutant("essm_open.c", "blocks != header->blocks", "blocks < header->blocks"),
	mutant("essm_open.c", "arena_length < model->arena_length", "arena_length + 1 < model->arena_length"),
	mutant("essm_check.c", "at[i] > 31 ||", ""),
	mutant(
		"essm_check.c",
		"after <= checker->end",
		"after <= checker->end + 1",
		"a component that ends a byte late does not end with its section, which is refused by the same name (B26)",
	),
	mutant("essm_check.c", "if (header->bias_bits == 16 && header->bias_shift)", "if (0)"),
	mutant("essm_check.c", "if (checker->rows < together)", "if (!checker->rows)"),
	mutant("essm_block.c", "at == checker->end || essm_refuse", "at <= checker->end || essm_refuse"),
	mutant("essm_text.c", "first < 0xc2 ? 0", "first < 0xc0 ? 0"),
	mutant("essm_text.c", "first == 0xed ? 0x9f", "first == 0xed ? 0xbf"),
	mutant("essm_text.c", "|| end[-1])", ")"),
];
