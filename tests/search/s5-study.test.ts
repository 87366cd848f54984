// The table of Q-S5 as a study: its rows are what their names say, in bits of a real number.
import { expect, test } from "vitest";
import type { LayerPrecision } from "../../host-tools/quantization/precision";
import { choosePrecision, formatBits, highestPrecision } from "../../host-tools/quantization/precision";
import { floatShape } from "../../host-tools/quantization/shape";
import { s5Study } from "../../host-tools/search/kinds/s5-study";
import { randomS5Model } from "../support/float-s5";

const shape = floatShape(randomS5Model(2, { H: 4, P: 4, L: 2 }));

/** Bits of the two numbers of a mode of Abar together. */
function modeBits({ A }: LayerPrecision): number {
	return A.format === "cartesian" ? 2 * A.bits : A.radiusBits + A.phaseBits;
}

test("every row has the bits that it names, and theirs beside it", () => {
	const seen = new Set<string>();
	for (const { width, name, bits } of s5Study()) {
		const { layers, encoder, decoder, residual } = highestPrecision(shape, bits!);
		const outside = Number(/^W(\d)/.exec(width)![1]);
		expect([encoder, decoder], name).toEqual([outside, outside]);
		expect(residual).toBe(16);
		for (const layer of layers) {
			const of = layer as LayerPrecision & Record<"B" | "C" | "D" | "x" | "u" | "g" | "gate", number>;
			expect([of.x, of.u, of.g], name).toEqual([8, 8, 8]);
			if ("gate" in layer) expect(of.gate, name).toBe(outside);
			const all8 = /everything 8|SSM 8/.test(name) || width === "W8A8";
			expect([of.B, of.C, of.D], name).toEqual(Array(3).fill(all8 ? 8 : outside));
			expect(modeBits(layer), name).toBeLessThanOrEqual(/A 4/.test(name) ? 8 : 16);
		}
		seen.add(`${width} ${name}`);
	}
	expect(seen.size).toBe(s5Study().length);
});

test("presets of its rows are its rows", () => {
	const rows = s5Study().filter(({ study }) => /not trained \(theirs/.test(study));
	const presets = ["w8a8x8", "w4a8s8", "w4a8a8", "w4a8a4", "w2a8s8", "w2a8a8"];
	expect(presets.map((preset) => formatBits(choosePrecision(shape, preset)))).toEqual(
		rows.map(({ bits }) => formatBits(highestPrecision(shape, bits!))),
	);
});
