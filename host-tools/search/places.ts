// A search's choices: which widths save something, what each saves, and its loss according to the readings.
import { highestPrecision } from "../quantization/precision";
import type { Shape } from "../quantization/shape";
import { type NetworkKinds, STAGES } from "../quantization/widths/kinds";
import type { Place } from "./candidates";
import { atLayer, endsOf, searchedOf } from "./components";
import { arenaOf, costOf } from "./cost";
import type { Choosable } from "./kinds/kind";
import { blockSearches, stageSearch } from "./kinds/kinds";
import type { Reading, Sensitivity } from "./reading";
import { plan } from "./sensitivity";

/** The readings that a search needs: each layer alone. */
export function searchPlan(of: NetworkKinds): Omit<Reading, "measurement">[] {
	return plan(searchedOf(of), { together: false });
}

/**
 * Loss of a reading: noise on the logits beyond the highest precision's, relative to their power, at least 0. Not the KL of the
 * softmax, which a few hard sequences dominate: a choice found by it had three times the KL on unseen sequences, at the same
 * noise.
 */
export function lossOf(reading: { noise: number } | null, highest: { noise: number }): number {
	return reading ? Math.max(0, reading.noise - highest.noise) : Infinity;
}

/**
 * All places with their choices; the last choice of each is the highest precision.
 * Where a text of --bits was read several times (radius 4 with phase 12), the readings are the same.
 */
export function places(shape: Shape, { highest, readings }: Sensitivity): Place[] {
	const base = costOf(shape, highestPrecision(shape));
	const baseStates = arenaOf(shape, highestPrecision(shape)).states;
	const losses = new Map(readings.map(({ bits, measurement }) => [bits, lossOf(measurement, highest)]));
	const place = ({ name, choices, afterTraining }: Choosable, layer: number | null): Place => {
		const at = (bits: string) => (layer === null ? bits : atLayer(bits, layer));
		const known = (bits: string) => losses.get(at(bits)) ?? Infinity;
		return {
			name,
			layer,
			...(afterTraining !== undefined && { afterTraining }),
			choices: choices.flatMap(({ bits, loss: lossBy }) => {
				const loss = Math.max(0, lossBy(known));
				if (!Number.isFinite(loss)) return [];
				const precision = highestPrecision(shape, at(bits));
				const cost = costOf(shape, precision);
				return {
					bits: at(bits),
					loss,
					flash: cost.parameters - base.parameters,
					// All layers together decide the arena's scratch (scratchBytes); each layer has its own state.
					arena: arenaOf(shape, precision).states - baseStates,
					instructions: cost.instructions - base.instructions,
				};
			}),
		};
	};
	return [
		...shape.blocks.flatMap((block, layer) =>
			STAGES.flatMap((stage) => stageSearch(stage, block).choosable.map((one) => place(one, layer))),
		),
		...endsOf(shape).flatMap(({ kind }) => kind.choosable.map((one) => place(one, null))),
	];
}

/** Growth of the arena's scratch when every kind of row is packed below its highest precision. */
export function scratchBytes(shape: Shape): number {
	const packed = [...blockSearches(shape), ...endsOf(shape)].map(({ kind }) => kind.packed);
	const rows = (...bits: string[]) => arenaOf(shape, highestPrecision(shape, ...bits)).rows;
	return rows(...packed) - rows();
}
