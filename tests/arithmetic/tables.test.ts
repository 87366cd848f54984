// The tables of edge-ssm.int.v3 against their formulas, and what is read from them against the functions they approximate.
import { describe, expect, test } from "vitest";
import { applyScale, clamp, roundShift, symmetricMax } from "../../src/arithmetic/arithmetic";
import { ditherImaginary, ditherReal, nextMode, nextStep } from "../../src/arithmetic/dither";
import { inverseRoot } from "../../src/arithmetic/inverse-root";
import { phi } from "../../src/arithmetic/phi";
import { polarToCartesian } from "../../src/arithmetic/polar";
import { COSINE, GAIN, INVERSE_ROOT, PHI, RADIUS } from "../../src/arithmetic/tables";
import { random } from "../support/random-network";

const Q15 = 32768;

/** Distribution function of the standard normal by Simpson's rule over its density. */
function normal(x: number): number {
	const n = 2000;
	const density = (t: number) => Math.exp((-t * t) / 2) / Math.sqrt(2 * Math.PI);
	let sum = density(0) + density(x);
	for (let i = 1; i < n; i++) sum += (i & 1 ? 4 : 2) * density((x * i) / n);
	return 0.5 + (sum * x) / (3 * n);
}

const FORMULAS: Record<keyof typeof PHI, (x: number) => number> = {
	gelu: normal,
	gelu_tanh: (x) => (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3))) / 2,
	gelu_sigmoid: (x) => 1 / (1 + Math.exp(-1.702 * x)),
	qgelu: (x) => clamp(x + 2, 0, 4) / 4,
	sigmoid: (x) => 1 / (1 + Math.exp(-x)),
	hard_sigmoid: (x) => clamp(x / 6 + 1 / 2, 0, 1),
};

describe("tables come from their formulas", () => {
	test.each(Object.keys(FORMULAS) as (keyof typeof PHI)[])("[A9] PHI.%s", (name) => {
		const expected = Array.from({ length: 66 }, (_, i) =>
			Math.round(Q15 * FORMULAS[name](Math.min(i, 64) / 8)),
		);
		expect([...PHI[name]]).toEqual(expected);
	});
	test("[A11] COSINE", () => {
		const expected = Array.from({ length: 258 }, (_, i) =>
			Math.min(32767, Math.round(Q15 * Math.cos(((Math.PI / 2) * Math.min(i, 256)) / 256))),
		);
		expect([...COSINE]).toEqual(expected);
	});
	test("[A12] RADIUS", () => {
		const expected = Array.from({ length: 256 }, (_, i) =>
			Math.min(32766, Math.round(Q15 * Math.exp(-(2 ** (1 - i / 16))))),
		);
		expect([...RADIUS]).toEqual(expected);
	});
	test("[A48] INVERSE_ROOT", () => {
		expect([...INVERSE_ROOT]).toEqual(
			Array.from({ length: 48 }, (_, i) => Math.round(128 / Math.sqrt((i + 16.5) / 64))),
		);
	});
	test("[A13] GAIN", () => {
		expect([...GAIN]).toEqual(
			Array.from({ length: 16 }, (_, i) => Math.min(255, Math.round(2 ** ((i + 1) / 2)))),
		);
	});
});

describe("what is read from them", () => {
	test.each(Object.keys(FORMULAS) as (keyof typeof PHI)[])(
		"[A10] phi of %s is its function to the error of linear interpolation, and point-symmetric",
		(name) => {
			// |f''| h^2 / 8 with h = 1/8 and |f''| < 0.4 is 7.9e-4; two roundings of half a unit add 3.1e-5.
			const bound = 8.2e-4;
			for (let fraction = 3; fraction <= 12; fraction++)
				for (let v = -32767; v <= 32767; v += 61) {
					const p = phi(PHI[name], v, fraction);
					expect(phi(PHI[name], -v, fraction)).toBe(v === 0 ? p : 32768 - p);
					expect(Math.abs(p / Q15 - FORMULAS[name](clamp(v / 2 ** fraction, -8, 8)))).toBeLessThan(bound);
				}
		},
	);

	test("[A37] every polar Abar is inside the unit circle, with its imaginary part not negative", () => {
		const out = new Int16Array(2);
		for (let radius = 0; radius < 256; radius += radius < 250 ? 7 : 1)
			for (let angle = 0; angle <= 32768; angle++) {
				polarToCartesian(radius, angle, out, 0);
				const square = out[0]! ** 2 + out[1]! ** 2;
				if (square >= Q15 ** 2 || out[1]! < 0) expect.fail(`radius ${radius}, angle ${angle}: ${out}`);
			}
	});

	test("[A28] polar Abar is exp(-decay + i angle) to 4 units of 2^-15", () => {
		const out = new Int16Array(2);
		for (let radius = 0; radius < 256; radius += 5)
			for (let angle = 0; angle <= 32768; angle += 37) {
				polarToCartesian(radius, angle, out, 0);
				const r = Math.exp(-(2 ** (1 - radius / 16)));
				const phase = (angle / 65536) * 2 * Math.PI;
				expect(Math.abs(out[0]! - Q15 * r * Math.cos(phase))).toBeLessThan(4);
				expect(Math.abs(out[1]! - Q15 * r * Math.sin(phase))).toBeLessThan(4);
			}
	});
});

test("q-GELU's factor is exact, the hard sigmoid's to a unit of 2^-15", () => {
	for (let fraction = 3; fraction <= 12; fraction++)
		for (let v = -32767; v <= 32767; v += 7) {
			expect(phi(PHI.qgelu, v, fraction)).toBe(Q15 * FORMULAS.qgelu(v / 2 ** fraction));
			const error = phi(PHI.hard_sigmoid, v, fraction) - Q15 * FORMULAS.hard_sigmoid(v / 2 ** fraction);
			expect(Math.abs(error)).toBeLessThanOrEqual(1);
		}
});

test("[A49] the inverse square root is right to 2.5e-5 over all of its 42 bits", () => {
	let worst = 0;
	for (let V = 1; V < 2 ** 42; V = Math.ceil(V * 1.0001)) {
		const { root, exponent } = inverseRoot(Math.floor(V / 65536), V % 65536);
		worst = Math.max(worst, Math.abs(root * 2 ** (-15 - exponent) * Math.sqrt(V) - 1));
	}
	expect(worst).toBeLessThan(2.5e-5);
	expect(worst).toBeGreaterThan(1e-5);
});

describe("primitives, against exact arithmetic", () => {
	const next = random(1);
	const any = (bits: number) => Math.floor((next() - 0.5) * 2 ** bits);

	test("[A3] roundShift is floor((v + 2^(s-1)) / 2^s), whatever the shift", () => {
		for (let i = 0; i < 20000; i++) {
			const s = i % 32;
			const v = Math.trunc(any(32) / 2); // the rounding constant may be 2^30
			expect(roundShift(v, s)).toBe(Math.floor((v + (s ? 2 ** (s - 1) : 0)) / 2 ** s));
		}
	});

	test("[A5] applyScale is v (2048 + f) 2^-s, rounded half up, for |v| < 2^18 and every code", () => {
		for (let code = 0; code < 65536; code++) {
			const v = any(19);
			const s = code >> 11;
			const exact = (BigInt(v) * BigInt(2048 + (code & 2047)) + (s ? 1n << BigInt(s - 1) : 0n)) >> BigInt(s);
			expect(applyScale(v, code)).toBe(Number(exact));
		}
		for (const v of [2 ** 18 - 1, 1 - 2 ** 18])
			for (let s = 0; s < 32; s++)
				expect(applyScale(v, (s << 11) | 2047)).toBe(Math.floor((v * 4095) / 2 ** s + (s ? 0.5 : 0)));
	});

	test("[A4] saturation is symmetric", () => {
		for (let bits = 2; bits <= 16; bits++) expect(symmetricMax(bits)).toBe(2 ** (bits - 1) - 1);
		expect([clamp(-9, -7, 7), clamp(9, -7, 7), clamp(3, -7, 7)]).toEqual([-7, 7, 3]);
	});

	test("[A18] dither: turns of the golden and of the plastic ratio, 15 bits for each coordinate", () => {
		// x^2 = x + 1 and x^3 = x + 1, by Newton's method.
		let [golden, plastic] = [1.6, 1.3];
		for (let i = 0; i < 20; i++) {
			golden -= (golden ** 2 - golden - 1) / (2 * golden - 1);
			plastic -= (plastic ** 3 - plastic - 1) / (3 * plastic ** 2 - 1);
		}
		// The nearest odd number below or above, so that all 2^32 words are gone through.
		expect(Math.abs((nextStep(0) >>> 0) - 2 ** 32 / golden)).toBeLessThan(1);
		expect(Math.abs((nextMode(0) >>> 0) - 2 ** 32 / plastic)).toBeLessThan(1);
		expect([nextStep(0) & 1, nextMode(0) & 1]).toEqual([1, 1]);
		expect(nextStep(-1) >>> 0).toBe((nextStep(0) >>> 0) - 1);
		for (const [word, re] of [
			[0, 0],
			[-1, 32767],
			[1 << 31, 16384],
		] as const)
			expect([ditherReal(word), ditherImaginary(word)]).toEqual([re, 32767 - re]);
	});

	test.each([nextStep, nextMode])(
		"dither: words in a row are spread more evenly than by chance, %o",
		(next) => {
			// Star discrepancy of n words: chance gives some 0.87 / sqrt(n), turns of such ratios at most some log(n) / n.
			for (const n of [100, 1000, 10_000]) {
				let word = 0x1234567;
				const drawn = Array.from({ length: n }, () => ditherReal((word = next(word)) | 0) / 32768).sort(
					(a, b) => a - b,
				);
				const discrepancy = drawn.reduce(
					(most, d, i) => Math.max(most, Math.abs((i + 1) / n - d), Math.abs(d - i / n)),
					0,
				);
				expect(discrepancy).toBeLessThan((Math.log(n) + 1) / n);
			}
		},
	);

	test("dither: a sum of roundings of the same fraction is off by less than three, however long it grows", () => {
		for (const fraction of [0.01, 0.3, 0.5, 0.77].map((part) => Math.round(part * 32768) / 32768)) {
			let word = 99;
			let sum = 0;
			for (let t = 1; t <= 20_000; t++) {
				word = nextStep(word);
				sum += (fraction * 32768 + ditherReal(word)) >> 15;
				if (Math.abs(sum - t * fraction) > 3) expect.fail(`${sum} after ${t} steps of ${fraction}`);
			}
		}
	});
});
