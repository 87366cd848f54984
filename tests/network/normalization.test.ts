// LayerNorm and RMSNorm in integers against the same in float64, over random and extreme residuals; and what they give where a
// float one has nothing to say.
import { describe, expect, test } from "vitest";
import type { Normalization } from "../../src/network/normalization";
import { normalize } from "../../src/reference/normalization";
import { random } from "../support/random-network";

const ONE = 11 << 11; // a scale of 1
const NOTHING = 31 << 11;

const norm = (H: number, epsilon: number, scale = ONE): Normalization => ({
	epsilon,
	negative: new Uint8Array(H),
	scale: new Uint16Array(H).fill(scale),
	zero: new Int16Array(H),
});

/** Normalized residuals, in standard deviations. */
function inIntegers(residual: Int16Array, epsilon: number, centred: boolean): number[] {
	const out = new Int32Array(residual.length);
	normalize(norm(residual.length, epsilon), centred, residual, out);
	return Array.from(out, (v) => (v * Math.sqrt(residual.length)) / 2 ** 17);
}

/** The same in float64, of real values `unit` times the residual. */
function inFloat(residual: Int16Array, unit: number, eps: number, centred: boolean) {
	const values = Array.from(residual, (r) => r * unit);
	const mean = centred ? values.reduce((a, b) => a + b, 0) / values.length : 0;
	const variance = values.reduce((a, b) => a + (b - mean) ** 2, 0) / values.length;
	const deviation = Math.sqrt(variance + eps);
	return { values: values.map((v) => (v - mean) / deviation), deviation };
}

/** What docs/ARITHMETIC.md, A55, allows; the deviation s in units of the residual. */
const bound = (n: number, s: number, H: number, centred: boolean) =>
	5e-5 * Math.abs(n) +
	2 ** -18 * Math.sqrt(H) +
	(centred ? 1 / (120 * s) + ((1 / 128 + 1 / H) * Math.abs(n)) / s ** 2 : 0);

const next = random(48);
const HEADS = [1, 2, 3, 5, 7, 16, 16, 31, 32, 64, 100, 128, 256, 1000, 1024];
const SHAPES: Record<string, (h: number) => number> = {
	bell: () => next() + next() + next() + next() - 2,
	even: () => 2 * next() - 1,
	"one head far off": (h) => (h === 0 ? 20 : next()),
	"two values": () => (next() < 0.5 ? -1 : 1),
	"one side": () => next() ** 4,
};

describe.each([true, false])("centred: %s", (centred) => {
	test.each(Object.keys(SHAPES))("%s: within the bound of [A55] of float64, eps 1e-5", (shape) => {
		let near = 0;
		for (let i = 0; i < 4000; i++) {
			const H = HEADS[i % HEADS.length]!;
			const size = 2 ** (15 * next());
			const centre = next() < 0.5 ? 0 : (next() - 0.5) * 65000;
			const residual = Int16Array.from({ length: H }, (_, h) =>
				Math.max(-32767, Math.min(32767, Math.round(centre + size * SHAPES[shape]!(h)))),
			);
			// the residual's unit such that H eps is an integer, as the format has it
			const epsilon = Math.ceil(H * 2 ** (14 * next()));
			const unit = Math.sqrt((H * 1e-5) / epsilon);
			const { values, deviation } = inFloat(residual, unit, 1e-5, centred);
			inIntegers(residual, epsilon, centred).forEach((n, h) => {
				const error = Math.abs(n - values[h]!);
				const most = bound(values[h]!, deviation / unit, H, centred);
				if (!(error <= most)) expect.fail(`H ${H}, ${[...residual]}: ${n} for ${values[h]}`);
				near = Math.max(near, error / most);
			});
		}
		expect(near).toBeGreaterThan(0.3); // the bound says something
	});

	test("16 heads that use the residual's range are right to 1.5e-4 of a standard deviation", () => {
		for (let i = 0; i < 2000; i++) {
			const residual = Int16Array.from({ length: 16 }, () => Math.round((next() + next() - 1) * 30000));
			const { values } = inFloat(residual, 1 / 8192, 1e-5, centred);
			const epsilon = Math.round(16e-5 * 8192 ** 2);
			inIntegers(residual, epsilon, centred).forEach((n, h) => {
				expect(Math.abs(n - values[h]!)).toBeLessThan(1.5e-4);
			});
		}
	});

	test("the greatest sums: all heads at either end of the range", () => {
		for (const H of [1, 2, 512, 1023, 1024]) {
			const residual = Int16Array.from({ length: H }, (_, h) => (h & 1 ? 32767 : -32767));
			const { values, deviation } = inFloat(residual, 1, 1e-5, centred);
			inIntegers(residual, 1, centred).forEach((n, h) => {
				expect(Math.abs(n - values[h]!)).toBeLessThanOrEqual(bound(values[h]!, deviation, H, centred) + 1e-9);
			});
		}
	});
});

describe("where there is nothing to normalize", () => {
	const zero = (H: number) => Int16Array.from({ length: H }, (_, h) => 100 - h);
	const run = (one: Normalization, centred: boolean, residual: Int16Array) => {
		const out = new Int32Array(residual.length);
		normalize({ ...one, zero: zero(residual.length) }, centred, residual, out);
		return [...out];
	};

	test("[A50] no variance, and no residual for RMSNorm: the zeros, whatever the scales", () => {
		for (const H of [1, 2, 3, 7, 16, 1000, 1024])
			for (const epsilon of [1, 1000, 0xffffffff]) {
				for (const r of [-32767, -1, 0, 5, 12345, 32767])
					expect(run(norm(H, epsilon, 4095), true, new Int16Array(H).fill(r))).toEqual([...zero(H)]);
				expect(run(norm(H, epsilon, 4095), false, new Int16Array(H))).toEqual([...zero(H)]);
			}
	});

	test("[A50] weights of 0, which the least scale is: the zeros, whatever the residual", () => {
		for (const centred of [true, false])
			for (let i = 0; i < 500; i++) {
				const H = HEADS[i % HEADS.length]!;
				const residual = Int16Array.from({ length: H }, (_, h) =>
					h === i % H ? 32767 : Math.round((next() - 0.5) * 60000),
				);
				expect(run(norm(H, 1, NOTHING), centred, residual)).toEqual([...zero(H)]);
			}
	});
});
