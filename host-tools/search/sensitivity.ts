// Which component bears how few bits: each alone at each of its widths, all others at the highest precision, one layer at a
// time and all layers together. Measuring only; what to make of it is search.ts.
import type { Measurement } from "./cache";
import { bitsFor, COMPONENTS, type Component, precisionOf, type Width } from "./components";
import type { Bench } from "./measure";

/** One component at one width. */
export interface Reading {
	component: string;
	width: string;
	/** Layer number; null: in all layers, or a component that layers do not have. */
	layer: number | null;
	bits: string;
	/** null: integers cannot hold the network at this width. */
	measurement: Measurement | null;
}

export interface Sensitivity {
	count: number;
	floatRight: number;
	/** Everything at its highest precision. */
	highest: Measurement;
	readings: Reading[];
}

/** Two at a time: while the threads work on one, the next is quantized. */
const AT_ONCE = 2;

/** Runs `work` on every item, `AT_ONCE` at a time; results in the order of items. */
export async function inTurn<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
	const results: R[] = new Array(items.length);
	let next = 0;
	const lane = async () => {
		while (next < items.length) {
			const i = next++;
			results[i] = await work(items[i]!);
		}
	};
	await Promise.all(Array.from({ length: AT_ONCE }, lane));
	return results;
}

/** All readings to take. @param components of COMPONENTS @param layers numbers, and null for all layers together */
export function plan(
	components: readonly Component[],
	layers: readonly (number | null)[],
): Omit<Reading, "measurement">[] {
	return components.flatMap((component) =>
		(component.layered ? layers : [null]).flatMap((layer) =>
			component.widths.map((width: Width) => ({
				component: component.name,
				width: width.name,
				layer,
				bits: bitsFor(component, width, layer ?? undefined),
			})),
		),
	);
}

/**
 * Takes readings.
 * @param L layers of the network @param onProgress called with the part that is done, 0 to 1
 */
export async function measureSensitivity(
	bench: Bench,
	L: number,
	readings = plan(COMPONENTS, [null, ...Array(L).keys()]),
	onProgress?: (done: number) => void,
): Promise<Sensitivity> {
	const total = (readings.length + 1) * bench.count;
	let done = 0;
	const onRows = (count: number) => onProgress?.((done += count) / total);
	const highest = await bench.measure(precisionOf(L), onRows);
	if (!highest) throw new Error("the network cannot be represented at the highest precision");
	return {
		count: bench.count,
		floatRight: bench.floatRight,
		highest,
		readings: await inTurn(readings, async (reading) => ({
			...reading,
			measurement: (await bench.measure(precisionOf(L, reading.bits), onRows)) ?? null,
		})),
	};
}
