// Plausible misreadings of docs/ARITHMETIC.md: changes of its second implementation (page-arithmetic.ts), each of which at least
// one published vector has to catch.
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { build } from "esbuild";
import type { NamedVector } from "./vectors";

export interface Misreading {
	rule: string;
	/** What somebody understood. */
	name: string;
	/** Text of page-arithmetic.ts, and what stands there after the misreading. */
	find: string;
	replace: string;
}

const misread = (rule: string, name: string, find: string, replace: string): Misreading => ({
	rule,
	name,
	find,
	replace,
});

export const MISREADINGS: readonly Misreading[] = [
	misread(
		"A3",
		"half is rounded away from zero",
		"wrap(v + (s === 0n ? 0n : 1n << (s - 1n))) >> s;",
		"(v < 0n && s > 0n ? -((-v + (1n << (s - 1n))) >> s) : wrap(v + (s === 0n ? 0n : 1n << (s - 1n))) >> s);",
	),
	misread("A3", "the shift floors", "wrap(v + (s === 0n ? 0n : 1n << (s - 1n))) >> s;", "v >> s;"),
	misread(
		"A4",
		"saturation reaches the lowest code",
		"return clamp(v, -max, max);",
		"return clamp(v, -max - 1n, max);",
	),
	misread("A5", "a scale has no implicit bit", "(2048n + big(c & 2047))", "big(c & 2047)"),
	misread(
		"A5",
		"a scale has ten bits of fraction",
		"big(c & 2047))), big(c >> 11)",
		"big(c & 1023))), big(c >> 10)",
	),
	misread(
		"A6",
		"a coarse scale's fields are swapped",
		"big(c & 7))), big(c >> 3));\n\n/** A8",
		"big(c >> 5))), big(c & 31));\n\n/** A8",
	),
	misread(
		"A7",
		"B's codes in s4d are signed",
		"const code = B.codes[h * N + n]!;",
		"const code = B.bits === 8 ? (B.codes[h * N + n]! << 24) >> 24 : B.codes[h * N + n]!;",
	),
	misread(
		"A7",
		"harmonic phases are unsigned",
		"big(A.phase[i])) * w)",
		"big(A.phase[i]! & ((1 << A.phaseBits) - 1))) * w)",
	),
	misread(
		"A8",
		"the preshift does not round",
		"coarse(rshift(acc, big(map.preshift))",
		"coarse(acc >> big(map.preshift)",
	),
	misread(
		"A8",
		"the bias is added before the scale",
		"wrap(coarse(rshift(acc, big(map.preshift)), map.scale[i]!) + big(map.bias[i]))",
		"wrap(coarse(rshift(acc, big(map.preshift)) + big(map.bias[i]), map.scale[i]!))",
	),
	misread(
		"A60",
		"a token beyond the vocabulary begins it again",
		"Number(clamp(sample[0]!, 0n, big(vocabulary - 1)))",
		"Number(((sample[0]! % big(vocabulary)) + big(vocabulary)) % big(vocabulary))",
	),
	misread("A60", "codes are not aligned", "coarse(shiftLeft(code, big(9 - bits)), c)", "coarse(code, c)"),
	misread(
		"A60",
		"codes are aligned to eight bits",
		"shiftLeft(code, big(9 - bits))",
		"shiftLeft(code, big(8 - bits))",
	),
	misread(
		"A60",
		"the table has a row for each head",
		"table[token * scale.length + h]",
		"table[h * vocabulary + token]",
	),
	misread("A10", "phi is even", "return v >= 0n ? p : 32768n - p;", "return p;"),
	misread("A10", "phi of a negative number ends at 32767", ": 32768n - p;", ": 32767n - p;"),
	misread(
		"A10",
		"no interpolation",
		"const p = at(i) + rshift((at(i + 1) - at(i)) * r, s);",
		"const p = at(i);",
	),
	misread(
		"A11",
		"the cosine is not interpolated",
		"return at(i) + rshift((at(i + 1) - at(i)) * (v & 63n), 6n);",
		"return at(i);",
	),
	misread(
		"A18",
		"every mode takes a word, dithered or not",
		'if (rounding === "dithered") {\n\t\tword.s = unsigned(word.s + 0xc13fa9a9n);',
		'word.s = unsigned(word.s + 0xc13fa9a9n);\n\tif (rounding === "dithered") {',
	),
	misread(
		"A18",
		"both coordinates have the same dither",
		"d = [word.s >> 17n, 32767n - (word.s >> 17n)];",
		"d = [word.s >> 17n, word.s >> 17n];",
	),
	misread(
		"A18",
		"the word advances after its use",
		"word.s = unsigned(word.s + 0xc13fa9a9n);\n\t\td = [word.s >> 17n, 32767n - (word.s >> 17n)];",
		"d = [word.s >> 17n, 32767n - (word.s >> 17n)];\n\t\tword.s = unsigned(word.s + 0xc13fa9a9n);",
	),
	misread(
		"A18",
		"the seed advances before the step",
		"const word = { s: this.seed };\n\t\tthis.seed = unsigned(this.seed + 0x9e3779b9n);",
		"this.seed = unsigned(this.seed + 0x9e3779b9n);\n\t\tconst word = { s: this.seed };",
	),
	misread(
		"A18",
		"every block begins with the step's word",
		"const y = mixer(block.mixer, this.x[l]!, norm(block.norm, this.r), word);",
		"const y = mixer(block.mixer, this.x[l]!, norm(block.norm, this.r), { s: word.s });",
	),
	misread(
		"A21",
		"the imaginary part sees the new real part",
		"x[2 * i + 1] = sat(wrap(a * im + b * re",
		"x[2 * i + 1] = sat(wrap(a * im + b * x[2 * i]!",
	),
	misread(
		"A21",
		"the drive is rounded by itself",
		"wrap(a * re - b * im + drive[0] + d[0]) >> 15n",
		"(wrap(a * re - b * im + d[0]) >> 15n) + rshift(drive[0], 15n)",
	),
	misread(
		"A21",
		"nothing rounds when rounding is to nearest",
		"let d: [Int, Int] = [1n << 14n, 1n << 14n];",
		"let d: [Int, Int] = [0n, 0n];",
	),
	misread("A22", "C is conjugated", "- big(C.codes[c + 1]) * x[i + 1]!", "+ big(C.codes[c + 1]) * x[i + 1]!"),
	misread(
		"A22",
		"D's product is not rounded",
		"const direct = scale(wrap(big(D.codes[h]) * u), D.scale);",
		"const direct = (big(D.codes[h]) * u * (2048n + big(D.scale & 2047))) >> big(D.scale >> 11);",
	),
	misread("A23", "codes of 4 bits are numbers", "big(GAIN[code])", "big(code)"),
	misread(
		"A24",
		"log2 is rounded to nearest",
		"const log2 = (v: Int): Int => big(v.toString(2).length - 1);",
		"const log2 = (v: Int): Int => big(Math.round(Math.log2(Number(v))));",
	),
	misread(
		"A25",
		"a Cartesian code is a fraction of its greatest",
		"shiftLeft(big(A.codes[2 * i]), big(16 - A.bits)),",
		"(big(A.codes[2 * i]) * 32767n) / ((1n << big(A.bits - 1)) - 1n),",
	),
	misread(
		"A27",
		"modes are counted from 1",
		"((big(n) << p) + big(A.phase[i])) * w",
		"((big(n + 1) << p) + big(A.phase[i])) * w",
	),
	misread("A27", "the phase is not shifted back", "rshift(product, p), 0n, 32768n", "product, 0n, 32768n"),
	misread(
		"A28",
		"beyond a quarter turn the sines stay",
		"[-cosine(32768n - angle), cosine(angle - 16384n)]",
		"[cosine(32768n - angle), cosine(angle - 16384n)]",
	),
	misread(
		"A29",
		"the zero is added",
		"clamp(scale(q, one.scale) - big(one.zero)",
		"clamp(scale(q, one.scale) + big(one.zero)",
	),
	misread(
		"A29",
		"g saturates symmetrically",
		"- big(one.zero), -half, half - 1n)",
		"- big(one.zero), 1n - half, half - 1n)",
	),
	misread("A30", "the value is not saturated", "sat(value, 16) * phi(", "value * phi("),
	misread("A30", "the value's shift is left out", "big(15 - one.valueShift)", "15n"),
	misread(
		"A17",
		"the residual is saturated at the end of the network",
		"this.r = this.r.map((v, h) => sat(v + a[h]!, residualBits));",
		"this.r = this.r.map((v, h) => v + a[h]!);",
	),
	misread(
		"A31",
		"the mean is truncated",
		"floorDivide(sum + (this.T >> 1n), this.T)",
		"(sum + (this.T >> 1n)) / this.T",
	),
	misread(
		"A31",
		"the mean is not rounded",
		"floorDivide(sum + (this.T >> 1n), this.T)",
		"floorDivide(sum, this.T)",
	),
	misread("A40", "s5's drive is a coarse scale", "<< big(B.lift))), big(c >> 3));", "<< 4n)), big(c >> 3));"),
	misread("A40", "each row of B has its own scale", "B.scale[row >> 1]!", "B.scale[row % B.scale.length]!"),
	misread(
		"A43",
		"radius codes have no offset",
		"Math.min(255, A.radiusOffset + A.radius[i]! * A.radiusStep)",
		"Math.min(255, A.radius[i]! * A.radiusStep)",
	),
	misread(
		"A44",
		"a place has no implicit bit",
		"((2048n + (place & 2047n)) << (place >> 11n)) >> 11n",
		"((place & 2047n) << (place >> 11n)) >> 11n",
	),
	misread(
		"A20",
		"the zero is subtracted after the scale",
		"sat(coarse(wrap(v - big(zero[h])), scale[h]!), bits)",
		"sat(coarse(v, scale[h]!) - big(zero[h]), bits)",
	),
	misread("A50", "the mean is an integer", "const f = m - 64n * n;", "const f = 0n;"),
	misread(
		"A50",
		"the variance is divided by H",
		"V: big(epsilon) + sum(r.map((v) => (v - n) * (v - n)))",
		"V: big(epsilon) + sum(r.map((v) => (v - n) * (v - n))) / H",
	),
	misread(
		"A50",
		"the sign follows the scale",
		"scale(one.negative[h] ? -v : v, one.scale[h]!)",
		"(one.negative[h] ? -scale(v, one.scale[h]!) : scale(v, one.scale[h]!))",
	),
	misread("A50", "rms has a mean", "const m = centred ?", "const m = r.length ?"),
	misread("A51", "u is out without its shift", "sat(rshift(v, 8n), one.bits)", "sat(v, one.bits)"),
	misread("A53", "relu has a slope below 0", "(v > 0n ? v : 0n)", "v"),
	misread(
		"A56",
		"ungated adds g without its zero",
		"scale(v + big(one.zero), one.scale[h]!)",
		"scale(v, one.scale[h]!)",
	),
	misread(
		"A57",
		"half_glu2 gates g",
		"y.map((v, h) => scale(v, one.scale[h]!));",
		"g.map((v, h) => scale(v, one.scale[h]!));",
	),
	misread(
		"A18",
		"the two dithers add up to 2^15",
		"32767n - (word.s >> 17n)];",
		"32768n - (word.s >> 17n)];",
	),
	misread("A50", "the fraction of the mean is in 45ths", "((H * f * f) >> 12n)", "((H * f * f) >> 11n)"),
];

type Page = typeof import("./page-arithmetic");

/** The page as somebody understood it, or as it is. @throws Error when the text to be misread is not there once */
export async function pageRead(misreading?: Misreading): Promise<Page> {
	const file = resolve("tests/support/page-arithmetic.ts");
	const source = readFileSync(file, "utf8");
	const parts = misreading ? source.split(misreading.find) : ["", source];
	if (parts.length !== 2)
		throw new Error(`"${misreading!.name}": ${parts.length - 1} places of page-arithmetic.ts have its text`);
	const contents = parts.join(misreading?.replace ?? "");
	const bundle = await build({
		stdin: { contents, loader: "ts", resolveDir: resolve("tests/support") },
		bundle: true,
		format: "esm",
		write: false,
	});
	return import(
		`data:text/javascript;base64,${Buffer.from(bundle.outputFiles[0]!.contents).toString("base64")}`
	);
}

/** The first step at which this reading of the page differs from the vector, or undefined. Whoever throws differs. */
export function firstDifference(page: Page, { network, vector }: NamedVector): number | undefined {
	const { samples, steps } = vector;
	let t = 0;
	try {
		const stream = new page.PageStream(network);
		for (; t < samples.length; t++) {
			stream.step(samples[t]!);
			const { outputs, state } = steps[t]!;
			if (stream.state() !== state || `${stream.outputs()}` !== `${outputs}`) return t;
		}
	} catch {
		return t;
	}
	return undefined;
}
