// How few bits each component tolerates: each alone at each of its widths, all others at the highest precision, one layer at a
// time and all layers together. Measures only; search.ts decides.
import { highestPrecision } from "../quantization/precision";
import type { NetworkKinds } from "../quantization/widths/kinds";
import { atLayer, componentsOf, type Placed } from "./components";
import type { Bench } from "./measure";
import type { Reading, Sensitivity } from "./reading";

/** Two at a time: the next is quantized while the threads run one. */
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

/**
 * All readings to take: each component in each of its layers separately.
 * @param together also in all of its layers at once, first
 */
export function plan(
	components: readonly Placed[],
	{ together }: { together: boolean },
): Omit<Reading, "measurement">[] {
	return components.flatMap(({ name, widths, layers }) =>
		[...(together || layers === null ? [null] : []), ...(layers ?? [])].flatMap((layer) =>
			widths.map((width) => ({
				component: name,
				width: width.name,
				layer,
				bits: layer === null ? width.bits : atLayer(width.bits, layer),
			})),
		),
	);
}

/**
 * Takes readings.
 * @param of the network's kinds @param onProgress called with the fraction done, 0 to 1
 */
export async function measureSensitivity(
	bench: Bench,
	of: NetworkKinds,
	readings = plan(componentsOf(of), { together: true }),
	onProgress?: (done: number) => void,
): Promise<Sensitivity> {
	const total = (readings.length + 1) * bench.count;
	let done = 0;
	const onRows = (count: number) => onProgress?.((done += count) / total);
	const highest = await bench.measure(highestPrecision(of), onRows);
	if (!highest) throw new Error("the network cannot be represented at the highest precision");
	return {
		count: bench.count,
		float: bench.float,
		highest,
		readings: await inTurn(readings, async (reading) => ({
			...reading,
			measurement: (await bench.measure(highestPrecision(of, reading.bits), onRows)) ?? null,
		})),
	};
}
