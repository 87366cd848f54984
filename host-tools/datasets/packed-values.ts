// Values in a packed folder (docs/DATASETS.md): float32, little-endian, in SPLIT.targets.bin.gz; meta.json has names with
// units, and whether values are per row or per step.
import { endianness } from "node:os";
import { z } from "zod";
import { type PackedTargets, Sha256 } from "./packed-targets";
import { MAX_VALUES_OF_ROW, type Values } from "./values";

const meta = {
	/** Such as "speed (m/s)". */
	targets: z.array(z.string().min(1)).min(1).max(MAX_VALUES_OF_ROW),
	targets_of: z.enum(["row", "step"]).optional(),
};
const split = { sha256_raw_targets: Sha256.optional() };

/** "speed (m/s)" has a unit. */
function nameAndUnit(text: string): { name: string; unit: string } {
	const [, name = text, unit = ""] = /^(.*\S)\s*[([]([^()[\]]*)[)\]]$/.exec(text) ?? [];
	return { name, unit };
}

export const packedValues: PackedTargets<Values, typeof meta, typeof split> = {
	meta,
	split,
	field: "targets",
	array: "targets",
	sum: "sha256_raw_targets",
	arrayBytes: (n, { targets, targets_of, T }) => 4 * n * targets.length * (targets_of === "step" ? T : 1),
	explain(length, n, { targets, targets_of, T }) {
		const steps = length / (4 * n * targets.length);
		const wanted = targets_of === "step" ? `at each of ${T} steps` : "per sequence";
		const given = Number.isInteger(steps)
			? `it has values for ${steps} steps of a sequence`
			: `it is no whole number of values per sequence`;
		return `${targets.length} targets ${wanted} of ${n} sequences, float32; ${given}`;
	},
	read(_, __, raw, { targets, targets_of, T }, ___, lengths) {
		const of = new Float32Array(raw.length / 4);
		const bytes = Buffer.from(of.buffer);
		bytes.set(raw);
		if (endianness() === "BE") bytes.swap32();
		const parts = targets.map(nameAndUnit);
		return {
			kind: "values",
			names: parts.map(({ name }) => name),
			units: parts.map(({ unit }) => unit),
			steps: targets_of === "step" ? { T, lengths } : null,
			of,
		};
	},
	raw({ of }) {
		const bytes = Buffer.alloc(4 * of.length);
		of.forEach((value, i) => {
			bytes.writeFloatLE(value, 4 * i);
		});
		return bytes;
	},
	describe: ({ names, units, steps }) => ({
		targets: names.map((name, k) => (units[k] ? `${name} (${units[k]})` : name)),
		...(steps && { targets_of: "step" }),
	}),
	describeSplit: () => ({}),
};
