// Random networks whose head gives values: those of random-network.ts, whose draws stay as they are, with another head.

import type { Detector } from "../../src/network/detector";
import type { Network } from "../../src/network/network";
import type { ValuesHead } from "../../src/network/values";
import { classesOf } from "./classes";
import { int, random, randomNetwork } from "./random-network";

/** `randomNetwork` with a head of kind values, at the end or at every step. */
export function randomValues(seed: number, heads?: number): Network & { head: ValuesHead } {
	const network = randomNetwork(seed, heads);
	const next = random(seed ^ 0x7a1e5);
	const { pooling, map, outputs } = classesOf(network);
	return {
		...network,
		head: {
			kind: "values",
			pooling,
			moment: next() < 0.6 ? "step" : "end",
			ahead: int(next, 0, 3),
			outputs,
			map,
			scaling: Array.from({ length: outputs }, (_, k) => ({
				unit: k % 2 ? "" : `unit ${k}`,
				scale: Math.fround(0.001 + next()),
				offset: Math.fround(next() - 0.5),
			})),
		},
		labels: network.labels.map((_, k) => `value ${k}`),
	};
}

/** The same with a head that forecasts its channels, and a detector of them. */
export function randomDetector(
	seed: number,
	heads?: number,
): Network & { head: ValuesHead; detector: Detector } {
	const drawn = randomValues(seed, heads);
	const next = random(seed ^ 0xde7ec7);
	const channels = drawn.input.length;
	const { map, outputs } = drawn.head;
	const rowsOf = <T extends Int8Array | Uint8Array | Int16Array>(from: T, width: number): T => {
		const rows = Array.from({ length: channels }, (_, c) => {
			const at = (c % outputs) * width;
			return [...from.subarray(at, at + width)];
		});
		return (from.constructor as unknown as { from(values: number[]): T }).from(rows.flat());
	};
	const threshold = int(next, 1, 100_000);
	return {
		...drawn,
		head: {
			...drawn.head,
			moment: "step",
			ahead: int(next, 1, 3),
			outputs: channels,
			map: {
				...map,
				rows: channels,
				weights: rowsOf(map.weights, map.columns),
				scale: rowsOf(map.scale, 1),
				bias: rowsOf(map.bias, 1),
			},
			scaling: drawn.input.map(({ unit, scale, offset }) => ({ unit, scale, offset })),
		},
		labels: drawn.input.map((_, c) => `channel ${c}`),
		detector: {
			weights: Uint16Array.from({ length: channels }, () => int(next, 1, 3000)),
			smoothing: int(next, 0, 6),
			settling: int(next, 0, 9),
			threshold,
			release: int(next, 1, threshold),
		},
	};
}
