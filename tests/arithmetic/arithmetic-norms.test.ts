// The rules of docs/ARITHMETIC.md about norms over the heads of a step and the rectifier: the reference against the page in exact
// integers (page-arithmetic.ts), as arithmetic-rules.test.ts holds the others.
import { describe, expect, test } from "vitest";
import { clamp } from "../../src/arithmetic/arithmetic";
import { inverseRoot } from "../../src/arithmetic/inverse-root";
import * as NORMS from "../../src/reference/norms";
import * as POSTS from "../../src/reference/posts";
import { relu } from "../../src/reference/relu";
import * as page from "../support/page-arithmetic";
import { random } from "../support/random-network";

const next = random(48);
const whole = (low: number, high: number) => low + Math.floor(next() * (high - low + 1));
const big = (values: ArrayLike<number>) => Array.from(values, BigInt);
const many = (times: number, check: () => void) => {
	for (let i = 0; i < times; i++) check();
};

/** Residuals of every size: far apart, near each other, all alike, most of them alike. */
function residuals(H: number): Int16Array {
	const spread = 2 ** whole(0, 15);
	const centre = next() < 0.5 ? 0 : whole(-32767, 32767);
	const far = whole(-32767, 32767);
	const alike = next();
	return Int16Array.from({ length: H }, (_, h) =>
		clamp(h === 0 && alike < 0.3 ? far : centre + whole(-spread, spread - 1), -32767, 32767),
	).map((r, _, all) => (alike < 0.05 ? all[0]! : r));
}

describe("norms over the heads of a step", () => {
	test("[A48, A49] the inverse square root, over 42 bits", () =>
		many(20_000, () => {
			const V = BigInt(Math.floor(2 ** (next() * 42)));
			const { root, exponent } = inverseRoot(Number(V >> 16n), Number(V & 0xffffn));
			expect([BigInt(root), BigInt(exponent)]).toEqual(page.inverseRoot(V));
		}));

	test("[A50, A51, A52, A54] LayerNorm and RMSNorm, before and after, of 1 to 1,024 heads", () => {
		let V = 0n;
		for (let i = 0; i < 600; i++) {
			const kind = i & 1 ? "layer" : "rms";
			const H = i % 25 ? whole(1, 40) : 1024;
			const residual = residuals(H);
			if (i % 75 === 0) residual.set(residual.map((_, h) => (h & 1 ? 32767 : -32767))); // the greatest variance
			const norm = {
				epsilon: next() < 0.3 ? 1 : whole(1, 2 ** whole(1, 32) - 1),
				negative: Uint8Array.from(residual, () => whole(0, 1)),
				scale: Uint16Array.from(residual, () => whole(0, 65535)),
				zero: Int16Array.from(residual, () => whole(-32768, 32767)),
			};
			const bits = whole(4, 8);
			const u = new Int16Array(H);
			const out = new Int32Array(H);
			NORMS[kind]({ kind, bits, ...norm } as never, residual, u);
			POSTS[kind]({ kind, ...norm } as never, residual, out);
			expect(big(u)).toEqual(page.norm({ kind, bits, ...norm }, big(residual)));
			expect(big(out)).toEqual(page.post({ kind, ...norm }, big(residual)));
			const sum = page.squares(norm.epsilon, kind === "layer", big(residual)).V;
			if (sum > V) V = sum;
			expect(sum > 0n && sum < 1n << 42n).toBe(true);
		}
		expect(V > 1n << 39n).toBe(true);
	});

	test("[A53] the rectifier", () =>
		many(300, () => {
			const one = {
				kind: "relu" as const,
				bits: whole(4, 8),
				scale: whole(0, 65535),
				zero: whole(-128, 127),
			};
			const y = residuals(40);
			const g = new Int16Array(40);
			relu(one, y, 3, g);
			expect(big(g)).toEqual(page.activation(one, big(y), 3));
		}));
});
