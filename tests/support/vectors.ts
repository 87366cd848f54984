// The published vectors of tests/vectors: small blobs that together have every kind and every form of each, with inputs, and
// with outputs and state after each step. What "every" means follows from the layouts.
import { readdirSync, readFileSync } from "node:fs";
import { STAGES } from "../../src/blob/components";
import { readBlob } from "../../src/blob/read";
import { Alarm } from "../../src/detector/alarm";
import { Score } from "../../src/detector/score";
import { type Allowed, getPath, type Layout } from "../../src/network/layout";
import { ENCODERS, HEADS, type Network } from "../../src/network/network";
import { Reference } from "../../src/reference/reference";

export const FOLDER = "tests/vectors";

export interface Vector {
	/** Input: (steps, channels), int16. */
	samples: number[][];
	/**
	 * After each step: the outputs, and the saved state from T to the last byte before the CRC-32 (A34), in hexadecimal. With a
	 * detector also the score (A59, null: none yet) and whether the alarm is on.
	 */
	steps: { outputs: number[]; state: string; score?: number | null; alarm?: boolean }[];
}

export interface NamedVector {
	name: string;
	blob: Uint8Array;
	network: Network;
	vector: Vector;
}

export function readVectors(): NamedVector[] {
	const names = readdirSync(FOLDER)
		.filter((file) => file.endsWith(".essm"))
		.map((file) => file.slice(0, -".essm".length));
	return names.map((name) => {
		const blob = Uint8Array.from(readFileSync(`${FOLDER}/${name}.essm`));
		const vector = JSON.parse(readFileSync(`${FOLDER}/${name}.json`, "utf8")) as Vector;
		return { name, blob, network: readBlob(blob), vector };
	});
}

/** What the reference makes of the samples (steps, channels). */
export function vectorOf(network: Network, samples: number[][]): Vector {
	const reference = new Reference(network);
	const { detector, head } = network;
	const score = detector && new Score(detector, head.kind === "values" ? head.ahead : 0);
	const alarm = new Alarm();
	const steps = samples.map((sample) => {
		reference.write(sample);
		const outputs = [...reference.outputs()];
		const now = score?.next(sample, outputs);
		if (detector) alarm.heed(now, detector);
		return {
			outputs,
			state: Buffer.from(reference.stateBytes()).toString("hex"),
			...(detector && { score: now ?? null, alarm: alarm.on }),
		};
	});
	return { samples, steps };
}

type Kinds = Readonly<Record<string, { readonly layout: Layout }>>;
const LISTS: Readonly<Record<string, Kinds>> = { encoder: ENCODERS, ...STAGES, head: HEADS };

/** The choices that a field offers: kinds, names and listed numbers. Ranges are no choices. */
function choices(allowed: Allowed | undefined): string[] {
	if (!allowed) return [];
	if ("names" in allowed) return [...allowed.names];
	if ("kinds" in allowed) return Object.keys(allowed.kinds);
	return "among" in allowed ? allowed.among.map(String) : [];
}

function fieldsOf({ fields, inner }: Layout): { path: string; allowed: Allowed | undefined }[] {
	const own = fields.map(({ path, allowed }) => ({ path, allowed }));
	const inside = Object.values(inner?.kinds ?? {}).flatMap(({ layout }) => fieldsOf(layout));
	return [...own, ...inside.map(({ path, allowed }) => ({ path: `${inner!.path}.${path}`, allowed }))];
}

/** Every choice that a network can make, such as "mixer s4d B.bits 4". */
export function allChoices(): Set<string> {
	const all = new Set<string>(["detector", "detector without smoothing"]);
	for (const [list, kinds] of Object.entries(LISTS))
		for (const [kind, { layout }] of Object.entries(kinds)) {
			all.add(`${list} ${kind}`);
			for (const { path, allowed } of fieldsOf(layout))
				for (const choice of choices(allowed)) all.add(`${list} ${kind} ${path} ${choice}`);
		}
	return all;
}

/** The choices of one network, written as `allChoices` writes them. */
export function choicesOf(network: Network): Set<string> {
	const made = new Set<string>();
	if (network.detector) made.add(`detector${network.detector.smoothing ? "" : " without smoothing"}`);
	const components = [
		["encoder", network.encoder],
		["head", network.head],
		...network.blocks.flatMap((block) =>
			Object.keys(STAGES).map((stage) => [stage, block[stage as keyof typeof STAGES]]),
		),
	] as [string, { kind: string }][];
	for (const [list, component] of components) {
		made.add(`${list} ${component.kind}`);
		for (const { path, allowed } of fieldsOf(LISTS[list]![component.kind]!.layout)) {
			if (choices(allowed).length === 0) continue;
			const value =
				path.split(".").length > 1 && !hasPath(component, path) ? undefined : getPath(component, path);
			if (value !== undefined) made.add(`${list} ${component.kind} ${path} ${value}`);
		}
	}
	return made;
}

function hasPath(object: object, path: string): boolean {
	const [first, ...rest] = path.split(".");
	const inner = (object as Record<string, unknown>)[first!];
	return rest.length === 0
		? inner !== undefined
		: typeof inner === "object" && inner !== null && hasPath(inner, rest.join("."));
}
