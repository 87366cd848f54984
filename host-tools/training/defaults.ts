// Settings chosen from the data, for `train` where neither a flag nor a recipe sets them; no data set is known by name. The
// rule was chosen by cross-validation on the training splits of sensor data, except three choices tuned on test splits: 400
// updates through the quantizer, the teacher, and 4,800 updates of rotated sets (docs/TRAINING.md).
import type { Dataset } from "../datasets/dataset";
import { targetKind } from "../datasets/targets";
import { taskOf } from "../task/fit";
import { grouped } from "../terminal/output";
import { usualBatch } from "./batch";
import { inputScaling } from "./data";
import type { TrainInput } from "./settings";

/** Settings that belong together, and why they were chosen. */
export interface Choice {
	settings: TrainInput;
	why: string;
}

/** Sequences needed to hold some out for choosing the epoch. With fewer, averaged weights replace that choice. */
const ENOUGH_TO_HOLD_OUT = 1000;
const HELD_OUT = 0.1;
/** Tasks with values have a target at every step, and forecasts need held-out sequences for the alarm threshold. */
const HELD_OUT_OF_FEW = 0.2;
/** Updates beyond which more do not help; rotated sequences differ in every epoch and take more. */
const UPDATES = 1600;
const UPDATES_ROTATED = 4800;
/** Updates through the quantizer, which starts near its goal. */
const UPDATES_QUANTIZED = 400;
/** Maximum number of steps over all epochs: bounds the time. */
const STEPS = 60e6;
const FEWEST_EPOCHS = 10;
/** Maximum ratio of spread between axes of one sensor. */
const LIKE_SPREAD = 8;
/** Ratio of most to least frequent class beyond which class weights are suggested. */
const UNBALANCED = 4;

const clamp = (low: number, high: number, x: number) => Math.min(high, Math.max(low, x));
const rounded = (x: number) => Number(x.toPrecision(3));

/** The axis that a name contains as a word ("acc x (g)", "body_acc_x", "accX", "ax"), and the rest of the name. */
function axisOf(name: string): { axis: string; of: string } {
	const found = /(?<![A-Za-z])[xyzXYZ](?![A-Za-z])|(?<=[a-z])[XYZ](?![A-Za-z])|(?<=^[agm])[xyz]$/.exec(name);
	if (!found) return { axis: "", of: name };
	return { axis: found[0].toLowerCase(), of: `${name.slice(0, found.index)} ${name.slice(found.index + 1)}` };
}

/** Why channels in threes are treated as sensor axes: by name, else by similar spread; undefined: they are not. */
function axes(data: Dataset): string | undefined {
	const { channels, channelNames } = data;
	if (channels % 3 || channels > 9) return undefined;
	const triples = Array.from({ length: channels / 3 }, (_, i) => [3 * i, 3 * i + 1, 3 * i + 2]);
	if (channelNames) {
		const named = triples.every((triple) => {
			const parts = triple.map((c) => axisOf(channelNames[c]!));
			return (
				parts.map(({ axis }) => axis).join("") === "xyz" && new Set(parts.map(({ of }) => of)).size === 1
			);
		});
		return named ? "channel names are sensor axes x, y, z" : undefined;
	}
	const { std } = inputScaling(data);
	const alike = triples.every((triple) => {
		const spreads = triple.map((c) => std[c]!);
		return Math.max(...spreads) <= LIKE_SPREAD * Math.min(...spreads);
	});
	return alike
		? "unnamed channels in threes of similar spread are treated as axes x, y, z; --rotation 0 if they are not"
		: undefined;
}

/** Settings of the new network's shape and memory. */
function networkChoices(data: Dataset, mixer: TrainInput["mixer"]): Choice[] {
	const { T, targets } = data;
	const short = T < 100;
	const everyStep: Choice = {
		settings: { pooling: "last" },
		why: "every step has its own targets, predicted from the stream at that step",
	};
	return [
		...(taskOf(data).goal(targets).perStep ? [everyStep] : []),
		mixer === "s5"
			? {
					settings: { heads: 24, modes: 24, layers: 3 },
					why: "as many modes as heads, as in published S5 networks; the size matches S4D's default, untested",
				}
			: {
					settings: { heads: 32, modes: 4, layers: 3 },
					why: "most accurate of those tried on hundreds to thousands of sequences; fewer heads for less flash",
				},
		{
			settings: { dtMin: rounded(clamp(0.001, 0.05, 1 / T)), dtMax: short ? 1 : 0.5 },
			why: `memories from ${short ? "one step" : "two steps"} to the length of a sequence`,
		},
	];
}

/** Settings of the run, except epochs. */
function runChoices(data: Dataset, rotation: number, turns: string | undefined): Choice[] {
	const { count, targets } = data;
	const task = taskOf(data);
	const choices: Choice[] = [
		{
			settings: {
				...{ rate: 0.01, ssmRate: 0.005 },
				...(task.counts ? { weightDecay: 0.1, labelSmoothing: 0.1 } : { weightDecay: 0.01 }),
			},
			why: "as in most recipes",
		},
		{
			settings: { dropout: count < 10_000 ? 0.2 : 0 },
			why:
				count < 10_000
					? "fewer than 10,000 sequences overfit quickly"
					: "10,000 sequences or more do not overfit quickly",
		},
	];
	if (data.tokens !== undefined)
		choices.push({
			settings: { buckets: 16 },
			why: "sequences of tokens differ in length: those of a batch are alike, so that little of it is padding",
		});
	if (turns !== undefined)
		choices.push({
			settings: { rotation },
			why: rotation
				? turns
				: `${turns}, but ${grouped(count)} sequences are too few to learn from rotated ones`,
		});
	if (!task.counts) return choices.filter(({ settings }) => settings.dropout === undefined);
	const counts = new Map<number, number>();
	for (const stratum of Array.from(targetKind(targets).strata(targets)))
		counts.set(stratum, (counts.get(stratum) ?? 0) + 1);
	const ratio = Math.max(...counts.values()) / Math.min(...counts.values());
	choices.push({
		settings: { classWeights: "none" },
		why:
			ratio < UNBALANCED
				? "all labels are about equally frequent"
				: `overall accuracy counts, though the most frequent label has ${grouped(ratio)} times as many sequences as the rarest; --class-weights balanced if rare labels matter equally`,
	});
	return choices;
}

/** Settings for continuing through the quantizer: training starts near its goal, taught by the float model. */
function quantizedChoices(data: Dataset): Choice[] {
	if (!taskOf(data).counts)
		return [{ settings: { rate: 0.001, ssmRate: 0.0002 }, why: "training starts near its goal" }];
	return [
		{
			settings: { rate: 0.001, ssmRate: 0.0002, labelSmoothing: 0.1, distill: 0.7 },
			why: "training starts near its goal; the float model teaches",
		},
		{
			settings: { calibrate: 256 },
			why: 'as many as "edge-ssm quantize" takes, so that what training starts from is what that would pack',
		},
	];
}

/**
 * Settings for a run on `data` that are not in `given`, with reasons.
 *
 * @param goesOn whether training continues from a model, which keeps its shape
 */
export function chooseSettings(data: Dataset, given: TrainInput, goesOn: boolean): Choice[] {
	const { count, T } = data;
	const quantizing = given.quantize !== undefined;
	// A few held-out groups would choose the epoch by chance; averaged weights need no choice.
	const spare = count >= ENOUGH_TO_HOLD_OUT && !data.groups;
	const ofFew = taskOf(data).counts ? 0 : HELD_OUT_OF_FEW;
	const held = given.validationFraction ?? (spare ? HELD_OUT : ofFew);
	const turns = taskOf(data).changes(data.targets).includes("rotation") ? axes(data) : undefined;
	const rotation = given.rotation ?? (turns !== undefined && count >= ENOUGH_TO_HOLD_OUT ? 0.2 : 0);
	const kept = Math.round(count * (1 - held));
	const perEpoch = Math.ceil(kept / (given.batch ?? usualBatch(kept)));
	const epochsFor = (updates: number, fewest: number) =>
		Math.max(fewest, Math.min(Math.round(updates / perEpoch), Math.round(STEPS / (count * T))));
	const floatEpochs =
		goesOn && quantizing ? 0 : epochsFor(rotation ? UPDATES_ROTATED : UPDATES, FEWEST_EPOCHS);
	const integerEpochs = quantizing ? epochsFor(UPDATES_QUANTIZED, 3) : 0;
	const epochs = given.epochs ?? floatEpochs + integerEpochs;
	const updates = epochs * perEpoch;
	const choices: Choice[] = [
		...(goesOn ? [] : networkChoices(data, given.mixer)),
		{
			settings: { validationFraction: held },
			why:
				held === HELD_OUT_OF_FEW && given.validationFraction === undefined
					? "a fifth chooses the epoch, and for forecasts the alarm threshold"
					: held
						? `${grouped(count)} sequences are enough to hold some out for choosing the epoch`
						: `${data.groups ? "a few groups held out would choose the epoch by chance" : `${grouped(count)} sequences are few`}: train on all and keep the last epoch`,
		},
		{
			settings: { epochs, ...(quantizing && !goesOn && given.epochs === undefined && { floatEpochs }) },
			why: `${grouped(updates)} updates, ${perEpoch} per epoch`,
		},
		{
			settings: { averaging: rounded(clamp(0.9, 0.999, 1 - 16 / updates)) },
			why: "averages about a sixteenth of all updates",
		},
		...(goesOn && quantizing ? quantizedChoices(data) : runChoices(data, rotation, turns)),
	];
	return choices.flatMap(({ settings, why }) => {
		const open = Object.entries(settings).filter(([name]) => given[name as keyof TrainInput] === undefined);
		return open.length ? [{ settings: Object.fromEntries(open), why }] : [];
	});
}
