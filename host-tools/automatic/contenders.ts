// Networks that fit a budget: shapes from small to large, each at the most precise preset that fits. Sizes are exact and known
// before training.
import type { Dataset } from "../datasets/dataset";
import { parameterBytes } from "../packing/components";
import { pack } from "../packing/pack";
import { choosePrecision, PRESETS } from "../quantization/precision";
import { floatShape } from "../quantization/shape";
import { costOf } from "../search/cost";
import { reportingBytes } from "../streams/thresholds";
import { taskOf } from "../task/fit";
import { UserError } from "../terminal/errors";
import { grouped } from "../terminal/output";
import { initialize } from "../training/initialize";
import { completeSettings, type TrainInput } from "../training/settings";

/** Limits; absent: none. */
export interface Budget {
	/** Bytes of the blob file. */
	flash?: number | undefined;
	/** Bytes of the arena. */
	ram?: number | undefined;
	/** Instructions per step on RV32IMC, by the cost model. */
	instructions?: number | undefined;
}

export interface Contender {
	shape: { heads: number; modes: number; layers: number };
	preset: string;
	/** Text of --bits: single widths that the preset does not have; "": none. */
	bits: string;
	flash: number;
	ram: number;
	instructions: number;
}

/** Golden vectors in the blob: one short one, since every byte counts. */
export const GOLDEN = { golden: 1, goldenSteps: 16 };

const shape = (heads: number, modes: number, layers: number) => ({ heads, modes, layers });
/** Depth is worth more than width; few modes suffice for a few hundred steps (docs/TRAINING.md). */
const SHAPES = [
	...[shape(4, 2, 1), shape(6, 2, 2), shape(8, 2, 2), shape(8, 4, 2), shape(12, 4, 2), shape(16, 4, 2)],
	...[shape(12, 4, 3), shape(16, 4, 3), shape(24, 4, 2), shape(24, 4, 3), shape(32, 4, 3), shape(40, 4, 2)],
];
/** Networks much smaller than the budget are not worth trying. */
const LARGEST = 6;

export const shapeText = ({ heads, modes, layers }: Contender["shape"]) =>
	`${heads} heads, ${modes} modes, ${layers} layer${layers > 1 ? "s" : ""}`;

export const widthsText = ({ preset, bits }: Pick<Contender, "preset" | "bits">) =>
	bits ? "single widths" : preset;

export const costText = ({ flash, ram, instructions }: Omit<Contender, "shape">) =>
	`${grouped(flash)} bytes of flash, ${grouped(ram)} of RAM, ${grouped(instructions)} instructions per step`;

export function fits(
	{ flash, ram, instructions }: Pick<Contender, "flash" | "ram" | "instructions">,
	budget: Budget,
): boolean {
	return (
		flash <= (budget.flash ?? Number.POSITIVE_INFINITY) &&
		ram <= (budget.ram ?? Number.POSITIVE_INFINITY) &&
		instructions <= (budget.instructions ?? Number.POSITIVE_INFINITY)
	);
}

/** @param reporting whether the blob tells how a stream is reported @throws UserError when nothing fits */
export function contenders(data: Dataset, given: TrainInput, budget: Budget, reporting = false): Contender[] {
	const presets = Object.keys(PRESETS);
	let overhead: number | undefined;
	const all = SHAPES.map((one) => {
		const settings = completeSettings({ ...given, ...one });
		const model = initialize(settings, data, taskOf(data).goal(data.targets), 1);
		const of = floatShape(model);
		if (overhead === undefined) {
			const { blob } = pack(model, data, {
				...{ checkpointHash: "0".repeat(64), precision: choosePrecision(of, presets[0], ""), preset: "" },
				...{ calibrate: 1, how: { method: "minmax" as const }, notes: {}, ...GOLDEN },
			});
			const { labels } = taskOf(data).goal(data.targets);
			overhead = blob.length - parameterBytes(blob) + (reporting ? reportingBytes(labels.length) : 0);
		}
		return presets.map((preset): Contender => {
			const { parameters, arena, instructions } = costOf(of, choosePrecision(of, preset, ""));
			return { shape: one, preset, bits: "", flash: parameters + overhead!, ram: arena, instructions };
		});
	});
	const fitting = all.flatMap((rows) => rows.find((row) => fits(row, budget)) ?? []);
	if (fitting.length) return fitting.slice(-LARGEST);
	const [least] = all[0]!.slice(-1);
	throw new UserError(
		`Nothing fits: the smallest network tried (${shapeText(least!.shape)}, ${least!.preset}) takes ${costText(least!)}; allow more.`,
	);
}
