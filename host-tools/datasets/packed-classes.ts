// Classes in a packed folder (docs/DATASETS.md): one byte per row in SPLIT.labels.bin.gz, names and counts in meta.json.
import { z } from "zod";
import { UserError } from "../terminal/errors";
import { type Classes, classCounts, classTargets, MAX_CLASSES } from "./classes";
import { type PackedTargets, Sha256 } from "./packed-targets";

const split = {
	label_counts: z.array(z.int().min(0)).optional(),
	sha256_raw_labels: Sha256.optional(),
};
const meta = { classes: z.array(z.string()).min(1).max(MAX_CLASSES) };

export const packedClasses: PackedTargets<Classes, typeof meta, typeof split> = {
	meta,
	split,
	field: "classes",
	array: "labels",
	sum: "sha256_raw_labels",
	arrayBytes: (n) => n,
	read(name, which, raw, { classes }, { label_counts: stated }) {
		if (stated) {
			const counts = new Array<number>(Math.max(256, stated.length)).fill(0);
			for (const label of raw) counts[label]!++;
			const wrong = counts.findIndex((n, label) => n !== (stated[label] ?? 0));
			if (wrong >= 0)
				throw new UserError(
					`${name} (${which}) has ${counts[wrong]} rows with the label ${wrong}, but meta.json states ${stated[wrong] ?? 0}.`,
				);
		}
		return classTargets(name, classes, raw);
	},
	raw: ({ of }) => of,
	describe: ({ names }) => ({ classes: names }),
	describeSplit: (targets) => ({ label_counts: classCounts(targets) }),
};
