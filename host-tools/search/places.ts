// The choices that a search has: which widths save something, what each saves, and what the readings say that it loses.
import { stateBytes } from "../../src/model/blob-layout";
import type { Place } from "./candidates";
import { COMPONENTS, type Component, precisionOf } from "./components";
import { arenaOf, costOf, type Shape } from "./cost";
import { plan, type Reading, type Sensitivity } from "./sensitivity";

/** Radius and phase bits that are combined; a row of Abar takes their sum. */
const RADIUS_BITS = [1, 2, 3, 4];
const PHASE_BITS = [2, 3, 4, 5, 6, 7, 8, 10, 12];

const named = (name: string): Component => COMPONENTS.find((component) => component.name === name)!;
const only = (component: Component, names: readonly string[]): Component => ({
	...component,
	widths: component.widths.filter(({ name }) => names.includes(name)),
});

/** Widths of the state under 16 that are the widest of their bytes: fewer bits in as many bytes would only lose. */
const STATE = named("x dithered").widths.filter(
	({ name }, i, all) => Number(name) < 16 && stateBytes(Number(name)) < stateBytes(Number(all[i + 1]!.name)),
);

/** Components whose widths change bytes. Others (u, g, residual) cost nothing and keep their highest precision. */
const SAVING: Component[] = [
	only(named("A radius"), RADIUS_BITS.map(String)),
	only(named("A phase"), PHASE_BITS.map(String)),
	{ ...named("x dithered"), widths: STATE },
	...["B", "C", "D", "value", "gate", "bias", "encoder", "decoder"].map(named),
];

/**
 * B and C of a layer are read together as well: B sets the units of the state's modes, C takes them in, and a gain that is not
 * free to even them out leaves C a range that few bits do not hold. What they lose does not add up.
 */
function pairs(layer: number): Omit<Reading, "measurement">[] {
	return named("B").widths.flatMap((b) =>
		named("C").widths.map((c) => ({
			component: "B and C",
			width: `${b.name} and ${c.name}`,
			layer,
			bits: `${layer}.B=${b.bits},${layer}.C=${c.bits}`,
		})),
	);
}

/** The readings that a search needs: each layer alone. */
export function searchPlan(L: number): Omit<Reading, "measurement">[] {
	const layers = [...Array(L).keys()];
	return [...plan(SAVING, layers), ...layers.flatMap(pairs)];
}

/**
 * How a reading's loss is counted: noise on the logits beyond the highest precision's, a part of their power, never less than
 * nothing. Not the KL of the softmax, in which a few hard sequences outweigh all others: a choice that was searched for by it
 * had three times as much on sequences that the search had not seen, and the noise the same.
 */
export function lossOf(reading: { noise: number } | null, highest: { noise: number }): number {
	return reading ? Math.max(0, reading.noise - highest.noise) : Infinity;
}

/**
 * All places with their choices; the last choice of each is the highest precision.
 * Where a text of --bits was read several times (radius 4 with phase 12), the readings are the same.
 */
export function places(shape: Shape, { highest, readings }: Sensitivity): Place[] {
	const { L } = shape;
	const base = costOf(shape, precisionOf(L));
	const losses = new Map(readings.map(({ bits, measurement }) => [bits, lossOf(measurement, highest)]));
	const choice = (bits: string, loss: number) => {
		const cost = costOf(shape, precisionOf(L, bits));
		return {
			bits,
			loss,
			flash: cost.parameters - base.parameters,
			// What scratch the arena needs is decided by all layers together (scratchBytes); the state is each layer's own.
			arena: arenaOf(shape, precisionOf(L, bits)).states - arenaOf(shape, precisionOf(L)).states,
			instructions: cost.instructions - base.instructions,
		};
	};
	const layerPlaces = [...Array(L).keys()].flatMap((layer): Place[] => {
		const at = (key: string, width: string) => `${layer}.${key}=${width}`;
		const loss = (key: string, width: string) => losses.get(at(key, width)) ?? Infinity;
		const polar = RADIUS_BITS.flatMap((radius) =>
			PHASE_BITS.map((phase) =>
				choice(
					at("A", `${radius}+${phase}`),
					// Radius and phase add up too; what 4+12 loses is in both.
					Math.max(0, loss("A", `${radius}+12`) + loss("A", `4+${phase}`) - loss("A", "4+12")),
				),
			),
		);
		const widths = (key: string, names: readonly string[]) =>
			names.map((name) => choice(at(key, name), loss(key, name)));
		return [
			{ name: "A", layer, choices: [...polar, choice(at("A", "16"), 0)] },
			{
				name: "x",
				layer,
				choices: [
					...STATE.map(({ bits }) => choice(at("x", bits), loss("x", bits))),
					choice(at("x", "16n"), 0),
				],
			},
			{
				name: "B and C",
				layer,
				choices: pairs(layer).map(({ bits }) => choice(bits, losses.get(bits) ?? Infinity)),
			},
			...["D", "value", "gate", "bias"].map((name) => ({
				name,
				layer,
				choices: widths(
					name,
					named(name).widths.map(({ bits }) => bits),
				),
			})),
		];
	});
	const ends = ["encoder", "decoder"].map(
		(name): Place => ({
			name,
			layer: null,
			choices: named(name).widths.map(({ bits }) =>
				choice(`${name}=${bits}`, losses.get(`${name}=${bits}`) ?? Infinity),
			),
		}),
	);
	return [...layerPlaces, ...ends].map((place) => ({
		...place,
		choices: place.choices.filter(({ loss }) => Number.isFinite(loss)),
	}));
}

/** What the arena's scratch grows by when every kind of row is packed below its highest precision. */
export function scratchBytes(shape: Shape): number {
	const scratch = (bits: string) => arenaOf(shape, precisionOf(shape.L, bits)).scratch;
	return scratch("A=4+8,B=4,C=4,W=4") - scratch("");
}
