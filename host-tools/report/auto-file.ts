// What train --auto writes next to its blob: the networks it judged, as far as a report shows them.
import { existsSync } from "node:fs";
import { z } from "zod";
import { readJsonFile } from "../search/json-file";
import type { Front } from "./charts";

/** Held-out sequences, over all folds. */
const score = z.object({ right: z.number(), count: z.number() });
const contender = z.object({
	shape: z.object({ heads: z.number(), modes: z.number(), layers: z.number() }),
	preset: z.string(),
	/** Widths other than the preset's. */
	bits: z.string().default(""),
	flash: z.number(),
	ram: z.number(),
	instructions: z.number(),
	/** In floating point, after more and more training. */
	rounds: z.array(score),
	/** In integers: rounded, and trained for them. */
	rounded: score.optional(),
	trained: score.optional(),
});
const autoFile = z.object({
	bytes: z.number(),
	how: z.enum(["trained", "rounded"]),
	chosen: contender,
	judged: z.array(contender),
	log: z.array(z.string()),
});

export type AutoFile = z.infer<typeof autoFile>;
export type AutoContender = z.infer<typeof contender>;

/** The file next to a blob; null: none, or of another blob. @throws UserError when it is something else */
export function findAutoFile(blobPath: string, bytes: number): AutoFile | null {
	const path = blobPath.replace(/\.essm$/, ".auto.json");
	if (path === blobPath || !existsSync(path)) return null;
	const auto = readJsonFile(path, autoFile, "train --auto");
	return auto.bytes === bytes ? auto : null;
}

const widths = ({ preset, bits }: AutoContender) => (bits ? "single widths" : preset);

const contenderText = (one: AutoContender) => {
	const { heads, modes, layers } = one.shape;
	return `${heads} heads, ${modes} modes, ${layers} ${layers === 1 ? "layer" : "layers"}, ${widths(one)}`;
};

/** For a column that says what the numbers are. */
export const contenderShort = (one: AutoContender) =>
	`${one.shape.heads}, ${one.shape.modes}, ${one.shape.layers}: ${widths(one)}`;

export const isChosen = (one: AutoContender, { chosen }: AutoFile) =>
	contenderText(one) === contenderText(chosen) && one.bits === chosen.bits;

/** The last that was measured of it: in integers if it came so far, and then the better of both ways. */
function lastScore({ rounds, rounded, trained }: AutoContender) {
	const integers = [rounded, trained].filter((one) => one !== undefined);
	return integers.sort((a, b) => b.right - a.right)[0] ?? rounds.at(-1);
}

/** Its networks on a front of accuracy and bytes. */
export function frontOf(auto: AutoFile): Front {
	const kinds = ["dropped, in float", "in integers", "chosen"] as const;
	return {
		kinds,
		measure: { name: "accuracy", higher: true },
		points: auto.judged.flatMap((one) => {
			const chosen = isChosen(one, auto);
			const score = chosen ? one[auto.how] : lastScore(one);
			if (score === undefined) return [];
			const kind = chosen ? kinds[2] : one.rounded || one.trained ? kinds[1] : kinds[0];
			return {
				...{ kind, name: contenderText(one), bytes: one.flash },
				quality: (100 * score.right) / score.count,
			};
		}),
	};
}
