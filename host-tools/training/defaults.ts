// Settings chosen from the data, for `train` where neither a flag nor a recipe gives them; nothing here knows a data set by name.
// The rule was chosen by cross-validation on the training splits of sensor data, but for three parts that were tried on test splits:
// the 400 updates through the quantizer, the teacher, and the 4,800 updates of rotated sets (docs/TRAINING.md).
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

/** Sequences from which some can be spared to choose the epoch. With fewer, averaged weights stand in for the choice. */
const ENOUGH_TO_HOLD_OUT = 1000;
const HELD_OUT = 0.1;
/** Of values each step of a sequence tells something; and forecasts need sequences for the threshold of alarms. */
const HELD_OUT_OF_FEW = 0.2;
/** Updates after which more no longer help; rotated sequences differ in every epoch and can be learned from for longer. */
const UPDATES = 1600;
const UPDATES_ROTATED = 4800;
/** Updates through the quantizer, which starts near its goal. */
const UPDATES_QUANTIZED = 400;
/** Maximum steps of all epochs together: bounds the time. */
const STEPS = 60e6;
const FEWEST_EPOCHS = 10;
/** Axes of one sensor differ less than this in spread. */
const LIKE_SPREAD = 8;
/** Commonest to rarest; beyond this weights are worth a word. */
const UNBALANCED = 4;

const clamp = (low: number, high: number, x: number) => Math.min(high, Math.max(low, x));
const rounded = (x: number) => Number(x.toPrecision(3));

/** The axis that a name has as a word ("acc x (g)", "body_acc_x", "accX", "ax"), and the rest of the name. */
function axisOf(name: string): { axis: string; of: string } {
	const found = /(?<![A-Za-z])[xyzXYZ](?![A-Za-z])|(?<=[a-z])[XYZ](?![A-Za-z])|(?<=^[agm])[xyz]$/.exec(name);
	if (!found) return { axis: "", of: name };
	return { axis: found[0].toLowerCase(), of: `${name.slice(0, found.index)} ${name.slice(found.index + 1)}` };
}

/** Why channels in threes are taken for the axes of sensors: by name, else by likeness of spread; undefined: they are not. */
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
		return named ? "channels are the axes x, y, z of sensors by their names" : undefined;
	}
	const { std } = inputScaling(data);
	const alike = triples.every((triple) => {
		const spreads = triple.map((c) => std[c]!);
		return Math.max(...spreads) <= LIKE_SPREAD * Math.min(...spreads);
	});
	return alike
		? "channels without names, in threes of like spread, are taken for axes x, y, z; --rotation 0 if they are not"
		: undefined;
}

/** The settings of a new network's shape and memory. */
function networkChoices(data: Dataset, mixer: TrainInput["mixer"]): Choice[] {
	const { T, targets } = data;
	const short = T < 100;
	const everyStep: Choice = {
		settings: { pooling: "last" },
		why: "every step has its targets, and the stream at that step tells them",
	};
	return [
		...(taskOf(data).goal(targets).perStep ? [everyStep] : []),
		mixer === "s5"
			? {
					settings: { heads: 24, modes: 24, layers: 3 },
					why: "as many modes as heads, as published S5 networks have; the size is that of S4D's default, not tried out",
				}
			: {
					settings: { heads: 32, modes: 4, layers: 3 },
					why: "the most accurate of those tried on hundreds to thousands of sequences; fewer heads for less flash",
				},
		{
			settings: { dtMin: rounded(clamp(0.001, 0.05, 1 / T)), dtMax: short ? 1 : 0.5 },
			why: `memories from ${short ? "one step" : "two steps"} to the length of a sequence`,
		},
	];
}

/** The settings of the run, without those of epochs. */
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
					? "fewer than 10,000 sequences are soon known by heart"
					: "10,000 sequences and more are not soon known by heart",
		},
	];
	if (turns !== undefined)
		choices.push({
			settings: { rotation },
			why: rotation
				? turns
				: `${turns}, but ${grouped(count)} sequences are too few to learn from turned ones`,
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
				? "all kinds of sequences are about as frequent"
				: `accuracy over all counts, though the commonest kind is ${grouped(ratio)} times as frequent as the rarest; --class-weights balanced if rare ones matter as much`,
	});
	return choices;
}

/** Settings of going on through the quantizer: it begins near its goal, and its own answers in floating point lead it. */
function quantizedChoices(data: Dataset): Choice[] {
	if (!taskOf(data).counts)
		return [{ settings: { rate: 0.001, ssmRate: 0.0002 }, why: "training begins near its goal" }];
	return [
		{
			settings: { rate: 0.001, ssmRate: 0.0002, labelSmoothing: 0.1, distill: 0.7 },
			why: "training begins near its goal; the float model teaches",
		},
	];
}

/**
 * Settings for a run on `data` that are not in `given`, with reasons.
 *
 * @param goesOn whether training goes on from a model, whose shape stays
 */
export function chooseSettings(data: Dataset, given: TrainInput, goesOn: boolean): Choice[] {
	const { count, T } = data;
	const quantizing = given.quantize !== undefined;
	// A few groups would choose the epoch by chance; averaged weights need no choice.
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
					? "a fifth chooses the epoch, and of forecasts the threshold of alarms"
					: held
						? `${grouped(count)} sequences are enough to choose the epoch on some`
						: `${data.groups ? "a few groups held out would choose the epoch by chance" : `${grouped(count)} sequences are few`}: all are trained on, and the last epoch is kept`,
		},
		{
			settings: { epochs, ...(quantizing && !goesOn && given.epochs === undefined && { floatEpochs }) },
			why: `${grouped(updates)} updates of ${perEpoch} an epoch`,
		},
		{
			settings: { averaging: rounded(clamp(0.9, 0.999, 1 - 16 / updates)) },
			why: "the average of about a sixteenth of all updates",
		},
		...(goesOn && quantizing ? quantizedChoices(data) : runChoices(data, rotation, turns)),
	];
	return choices.flatMap(({ settings, why }) => {
		const open = Object.entries(settings).filter(([name]) => given[name as keyof TrainInput] === undefined);
		return open.length ? [{ settings: Object.fromEntries(open), why }] : [];
	});
}
